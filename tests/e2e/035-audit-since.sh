#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The audit log verified from a checkpoint that a person holds, without the entries before it, against a server
# that changes its mind.
. "${0%/*}/lib.sh"
good_fleet
carol=$WORK/people/carol

# entries N: people are invited until there are N more entries
entries() {
	local admin=$WORK/people/admin i
	for ((i = 0; i < $1; i++)); do
		[ "$i" -eq 0 ] || echo next
		printf '%s\n' "url = \"https://localhost:$PORT/v1/users\"" "cacert = \"$admin/ca.crt\"" "cert = \"$admin/tls.crt\"" \
			"key = \"$admin/tls.key\"" 'header = "Content-Type: application/json"' 'output = "/dev/null"' silent \
			"data = \"{\\\"name\\\":\\\"u$RANDOM$RANDOM$i\\\",\\\"roles\\\":[\\\"viewer\\\"],\\\"ttl_seconds\\\":600}\""
	done >"$WORK/curlrc"
	must curl -K "$WORK/curlrc"
}
# field NAME: of the last --json output
field() { jq -r "$1" <<<"$OUT"; }

exits 3 "there is no checkpoint before the first time" by carol audit verify --since checkpoint --allow-unwitnessed
like "$OUT" "none yet from a last time" "and it says so"
exits 3 "a file that is not there is not found" by carol audit verify --since "$WORK/none" --allow-unwitnessed
entries 300
exits 0 "the whole log verifies" by carol audit verify --allow-unwitnessed --json
old=$(field .size)
is "$(field .first)" 0 "from the first entry on"
must cp "$carol/checkpoint" "$WORK/held"

entries 20
exits 0 "from the held checkpoint on it verifies too" by carol audit verify --since "$WORK/held" --allow-unwitnessed --json
is "$(field .since)" "$old" "from there"
is "$(($(field .size) >= old + 20))" 1 "up to now"
# The host has cosigned earlier: its word covers the beginning, so a little more is gone over.
is "$(($(field .first) > 0 && $(field .first) <= old))" 1 "and the first entries are left out"
exits 0 "in words" by carol audit verify --since checkpoint --allow-unwitnessed
like "$OUT" "begin with the [0-9]+ entries of the given checkpoint" "what was checked"
like "$OUT" "not looked at: what the first [0-9]+ entries say" "and what was not"

pull db1
exits 0 "the host's word counts as it does for the whole log" by carol audit verify --since "$WORK/held" --json
is "$(field .witnesses)" 1 "it vouches"
is "$(field '.witnessed > 0')" true "for this history"
first=$(field .first)

sed 's/^demo\/log$/other\/log/' "$WORK/held" >"$WORK/foreign"
exits 6 "a checkpoint of another log is refused" by carol audit verify --since "$WORK/foreign" --allow-unwitnessed
sed "2s/.*/$((old - 1))/" "$WORK/held" >"$WORK/forged"
exits 6 "so is one that the log has not signed" by carol audit verify --since "$WORK/forged" --allow-unwitnessed

# The owner of the server rewrites an entry behind the held checkpoint, then one before it with all that hangs on it.
server_stop
must cp "$STATE/vkcfg.db" "$WORK/good.db"
sql() { sqlite3 "$STATE/vkcfg.db" "DROP TRIGGER IF EXISTS log_entries_no_update" "DROP TRIGGER IF EXISTS log_nodes_no_update" "$@"; }
must sql "UPDATE log_entries SET entry = replace(entry, '\"actor\":\"user/admin\"', '\"actor\":\"user/carol\"') WHERE idx = $((old + 5))"
server_start
exits 6 "an entry that was changed since is found" by carol audit verify --since "$WORK/held" --allow-unwitnessed
like "$OUT" "do not make the root" "by the root"
server_stop
rm -f "$STATE"/vkcfg.db-wal "$STATE"/vkcfg.db-shm
must cp "$WORK/good.db" "$STATE/vkcfg.db"
must sql "UPDATE log_entries SET entry = replace(entry, '\"actor\":\"user/admin\"', '\"actor\":\"user/carol\"')
	WHERE idx = (SELECT max(idx) FROM log_entries WHERE idx < $first AND entry LIKE '%\"actor\":\"user/admin\"%')"
server_start
exits 0 "an entry that is left out is not looked at" by carol audit verify --since "$WORK/held" --allow-unwitnessed
exits 6 "the whole log does not verify" by carol audit verify --allow-unwitnessed
server_stop
must sql "UPDATE log_nodes SET hash = zeroblob(32) WHERE idx = 0"
server_start
exits 6 "a tree that is not that of the held checkpoint is refused" \
	by carol audit verify --since "$WORK/held" --allow-unwitnessed
done_testing
