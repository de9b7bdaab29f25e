#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Root and approver keys on a token: a whole life with SoftHSM behind PKCS#11.
. "${0%/*}/lib.sh"

for tool in softhsm2-util pkcs11-tool; do
	command -v "$tool" >/dev/null || skip_all "$tool is not installed (Debian: softhsm2, opensc)"
done
for MODULE in /usr/lib/softhsm/libsofthsm2.so /usr/lib64/pkcs11/libsofthsm2.so ""; do
	[ ! -r "$MODULE" ] || break
done
[ -n "$MODULE" ] || skip_all "SoftHSM's PKCS#11 module is not installed (Debian: softhsm2)"

# To see that a leak is SoftHSM's (lsan.supp) takes whole stacks.
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}fast_unwind_on_malloc=0
work_start
mkdir "$WORK/tokens"
printf 'directories.tokendir = %s\nlog.level = ERROR\n' "$WORK/tokens" >"$WORK/softhsm2.conf"
export SOFTHSM2_CONF=$WORK/softhsm2.conf
# The PIN is the passphrase, so that `as` serves both.
PIN=$PASSPHRASE
must softhsm2-util --init-token --free --label "the fleet" --so-pin 12345678 --pin "$PIN"
# token_key LABEL TYPE ID
token_key() {
	must pkcs11-tool --module "$MODULE" --token-label "the fleet" --login --pin "$PIN" \
		--keypairgen --label "$1" --key-type "$2" --id "$3"
}
token_key root EC:prime256v1 01
token_key alice EC:prime256v1 02
token_key holder EC:edwards25519 03
token_key other EC:secp384r1 04
uri() { printf 'pkcs11:token=the%%20fleet;object=%s?module-path=%s' "$1" "$MODULE"; }
# key_add PERSON URI [PIN]
key_add() {
	local person=$1
	mkdir -p "$WORK/people/$person"
	chmod 700 "$WORK/people/$person"
	VKCFG_HOME=$WORK/people/$person "$VKCFG" key add "$person" --pkcs11 "$2" --passphrase-fd 3 3<<<"${3-$PIN}"
}

#
# Refusals: each says what is wrong and leaves nothing behind
#
exits 5 "a wrong PIN is refused" key_add admin "$(uri root)" "incorrect horse"
like "$OUT" "key 'admin': the PIN is wrong" "and said to be wrong"
unlike "$OUT" "incorrect horse" "but not repeated"
exits 3 "a token that is not there is refused" key_add admin "pkcs11:token=other;object=root?module-path=$MODULE"
like "$OUT" "there is no token 'other' here" "by its name"
exits 3 "so is a key that is not there" key_add admin "$(uri rooot)"
like "$OUT" "no private key of that name" "and that is said"
exits 2 "and a key of a type that hosts do not verify" key_add admin "$(uri other)"
like "$OUT" "ECDSA P-256 .* or Ed25519" "with those that they do"
exits 3 "a module that is not there is refused" key_add admin "pkcs11:token=the%20fleet;object=root?module-path=/no/module.so"
like "$OUT" "no PKCS#11 module: /no/module.so" "by its path"
exits 2 "a library that is no module too" key_add admin "pkcs11:token=a;object=b?module-path=$(ldd "$VKCFG" | awk '/libsodium/ {print $3}')"
like "$OUT" "is no PKCS#11 module" "and that is said"
exits 2 "a PIN in the URI is refused" key_add admin "$(uri root)&pin-value=4711"
unlike "$OUT" "4711" "and not repeated"
exits 2 "an attribute that would be ignored is refused" key_add admin "pkcs11:token=a;object=b;slot-id=0"
is "$(ls "$WORK/people/admin")" "keys" "none of them wrote a file"
is "$(ls "$WORK/people/admin/keys")" "" "not even a part of one"

