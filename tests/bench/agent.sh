# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# What the agent of a host costs, and beside it what others need to keep the same two files. Sourced by bench.sh.

# A run of the agent with nothing to do, after which drift was looked for in everything.
measure_pull() {
	local host=$WORK/hosts/db1/state command=("$VKCFG_PULL" --config "$WORK/hosts/db1/pull.yaml")
	pull db1
	"$bench/bench_run" pull_noop "$runs" "${command[@]}" 2>>"$WORK/log/pull.log" || failed pull_noop
	if has curl; then
		"$bench/bench_run" curl "$runs" curl -sS --fail -o /dev/null --cert "$host/tls.crt" \
			--key "$host/tls.key" --cacert "$host/ca.crt" "https://localhost:$PORT$path" \
			2>>"$WORK/log/curl.log" || failed curl
	else
		not_installed curl
	fi
	if has strace; then
		strace -f -qq -o "$WORK/strace.pull" "${command[@]}" 2>>"$WORK/log/pull.log" </dev/null ||
			failed pull_noop_system_calls
		awk '/^[0-9]+ +[a-z_0-9]+\(/ { n++ } / f(data)?sync\(/ { syncs++ }
			END { printf "pull_noop_system_calls=%d\npull_noop_fsyncs=%d\n", n, syncs }' "$WORK/strace.pull"
	else
		not_installed strace
	fi
}

# The same on a host with as many instances more as $EXTRA_INSTANCES.
measure_instances() {
	local extra=${EXTRA_INSTANCES:-16} names=(main) i
	for ((i = 1; i <= extra; i++)); do names+=("i$i"); done
	host_start many dev "${names[@]}"
	release dev "a host with many instances"
	pull many
	[ "$STATUS" -eq 0 ] || { failed pull_many; return; }
	printf 'pull_many_instances=%d\n' $((extra + 1))
	"$bench/bench_run" pull_many "$runs" "$VKCFG_PULL" --config "$WORK/hosts/many/pull.yaml" \
		2>>"$WORK/log/pull.log" || failed pull_many
	for ((i = 0; i <= extra; i++)); do end_background "valkey-many-${names[i]}"; done
}
per_instance() {
	awk -F = '{ v[$1] = $2 } END { n = v["pull_many_instances"] - 1
		if (n > 0) {
			printf "pull_us_per_instance=%.0f\n", (v["pull_many_wall_us"] - v["pull_noop_wall_us"]) / n
			printf "pull_cpu_us_per_instance=%.0f\n", (v["pull_many_cpu_us"] - v["pull_noop_cpu_us"]) / n
			printf "pull_kb_per_instance=%.0f\n", (v["pull_many_peak_rss_kb"] - v["pull_noop_peak_rss_kb"]) / n
		} }' "$WORK/results"
}

# From the last approval, answered, to the install that a watching host has committed.
measure_watch() {
	local memory line begun
	mkfifo "$WORK/watch"
	exec {watch_fd}<>"$WORK/watch"
	background watch bash -c 'exec "$@" 2>"$0"' "$WORK/watch" "$VKCFG_PULL" --watch \
		--config "$WORK/hosts/db1/pull.yaml"
	for memory in 101 102 103 104 105; do
		set_memory prod "${memory}mb"
		submit prod "to be timed"
		approve alice
		approve bob
		begun=${EPOCHREALTIME/./}
		while read -r -t 20 -u "$watch_fd" line; do
			[[ $line != *state=committed* ]] || break
		done
		echo $((${EPOCHREALTIME/./} - begun))
	done | sort -n | sed -n '3s/^/approval_to_committed_us=/p'
	end_background watch
	exec {watch_fd}<&-
	[ "$(config_of db1/main maxmemory)" = $((105 * 1048576)) ] || failed approval_to_committed
}

