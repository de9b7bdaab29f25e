#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The server's keys for snapshot and timestamp are replaced through a root rotation.
. "${0%/*}/lib.sh"

good_fleet
run "$VKCFGD" new-keys --config "$WORK/vkcfgd.yaml"
is "$STATUS" 8 "keys are not replaced under a running server"
cp "$STATE/online/timestamp.key" "$WORK/stolen.key"
server_stop
exits 0 "vkcfgd makes new keys" "$VKCFGD" new-keys --config "$WORK/vkcfgd.yaml"
keyid=$(sed -n 's/^timestamp \([0-9a-f]\{64\}\)$/\1/p' <<<"$OUT")
isnt "$keyid" "" "and prints their key ids"
is "$(stat -c %a "$STATE/online/timestamp.key")" 600 "nobody else may read them"
if cmp -s "$WORK/stolen.key" "$STATE/online/timestamp.key"; then fail "the key is another"; else pass "the key is another"; fi
server_start
pull db1
is "$STATUS" 0 "hosts go on with the last timestamp"
set_memory prod 128mb
submit prod "before the root"
must as alice approve "$CHANGE" --key alice --yes
exits 6 "nothing is published with keys that no root names" as bob approve "$CHANGE" --key bob --yes

must as admin root rotate --online-keys
like "$OUT" "timestamp: ADDS the key of the server, $keyid" "the root names the new keys"
like "$OUT" "timestamp: REMOVES the key of the server" "and the old ones no longer"
release prod "after the root"
pull db1
is "$STATUS" 0 "a host follows"
is "$(config_of db1/main maxmemory)" 134217728 "to the new release"
exits 0 "the audit log goes on under its own key" by admin audit verify
done_testing
