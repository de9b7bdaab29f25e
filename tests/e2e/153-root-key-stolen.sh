#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# One of the root keys is stolen, with its passphrase and its owner's certificate: one of two signs
# nothing, not even towards a host whose server the thief owns as well; the others take it out.
. "${0%/*}/lib.sh"
. "${0%/*}/evil.sh"

good_fleet
export FORGE_PASSPHRASE=$PASSPHRASE
must as admin root rotate --add "$WORK/people/alice.pub" --add "$WORK/people/bob.pub" --threshold 2 --out "$WORK/2.proposal"
must as alice root sign "$WORK/2.proposal" --yes
must by admin root publish "$WORK/2.proposal"
mkdir -m 700 "$WORK/people/erin"
person_enrol erin admin
pull db1

# The theft
cp -r "$WORK/people/admin" "$WORK/people/thief"
stolen=$(as admin key show admin --json | jq -r .keyid)
before=$(fingerprint_of db1/main)

# forged_root VERSION: the present root, one version on, signed by the stolen key alone
forged_root() {
	jq -c ".signed | .version = $1" "$WORK/hosts/db1/state/tuf/root.json" |
		"$FORGE" sign "$WORK/people/thief/keys/admin.key" >"$EVIL/tuf/$1.root.json"
}

#
# Before
#
exits 5 "before: one key of two changes no root" as thief root rotate --remove alice --threshold 1
like "$OUT" "needs 2 signatures, but you have 1" "which it says"
exits 5 "nor who may approve" as thief env keys dev --add "$WORK/people/alice.pub"
evil_start db1 prod
forged_root 3
pull db1 --retry
is "$STATUS" 6 "before: no host follows a root with one signature of two"
like "$OUT" "root" "which it says"
is "$(fingerprint_of db1/main)" "$before" "and nothing moves"
evil_stop
server_start

#
# The remedy: another administrator shuts the thief out; the other holders take the key out
#
must by erin user revoke admin
exits 5 "his certificate ends with the next request" by thief status
like "$(by alice key audit "$stolen")" "tuf.publish +tuf +root, targets" "what the key has signed is listed"
must as alice root remove-key admin --threshold 2 --out "$WORK/3.proposal"
like "$OUT" "root: REMOVES the key of admin, $stolen" "the proposal takes it out"
must as bob root sign "$WORK/3.proposal" --yes
must by erin root publish "$WORK/3.proposal"
must as alice root rotate --add "$WORK/people/dave.pub" --out "$WORK/4.proposal"
must as bob root sign "$WORK/4.proposal" --yes
must by erin root publish "$WORK/4.proposal"

#
# After
#
set_memory prod 128mb
release prod "after the theft"
pull db1
is "$STATUS" 0 "hosts follow"
is "$(jq .signed.version "$WORK/hosts/db1/state/tuf/root.json")" 4 "to the root without it"
is "$(config_of db1/main maxmemory)" 134217728 "and releases go on"
after=$(fingerprint_of db1/main)
must as alice root rotate --out "$WORK/5.proposal"
cp "$WORK/people/thief/keys/admin.key" "$WORK/people/bob/keys/"
exits 5 "after: the stolen key counts for nothing in a ceremony" as bob root sign "$WORK/5.proposal" --key admin --yes
evil_start db1 prod
forged_root 5
pull db1 --retry
is "$STATUS" 6 "after: nor towards a host"
is "$(fingerprint_of db1/main)" "$after" "and nothing moves"
evil_stop
server_start
pull db1
is "$STATUS" 0 "the host goes on with its server"
done_testing
