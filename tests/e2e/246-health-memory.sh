#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Releases that a Valkey's memory does not bear are rolled back, by a restart where they came with one; kill -9 in
# the middle of the watch ends in the old configuration or in the new.
. "${0%/*}/lib.sh"
fleet_start
environment() { # MEMORY POLICY BAKE [MORE]
	printf 'parameters: {memory: %s}\nconfig: {maxmemory-policy: %s%s}\napply: {drift: report, bake: %s}\n' \
		"$1" "$2" "${4:-}" "$3" >"$TREE/environments/dev.yaml"
}
environment 64mb allkeys-lru 1s
host_start db1 dev main
dir=$WORK/hosts/db1/main
release dev "first"
pull db1
is "$STATUS" 0 "the first release is installed"
fill() { valkey db1/main eval 'for i = 1, 5000 do redis.call("set", "key:" .. i, string.rep("x", 1000)) end' 0 >/dev/null; }
memory() { config_of db1/main maxmemory; }
fill

environment 2mb allkeys-lru 1s
release dev "evicts"
pull db1
is "$STATUS $(memory)" "2 67108864" "a limit that throws out most of the data is taken back"
like "$OUT" 'evictions: 0 -> [0-9]{4} \(at most 1000\)' "with the numbers"
environment 64mb allkeys-lru 1s
sed -i 's/bake: 1s/&, health: {evictions: 1000000}/' "$TREE/environments/dev.yaml"
fill

environment 2mb noeviction 20s
release dev "errors"
set_one() { valkey db1/main set another value; }
writer() { while :; do set_one; pause; done; }
background writer writer
pull db1
end_background writer
is "$STATUS $(memory)" "2 67108864" "so is one under which writes fail"
like "$OUT" 'errors: 0 -> [1-9][0-9]* \(at most 0\)' "with their number"
is "$(set_one)" OK "they work again"
is "$(valkey db1/main dbsize)" 5001 "and nothing is lost"

environment 64mb noeviction 1s ", databases: 20"
release dev "with a restart"
run_id() { valkey db1/main info server | tr -d '\r' | sed -n 's/^run_id://p'; }
sed -i 's/save: ""/save: "3600 1"/' "$TREE/roles/cache.yaml"
release dev "with a restart, and kept data"
pull db1
is "$STATUS $(config_of db1/main databases) $(valkey db1/main dbsize)" "0 20 5001" "a good release with a restart passes"
before=$(run_id)
environment 3mb noeviction 1s ", databases: 24"
release dev "with a restart, too small"
pull db1
is "$STATUS $(memory) $(config_of db1/main databases)" "2 67108864 20" "a bad one is rolled back, by another restart"
like "$OUT" 'memory: [0-9]+ -> [0-9]+ \(at most 95\)|errors: ' "because of its memory"
isnt "$(run_id)" "$before" "it is another process"
is "$(valkey db1/main dbsize)" 5001 "with all data"

# kill -9 in the middle
environment 70mb noeviction 30s
release dev "a long watch"
is_baking() { grep -q ' bake ' "$WORK/log/long.log"; }
begin() { # [--watch]
	: >"$WORK/log/long.log"
	background long "$VKCFG_PULL" --config "$WORK/hosts/db1/pull.yaml" "$@"
	wait_for is_baking || bail "no watch begins" "$(cat "$WORK/log/long.log")"
}
begin
end_background long KILL
is "$(memory)" 73400320 "killed while it watches: the new value runs"
ok "what was before is kept" test -s "$dir/health.json"
is "$(stat -c %a "$dir/health.json")" 600 "for the agent alone"
begin --watch
pid=$(pid_of long)
kill -TERM "$pid"
wait "$pid"
is "$?" 0 "--watch ends when it is asked to, in the middle of it"
rm "$WORK/pids/long"
is "$(memory)" 73400320 "and leaves the rest to the next run"
ok "with what was before" test -s "$dir/health.json"
valkey db1/main config set maxmemory 2mb >/dev/null
set_one >/dev/null
valkey db1/main config set maxmemory 70mb >/dev/null
pull db1
like "$OUT" 'install-recovery' "the next run takes it up"
like "$OUT" 'errors: 0 -> 1' "goes on watching, and knows what was before"
is "$(memory)" 67108864 "and what happened meanwhile brings the old value back"
nok "nothing is under way" test -e "$dir/journal.json"
environment 71mb noeviction 1s
release dev "a short watch"
pull_with db1 VKCFG_FAULT=pull.baking
is "$STATUS" 137 "killed as the watch begins"
pull db1
is "$STATUS $(memory)" "0 74448896" "the next run ends in the new configuration"
nok "nothing is under way" test -e "$dir/journal.json"
nok "and nothing is left of the watch" test -e "$dir/health.json"
done_testing
