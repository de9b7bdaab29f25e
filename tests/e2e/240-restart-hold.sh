#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A restart that would lose data waits, with its reason in every place where somebody looks, and is done
# by itself when the reason is gone.
. "${0%/*}/lib.sh"
fleet_start
host_start db1 prod main
release prod "first"
pull db1
[ "$STATUS" -eq 0 ] || bail "the first install failed" "$OUT"
state_of() { by carol hosts --json | jq -r '.items[0].instances[0].state'; }
started() { info_of db1/main run_id; }
restarted() { [ "$(started)" != "$run_id" ]; }
role_apply() { sed -i "/^apply:/,\$d" "$TREE/roles/cache.yaml" && printf 'apply:\n  drift: report\n%s' "$1" >>"$TREE/roles/cache.yaml"; }
pending=$WORK/hosts/db1/main/pending.json

# In memory only
valkey db1/main set precious 1 >/dev/null
run_id=$(started)
set_config prod 'databases: 4' 'timeout: 77'
release prod "fewer databases"
pull db1
is "$STATUS" 0 "a restart that would lose data is held"
is "$(started)" "$run_id" "Valkey runs on"
is "$(valkey db1/main get precious)" 1 "with its data"
is "$(config_of db1/main timeout)" 77 "what can change live has changed"
is "$(config_of db1/main databases)" 16 "the rest waits"
like "$OUT" 'pending restart since [0-9T:Z-]+: its data stands in memory only' "the log says why"
is "$(state_of)" pending-restart "the server knows that it waits"
run "$VKCFG_PULL" --config "$WORK/hosts/db1/pull.yaml" --status
like "$OUT" 'pending-restart.*' "--status knows it"
like "$OUT" 'pending restart since .*in memory only' "and says why"
like "$(by carol hosts)" 'pending restart since .*in memory only' "vkcfg hosts shows it"
since=$(jq -r .since "$pending")
before=$(stat -c '%i %Y' "$pending")
pull db1
is "$STATUS/$(stat -c '%i %Y' "$pending")" "0/$before" "the next run finds it so, and writes nothing"
unlike "$OUT" 'drift' "what waits is no drift"
is "$(by carol drift --json | jq -r '.items[].cause'; echo "${PIPESTATUS[0]}")" "pending
0" "on the server neither: it is listed as pending"

# Data that is kept may be restarted
mkdir "$WORK/hosts/db1/main/data/dump.rdb"
chown "$DAEMON_USER" "$WORK/hosts/db1/main/data/dump.rdb"
valkey db1/main set precious 2 >/dev/null
set_config prod 'databases: 4' 'save: 900 1'
release prod "keep the data"
pull db1
is "$(started)" "$run_id" "a save that fails holds the restart"
like "$(jq -r .reason "$pending")" 'the last save failed' "and is the reason now"
is "$(jq -r .since "$pending")" "$since" "it has waited since the same time"
rmdir "$WORK/hosts/db1/main/data/dump.rdb"
pull db1
is "$(started)" "$run_id" "the failed save still counts"
valkey db1/main bgsave >/dev/null
saved() { [ "$(info_of db1/main rdb_last_bgsave_status)" = ok ]; }
wait_for saved || bail "BGSAVE does not succeed"
valkey db1/main set precious 3 >/dev/null
pull db1
is "$STATUS" 0 "with a good save the restart is done"
ok "without a new release" restarted
is "$(config_of db1/main databases)" 4 "the rest runs"
is "$(valkey db1/main get precious)" 3 "with the newest data"
nok "nothing waits any more" test -e "$pending"
pull db1
is "$(state_of)" unchanged "and the server knows it"

# A server that lets the agent in with nothing
run_id=$(started)
set_config prod 'databases: 6' 'save: 900 1'
release prod "more databases"
valkey db1/main acl setuser vkcfg-agent off >/dev/null
pull db1
is "$STATUS" 5 "one that lets the agent in no longer"
is "$(started)" "$run_id" "is not restarted"
like "$OUT" 'not restarted, because nobody can see what it would lose' "and that is said"
valkey db1/main acl setuser vkcfg-agent on >/dev/null
pull db1
is "$STATUS/$(config_of db1/main databases)" 0/6 "when it does, the release is installed"

# The role may say that the data is worth nothing
run_id=$(started)
role_apply $'  allow-data-loss: true\n'
set_config prod 'databases: 5' 'save: ""'
release prod "a cache"
pull db1
is "$STATUS" 0 "where the role allows the loss of data"
ok "the restart is done" restarted
is "$(config_of db1/main databases)" 5 "and the value runs"
done_testing
