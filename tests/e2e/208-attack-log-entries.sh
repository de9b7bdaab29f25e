#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Attack: entries of the audit log are dropped or changed, and the rest is signed with the stolen key.
. "${0%/*}/lib.sh"
. "${0%/*}/attack.sh"
command -v python3 >/dev/null || skip_all "python3 is not installed"
attack_fleet
pull db1
pull db2
is "$STATUS" 0 "both hosts have witnessed the log"
exits 0 "and a person has verified it" by carol audit verify
exits 0 "and has an entry proven" by carol audit prove 3 --out "$WORK/proof.json"
server_stop
cp -a "$STATE" "$WORK/honest.state"

# rewrite_log PYTHON: a new log over entries changed by this code, all inner nodes included, signed with the log's own
# key, for vkcfgd, unchanged, to serve.
rewrite_log() {
	rm -rf "$STATE"
	cp -a "$WORK/honest.state" "$STATE"
	python3 - "$STATE/vkcfg.db" "$1" >"$WORK/head" 2>"$WORK/root" <<-'END' || bail "cannot rewrite the log"
		import base64, hashlib, sqlite3, sys
		db = sqlite3.connect(sys.argv[1])
		for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'log%'").fetchall():
		    db.execute(f"DROP TRIGGER {name}")
		entries = [row[0] for row in db.execute("SELECT entry FROM log_entries ORDER BY idx")]
		before = list(entries)
		exec(sys.argv[2])
		assert entries != before
		for table in ("log_entries", "log_nodes", "log_checkpoints"):
		    db.execute(f"DELETE FROM {table}")
		def tree(leaves):
		    if len(leaves) == 1:
		        return leaves[0]
		    k = 1 << (len(leaves) - 1).bit_length() - 1
		    return hashlib.sha256(b"\1" + tree(leaves[:k]) + tree(leaves[k:])).digest()
		level = [hashlib.sha256(b"\0" + entry.encode()).digest() for entry in entries]
		print(f"demo/log\n{len(level)}\n{base64.b64encode(tree(level)).decode()}")
		print(tree(level).hex(), file=sys.stderr)
		db.executemany("INSERT INTO log_entries VALUES (?, ?)", enumerate(entries))
		height = 0
		while level:
		    db.executemany("INSERT INTO log_nodes VALUES (?, ?, ?)", [(height, i, h) for i, h in enumerate(level)])
		    level = [hashlib.sha256(b"\1" + level[i] + level[i + 1]).digest() for i in range(0, len(level) - 1, 2)]
		    height += 1
		db.commit()
	END
	"$FORGE" note "$STATE/online/log.key" <"$WORK/head" >"$WORK/note" || bail "cannot sign the log"
	sqlite3 "$STATE/vkcfg.db" "INSERT INTO log_checkpoints VALUES ($(sed -n 2p "$WORK/head"), x'$(cat "$WORK/root")',
		CAST(readfile('$WORK/note') AS TEXT), $(date +%s))" || bail "cannot store the checkpoint"
	[ "$(id -u)" -ne 0 ] || chown "$DAEMON_USER:" "$STATE"/vkcfg.db*
	cp -a "$WORK/people/carol" "$WORK/people/carol.kept"
	cp -a "$WORK/hosts/db1/state" "$WORK/state.kept"
	rm -f "$WORK/hosts/db1/state/reported"
	evidence_of db1/main >"$WORK/evidence"
	server_start
}
# The state of people and hosts as before, for the next lie
forget() {
	server_stop
	rm -rf "$WORK/people/carol" "$WORK/hosts/db1/state"
	mv "$WORK/people/carol.kept" "$WORK/people/carol"
	mv "$WORK/state.kept" "$WORK/hosts/db1/state"
}
# The honest program tells hosts of the log when something else is new: a timestamp, twice a day. A host
# that is told to ask for everything need not wait.
ATTACK_PULL=--retry
lie() { # NAME PYTHON; seen: how many entries the host has witnessed
	rewrite_log "seen = $(sed -n 2p "$WORK/hosts/db1/state/checkpoint"); $2"
	attacked "$1" 6 'audit log has (forked|shrunk)'
	like "$(by carol hosts --json 2>/dev/null | jq -r '.items[] | select(.name == "db1") | .instances[0].detail')" \
		'audit log has (forked|shrunk)' "$1: and reports it"
	exits 6 "$1: a person who has verified it before refuses too" by carol audit verify --allow-unwitnessed
	exits 6 "$1: and who has not, for want of witnesses" by dave audit verify
	forget
}
lie "the last entry that was witnessed dropped" 'del entries[seen - 1:]'
lie "an entry in the middle dropped" 'del entries[seen // 2]'
lie "an entry dropped, others put behind" 'del entries[3]; entries += entries[-4:]'
lie "who approved is somebody else" 'entries = [e.replace("user/alice", "user/mallory") if "change.approve" in e else e for e in entries]'
lie "two entries swapped" 'entries[4], entries[5] = entries[5], entries[4]'

rewrite_log 'entries[3] = entries[3].replace("ok", "no", 1)'
exits 6 "no entry of another log is proven" by carol audit prove 3 --out "$WORK/again.json"
like "$OUT" "forked" "to whoever has verified this one"
forget
exits 0 "the proof made before holds, offline" by carol audit check "$WORK/proof.json"

# On the wire: a checkpoint of fewer entries, signed with the log's own key
rm -rf "$STATE"
mv "$WORK/honest.state" "$STATE"
server_start
ATTACK_PULL=
set_memory dev 65mb
release dev "the log grows"
attack_takeover
forge_checkpoint() { # SED-SCRIPT: on the three lines of the checkpoint
	jq -r .checkpoint "$EVIL/v1/agent/desired" | sed '/^$/,$d' | sed "$1" | "$FORGE" note "$STATE/online/log.key" \
		>"$WORK/note" || bail "cannot forge a checkpoint"
	jq -c --rawfile note "$WORK/note" '.checkpoint = $note' "$EVIL/v1/agent/desired" >"$EVIL/new" &&
		mv "$EVIL/new" "$EVIL/v1/agent/desired"
}
forge_checkpoint '2s/.*/1/'
refused "a checkpoint of one entry" 6 'audit log has shrunk'
forge_checkpoint '3s/.*/'"$(head -c 32 /dev/zero | base64)/"
refused "a checkpoint of another tree" 6 'audit log has forked'
edit_json "$EVIL/v1/agent/desired" 'del(.consistency)'
refused "no proof that the log only grew" 6 'does not prove'
edit_json "$EVIL/v1/agent/desired" '.consistency.proof = []'
refused "an empty proof" 6 'audit log has forked'
forge_checkpoint '1s/.*/evil\/log/'
refused "another log" 6 'not signed by the key of demo/log|demo/log'
edit_json "$EVIL/v1/agent/desired" '.checkpoint |= sub("\n[0-9]+\n"; "\n1\n")'
refused "a checkpoint changed after it was signed" 6 "checkpoint's signature is wrong"
evil_stop
server_start
pull db1
is "$STATUS" 0 "the honest server is believed again"
done_testing
