#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# What vkcfg costs, measured on a real fleet on loopback: key=value lines, explained in docs/performance.md.
# Where nginx is installed it is asked the same over the same mutual TLS, in the same run. Reported, not
# asserted. Everything is bounded; what was started is ended by its pid.
#
#   make bench [ONLY=agent] [SECONDS_EACH=3] [CONNECTIONS=32] [PARKED=512] [INSTANCES=10000] [RUNS=21]
#              [AUDIT_ENTRIES=1000000] [EXTRA_INSTANCES=16]
abs_top_srcdir=${abs_top_srcdir:-$(cd "${0%/*}/../.." && pwd)}
abs_top_builddir=${abs_top_builddir:-$PWD}
VKCFGD=$abs_top_builddir/server/vkcfgd
VKCFG_PULL=$abs_top_builddir/client/pull/vkcfg-pull
VKCFG=${VKCFG:-$abs_top_builddir/client/admin/vkcfg}
. "$abs_top_srcdir/tests/e2e/lib.sh"
. "$abs_top_srcdir/tests/bench/agent.sh"
bench=$abs_top_builddir/tests/bench
seconds_each=${SECONDS_EACH:-3}
connections=${CONNECTIONS:-32}
parked=${PARKED:-512}
runs=${RUNS:-21}
path=/v1/agent/desired

failed() {
	printf '%s=failed\n' "$1"
	tests_failed=$((tests_failed + 1)) # the logs are kept
}
not_installed() { printf '%s=not-installed\n' "$1"; }
has() { command -v "$1" >/dev/null; }

machine() {
	printf 'machine_cpus=%s\n' "$(nproc)"
	printf 'machine_kernel=%s\n' "$(uname -r)"
	printf 'machine_load=%s\n' "$(cut -d ' ' -f 1 /proc/loadavg)"
}

# pids_of PID: a process and its children, separated by commas
pids_of() { echo "$1$(awk -v parent="$1" '{ for (i = 1; i <= NF; i++) printf ",%s", $i }' "/proc/$1/task/$1/children")"; }
# load PREFIX MODE PORT PID CONNECTIONS [ARGUMENTS...]
load() {
	local prefix=$1 mode=$2 port=$3 pids count=$5
	pids=$(pids_of "$4")
	shift 5
	"$bench/bench_poll" --prefix "$prefix" --mode "$mode" --port "$port" --pid "$pids" --path "$path" \
		--connections "$count" --seconds "$seconds_each" --host "$WORK/hosts/db1/state" "$@" ||
		failed "${prefix}_$mode"
}

# The last approval is what the parked hosts wait for.
approve_last() {
	set_memory prod 65mb
	submit prod "to wake all hosts"
	approve alice
	cat >"$WORK/approve-last" <<-END
		exec >>'$WORK/log/approve.log' 2>&1
		exec env VKCFG_HOME='$WORK/people/bob' '$VKCFG' approve $CHANGE --key bob --yes --passphrase-fd 3 3<<'EOF'
		$PASSPHRASE
		EOF
	END
}
measure_server() {
	approve_last
	load parked parked "$PORT" "$(pid_of vkcfgd)" "$parked" --then ". '$WORK/approve-last'"
	load vkcfgd polls "$PORT" "$(pid_of vkcfgd)" "$connections"
	load vkcfgd handshakes "$PORT" "$(pid_of vkcfgd)" "$connections"
	load vkcfgd resumptions "$PORT" "$(pid_of vkcfgd)" "$connections"
}

