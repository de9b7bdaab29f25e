#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Attack: a key that was good and is not any more signs again. bob goes, eve comes.
. "${0%/*}/lib.sh"
. "${0%/*}/attack.sh"
attack_fleet
keys_of_prod() { # NAME...
	local name keys=()
	for name; do keys+=(--approver "$WORK/people/$name.pub"); done
	as admin env keys prod --key admin --threshold 2 "${keys[@]}"
}
person_new eve
person_enrol eve approver
exits 5 "approvers whose signatures the current release needs cannot be taken away alone" keys_of_prod alice eve
like "$OUT" 'sign it anew' "those who stay sign the release anew"
must keys_of_prod alice bob eve
set_memory prod 300mb
submit prod "signed by those who stay"
approve alice
approve eve
must keys_of_prod alice eve
pull db1
is "$STATUS" 0 "a release signed by those who stay is installed"
is "$(config_of db1/main maxmemory)" 314572800 "and runs"
attack_takeover

forge_role . "$(key_of alice)" "$(key_of bob)"
refused "one of two and the revoked key" 6 'signature|threshold'
forge_role . "$(key_of bob)"
refused "the revoked key alone" 6 'signature|threshold'
targets=$(printf '%s\n' "$WORK"/old/tuf/*.targets.json | sort -V | tail -n 1)
cp "$targets" "$EVIL/tuf/"
evil_publish targets "$targets"
refused "the older list of approvers, with the revoked key" 6 'older|version|rollback|back'
evil_stop
done_testing
