#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Attack: two hosts are shown two histories of the audit log, each complete, consistent and signed.
. "${0%/*}/lib.sh"
. "${0%/*}/attack.sh"
attack_fleet
exits 0 "carol has verified the log as far as it goes" by carol audit verify
server_stop
cp -a "$STATE" "$WORK/server.b"

cp -a "$WORK/people" "$WORK/people.b"
fork=$(sqlite3 "$STATE/vkcfg.db" "SELECT count(*) FROM log_entries")

# history A|B: the attacker runs vkcfgd, unchanged, on one of two copies of its state, for the people who
# are shown that one
history() {
	local other=a
	[ "$1" = B ] || other=b
	server_stop
	mv "$STATE" "$WORK/server.$other"
	mv "$WORK/people" "$WORK/people.$other"
	mv "$WORK/server.${1,,}" "$STATE"
	mv "$WORK/people.${1,,}" "$WORK/people"
	server_start
}
cosignature_of() { sqlite3 "$STATE/vkcfg.db" "SELECT line FROM cosignatures WHERE host = '$1'"; }
witnessed() { by carol audit verify --json 2>&1 | jq .witnessed; }
# write_log MESSAGE: entries that are in this history only
write_log() {
	set_memory dev "$1"
	release dev "in this history only"
}

server_start
write_log 65mb
write_log 66mb
pull db1
is "$STATUS" 0 "db1 sees history A"
ok "of which both hosts vouch for what was before the fork only" test "$(witnessed)" -le "$fork"
signed_a=$(cosignature_of db1)
history B
write_log 67mb
write_log 68mb
write_log 69mb
pull db2
is "$STATUS" 0 "db2 sees history B, which is signed as well"
ok "nor has B a majority for more" test "$(witnessed)" -le "$fork"

# A host that has seen the other one
evidence_of db1/main >"$WORK/evidence"
rm -f "$WORK/hosts/db1/state/reported"
cp -a "$WORK/hosts/db1/state" "$WORK/state"
attacked "history B for a host of history A" 6 'audit log has forked|audit log has shrunk'
like "$(by carol hosts --json | jq -r '.items[] | select(.name == "db1") | .instances[0].state')" refused \
	"history B for a host of history A: and reports it"


# People: the words of both hosts, as the attacker has them, are no majority for either
line_b=$(cosignature_of db2)
sqlite3 "$STATE/vkcfg.db" "UPDATE cosignatures SET line = '$signed_a', size = (SELECT size FROM cosignatures WHERE host = 'db2') WHERE host = 'db1'"
ok "what db1 has cosigned is no word for history B" test "$(witnessed)" != "$(sed -n 2p "$WORK/hosts/db2/state/checkpoint")"
exits 6 "it is the alarm" by carol audit verify --allow-unwitnessed
like "$OUT" 'db1.*but others|db1' "by its name"
sqlite3 "$STATE/vkcfg.db" "UPDATE cosignatures SET line = '$line_b' WHERE host = 'db1'"
exits 6 "nor is db2's word under db1's name" by carol audit verify
like "$OUT" '1 of 2 hosts vouch for this log, and it takes 2' "which does not count"

# Whoever has verified one history is not shown the other.
exits 0 "somebody who asks for no witnesses verifies B" by dave audit verify --allow-unwitnessed
cp -a "$WORK/people/dave" "$WORK/dave"
rm -rf "$WORK/hosts/db1/state"
mv "$WORK/state" "$WORK/hosts/db1/state"
history A
rm -rf "$WORK/people/dave"
mv "$WORK/dave" "$WORK/people/dave"
rm -f "$WORK/people/dave/tuf/timestamp.json" "$WORK/people/dave/tuf/snapshot.json"
exits 6 "and is not shown A any more" by dave audit verify --allow-unwitnessed
like "$OUT" 'fork|shrunk|older|consisten' "because it is no continuation"
pull db2
is "$STATUS" 6 "no more than db2 is"
pull db1
is "$STATUS" 0 "while db1 goes on with A"
done_testing
