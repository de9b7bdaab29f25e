#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Many Valkeys of one host, each with a trouble of its own: stopped, busy with a script, out of memory, down,
# CONFIG renamed or denied, protected mode. Each has its defined end, none delays or hurts the others, and a
# Valkey that is there but does not answer is never restarted.
. "${0%/*}/lib.sh"
instances="good stop1 stop2 busy full down renamed denied"
fleet_start
sed -i 's/drift: report/drift: revert/; s/^  save: ""/&\n  busy-reply-threshold: 100/' "$TREE/roles/cache.yaml"
# shellcheck disable=SC2086
host_start db1 dev $instances
release dev "first"
pull db1
is "$STATUS" 0 "all instances run the first release"
run_id() { info_of "db1/$1" run_id; }
declare -A run_ids
for instance in $instances; do run_ids[$instance]=$(run_id "$instance"); done

# The troubles
for instance in stop1 stop2; do kill -STOP "$(pid_of "valkey-db1-$instance")"; done
valkey db1/busy eval 'while true do end' 0 >"$WORK/log/script" 2>&1 &
script=$!
is_busy() { grep -q BUSY <(valkey db1/busy ping); }
wait_for is_busy || bail "the script does not run"
valkey db1/full config set maxmemory-policy noeviction maxmemory 1 >/dev/null
like "$(valkey db1/full set key value)" 'OOM' "one Valkey is out of memory"
stop_pid "$(pid_of valkey-db1-down)" KILL
# Somebody has started it from another file, by the same door.
by_hand=$WORK/hosts/db1/by-hand
mkdir -p "$by_hand/current"
{
	cat "$WORK/hosts/db1/renamed/current/valkey.conf"
	echo 'rename-command CONFIG ""'
} >"$by_hand/current/valkey.conf"
chown -R "$DAEMON_USER:$DAEMON_GROUP" "$by_hand"
must as_daemon "$WORK/restart-valkey" "$by_hand" "$WORK/hosts/db1/renamed/pid" "$WORK/hosts/db1/renamed/valkey.log"
is_renamed() { grep -q 'unknown command' <(valkey db1/renamed config get port); }
wait_for is_renamed || bail "CONFIG is not renamed" "$(tail -n 5 "$WORK/hosts/db1/renamed/valkey.log")"
valkey db1/denied acl setuser vkcfg-agent -config >/dev/null

set_memory dev 128mb
release dev "with all these troubles"
begin=$SECONDS
pull db1
took=$((SECONDS - begin))
# Those that hang cost what one costs.
ok "Valkeys that hang are waited for together ($took s)" test "$took" -lt 10
log_of() { grep -E "instance=$1( |\$)" <<<"$OUT" | tail -n 1; }
is "$(config_of db1/good maxmemory)" 134217728 "the healthy one runs the release"
is "$(config_of db1/full maxmemory)" 134217728 "so does the one that was out of memory"
is "$(run_id full)" "${run_ids[full]}" "live"
is "$(config_of db1/down maxmemory)" 134217728 "the one that was down was started with it"
for instance in stop1 stop2; do
	like "$(log_of "$instance")" 'state=failed .*does not answer.*left alone' "$instance: said to be silent"
done
like "$(log_of busy)" 'state=failed .*BUSY.*left alone' "busy: said to be busy"
is "$(config_of db1/renamed maxmemory)" 134217728 "where CONFIG was renamed a restart brought the release"
is "$(config_of db1/denied maxmemory)" 134217728 "where CONFIG was denied to the agent, too"
is "$STATUS" 8 "the run ends as unavailable"
for instance in stop1 stop2 busy; do
	like "$(generation_of "db1/$instance")" '/000001-' "$instance: nothing is switched"
	nok "$instance: nothing is left half-way" test -e "$WORK/hosts/db1/$instance/journal.json"
done

# Later
for instance in stop1 stop2; do kill -CONT "$(pid_of "valkey-db1-$instance")"; done
valkey db1/busy script kill >/dev/null
wait "$script"
pull db1
is "$STATUS" 0 "when they answer again the run succeeds"
for instance in stop1 stop2 busy; do
	is "$(config_of "db1/$instance" maxmemory)" 134217728 "$instance runs the release"
	is "$(run_id "$instance")" "${run_ids[$instance]}" "$instance was not restarted"
done

# Protected mode: a Valkey that is not ours yet, reached by an address that is not loopback.
address=$(hostname -I 2>/dev/null | tr ' ' '\n' | grep -m1 -E '^[0-9]+(\.[0-9]+){3}$')
if [ -n "$address" ]; then
	free_port
	mkdir "$WORK/foreign"
	background foreign valkey-server --port "$FREE_PORT" --bind "$address" --dir "$WORK/foreign" --save ""
	is_denying() { grep -q DENIED <(valkey-cli -h "$address" -p "$FREE_PORT" ping 2>&1); }
	if wait_for is_denying; then
		sed -i "s|connect: unix:.*/good/valkey.sock|connect: tcp:$address:$FREE_PORT|" "$WORK/hosts/db1/pull.yaml"
		pull db1
		is "$STATUS" 5 "protected mode is a denial"
		like "$(log_of good)" 'protected mode' "and said to be it"
		ok "which ends nothing" is_denying
	else
		fail "a Valkey in protected mode"
	fi
else
	skip "protected mode" "no address but loopback here"
fi
done_testing
