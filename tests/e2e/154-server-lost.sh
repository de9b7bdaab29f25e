#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The whole server is lost and rebuilt from a backup that is older than what hosts have seen. Nothing is
# lost for good: the log's end comes from an auditor's export, the release from an approver's machine.
. "${0%/*}/lib.sh"

good_fleet
host_start db2 prod main
release prod "two hosts"
pull db1
pull db2
mkdir "$WORK/backups"
chown "$DAEMON_USER" "$WORK/backups"
backup=$WORK/backups/monday

#
# The backup, while the server runs
#
exits 0 "a backup is made under a running server" "$VKCFGD" backup "$backup" --config "$WORK/vkcfgd.yaml"
like "$OUT" "private keys inside:.* online/ca.key .*online/log.key.* server.key" "it says which private keys are in it"
is "$(stat -c %a "$backup")" 700 "nobody else may look into it"
is "$(find "$backup" -type f -perm /077 ! -name '*.crt')" "" "nor read a file of it"
exits 4 "a backup is never overwritten" "$VKCFGD" backup "$backup" --config "$WORK/vkcfgd.yaml"
exits 0 "without keys it holds none" "$VKCFGD" backup "$WORK/backups/public" --without-keys --config "$WORK/vkcfgd.yaml"
is "$(find "$WORK/backups/public" -name '*.key')" "" "not one"
like "$OUT" "private keys inside: none" "and says so"
nok "no seed is in the database" grep -qaf <(cat "$STATE"/online/{snapshot,timestamp,log}.key) "$backup/vkcfg.db"

#
# What happens afterwards: a release, its installation, a person who leaves, a root
#
set_memory prod 128mb
release prod "after the backup"
pull db1
is "$(config_of db1/main maxmemory)" 134217728 "a release comes after the backup"
must as admin env keys dev --approver "$WORK/people/dave.pub" --approver "$WORK/people/alice.pub" --threshold 1
must as admin root rotate
must by admin user revoke carol
must by admin user roles dave --roles approver@dev
mkdir -m 700 "$WORK/people/erin"
person_enrol erin author
pull db1
is "$STATUS" 0 "db1 has seen it all"
by alice audit export >"$WORK/nightly.jsonl"
cp "$WORK/hosts/db1/state/checkpoint" "$WORK/db1.checkpoint"
chmod 644 "$WORK/db1.checkpoint"
before=$(fingerprint_of db1/main)

#
# The loss
#
server_kill
rm -rf "$STATE"
pull db1
is "$STATUS" 8 "without a server a host reports that there is none"
is "$(fingerprint_of db1/main)" "$before" "and keeps what it runs"

restore() { "$VKCFGD" restore "$backup" --config "$WORK/vkcfgd.yaml" "$@"; }
exits 4 "entries that a host has seen are not in the backup" restore --checkpoint "$WORK/db1.checkpoint"
like "$OUT" "entries of the audit log were seen" "which the host's checkpoint shows"
like "$OUT" "[-]-log" "with what to do"
nok "nothing is left of the attempt" test -e "$STATE/vkcfg.db"
sed 's/user.revoke/user.praise/' "$WORK/nightly.jsonl" >"$WORK/forged.jsonl"
exits 4 "a forged export does not fit the host's checkpoint" restore --log "$WORK/forged.jsonl" --checkpoint "$WORK/db1.checkpoint"
sed '3d' "$WORK/nightly.jsonl" >"$WORK/gap.jsonl"
exits 0 "what the backup has need not be in the export" restore --log "$WORK/gap.jsonl" --checkpoint "$WORK/db1.checkpoint"
exits 4 "a server that is there is not overwritten" restore
rm -rf "$STATE"
cp -r "$backup" "$WORK/backups/changed"
sqlite3 "$WORK/backups/changed/vkcfg.db" "DROP TRIGGER log_entries_no_update;
	UPDATE log_entries SET entry = replace(entry, 'user/admin', 'user/mallet') WHERE idx = 4"
chown -R "$DAEMON_USER" "$WORK/backups/changed"
exits 6 "a backup whose log was changed is refused" "$VKCFGD" restore "$WORK/backups/changed" --config "$WORK/vkcfgd.yaml"
like "$OUT" "the backup was changed" "for this reason"