nginx_start() {
	local host=$WORK/hosts/db1/state
	mkdir -p "$WORK/nginx/v1/agent"
	printf 'as large as it may be: nobody reads it, for each poll is answered with 304\n' >"$WORK/nginx$path"
	free_port
	cat >"$WORK/nginx.conf" <<-END
		daemon off;
		worker_processes 2;
		pid $WORK/nginx.pid;
		error_log $WORK/log/nginx.err;
		events { worker_connections 20000; }
		http {
			access_log off;
			keepalive_requests 1000000000;
			client_body_temp_path $WORK/nginx/t1; proxy_temp_path $WORK/nginx/t2; fastcgi_temp_path $WORK/nginx/t3;
			uwsgi_temp_path $WORK/nginx/t4; scgi_temp_path $WORK/nginx/t5;
			server {
				listen 127.0.0.1:$FREE_PORT ssl reuseport;
				ssl_certificate $STATE/server.crt;
				ssl_certificate_key $STATE/server.key;
				ssl_client_certificate $STATE/ca.crt;
				ssl_verify_client on;
				ssl_protocols TLSv1.3;
				root $WORK/nginx;
			}
		}
	END
	background nginx nginx -c "$WORK/nginx.conf" -p "$WORK/nginx"
	wait_for is_port_open "$FREE_PORT"
}
measure_nginx() {
	has nginx || { not_installed nginx; return; }
	if nginx_start; then
		# It cannot park: the memory of an idle connection is the nearest.
		load nginx_idle parked "$FREE_PORT" "$(pid_of nginx)" "$parked"
		load nginx polls "$FREE_PORT" "$(pid_of nginx)" "$connections"
		load nginx handshakes "$FREE_PORT" "$(pid_of nginx)" "$connections"
		load nginx resumptions "$FREE_PORT" "$(pid_of nginx)" "$connections"
	else
		failed nginx
	fi
	end_background nginx
}
# ratio NAME OURS THEIRS: of two values that are printed above
ratio() {
	awk -F = -v name="$1" -v ours="$2" -v theirs="$3" '
		$1 == ours { a = $2 }
		$1 == theirs { b = $2 }
		END { if (b > 0) printf "%s=%.2f\n", name, a / b }' "$WORK/results"
}

# count_syncs NAME COMMAND...: what the command makes vkcfgd wait for the disk
count_syncs() {
	local name=$1 pid
	pid=$(pid_of vkcfgd)
	shift
	background strace strace -f -qq -e trace=fsync,fdatasync -o "$WORK/strace.$name" -p "$pid"
	wait_for grep -q '^TracerPid:[[:space:]]*[1-9]' "/proc/$pid/status"
	"$@"
	end_background strace
	printf '%s_server_fsyncs=%s\n' "$name" "$(grep -cE 'f(data)?sync\(' "$WORK/strace.$name")"
}
measure_syncs() {
	has strace || return
	set_memory prod 106mb
	count_syncs submit submit prod "to be counted"
	count_syncs approve approve alice
	count_syncs release approve bob
}

