#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Root rotations and environments' approvers by proposals that travel, and hosts that missed several.
. "${0%/*}/lib.sh"

good_fleet
root_version() { jq -r .signed.version "$1/tuf/root.json" 2>/dev/null; }
host_root() { root_version "$WORK/hosts/db1/state"; }
proposal=$WORK/next.proposal

#
# From one key to two of three, while db1 is off
#
exits 5 "one machine without enough keys is told so" \
	as admin root add-key "$WORK/people/alice.pub" --threshold 2
like "$OUT" "new root needs 2 signatures, but you have 1" "by whose signatures are missing"
like "$OUT" "--out FILE" "and by what to do"

must as admin root rotate --add "$WORK/people/alice.pub" --add "$WORK/people/bob.pub" --threshold 2 --out "$proposal"
like "$OUT" "root: ADDS the key of alice, [0-9a-f]{64}" "the proposal says in words whose key is added"
like "$OUT" "root: 2 of 3 keys must sign instead of 1 of 1" "and the new threshold"
like "$OUT" "present root: 1 of 1 signatures, enough" "the present root's threshold is met"
like "$OUT" "new root: 1 of 2 signatures, more are needed" "the new root's is not"
exits 5 "publishing it is refused" by admin root publish "$proposal"
like "$OUT" "new root has 1 of 2 signatures; these have not signed: .*alice" "with who is missing"

exits 5 "a key that counts for nothing does not sign" as dave root sign "$proposal" --yes
exits 2 "without a terminal nobody is asked" as alice root sign "$proposal"
is "$(jq -c '[.parts[].signatures | length]' "$proposal")" "[1,1]" "and nothing is signed"

# What the words would not say is not signed.
sed 's/\\"threshold\\":2}},\\"spec/\\"threshold\\":2},\\"x\\":1},\\"spec/; s/{\\"_type\\":\\"targets\\"/{\\"_type\\":\\"targets\\",\\"a\\":1/' "$proposal" >"$WORK/hidden.proposal"
exits 6 "a proposal with something hidden is refused" as alice root sign "$WORK/hidden.proposal" --yes
like "$OUT" "holds something that this vkcfg would not have written" "and says why"

# Alice's machine has never heard of the server's address: she signs all the same.
server_stop
exits 0 "a holder signs while the server cannot be reached" as alice root sign "$proposal" --yes
like "$OUT" "going on with what was verified before" "and is told that nothing new was fetched"
like "$OUT" "new root: 2 of 2 signatures, enough" "her signature completes it"
server_start
exits 0 "then it is published" by admin root publish "$proposal"
is "$(root_version "$WORK/people/admin")" 2 "the administrator follows root 2"
exits 4 "a proposal cannot be published twice" by admin root publish "$proposal"

exits 5 "one of two is too few now" as admin root rotate
must as admin root rotate --remove admin --threshold 2 --out "$WORK/3.proposal"
must as alice root sign "$WORK/3.proposal" --yes
must as bob root sign "$WORK/3.proposal" --yes
must by admin root publish "$WORK/3.proposal"
must as alice root threshold 1 --out "$WORK/4.proposal"
must as bob root sign "$WORK/4.proposal" --yes
exits 5 "who is no administrator publishes no root" by alice root publish "$WORK/4.proposal"
must by admin root publish "$WORK/4.proposal"

is "$(host_root)" 1 "db1 has missed three rotations"
set_memory prod 128mb
release prod "after three rotations"
pull db1
is "$STATUS" 0 "db1 follows all of them"
is "$(host_root)" 4 "it has root 4"
is "$(config_of db1/main maxmemory)" 134217728 "and runs the new release"
exits 0 "an approver who missed them follows too" by dave status
is "$(root_version "$WORK/people/dave")" 4 "to root 4"
like "$(by dave root show)" "root version 4, valid until" "root show says which root is trusted"
like "$(by dave root show)" "root: 1 of 2 keys must sign" "and how many must sign"

#
# What the server must not take, whoever asks
#
by admin root show "$WORK/3.proposal" >"$WORK/out" 2>&1
is $? 4 "a proposal that is out of date is refused before anything else"

#
# An environment's approvers by proposal: bob leaves prod, dave comes
#
exits 5 "approvers change with the keys of targets only" \
	as admin env keys prod --approver "$WORK/people/alice.pub" --approver "$WORK/people/dave.pub"
must as alice env keys prod --approver "$WORK/people/alice.pub" --approver "$WORK/people/dave.pub" \
	--out "$WORK/env.proposal"
like "$OUT" "prod: ADDS the key of dave" "the proposal says who comes"
like "$OUT" "prod: REMOVES the key of bob" "and who goes"
like "$OUT" "signs prod/2.json again, unchanged" "and that the release is signed anew"
exits 5 "it needs dave as well" by admin root publish "$WORK/env.proposal"
must as dave root sign "$WORK/env.proposal" --yes
generation=$(generation_of db1/main)
must by admin root publish "$WORK/env.proposal"
pull db1
is "$STATUS" 0 "db1 accepts the release under its new approvers"
is "$(generation_of db1/main)" "$generation" "and installs nothing"
must as alice env threshold prod 1 --out "$WORK/threshold.proposal"
like "$OUT" "prod: 1 of 2 keys must sign instead of 2 of 2" "env threshold changes how many approve"
must by admin root publish "$WORK/threshold.proposal"

#
# Signed anew before it expires
#
role_version() { by alice status --json | jq -r '.environments[] | select(.name == "prod") | .role_version'; }
before=$(role_version)
submit prod "made stale by the refresh" 2>/dev/null
exits 0 "an approver signs prod anew" as alice refresh prod --days 300
like "$OUT" "signs prod/2.json again, unchanged" "with the same release"
is "$(role_version)" $((before + 1)) "its version grows by one"
like "$(by alice show "$CHANGE")" "stale" "an open change becomes stale"
pull db1
is "$STATUS" 0 "db1 accepts it"
is "$(config_of db1/main maxmemory)" 134217728 "and nothing moved"
exits 5 "nobody else signs prod anew" as bob refresh prod
exits 3 "there is nothing to sign anew where nothing was released" as dave refresh dev

#
# A key of one's own
#
like "$(by alice key list)" "alice +alice +ed25519 +file +[0-9a-f]{12}" "key list shows name, user, type, holder and key id"
is "$(by alice key show alice --json | jq -r .keyid)" "$(by alice key list --json | jq -r '.items[0].keyid')" \
	"key show has the whole id"
is "$(by alice key show alice --json | jq -r .public)" "ed25519:$(by alice key show alice --json | jq -r .key.keyval.public)" \
	"and the key as an environment names its keepers"
two_phrases() { VKCFG_HOME=$WORK/people/alice "$VKCFG" key passwd alice --passphrase-fd 3 3<<<"$1"$'\n'"$2"; }
exits 5 "key passwd needs the present passphrase" two_phrases "not the right one at all" "another long passphrase"
exits 0 "key passwd changes it" two_phrases "$PASSPHRASE" "another long passphrase"
exits 5 "the old one opens the key no longer" as alice refresh prod
PASSPHRASE="another long passphrase"
exits 0 "the new one does" as alice refresh prod
done_testing
