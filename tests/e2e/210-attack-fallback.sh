#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Attack: hosts are sent back, under the cloak of a rollback, to a release that people have not signed as
# the fallback of the one that they run.
. "${0%/*}/lib.sh"
. "${0%/*}/attack.sh"
attack_fleet
pull db1
set_memory prod 256mb
release prod "third"
pull db1
is "$(config_of db1/main maxmemory)" 268435456 "release 3 runs; its signed fallback is 2"
attack_takeover
is "$(jq -c '.signed.targets | keys' "$(role_file)")" '["prod/2.json","prod/3.json"]' "that is all that people have signed"

evil_desired '.release = 1'
cp -r "$WORK"/old/tuf/targets "$EVIL/tuf"
cp "$WORK/old/v1/agent/bundles/prod/1" "$EVIL/v1/agent/bundles/prod/1"
refused "back to release 1" 6 'release 1 is not signed by the approvers of prod'
evil_desired '.release = 0'
refused "back to none" 6 'release'
document=$(printf '%s\n' "$EVIL"/tuf/targets/prod/*.2.json)
cp "$(printf '%s\n' "$WORK"/old/tuf/targets/prod/*.1.json)" "$document"
evil_desired '.release = 2'
refused "the document of release 1 as the fallback" 6 'hash|digest|bytes instead of'
evil_desired '.release = 2'
cp "$WORK/old/v1/agent/bundles/prod/1" "$EVIL/v1/agent/bundles/prod/2"
refused "the bundle of release 1 as that of the fallback" 6 'proof|root'
# Signed by all approvers, but not as the fallback of the release that this host knows
document=$(printf '%s\n' "$WORK"/old/tuf/targets/prod/*.1.json)
cp -r "$WORK"/old/tuf/targets "$EVIL/tuf"
cp "$WORK/old/v1/agent/bundles/prod/1" "$EVIL/v1/agent/bundles/prod/1"
forge_role ".targets[\"prod/1.json\"] = {length: $(stat -c %s "$document"), hashes: {sha256: \"$(sha256 <"$document")\"}}" \
	"$(key_of alice)" "$(key_of bob)"
evil_desired '.release = 1'
refused "back to a release that is listed, but is not the fallback" 6 'older than release 3, which this host has seen'

evil_desired '.release = 2'
pull db1
is "$STATUS" 0 "the one that is signed is where the server may send hosts"
is "$(config_of db1/main maxmemory)" 134217728 "and it runs"
attack_forget
evil_desired '.release = 1'
pull db1
is "$STATUS" 6 "and from there no further"
is "$(config_of db1/main maxmemory)" 134217728 "it goes on running"
evil_stop
server_start
pull db1
is "$STATUS" 0 "the honest server is believed again"
is "$(config_of db1/main maxmemory)" 268435456 "and release 3 runs"
done_testing
