#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The server's online keys are stolen (snapshot, timestamp, log): what the thief can do with them, and
# what is left to him after `vkcfgd new-keys` and a root that names the new ones (docs/security.md).
. "${0%/*}/lib.sh"
. "${0%/*}/evil.sh"

good_fleet
host_start db2 prod main
release prod "two hosts"
pull db1
pull db2
exits 0 "carol verifies the log" by carol audit verify
exits 0 "and has an entry proven" by carol audit prove 0 --out "$WORK/proof.json"

# The theft
real=$STATE
thief=$WORK/thief
mkdir "$thief"
cp -r "$STATE/online" "$STATE"/server.* "$STATE/ca.crt" "$thief/"
before=$(fingerprint_of db1/main)

# as_thief COMMAND...: with the stolen keys in the place of the server's
as_thief() {
	STATE=$thief
	"$@"
	STATE=$real
}
# signed_by KEY: the checkpoint in the thief's answer, signed by this key instead
signed_by() {
	jq -r .checkpoint "$EVIL/v1/agent/desired" | sed '/^$/,$d' | "$FORGE" note "$1" >"$WORK/forged.note" ||
		bail "cannot forge a checkpoint"
	jq -c --rawfile note "$WORK/forged.note" '.checkpoint = $note' "$EVIL/v1/agent/desired" >"$EVIL/desired.new"
	mv "$EVIL/desired.new" "$EVIL/v1/agent/desired"
}

#
# Before the remedy
#
as_thief evil_start db1 prod
snapshot=$(jq -r '.signed.meta["snapshot.json"].version' "$EVIL/tuf/timestamp.json")
as_thief evil_timestamp "$snapshot" '.version += 1000'
pull db1
is "$STATUS" 0 "before: a host takes the thief's word for what is fresh"
is "$(fingerprint_of db1/main)" "$before" "but nothing moves by it"
role=$(echo "$EVIL"/tuf/*.prod.json)
jq -c '.signed | .version += 1' "$role" | "$FORGE" sign "$thief/online/timestamp.key" >"$WORK/forged.json"
as_thief evil_publish prod "$WORK/forged.json"
pull db1
is "$STATUS" 6 "before: he can make no release"
like "$OUT" "prod: " "because no approver has signed it"
is "$(fingerprint_of db1/main)" "$before" "and nothing moves"
evil_stop
server_start
pull db1
is "$STATUS" 6 "he has driven the versions up: the host refuses its own server"
like "$OUT" "older than version" "as a rollback"

#
# The remedy
#
server_stop
exits 0 "vkcfgd makes new keys" "$VKCFGD" new-keys --config "$WORK/vkcfgd.yaml"
keyid=$(sed -n 's/^log \([0-9a-f]\{64\}\)$/\1/p' <<<"$OUT")
isnt "$keyid" "" "and prints the key id of the log's, too"
is "$(stat -c %a "$STATE/online/log-before.key")" 600 "the one that hosts know is kept until then"
server_start
pull db2 --retry
is "$STATUS" 0 "hosts still believe the log, which both keys sign"
grep -c '^— demo/log ' "$WORK/hosts/db2/state/checkpoint" >"$WORK/count"
is "$(cat "$WORK/count")" 2 "that is two signatures"
must as admin root rotate --online-keys --out "$WORK/next.proposal"
like "$OUT" "audit log: ADDS the key of the server, $keyid" "the proposal says which log key comes"
like "$OUT" "audit log: REMOVES the key of the server" "and that one goes"
like "$OUT" "timestamp: ADDS the key of the server" "beside that for timestamps"
must by admin root publish "$WORK/next.proposal"
pull db1
is "$STATUS" 0 "the host follows the root, and forgets the versions of the stolen keys"
set_memory prod 128mb
release prod "after the theft"
pull db1
is "$STATUS" 0 "releases reach it again"
is "$(config_of db1/main maxmemory)" 134217728 "with what they change"
pull db2
is "$STATUS" 0 "a host that missed the ceremony follows, too"
after=$(fingerprint_of db1/main)

#
# After the remedy
#
server_stop
server_start
nok "the old log key is gone" test -e "$STATE/online/log-before.key"
exits 0 "carol's log goes on from a checkpoint of the old key" by carol audit verify --json
isnt "$(jq .previous_size <<<"$OUT")" null "which it was compared with"
exits 6 "a proof by the old key does not count by itself" by carol audit check "$WORK/proof.json"
like "$OUT" "time of root 1: --root [0-9a-f]{64}" "and the answer says how it would"
old_root=$(sha256 <"$WORK/people/carol/roots/1.json")
exits 0 "as it does for whoever trusts the old root" by carol audit check "$WORK/proof.json" --root "$old_root"
exits 0 "the entry can be proven anew" by carol audit prove 0 --out "$WORK/proof2.json"
exits 0 "by the new key" by carol audit check "$WORK/proof2.json"

set_memory dev 65mb
release dev "the log grows"
rm "$WORK/hosts/db1/state/reported"
as_thief evil_start db1 prod
pull db1 --retry
is "$STATUS" 0 "what the thief copies from the server is as good as the server's"
signed_by "$thief/online/log.key"
pull db1 --retry
is "$STATUS" 6 "after: no host believes the old log key"
like "$OUT" "not signed by the key of demo/log" "even for the true history"
snapshot=$(jq -r '.signed.meta["snapshot.json"].version' "$EVIL/tuf/timestamp.json")
as_thief evil_timestamp "$snapshot" '.version += 5000'
pull db1 --retry
is "$STATUS" 6 "after: no host believes the old timestamp key"
like "$OUT" "timestamp: " "which it says"
is "$(fingerprint_of db1/main)" "$after" "and nothing moved"
evil_stop
server_start
pull db1
is "$STATUS" 0 "the host goes on with its server"
done_testing