# timed_pull: a run of the agent; appends how long it took to $WORK/times
timed_pull() {
	local begun=${EPOCHREALTIME/./}
	pull db1
	echo $((${EPOCHREALTIME/./} - begun)) >>"$WORK/times"
	[ "$STATUS" -eq 0 ] || failed "$1"
}
# The run that installs a release, and the one that ends what another began before it was killed.
measure_recovery() {
	local fault name memory=110 i
	for fault in none pull.staged pull.accepted pull.switched pull.loaded; do
		: >"$WORK/times"
		name=recovery_after_${fault#pull.}
		[ "$fault" != none ] || name=install
		for ((i = 0; i < 5; i++)); do
			memory=$((memory + 1))
			set_memory prod "${memory}mb"
			release prod "to be timed"
			if [ "$fault" != none ]; then
				run env VKCFG_FAULT="$fault" "$abs_top_builddir/tests/e2e/bin/vkcfg-pull" --config "$WORK/hosts/db1/pull.yaml"
				[ "$STATUS" -eq 137 ] || failed "$name"
			fi
			timed_pull "$name"
		done
		sort -n "$WORK/times" | sed -n "3s/^/${name}_wall_us=/p"
	done
	[ "$(config_of db1/main maxmemory)" = $((memory * 1048576)) ] || failed recovery
}

# The two files of db1's instance, kept by others: content, owner and mode. They look at no running Valkey.
measure_others() {
	local source=$WORK/hosts/db1/main/current kept=$WORK/kept file
	mkdir -p "$kept/source" "$kept/target"
	for file in valkey.conf users.acl; do cp "$source/$file" "$kept/source/$file"; done
	measure_ansible "$kept"
	measure_cfengine "$kept"
}
is_kept() { # NAME DIRECTORY
	cmp -s "$2/source/valkey.conf" "$2/target/valkey.conf" && cmp -s "$2/source/users.acl" "$2/target/users.acl" || failed "$1"
	rm -f "$2"/target/*
}
measure_ansible() {
	has ansible-playbook || { not_installed ansible; return; }
	cat >"$1/play.yml" <<-END
		- hosts: localhost
		  connection: local
		  gather_facts: false
		  tasks:
		  - ansible.builtin.copy: {src: "$1/source/{{ item }}", dest: "$1/target/{{ item }}", mode: "0640", owner: $DAEMON_USER}
		    loop: [valkey.conf, users.acl]
	END
	printf '[defaults]\nlocal_tmp = %s\nremote_tmp = %s\n' "$1/tmp" "$1/tmp" >"$1/ansible.cfg"
	local -x LC_ALL=C.UTF-8 ANSIBLE_CONFIG=$1/ansible.cfg
	run ansible-playbook -i localhost, "$1/play.yml"
	[ "$STATUS" -eq 0 ] || { failed ansible; return; }
	"$bench/bench_run" ansible 5 ansible-playbook -i localhost, "$1/play.yml" \
		2>>"$WORK/log/ansible.log" || failed ansible
	is_kept ansible "$1"
}
measure_cfengine() {
	has cf-agent || { not_installed cfengine; return; }
	cat >"$1/policy.cf" <<-END
		body common control { bundlesequence => { "keep" }; }
		bundle agent keep
		{
		vars: "names" slist => { "valkey.conf", "users.acl" };
		files: "$1/target/\$(names)"
			copy_from => same("$1/source/\$(names)"), perms => kept, create => "true";
		}
		body copy_from same(from) { source => "\$(from)"; compare => "digest"; }
		body perms kept { mode => "640"; owners => { "$DAEMON_USER" }; }
	END
	chmod 600 "$1/policy.cf"
	local -x CFENGINE_TEST_OVERRIDE_WORKDIR=$1/cfengine
	local command=(cf-agent -K -f "$1/policy.cf")
	mkdir -p "$1/cfengine/bin"
	ln -s "$(command -v cf-promises)" "$1/cfengine/bin/cf-promises"
	run cf-key
	run "${command[@]}"
	[ "$STATUS" -eq 0 ] || { failed cfengine; return; }
	"$bench/bench_run" cfengine "$runs" "${command[@]}" 2>>"$WORK/log/cfengine.log" || failed cfengine
	is_kept cfengine "$1"
}
