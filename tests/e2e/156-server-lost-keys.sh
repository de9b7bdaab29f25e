#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The server is rebuilt from a backup without its online keys: new ones are made, and count when the
# holders of root keys have named them.
. "${0%/*}/lib.sh"

good_fleet
mkdir "$WORK/backups"
chown "$DAEMON_USER" "$WORK/backups"
must "$VKCFGD" backup "$WORK/backups/public" --without-keys --config "$WORK/vkcfgd.yaml"
cp "$STATE/online/ca.key" "$STATE/server.key" "$WORK/" # in a safe
before=$(fingerprint_of db1/main)
must by alice audit verify
server_kill
rm -rf "$STATE"

exits 3 "without the CA's key nobody could be let in" "$VKCFGD" restore "$WORK/backups/public" --config "$WORK/vkcfgd.yaml"
like "$OUT" "no online/ca.key" "which it says"
nok "and nothing is left behind" test -e "$STATE/vkcfg.db"
install -o "$DAEMON_USER" -m 600 "$WORK/ca.key" "$WORK/backups/public/online/ca.key"
install -o "$DAEMON_USER" -m 600 "$WORK/server.key" "$WORK/backups/public/server.key"
exits 0 "with it the server is restored" "$VKCFGD" restore "$WORK/backups/public" --config "$WORK/vkcfgd.yaml"
like "$OUT" "new ones were made" "and has new keys for snapshot, timestamp and log"
like "$OUT" "root rotate --online-keys" "it says what comes next"
server_start
pull db1 --retry
is "$STATUS" 6 "no host believes keys that no root names"
is "$(fingerprint_of db1/main)" "$before" "and keeps what it runs"
must as admin root rotate --online-keys
like "$OUT" "timestamp: ADDS the key of the server" "a root names the new key for timestamps"
like "$OUT" "audit log: ADDS the key of the server" "and that for the log"
pull db1
is "$STATUS" 0 "the host follows"
set_memory prod 128mb
release prod "life goes on"
pull db1
is "$(config_of db1/main maxmemory)" 134217728 "to the next release"
exits 0 "the log goes on from what was seen under the old key" by alice audit verify

#
# The keys of a backup were replaced after it was made, for instance because they were stolen
#
must "$VKCFGD" backup "$WORK/backups/tuesday" --config "$WORK/vkcfgd.yaml"
server_stop
must "$VKCFGD" new-keys --config "$WORK/vkcfgd.yaml"
server_start
must as admin root rotate --online-keys
pull db1
is "$STATUS" 0 "db1 follows to keys that no backup has"
version=$(jq .signed.version "$WORK/hosts/db1/state/tuf/root.json")
by alice audit export >"$WORK/nightly.jsonl" 2>"$WORK/err"
server_kill
rm -rf "$STATE"
exits 0 "the server is restored with keys of before" "$VKCFGD" restore "$WORK/backups/tuesday" --log "$WORK/nightly.jsonl" --config "$WORK/vkcfgd.yaml"
server_start
pull db1
is "$STATUS" 6 "hosts do not believe them"
exits 6 "and the root that replaced them does not name this server" by admin recover
like "$OUT" "root rotate --online-keys" "which the answer says, and what to do"
server_stop
must "$VKCFGD" new-keys --config "$WORK/vkcfgd.yaml"
server_start
must as admin root rotate --online-keys
pull db1 --retry
is "$STATUS" 0 "hosts follow to new keys"
is "$(jq .signed.version "$WORK/hosts/db1/state/tuf/root.json")" $((version + 1)) "over the root that the server had lost"
set_memory prod 192mb
release prod "and on"
pull db1
is "$(config_of db1/main maxmemory)" 201326592 "and to the next release"
done_testing
