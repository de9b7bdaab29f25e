#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# What a plan says before anything moves is what happens then: a live, a restart-preferred and a restart directive, on a host
# that may restart and on one that may not.
. "${0%/*}/lib.sh"
fleet_start
host_start db1 prod main
host_start db2 prod main
release prod "first"
pull db1
pull db2
[ "$STATUS" -eq 0 ] || bail "the first install failed" "$OUT"
plan() { pull "$1" --plan "${@:2}"; }
change() { jq -r --arg n "$1" '.instances[0].changes[] | select(.name == $n) | "\(.old) \(.new) \(.way)"' <<<"$OUT"; }
state() { (cd "$WORK/hosts/$1/main" && find . -path ./data -prune -o -printf '%p %l %s %T@\n' | sort); }
planned() { jq -r '.instances[0].changes[] | select(.kind == "directive" and .way != "restart") | "\(.name) \(.new)"' <<<"$1"; }

exits 0 "vkcfg plan finds nothing to do, too" by carol plan prod
plan db1
is "$STATUS" 0 "where nothing is to be done"
like "$OUT" 'main: unchanged' "the plan says so"

valkey db2/main set precious 1 >/dev/null
set_config prod 'databases: 4' 'timeout: 77' 'hash-max-listpack-entries: 99'
submit prod "three ways"
exits 1 "a change is planned for all hosts before it is approved" by carol plan "$CHANGE"
like "$OUT" 'prod: 2 instances .*: restart' "as one group"
like "$OUT" 'db2/main.*: runs release 1 on valkey [0-9.]+, committed, ok at .*; restart, which closes all connections' "each with what it runs"
run by carol plan "$CHANGE" --json
is "$(jq -r '.restarts' <<<"$OUT")" 2 "restarts are counted"
is "$(jq -r '.difference.groups[0].changes[] | "\(.name) \(.way)"' <<<"$OUT" | tr '\n' ' ')" \
	'databases restart hash-max-listpack-entries restart-preferred timeout live ' "with the way of each change"
approve alice
approve bob
before="$(state db1) $(info_of db1/main run_id)"
plan db1 --json
is "$STATUS" 1 "a release that would change something"
is "$(change timeout)" "0 77 live" "a live value is told as live"
is "$(change hash-max-listpack-entries)" "512 99 restart-preferred" "one that keys keep, too"
is "$(change databases)" "16 4 restart" "and one that needs a restart"
is "$(jq -r '.instances[0].restart.way' <<<"$OUT")" in-place "which would be done"
ok "with an estimate" jq -e '.instances[0].restart | .seconds >= 1 and (.how | length > 0)' <<<"$OUT"
plan_db1=$OUT
is "$(state db1) $(info_of db1/main run_id)" "$before" "nothing was changed"
nok "and nothing is left of it" test -e "$WORK/hosts/db1/state/plan"
plan db2
like "$OUT" 'restart: waits: its data stands in memory only' "where a restart would lose data, it would wait"
like "$OUT" 'connections: [0-9]+, none is closed' "and no connection would be closed"
plan db2 --json
plan_db2=$OUT

mkdir -p "$WORK/hosts/db1/state/plan/main"
chown -R "$DAEMON_USER" "$WORK/hosts/db1/state/plan"
pull db1
is "$STATUS" 0 "then it is installed"
nok "and what a plan that was cut short has left is gone" test -e "$WORK/hosts/db1/state/plan"
nok "with a restart" test "$(info_of db1/main run_id)" = "${before##* }"
while read -r name value; do
	is "$(config_of db1/main "$name")" "$value" "$name came as planned"
done < <(jq -r '.instances[0].changes[] | select(.kind == "directive") | "\(.name) \(.new)"' <<<"$plan_db1")
run_id=$(info_of db2/main run_id)
pull db2
is "$(info_of db2/main run_id)" "$run_id" "the other waits, as planned"
while read -r name value; do
	is "$(config_of db2/main "$name")" "$value" "$name came as planned"
done < <(planned "$plan_db2")
is "$(config_of db2/main databases)" 16 "and databases did not"
plan db2 --json
is "$(jq -c '[.instances[0] | .state, (.changes | map(.name))]' <<<"$OUT")" '["pending-restart",["databases"]]' \
	"which is all that is left of the plan"

run by carol plan prod --json
is "$(jq -c '[.difference.unchanged, .instances]' <<<"$OUT")" '[2,[]]' "where all run the release, there is nothing to plan"

# What is not set any more has the default of the version that runs.
set_config prod 'databases: 4'
release prod "back to the defaults"
pull db2
exits 1 "hosts may run different releases" by carol plan prod
like "$OUT" 'db1/main.*: runs release 2' "of the one that lags behind it is told"
unlike "$OUT" 'db2/main.*: runs' "and nothing of the other"
plan db1 --json
is "$(change timeout)" "77 0 live" "an unset value goes back to the default"
is "$(change hash-max-listpack-entries)" "99 512 restart-preferred" "of this very version"
is "$(change databases)" "" "what stays the same is not told"
done_testing
