#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Attack: a release that nobody has signed, or too few, or the wrong people.
. "${0%/*}/lib.sh"
. "${0%/*}/attack.sh"
attack_fleet
attack_takeover
too_few='signature|threshold'

jq -c '.signatures = []' "$(role_file)" >"$WORK/role.json"
evil_publish prod "$WORK/role.json"
refused "signed by nobody" 6 "$too_few"
forge_role . "$(key_of alice)"
refused "signed by one of two" 6 "$too_few"
forge_role . "$(key_of dave)" "$(key_of alice)"
refused "signed by one of two and an approver of another environment" 6 "$too_few"
forge_role . "$(key_of admin)" "$(key_of bob)"
refused "signed by one of two and a root key" 6 "$too_few"
forge_role . "$STATE"/online/{snapshot,timestamp,log}.key
refused "signed by the server's own keys" 6 "$too_few"
forge_role . "$(key_of alice)" "$STATE/online/snapshot.key"
refused "signed by one of two and the server" 6 "$too_few"
jq -c '.signatures |= [.[0], .[0]]' "$(role_file)" >"$WORK/role.json"
evil_publish prod "$WORK/role.json"
refused "one signature counted twice" 6 "$too_few|twice|key"
jq -c '.signatures |= [.[0], (.[0] | .keyid = "'"$(sha256 </dev/null)"'")]' "$(role_file)" >"$WORK/role.json"
evil_publish prod "$WORK/role.json"
refused "one signature under two names" 6 "$too_few"
jq -c '.signed.targets |= with_entries(.value.length += 1)' "$(role_file)" >"$WORK/role.json"
evil_publish prod "$WORK/role.json"
refused "content changed after it was signed" 6 "$too_few"

# The approvers are named by targets: the attacker names others.
targets=$(printf '%s\n' "$EVIL"/tuf/*.targets.json | sort -V | tail -n 1)
jq -c '.signed | .version += 1 | .delegations.roles |= map(.threshold = 1)' "$targets" |
	"$FORGE" sign "$STATE/online/snapshot.key" >"$WORK/targets.json" || bail "cannot forge targets"
evil_publish targets "$WORK/targets.json"
refused "targets that ask for fewer signatures" 6 "$too_few"
jq -c '.signed | .version += 1' "$targets" | "$FORGE" sign "$(key_of alice)" "$(key_of bob)" >"$WORK/targets.json" ||
	bail "cannot forge targets"
evil_publish targets "$WORK/targets.json"
refused "targets signed by approvers" 6 "$too_few"
# The root names who signs targets.
for signer in "$(key_of alice)" "$STATE/online/timestamp.key"; do
	jq -c '.signed | .version += 1' "$WORK/hosts/db1/state/tuf/root.json" | "$FORGE" sign "$signer" >"$EVIL/tuf/2.root.json" ||
		bail "cannot forge a root"
	refused "a root signed by ${signer##*/}" 6 "$too_few"
done

evil_stop
server_start
pull db1
is "$STATUS" 0 "the honest server is believed again"
is "$(config_of db1/main maxmemory)" 134217728 "and its release runs"
done_testing