# A long audit log, verified over the same TLS; beside it the digest of the same bytes.
measure_audit() {
	local pid before ticks
	server_stop
	"$bench/bench_fill" "$STATE/vkcfg.db" "${AUDIT_ENTRIES:-1000000}" "$WORK/entries" || { failed audit_verify; return; }
	chown --reference="$STATE" "$STATE"/vkcfg.db*
	server_start
	pid=$(pids_of "$(pid_of vkcfgd)")
	before=$(cpu_ticks "$pid")
	VKCFG_HOME=$WORK/people/carol "$bench/bench_run" audit_verify 3 "$VKCFG" audit verify --allow-unwitnessed \
		2>>"$WORK/log/audit.log" || failed audit_verify
	ticks=$(($(cpu_ticks "$pid") - before))
	printf 'audit_verify_server_cpu_us=%d\n' $((ticks * 1000000 / $(getconf CLK_TCK) / 3))
	server_stop
	"$bench/bench_run" sha256sum 3 sha256sum "$WORK/entries" 2>>"$WORK/log/audit.log" || failed sha256sum
}
# cpu_ticks PIDS: what they have used so far
cpu_ticks() {
	local pid sum=0 line stat
	for pid in ${1//,/ }; do
		read -r line <"/proc/$pid/stat"
		read -ra stat <<<"${line##*) }"
		sum=$((sum + stat[11] + stat[12]))
	done
	echo "$sum"
}

# One file of all simple directives: read, judged, and beside it what valkey-server needs until it stumbles over
# the option that no version knows, which is behind the file.
measure_conf() {
	local conf=$WORK/defaults.conf
	awk -F '\t' '$2 ~ /^(7\.2|8\.0)-(8\.|9\.|$)/ && $5 ~ /^(bool|u?int|enum|memory)$/ && $12 != "-" { print $1, $12 }' \
		"$abs_top_srcdir/schema/directives/valkey.tsv" >"$conf"
	"$bench/bench_conf" "$conf" || failed conf
	"$bench/bench_run" conf_import "$runs" sh -c '"$0" import --dry-run --tree "$1.tree" --as db1/main "$1"' \
		"$VKCFG" "$conf" 2>>"$WORK/log/conf.log" || failed conf_import
	"$bench/bench_run" conf_valkey "$runs" sh -c 'valkey-server "$0" --nonsense x; [ $? = 1 ]' \
		"$conf" 2>>"$WORK/log/conf.log" || failed conf_valkey
}
# What ten times as many instances need, and each of them.
measure_render() {
	"$bench/bench_render" "${INSTANCES:-10000}" || failed render
	"$bench/bench_render" $((${INSTANCES:-10000} * 10)) | sed 's/^render_/render_tenfold_/'
	[ "${PIPESTATUS[0]}" = 0 ] || failed render_tenfold
}

measure_agent() {
	measure_pull
	measure_watch
	measure_recovery
	measure_others
	measure_instances
}

measure_all() {
	local kind
	machine
	if [ "${ONLY:-}" = agent ]; then
		good_fleet
		measure_agent
		return
	fi
	measure_render
	measure_conf
	for kind in same each roles; do
		"$bench/bench_diff" "${INSTANCES:-10000}" "$kind" || failed "diff_$kind"
	done
	"$bench/bench_secret" || failed secrets
	"$bench/bench_release" || failed release_verify
	"$bench/bench_log" 2>>"$WORK/log/bench_log.log" || failed log
	# All load comes with the certificate of one host.
	SERVER_SETTINGS="max-connections-per-identity: 100000"
	good_fleet
	measure_server
	measure_nginx
	measure_agent
	measure_syncs
	measure_audit
}

work_start
measure_all > >(tee "$WORK/results")
wait $!
awk -F = '{ v[$1] = $2 } END { n = v["render_tenfold_instances"] - v["render_instances"]
	if (n > 0) printf "render_kb_per_instance=%.1f\n", (v["render_tenfold_peak_rss_kb"] - v["render_peak_rss_kb"]) / n }' "$WORK/results"
ratio conf_import_cpu_to_valkey conf_import_cpu_us conf_valkey_cpu_us
ratio polls_per_second_to_nginx vkcfgd_polls_per_second nginx_polls_per_second
ratio server_cpu_per_poll_to_nginx vkcfgd_server_cpu_us_per_poll nginx_server_cpu_us_per_poll
ratio server_cpu_per_handshake_to_nginx vkcfgd_server_cpu_us_per_handshake nginx_server_cpu_us_per_handshake
ratio server_cpu_per_resumption_to_nginx vkcfgd_server_cpu_us_per_resumption nginx_server_cpu_us_per_resumption
ratio parked_kb_to_nginx_idle parked_server_kb_per_connection nginx_idle_server_kb_per_connection
per_instance
ratio pull_noop_wall_to_ansible pull_noop_wall_us ansible_wall_us
ratio pull_noop_wall_to_cfengine pull_noop_wall_us cfengine_wall_us
ratio pull_noop_wall_to_curl pull_noop_wall_us curl_wall_us
ratio release_verify_to_openssl_signatures release_verify_cpu_us openssl_signatures_cpu_us
ratio audit_verify_cpu_to_sha256sum audit_verify_cpu_us sha256sum_cpu_us
