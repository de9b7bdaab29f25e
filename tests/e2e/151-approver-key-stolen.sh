#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# An approver's key is stolen, with its passphrase and his certificate: what the thief can do by himself
# and with a server of his own, before and after.
. "${0%/*}/lib.sh"
. "${0%/*}/evil.sh"

good_fleet
host_start db2 dev main
release dev "first of dev"
pull db2
is "$STATUS" 0 "db2 is in dev, where one approval is a release"
export FORGE_PASSPHRASE=$PASSPHRASE

# The theft: bob's and dave's machines are copied
cp -r "$WORK/people/bob" "$WORK/people/bob-thief"
cp -r "$WORK/people/dave" "$WORK/people/dave-thief"
bob=$(as bob key show bob --json | jq -r .keyid)
before=$(fingerprint_of db1/main)

#
# Before
#
set_memory prod 1mb
submit prod "what the thief wants"
exits 0 "before: the thief approves in bob's name" as bob-thief approve "$CHANGE" --key bob --yes
is "$(by alice show "$CHANGE" --json | jq -c '[.state, (.approvals | length)]')" '["open",1]' "but one of two is no release"
pull db1
is "$(fingerprint_of db1/main)" "$before" "and nothing moves"
mkdir -p "$WORK/people/carol/keys"
cp "$WORK/people/bob/keys/bob."* "$WORK/people/carol/keys/"
exits 5 "the key without bob's certificate approves nothing" as carol approve "$CHANGE" --key bob --yes
# With the server in his hands as well, a threshold of one is none.
evil_start db2 dev
role=$(echo "$EVIL"/tuf/*.dev.json)
jq -c '.signed | .version += 5' "$role" | "$FORGE" sign "$WORK/people/dave-thief/keys/dave.key" >"$WORK/forged.json"
evil_publish dev "$WORK/forged.json"
pull db2 --retry
is "$STATUS" 0 "before: with the server too he signs for an environment whose threshold is one"
evil_stop
server_start

#
# The remedy: shut him out, look at what was signed, replace the key
#
must by admin user revoke bob
must by admin user revoke dave
exits 5 "his certificate ends with the next request" as bob-thief approve "$CHANGE" --key bob --yes
exits 0 "what the key has signed is listed" by alice key audit "${bob:0:12}"
like "$OUT" "change.approve +change/1 +release/prod/1" "the release that it took part in"
like "$OUT" "change.approve +change/$CHANGE" "and the change that it should not have"
is "$(by alice key audit "$bob" --json | jq '.items | length')" 2 "and nothing else"
exits 2 "a name is no key id" by alice key audit bob
must by alice reject "$CHANGE" -m "approved by a thief"

for person in bob dave; do
	rm -rf "$WORK/people/$person"
	person_new "$person"
	person_enrol "$person" approver
done
must as admin env keys prod --remove "$bob" --add "$WORK/people/bob.pub" --out "$WORK/prod.proposal"
must as alice root sign "$WORK/prod.proposal" --yes
must as bob root sign "$WORK/prod.proposal" --yes
must by admin root publish "$WORK/prod.proposal"
must as admin env keys dev --remove dave --add "$WORK/people/dave.pub" --out "$WORK/dev.proposal"
must as dave root sign "$WORK/dev.proposal" --yes
must by admin root publish "$WORK/dev.proposal"

#
# After
#
set_memory prod 128mb
release prod "after the theft"
pull db1
is "$STATUS" 0 "releases go on"
is "$(config_of db1/main maxmemory)" 134217728 "with the new key"
submit prod "another one"
cp "$WORK/people/bob-thief/keys/bob.key" "$WORK/people/bob/keys/old.key"
sed -i 's/"name": *"bob"/"name":"old"/' "$WORK/people/bob/keys/old.key"
exits 5 "after: the old key approves nothing, even with a good certificate" as bob approve "$CHANGE" --key old --yes
must by carol reject "$CHANGE" -m "only to see"
pull db2
is "$STATUS" 6 "db2 has taken a high version of dev from the thief: it refuses a lower one"
like "$OUT" "'dev.json' went back from version" "as a rollback"
server_stop
must "$VKCFGD" new-keys --config "$WORK/vkcfgd.yaml"
server_start
must as admin root rotate --online-keys
release dev "after the theft"
pull db2
is "$STATUS" 0 "new online keys take that back, because the thief had the old ones"
evil_start db2 dev
version=$(for f in "$EVIL"/tuf/*.dev.json; do jq .signed.version "$f"; done | sort -n | tail -n 1)
jq -c '.signed | .version += 1' "$EVIL/tuf/$version.dev.json" |
	"$FORGE" sign "$WORK/people/dave-thief/keys/dave.key" >"$WORK/forged.json"
evil_publish dev "$WORK/forged.json"
pull db2 --retry
is "$STATUS" 6 "after: not even with the server does the old key sign for dev"
like "$OUT" "dev: " "which the host says"
done_testing