#
# The rebuilding
#
exits 0 "the server is restored" restore --log "$WORK/nightly.jsonl" --checkpoint "$WORK/db1.checkpoint"
like "$OUT" "[0-9]+ recovered" "with the end of the log"
like "$OUT" "release.publish release/prod/3" "it says what was done since"
like "$OUT" "user.enrol user/erin" "and is not in the backup"
unlike "$OUT" "user.revoke" "revocations are not among it"
server_start
exits 5 "because they are repeated" by carol status
is "$(by admin user list --json | jq -c '.items[] | select(.name == "dave").roles')" '["approver@dev"]' "and so are changes of roles"
pull db1
is "$STATUS" 6 "a host that has seen more refuses the restored server"
like "$OUT" "went back from version" "as a rollback"
is "$(fingerprint_of db1/main)" "$before" "and keeps what it runs"
exits 0 "what people have verified comes back" by admin recover
like "$OUT" "recovered: 2.root.json" "the root"
like "$OUT" "recovered: [0-9]+.targets.json" "and targets"
cp "$WORK/people/bob/tuf/prod.json" "$WORK/bob.role"
cp "$WORK/people/bob/releases/prod.json" "$WORK/bob.document"
mkdir "$WORK/other"
cp -r "$TREE/." "$WORK/other"
printf 'parameters: {memory: 1gb}\n' >"$WORK/other/environments/prod.yaml"
exits 2 "a release comes back with its own tree only" by admin recover prod --tree "$WORK/other" \
	--role "$WORK/bob.role" --document "$WORK/bob.document"
like "$OUT" "was made from the tree [0-9a-f]{12}, not" "and not with another one"
jq -c '.signatures |= .[1:]' "$WORK/bob.role" >"$WORK/forged.role"
exits 6 "and with the signatures of enough approvers" by admin recover prod --tree "$TREE" \
	--role "$WORK/forged.role" --document "$WORK/bob.document"
exits 0 "from the machine of an approver" by admin recover prod --tree "$TREE" --role "$WORK/bob.role" \
	--document "$WORK/bob.document"
like "$OUT" "recovered: prod/3" "it is the same release"
ok "a host has kept the same" cmp "$WORK/bob.document" "$WORK/hosts/db1/state/release.json"
pull db1
is "$STATUS" 0 "db1 believes its server again"
is "$(fingerprint_of db1/main)" "$before" "and nothing had to move"
pull db2
is "$STATUS" 0 "db2, which had seen less, goes on"
is "$(config_of db2/main maxmemory)" 134217728 "to the recovered release"
exits 0 "nothing more is missing" by admin recover prod --tree "$TREE" --role "$WORK/bob.role" --document "$WORK/bob.document"
like "$OUT" "lacks nothing" "says recover"
mv "$WORK/people/erin" "$WORK/people/erin.before"
mkdir -m 700 "$WORK/people/erin"
person_enrol erin author
set_memory prod 256mb
CHANGE=$(by erin submit prod -m "life goes on" --tree "$TREE" --json 2>"$WORK/err" | jq -er .change) ||
	bail "submit failed" "$(cat "$WORK/err")"
approve alice
approve bob
pull db1
is "$(config_of db1/main maxmemory)" 268435456 "the next release is number 4"
is "$(by alice releases prod --json | jq -c '[.items[].number]')" "[4,3,2,1]" "and none is missing"
exits 0 "the log is whole, and witnessed" by alice audit verify
like "$(by alice audit log --action 'fleet.restore' --json)" '"recovered"' "and tells of the restore"

#
# Once more, and this time two releases are lost, of which only the newest was kept by anybody
#
must "$VKCFGD" backup "$WORK/backups/tuesday" --config "$WORK/vkcfgd.yaml"
set_memory prod 320mb
CHANGE=$(by erin submit prod -m "will be lost" --tree "$TREE" --json 2>"$WORK/err" | jq -er .change) ||
	bail "submit failed" "$(cat "$WORK/err")"
approve alice
approve bob
set_memory prod 384mb
CHANGE=$(by erin submit prod -m "will be recovered" --tree "$TREE" --json 2>"$WORK/err" | jq -er .change) ||
	bail "submit failed" "$(cat "$WORK/err")"
approve alice
approve bob
pull db1
by alice audit export >"$WORK/nightly.jsonl" 2>"$WORK/err"
before=$(fingerprint_of db1/main)
server_kill
rm -rf "$STATE"
must "$VKCFGD" restore "$WORK/backups/tuesday" --log "$WORK/nightly.jsonl" --config "$WORK/vkcfgd.yaml"
server_start
cp "$WORK/hosts/db1/state/tuf/prod.json" "$WORK/db1.role"
cp "$WORK/hosts/db1/state/release.json" "$WORK/db1.document"
exits 0 "a release comes back from the files of a host" by admin recover prod --tree "$TREE" --role "$WORK/db1.role" \
	--document "$WORK/db1.document"
pull db1
is "$STATUS" 0 "the host believes its server"
is "$(fingerprint_of db1/main)" "$before" "and nothing had to move"
is "$(by alice releases prod --json | jq -c '[.items[].number]')" "[6,4,3,2,1]" "the number that nobody kept stays unused"
server_stop
server_start
set_memory prod 448mb
CHANGE=$(by erin submit prod -m "and on" --tree "$TREE" --json 2>"$WORK/err" | jq -er .change) ||
	bail "submit failed" "$(cat "$WORK/err")"
approve alice
approve bob
pull db1
is "$(config_of db1/main maxmemory)" 469762048 "releases go on behind it"
done_testing