#
# A fleet whose root is on a token, as is the key of one of two approvers
#
fleet_init
server_start
exits 0 "a key on a token is added" key_add admin "$(uri root)"
like "$OUT" "Holder: +pkcs11" "key add says who holds it"
is "$(stat -c %a "$WORK/people/admin/keys/admin.key")" 600 "the pointer file is private"
must key_add alice "$(uri alice)"
for person in bob dave; do person_new "$person"; done
for person in admin alice; do cp "$WORK/people/$person/keys/$person.pub" "$WORK/people/$person.pub"; done
is "$(jq -r .keytype "$WORK/people/alice.pub")" ecdsa "the public key file is JSON and has an ECDSA key"
exits 4 "a name is used once" key_add alice "$(uri root)"
must by admin enrol "$WORK/admin.token"
exits 0 "root init signs with the token" as admin root init --key admin --threshold 1 \
	--env "dev:1:$WORK/people/dave.pub" --env "prod:2:$WORK/people/alice.pub,$WORK/people/bob.pub"
like "$(by bob key list)" "bob +bob +ed25519 +file" "key list knows a key file"
like "$(by alice key list)" "alice +alice +ecdsa +pkcs11" "and a key on a token"
for person in alice bob dave; do person_enrol "$person" approver; done
mkdir -m 700 "$WORK/people/carol"
person_enrol carol author
tree_start
host_start db1 prod main

#
# Approvals
#
submit prod "first"
mv "$WORK/tokens" "$WORK/tokens.away"
mkdir "$WORK/tokens"
exits 3 "without the token nothing is approved" as alice approve "$CHANGE" --yes
like "$OUT" "key 'alice': there is no token 'the fleet' here" "and the token is named"
like "$(by alice key list)" "alice +alice +ecdsa +pkcs11" "key list needs no token"
rmdir "$WORK/tokens" && mv "$WORK/tokens.away" "$WORK/tokens"
exits 5 "a wrong PIN approves nothing" \
	env VKCFG_HOME="$WORK/people/alice" "$VKCFG" approve "$CHANGE" --yes --passphrase-fd 3 3<<<"incorrect horse"
is "$(by alice show "$CHANGE" --json | jq '.approvals | length')" 0 "the change has no approval yet"
exits 0 "an approver signs with the token" as alice approve "$CHANGE" --yes
approve bob
pull db1
is "$STATUS" 0 "a host verifies an ECDSA root, and a release with an ECDSA and an Ed25519 signature"
is "$(config_of db1/main maxmemory)" 67108864 "and runs it"
exits 0 "vkcfg verifies the same" by carol status

#
# From one token key to another, by proposal; then an environment's approvers
#
must key_add holder "$(uri holder)"
is "$(jq -r .keytype "$WORK/people/holder/keys/holder.pub")" ed25519 "a token with Ed25519 is used with Ed25519"
mkdir -p "$WORK/people/holder/tuf"
must as admin root rotate --add "$WORK/people/holder/keys/holder.pub" --remove admin --threshold 1 --out "$WORK/2.proposal"
cp "$WORK/people/admin/tuf/"*.json "$WORK/people/holder/tuf/"
exits 0 "the new holder signs with the token, never enrolled" as holder root sign "$WORK/2.proposal" --yes
exits 0 "root 2 is published" by admin root publish "$WORK/2.proposal"
cp "$WORK/people/admin/tuf/"*.json "$WORK/people/holder/tuf/"
must as holder env threshold prod 1 --out "$WORK/3.proposal"
must by admin root publish "$WORK/3.proposal"
set_memory prod 128mb
submit prod "second"
approve alice
pull db1
is "$STATUS" 0 "the host follows the rotation"
is "$(jq .signed.version "$WORK/hosts/db1/state/tuf/root.json")" 2 "to root 2"
is "$(config_of db1/main maxmemory)" 134217728 "and runs what the token alone has signed"
exits 0 "an environment is signed anew with the token" as alice refresh prod

#
# What stays with the token
#
exits 2 "the PIN is not vkcfg's to change" as alice key passwd alice
like "$OUT" "is on a token" "and it says why"
nok "the PIN is in no file" grep -rlF "$PIN" "$WORK/people" "$WORK/server" "$WORK/log"
must pkcs11-tool --module "$MODULE" --token-label "the fleet" --login --pin "$PIN" --delete-object --type privkey --id 02
must pkcs11-tool --module "$MODULE" --token-label "the fleet" --login --pin "$PIN" --delete-object --type pubkey --id 02
token_key alice EC:prime256v1 02
exits 6 "another key under the same name is noticed" as alice refresh prod
like "$OUT" "another public key than the token has" "and not used"
done_testing
