#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# An author's disk use on the server is bounded, and what became no release goes away; what is released stays.
. "${0%/*}/lib.sh"
command -v sqlite3 >/dev/null || skip_all "there is no sqlite3"
SERVER_SETTINGS="author-quota: 1"
good_fleet
sql() { sqlite3 "$STATE/vkcfg.db" "$1"; }

# filler NAME KIB: a file of the tree that is new
filler() {
	mkdir -p "$TREE/files"
	head -c $(($2 * 768)) /dev/urandom | base64 -w 0 >"$TREE/files/$1"
}

# The bundles of changes that become nothing
set_memory prod 70mb
submit prod "first try"
FIRST=$CHANGE
set_memory prod 71mb
submit prod "second try"
SECOND=$CHANGE
is "$(sql 'SELECT COUNT(*) FROM bundles')" 3 "each open change has its bundles"
must by carol reject "$FIRST" -m "not this one"
is "$(sql "SELECT COUNT(*) FROM change_bundles WHERE change_id = $FIRST")" 0 "those of a rejected change are forgotten"
is "$(sql 'SELECT COUNT(*) FROM bundles')" 2 "and nothing else"
set_memory prod 72mb
submit prod "third try"
approve alice
approve bob
is "$(by carol changes --json | jq -r "[.items[] | select(.id == $SECOND)][0].state")" stale "a change became stale"
is "$(sql "SELECT COUNT(*) FROM change_bundles WHERE change_id = $SECOND")" 0 "its bundles are forgotten, too"
exits 0 "its words stay" by carol show "$SECOND"
pull db1
is "$STATUS" 0 "hosts are served"
is "$(config_of db1/main maxmemory)" 75497472 "with the new release"
exits 0 "the older release can be shown" by carol render db1/main --release prod/1
CHANGE=$(by carol rollback prod -m "back" --json 2>"$WORK/err" | jq -er .change) || fail "rollback" "$(cat "$WORK/err")"
approve alice
approve bob
pull db1
is "$(config_of db1/main maxmemory)" 67108864 "and rolled back to"

# The limit
filler a 600
CHANGE=$(by carol submit prod -m "large" --tree "$TREE" --json 2>"$WORK/err" | jq -er .change) || fail "a large tree" "$(cat "$WORK/err")"
filler a 600
run by carol submit prod -m "too much" --tree "$TREE"
is "$STATUS" 7 "an author who has sent too much is stopped"
like "$OUT" 'carol .*1 MiB: the limit is 1' "and learns why"
like "$OUT" 'reject open changes' "and what to do"
is "$(sql "SELECT COUNT(*) FROM trees WHERE author = 'carol' AND bytes > 600000")" 1 "nothing of it was kept"
must by admin user roles dave --roles approver,author
exits 0 "others are not stopped" by dave submit dev -m "mine" --tree "$TREE"
sed -i 's/^author-quota: 1/author-quota: 3/' "$WORK/vkcfgd.yaml"
kill -HUP "$(pid_of vkcfgd)"
reloaded() { grep -q settings-reloaded "$WORK/log/vkcfgd.log"; }
wait_for reloaded || fail "settings are reloaded"
exits 0 "the limit can be raised" by carol submit prod -m "enough" --tree "$TREE"

# What is released does not count
CHANGE=$(by carol changes --state open --json | jq -r '[.items[] | select(.message == "enough")][0].id')
approve alice
approve bob
sed -i 's/^author-quota: 3/author-quota: 1/' "$WORK/vkcfgd.yaml"
server_stop
server_start
set_memory prod 73mb
rm "$TREE/files/a"
exits 0 "what is released does not count" by carol submit prod -m "small" --tree "$TREE"

# What is old
server_stop
sql "UPDATE trees SET created = created - 40 * 86400"
before=$(sql "SELECT COUNT(*) FROM trees WHERE bytes > 0")
server_start
cleaned() { grep -q cleaned-up "$WORK/log/vkcfgd.log"; }
wait_for cleaned || fail "old trees are cleaned up" "$(tail -n 5 "$WORK/log/vkcfgd.log")"
ok "trees that became nothing have gone" test "$(sql "SELECT COUNT(*) FROM trees WHERE bytes > 0")" -lt "$before"
is "$(sql "SELECT COUNT(*) FROM changes c JOIN trees t ON t.digest = c.tree WHERE c.state IN ('open', 'released') AND t.bytes = 0")" 0 \
	"those of releases and open changes stay"
exits 0 "the first release can still be shown" by carol render db1/main --release prod/1
exits 0 "the log verifies" by admin audit verify --allow-unwitnessed
is "$(sql 'PRAGMA foreign_key_check')" "" "and the database is whole"
done_testing
