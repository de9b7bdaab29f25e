#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Attack: metadata of two moments is mixed; each piece was signed, together they never were.
. "${0%/*}/lib.sh"
. "${0%/*}/attack.sh"
attack_fleet
attack_takeover
version_of() { jq -r '.signed.meta["snapshot.json"].version' "$1/tuf/timestamp.json"; }
old=$(version_of "$WORK/old")
new=$(version_of "$EVIL")
old_role=$(printf '%s\n' "$WORK"/old/tuf/*.prod.json | sort -V | tail -n 1)
wrong='hash|digest|bytes instead of|version'

cp "$WORK/old/tuf/$old.snapshot.json" "$EVIL/tuf/$new.snapshot.json"
refused "the old snapshot under the new timestamp" 6 "$wrong"
cp "$old_role" "$(role_file)"
refused "the old release under the new snapshot" 6 "$wrong"
cp "$(printf '%s\n' "$WORK"/old/tuf/targets/prod/*.1.json)" "$(printf '%s\n' "$EVIL"/tuf/targets/prod/*.2.json)"
refused "the old release document under the new role" 6 "$wrong"
cp "$WORK/old/v1/agent/bundles/prod/1" "$EVIL/v1/agent/bundles/prod/2"
refused "the old bundle and its proof under the new release document" 6 'proof|root'
edit_json "$EVIL/v1/agent/desired" ".checkpoint = $(jq .checkpoint "$WORK/old/v1/agent/desired")"
rm -f "$WORK/hosts/db1/state/checkpoint.new"
run cat "$WORK/hosts/db1/state/checkpoint"
if [ "$(sed -n 2p <<<"$OUT")" -gt "$(jq -r .checkpoint "$WORK/old/v1/agent/desired" | sed -n 2p)" ]; then
	refused "the old log beside the new release" 6 'shrunk'
else
	attack_forget
	pass "the old log is the one that the host knows: no lie"
fi
# With the online keys: a snapshot that takes one file from each moment
jq -c --slurpfile old "$WORK/old/tuf/$old.snapshot.json" \
	'.signed | .version += 1 | .meta["prod.json"] = $old[0].signed.meta["prod.json"]' "$EVIL/tuf/$new.snapshot.json" |
	"$FORGE" sign "$STATE/online/snapshot.key" >"$EVIL/tuf/$((new + 1)).snapshot.json" || bail "cannot forge a snapshot"
cp "$old_role" "$EVIL/tuf/"
evil_timestamp $((new + 1)) .
refused "a new snapshot with the old role: its release is not the one that the poll wants" 6 'release 2 is not signed'
jq -c '.signed | .version += 1 | del(.meta["prod.json"])' "$EVIL/tuf/$new.snapshot.json" |
	"$FORGE" sign "$STATE/online/snapshot.key" >"$EVIL/tuf/$((new + 1)).snapshot.json" || bail "cannot forge a snapshot"
evil_timestamp $((new + 1)) .
refused "a snapshot without the role" 6 'prod'
jq -c '.signed | .version += 1 | .meta["targets.json"].version += 1' "$EVIL/tuf/$new.snapshot.json" |
	"$FORGE" sign "$STATE/online/snapshot.key" >"$EVIL/tuf/$((new + 1)).snapshot.json" || bail "cannot forge a snapshot"
cp "$(printf '%s\n' "$EVIL"/tuf/*.targets.json | sort -V | tail -n 1)" "$WORK/targets.json"
cp "$WORK/targets.json" "$EVIL/tuf/$(($(jq .signed.version "$WORK/targets.json") + 1)).targets.json"
evil_timestamp $((new + 1)) .
refused "targets under another version" 6 "$wrong"
evil_desired '.environment = "dev"'
refused "another environment" 6 "environment 'dev'"

evil_stop
server_start
pull db1
is "$STATUS" 0 "the honest server is believed again"
is "$(config_of db1/main maxmemory)" 134217728 "and its release runs"
done_testing
