#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The audit log as C2SP tiles, read by a program that shares no code with ours: tests/e2e/verify_log.py.
. "${0%/*}/lib.sh"
good_fleet

# As carol, or as the host, which may see hashes but no entries
get() {
	curl -sS --max-time 20 -o "$WORK/body" -D "$WORK/head" -w '%{http_code}' --path-as-is \
		--cacert "$WORK/people/carol/ca.crt" --cert "$1/tls.crt" --key "$1/tls.key" "https://localhost:$PORT$2"
}
carol=$WORK/people/carol
host=$WORK/hosts/db1/state
python=$(command -v python3) || python=
verify() {
	if [ -n "$python" ]; then
		exits 0 "$1" "$python" "$abs_top_srcdir/tests/e2e/verify_log.py" "$PORT" "$carol"
		like "$OUT" "$2" "all of it"
	else
		skip "$1" "there is no python3"
	fi
}
verify "an independent reader verifies the young log" '^verified: [0-9]+ entries, 1 tiles, 1 witnesses'

# More than one tile: people are invited until there are 300 entries.
admin=$WORK/people/admin
for ((i = 0; i < 300; i++)); do
	[ "$i" -eq 0 ] || echo next
	printf '%s\n' "url = \"https://localhost:$PORT/v1/users\"" "cacert = \"$admin/ca.crt\"" "cert = \"$admin/tls.crt\"" \
		"key = \"$admin/tls.key\"" "data = \"{\\\"name\\\":\\\"u$i\\\",\\\"roles\\\":[\\\"viewer\\\"],\\\"ttl_seconds\\\":600}\"" \
		'header = "Content-Type: application/json"' 'output = "/dev/null"' silent
done >"$WORK/curlrc"
must curl -K "$WORK/curlrc"
verify "and the log of two full levels" '^verified: 3[0-9][0-9] entries, 3 tiles'
exits 0 "as vkcfg does" by carol audit verify --json
size=$(jq .size <<<"$OUT")

# Paths
is "$(get "$carol" /log/tile/0/000)" 200 "a full tile"
is "$(stat -c %s "$WORK/body")" 8192 "holds 256 hashes"
like "$(cat "$WORK/head")" '[Cc]ache-[Cc]ontrol: public, max-age=31536000, immutable' "which never change"
like "$(cat "$WORK/head")" '[Cc]ontent-[Tt]ype: application/octet-stream' "as bytes"
is "$(get "$carol" "/log/tile/0/001.p/$((size - 256))")" 200 "a partial tile"
is "$(stat -c %s "$WORK/body")" $(((size - 256) * 32)) "is as wide as the log is long"
is "$(get "$carol" /log/tile/0/001.p/3)" 200 "a narrower one of an earlier checkpoint is still there"
is "$(get "$carol" /log/tile/1/000.p/1)" 200 "the next level holds the full tile's root"
is "$(get "$carol" /log/tile/entries/000)" 200 "entries"
like "$(cat "$WORK/head")" '[Cc]ache-[Cc]ontrol: private, ' "are for no shared cache"
for path in 0/001 "0/001.p/$((size - 255))" 0/002 1/000 2/000.p/1 63/000.p/1 64/000 00/000 0/0 0/x000/000 0/000.p/0 0/000.p/01 \
	0/000.p/256 0/000/1 0/000.p entries/001 entries/x001 data/000; do
	is "$(get "$carol" "/log/tile/$path")" 404 "no tile: $path"
done
for path in 0/+00 0/000/../000 0//000; do
	is "$(get "$carol" "/log/tile/$path")" 400 "no path: $path"
done
is "$(get "$host" /log/tile/0/000)" 200 "a host may read hashes"
is "$(get "$host" /log/tile/entries/000)" 403 "but no entries"

# A log that was changed does not pass. The database refuses that; its owner does not.
if [ -n "$python" ]; then
	server_stop
	sqlite3 "$STATE/vkcfg.db" "DROP TRIGGER log_entries_no_update" \
		"UPDATE log_entries SET entry = replace(entry, '\"actor\":\"user/admin\"', '\"actor\":\"user/carol\"') WHERE idx = 50"
	server_start
	exits 1 "the independent reader finds a changed entry" \
		"$python" "$abs_top_srcdir/tests/e2e/verify_log.py" "$PORT" "$carol"
	like "$OUT" '^wrong: the root of the entries' "by the root"
fi
exits 6 "and so does vkcfg" by carol audit verify
done_testing
