#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The server is rebuilt from a backup, and the entries of the audit log since then are lost for good. No
# server can make hosts forget them; only the holders of root keys can begin another log.
. "${0%/*}/lib.sh"

good_fleet
mkdir "$WORK/backups"
chown "$DAEMON_USER" "$WORK/backups"
must "$VKCFGD" backup "$WORK/backups/monday" --config "$WORK/vkcfgd.yaml"
size=$(jq '."log-size"' "$WORK/backups/monday/backup.json")
must by admin user add zed --roles author
pull db1 --retry
seen=$(sed -n 2p "$WORK/hosts/db1/state/checkpoint")
ok "db1 has seen more of the log than the backup holds" test "$seen" -gt "$size"
must by alice audit verify --allow-unwitnessed
verified=$(sed -n 2p "$WORK/people/alice/checkpoint")
before=$(fingerprint_of db1/main)
server_kill
rm -rf "$STATE"

#
# A plain restore is a fork to whoever has seen more
#
exits 0 "the server is restored without the lost entries" "$VKCFGD" restore "$WORK/backups/monday" --config "$WORK/vkcfgd.yaml"
server_start
must by admin user add yann --roles author
must by admin user add xena --roles author
pull db1 --retry
is "$STATUS" 6 "the host refuses it"
like "$OUT" "the audit log has (forked|shrunk)" "as a forked log"
is "$(fingerprint_of db1/main)" "$before" "and keeps what it runs"
exits 6 "so does a person who verifies" by alice audit verify --allow-unwitnessed
like "$OUT" "not those of the last time|has shrunk" "for the same reason"

#
# What a server can do by itself
#
server_stop
exits 0 "vkcfgd begins another log" "$VKCFGD" new-log --config "$WORK/vkcfgd.yaml"
like "$OUT" '^demo/log\.2 [0-9]+ [0-9a-f]{64}$' "and says where it begins"
start=$(cut -d' ' -f2 <<<"$OUT")
digest=$(cut -d' ' -f3 <<<"$OUT")
server_start
pull db1 --retry
is "$STATUS" 6 "no host believes it without a root that names it"
is "$(sed -n 2p "$WORK/hosts/db1/state/checkpoint")" "$seen" "or forgets what it has seen"

#
# What the holders of root keys can do
#
must as admin root rotate --online-keys --out "$WORK/next.proposal"
like "$OUT" "BEGINS A NEW LOG, demo/log.2, in the place of demo/log, with the first $start entries" "they read what they sign"
like "$OUT" "tree hash $digest" "with the digest that new-log printed"
must by admin root publish "$WORK/next.proposal"
pull db1
is "$STATUS" 0 "the host follows the root"
like "$OUT" "log-replaced" "and says that its log was replaced"
like "$OUT" "entries that this host has seen are lost" "and that entries are lost"
is "$(sed -n 2p "$WORK/hosts/db1/state/checkpoint.demo-log")" "$seen" "its last checkpoint is kept as evidence"
is "$(sed -n 1p "$WORK/hosts/db1/state/checkpoint")" demo/log.2 "it witnesses the new log"
is "$(fingerprint_of db1/main)" "$before" "nothing moved"
pull db1 --retry
unlike "$OUT" "log-replaced" "it says so once"
exits 2 "the checkpoint of the old log is none to begin behind" by alice audit verify --since checkpoint --allow-unwitnessed
exits 0 "a person who verifies follows, too" by alice audit verify --allow-unwitnessed
like "$OUT" "entries were lost" "and is told what was lost"
is "$(sed -n 2p "$WORK/people/alice/checkpoint.demo-log")" "$verified" "with the old checkpoint kept"
set_memory prod 128mb
release prod "life goes on"
pull db1
is "$(config_of db1/main maxmemory)" 134217728 "releases go on"
exits 6 "nor is it when it comes from a file" by alice audit verify --since "$WORK/people/alice/checkpoint.demo-log"
exits 0 "a checkpoint of the new log is" by alice audit verify --since checkpoint --allow-unwitnessed
exits 0 "and the new log is witnessed" by alice audit verify
unlike "$OUT" "entries were lost" "the loss is told once"
like "$(by alice audit log --action 'log.begin' --json)" '"log.begin"' "but stays in the log"
is "$(by alice status --json | jq -c '[.log.witnesses, .log.hosts]')" "[1,1]" "vkcfg status counts the witnesses of the new log"

#
# It is no way back for a thief: what was seen of the new log counts as before
#
server_stop
cp -r "$STATE" "$WORK/forked"
server_start
must by admin user add will --roles author
pull db1 --retry
is "$STATUS" 0 "the host sees more of the new log"
server_stop
rm -rf "$STATE"
cp -r "$WORK/forked" "$STATE"
chown -R "$DAEMON_USER" "$STATE"
server_start
must by admin user add vera --roles author
must by admin user add ulla --roles author
pull db1 --retry
is "$STATUS" 6 "a fork of the new log is refused like any"
done_testing
