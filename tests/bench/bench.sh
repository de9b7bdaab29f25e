#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# What vkcfg costs, measured on a real fleet on loopback: key=value lines. Where nginx is installed it is
# asked the same over the same mutual TLS, in the same run. Reported, not asserted.
#
#   make bench [SECONDS_EACH=3] [CONNECTIONS=32] [PARKED=500] [INSTANCES=10000]
abs_top_srcdir=${abs_top_srcdir:-$(cd "${0%/*}/../.." && pwd)}
abs_top_builddir=${abs_top_builddir:-$PWD}
VKCFGD=$abs_top_builddir/server/vkcfgd
VKCFG_PULL=$abs_top_builddir/client/pull/vkcfg-pull
. "$abs_top_srcdir/tests/e2e/lib.sh"
bench=$abs_top_builddir/tests/bench
seconds_each=${SECONDS_EACH:-3}
connections=${CONNECTIONS:-32}
parked=${PARKED:-500}

printf 'cpus=%s\n' "$(nproc)"
printf 'kernel=%s\n' "$(uname -r)"
"$bench/bench_render" "${INSTANCES:-10000}"
# All load comes with the certificate of one host.
SERVER_SETTINGS="max-connections-per-identity: 100000"
good_fleet
host=$WORK/hosts/db1/state

# pids_of PID: a process and its children, separated by commas
pids_of() { echo "$1$(awk -v parent="$1" '{ for (i = 1; i <= NF; i++) printf ",%s", $i }' "/proc/$1/task/$1/children")"; }
# load NAME MODE PORT PIDS PATH CONNECTIONS
load() {
	"$bench/bench_poll" --prefix "$1" --mode "$2" --port "$3" --pid "$4" --path "$5" --connections "$6" \
		--seconds "$seconds_each" --cert "$host/tls.crt" --key "$host/tls.key" --ca "$host/ca.crt" ||
		printf '%s_%s=failed\n' "$1" "$2"
}
measure() { # NAME PORT PIDS PATH
	load "$1" polls "$2" "$3" "$4" "$connections"
	load "$1" handshakes "$2" "$3" "$4" "$connections"
	load "$1_parked" parked "$2" "$3" "$4" "$parked"
}
measure vkcfgd "$PORT" "$(pids_of "$(pid_of vkcfgd)")" /v1/agent/desired

if command -v nginx >/dev/null; then
	mkdir -p "$WORK/nginx/v1/agent"
	as_host() { curl -sS --fail --cert "$host/tls.crt" --key "$host/tls.key" --cacert "$host/ca.crt" "$@"; }
	as_host "https://localhost:$PORT/v1/agent/desired" >"$WORK/nginx/v1/agent/desired"
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
				listen 127.0.0.1:$FREE_PORT ssl;
				ssl_certificate $STATE/server.crt;
				ssl_certificate_key $STATE/server.key;
				ssl_client_certificate $STATE/ca.crt;
				ssl_verify_client on;
				ssl_protocols TLSv1.3;
				ssl_session_tickets off;
				root $WORK/nginx;
			}
		}
	END
	background nginx nginx -c "$WORK/nginx.conf" -p "$WORK/nginx"
	nginx_is_ready() { is_port_open "$FREE_PORT"; }
	if wait_for nginx_is_ready; then
		load nginx polls "$FREE_PORT" "$(pids_of "$(pid_of nginx)")" /v1/agent/desired "$connections"
		load nginx handshakes "$FREE_PORT" "$(pids_of "$(pid_of nginx)")" /v1/agent/desired "$connections"
		# It cannot park: the memory of an idle connection is the nearest.
		load nginx_idle parked "$FREE_PORT" "$(pids_of "$(pid_of nginx)")" /v1/agent/desired "$parked"
	fi
	end_background nginx
else
	printf 'nginx=not-installed\n'
fi

# A run of the agent with nothing to do: the median of nine.
pull db1
for _ in {1..9}; do
	begun=${EPOCHREALTIME/./}
	pull db1
	echo $((${EPOCHREALTIME/./} - begun))
done | sort -n | sed -n '5s/^/pull_noop_wall_us=/p'
"$bench/bench_rss" pull_noop_peak_rss_kb "$VKCFG_PULL" --config "$WORK/hosts/db1/pull.yaml"

# From the last approval to the new value in a watching host's Valkey.
background watch "$VKCFG_PULL" --watch --config "$WORK/hosts/db1/pull.yaml"
has_memory() { [ "$(config_of db1/main maxmemory)" = "$1" ]; }
for memory in 101 102 103; do
	set_memory prod "${memory}mb"
	submit prod "to be timed"
	approve alice
	approve bob
	begun=${EPOCHREALTIME/./} # when the last approval has been answered
	wait_for has_memory $((memory * 1048576)) || printf 'approval_to_applied=failed\n'
	echo $((${EPOCHREALTIME/./} - begun))
done | sort -n | sed -n '2s/^/approval_to_applied_us=/p'
end_background watch
