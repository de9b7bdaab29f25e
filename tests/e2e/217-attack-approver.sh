#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Attack: the server shows approvers something else than what their signatures would release.
. "${0%/*}/lib.sh"
. "${0%/*}/attack.sh"
attack_fleet
set_memory prod 256mb
submit prod "what carol wrote"
server_stop
cp "$STATE/vkcfg.db" "$WORK/honest.db"

# deceived NAME SQL STATUS PATTERN: alice is asked to approve after this change to the database
deceived() {
	cp "$WORK/honest.db" "$STATE/vkcfg.db"
	rm -f "$STATE"/vkcfg.db-*
	must as_daemon sqlite3 "$STATE/vkcfg.db" "DROP TRIGGER changes_no_update; $2"
	server_start
	exits "$3" "$1: exit status $3" as alice approve "$CHANGE" --yes
	like "$OUT" "$4" "$1: and why"
	is "$(as_daemon sqlite3 "$STATE/vkcfg.db" "SELECT count(*) FROM approvals WHERE change_id = $CHANGE")" 0 "$1: nothing is signed"
	server_stop
}
change="WHERE id = $CHANGE"
other=$(printf '0%.0s' {1..64})
differs='differ|not the|other|does not|document|metadata|tree'
deceived "another tree in the document" \
	"UPDATE changes SET document = replace(document, tree, (SELECT tree FROM changes WHERE id = 1)) $change" 6 "$differs"
deceived "a file of the tree changed" \
	"UPDATE blobs SET content = replace(content, '256mb', '1mb') WHERE content LIKE '%256mb%'" 6 'tree|digest'
deceived "another message in the document" \
	"UPDATE changes SET document = replace(document, 'what carol wrote', 'what mallory wrote') $change" 6 "$differs"
deceived "other bundles in the document" \
	"UPDATE changes SET document = substr(document, 1, instr(document, '\"root\":\"') + 7) || '$other' ||
		substr(document, instr(document, '\"root\":\"') + 72) $change" 6 "$differs"
deceived "another base in the document" \
	"UPDATE changes SET document = replace(document, '\"base\":2', '\"base\":1') $change" 6 "$differs|base"
deceived "another document in what is signed" \
	"UPDATE changes SET metadata = replace(metadata, substr(metadata, instr(metadata, '\"sha256\":\"') + 10, 64), '$other') $change" \
	6 "$differs"
deceived "one more release in what is signed" \
	"UPDATE changes SET metadata = replace(metadata, '\"targets\":{', '\"targets\":{\"prod/1.json\":{\"hashes\":{\"sha256\":\"$other\"},\"length\":1},') $change" \
	6 "$differs"
deceived "another version of the role" \
	"UPDATE changes SET metadata = replace(metadata, '\"version\":3', '\"version\":300') $change" 6 "$differs|version"
deceived "a signature that holds for a hundred years" \
	"UPDATE changes SET metadata = replace(metadata, substr(metadata, instr(metadata, '\"expires\":\"') + 11, 4), '2126') $change" \
	6 "$differs|expire"
deceived "the metadata of another role" \
	"UPDATE changes SET metadata = replace(metadata, 'prod/', 'dev/') $change" 6 "$differs"
deceived "root metadata" \
	"UPDATE changes SET metadata = replace(metadata, '\"_type\":\"targets\"', '\"_type\":\"root\"') $change" 6 "$differs|type"
deceived "no metadata" "UPDATE changes SET metadata = '{}' $change" 6 "$differs|version|member"

# Another person's word
deceived "alice as the author, so that she may not approve" "UPDATE changes SET author = 'alice' $change" 6 "$differs|author"

cp "$WORK/honest.db" "$STATE/vkcfg.db"
rm -f "$STATE"/vkcfg.db-*
server_start
exits 0 "what carol wrote is approved" as alice approve "$CHANGE" --yes
approve bob
pull db1
is "$(config_of db1/main maxmemory)" 268435456 "and runs"
done_testing
