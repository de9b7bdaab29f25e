#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# kill -9 of vkcfg-pull, of Valkey, and of both at every point of an install that changes values, users,
# a certificate, or needs a restart. Whoever died: values, users, files and the served certificate are in the end those
# of the old release or those of the new one, wholly. FULL=1 for every point and its every passing; else one of each
# kind and victim. 030-crash-agent.sh has installs that are refused and rolled back.
. "${0%/*}/lib.sh"
fleet_start
host_start db1 dev main
. "${0%/*}/tls.sh"
FULL=${FULL:-}
free_port
tls=$FREE_PORT
host=$WORK/hosts/db1
pid_file=$host/main/pid

# environment MEMORY DATABASES USERS
environment() {
	{
		printf 'parameters: {memory: %s}\n' "$1"
		printf 'keepers: {dave: "%s"}\n' "$(by dave key show dave --json | jq -r .public)"
		tls_lines "$tls"
		printf '  databases: %s\nusers:\n%b' "$2" "$3"
	} >"$TREE/environments/dev.yaml"
}
app='  app: {rules: "on nopass ~app:* resetchannels -@all +get"}\n'
environment 64mb 10 "$app  gone: {rules: \"on nopass ~x resetchannels -@all +get\"}\n"
make_ca ca
cp "$WORK/pki/ca.crt" "$TREE/files/ca.crt"
make_certificate dev ca
release dev "where it begins"
pull db1
[ "$STATUS" -eq 0 ] || bail "the first install failed" "$OUT"

start_valkey() { as_daemon "$WORK/restart-valkey" "$host/main" "$pid_file" "$host/main/valkey.log"; }
is_up() { valkey db1/main ping; }
save() { rm -rf "$WORK/saved" && cp -a "$host" "$WORK/saved"; }
restore() {
	stop_pid "$(cat "$pid_file")" KILL
	rm -rf "$host" && cp -a "$WORK/saved" "$host"
	: >"$pid_file"
	rm -f "$host/main/valkey.sock"
	start_valkey
	wait_for is_up || bail "Valkey does not start again" "$(tail -n 5 "$host/main/valkey.log")"
}
# Whatever decides what runs: values and users in force, files, the served certificate. Names of generations are new
# with each install.
state_of() {
	{
		valkey db1/main config get '*' | paste - - | sort
		valkey db1/main acl list | sort
		served "$tls"
		cd "$host/main/current/" && find . -type f ! -name '.*' -print0 | sort -z | xargs -0 grep -H ''
	} 2>&1 | sed -E 's/[0-9]{6}-[0-9a-f]{6}/GENERATION/g'
}

new_ends=0
old_ends=0
cases=0
# judge NAME VICTIM: where it ended. Who only lost its agent goes on.
judge() {
	local state
	state=$(state_of)
	cases=$((cases + 1))
	if [ -e "$host/main/journal.json" ]; then
		fail "$1: nothing is under way" "$(cat "$host/main/journal.json")"
	elif [ "$state" = "$new" ]; then
		new_ends=$((new_ends + 1))
		pass "$1: the new configuration, wholly"
	elif [ "$state" = "$old" ] && [ "$2" != agent ]; then
		old_ends=$((old_ends + 1))
		# Rolled back, or refused; by this run's decision, not for ever.
		pull db1 --retry
		is "$STATUS/$(diff <(echo "$new") <(state_of))" "0/" "$1: the old configuration, wholly; and the new one when it is tried again"
	else
		fail "$1: neither the old nor the new configuration" "to the new:" "$(diff <(echo "$new") <(echo "$state"))" \
			"to the old:" "$(diff <(echo "$old") <(echo "$state"))"
	fi
}
# dies KIND POINT VICTIM: an install in which this one is killed there, then what a host does: its supervisor starts
# Valkey, its timer starts the agent.
dies() {
	local i
	restore
	case $3 in
	agent) pull_with db1 VKCFG_FAULT="$2" ;;
	valkey) pull_with db1 VKCFG_FAULT="$2" VKCFG_FAULT_OTHER="$pid_file" VKCFG_FAULT_SPARE=1 ;;
	both) pull_with db1 VKCFG_FAULT="$2" VKCFG_FAULT_OTHER="$pid_file" ;;
	esac
	if [ "$3" != valkey ] && [ "$STATUS" -ne 137 ]; then
		fail "$1, $3 killed at $2: it was" "status $STATUS" "$OUT"
		return
	fi
	if is_gone "$(cat "$pid_file")"; then start_valkey; fi
	wait_for is_up || diag "Valkey is not up" "$(tail -n 5 "$host/main/valkey.log")"
	for i in 1 2 3; do
		pull db1
		[ "$STATUS" -ne 0 ] || break
	done
	judge "$1, $3 killed at $2" "$3"
}
kinds=0
# matrix KIND: of the release that has just been made
matrix() {
	local points victim chosen point
	old=$(state_of)
	save
	: >"$WORK/trace" && chmod 666 "$WORK/trace"
	pull_with db1 VKCFG_FAULT_TRACE="$WORK/trace"
	is "$STATUS" 0 "$1: installs where nobody dies"
	new=$(state_of)
	isnt "$new" "$old" "$1: changes something"
	mapfile -t points < <(grep '^pull\.' "$WORK/trace" | awk '{ printf "%s:%d\n", $0, ++n[$0] }')
	like "${points[*]}" 'pull.staged:1.*pull.preflighted:1.*pull.accepted:1.*pull.switched:1.*pull.loaded:1.*pull.verified:1' \
		"$1: passes all steps"
	chosen=$((kinds * 5))
	for victim in agent valkey both; do
		chosen=$(((chosen + 7) % ${#points[@]}))
		for ((point = 0; point < ${#points[@]}; point++)); do
			if [ -n "$FULL" ] || [ "$point" -eq "$chosen" ]; then dies "$1" "${points[point]}" "$victim"; fi
		done
	done
	kinds=$((kinds + 1))
	restore
	pull db1
	[ "$STATUS" -eq 0 ] || pull db1 --retry
	is "$(state_of)" "$new" "$1: installed at last"
}

environment 65mb 10 "$app  gone: {rules: \"on nopass ~x resetchannels -@all +get\"}\n"
release dev "values"
matrix values
environment 65mb 10 "${app/+get/+get +set}  new: {rules: \"on nopass ~y resetchannels -@all +get\"}\n"
release dev "users"
matrix users
make_certificate dev ca
release dev "a certificate"
matrix certificate
environment 66mb 20 "$app"
release dev "a restart"
matrix restart
diag "$cases cases: $new_ends ended in the new configuration at once, $old_ends in the old one first"
done_testing
