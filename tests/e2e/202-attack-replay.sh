#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Attack: what was true once, and signed, is shown again: an old timestamp, release, list of approvers, root.
. "${0%/*}/lib.sh"
. "${0%/*}/attack.sh"
attack_fleet
cp "$WORK/hosts/db1/state/tuf/root.json" "$WORK/1.root.json"
must as admin root rotate --key admin
pull db1
is "$(config_of db1/main maxmemory)" 134217728 "release 2 runs"
is "$(jq .signed.version "$WORK/hosts/db1/state/tuf/root.json")" 2 "under root 2"
attack_takeover
old='older|version|rollback|back'

cp -r "$WORK"/old/tuf/* "$EVIL/tuf/"
cp "$WORK/old/v1/agent/desired" "$EVIL/v1/agent/desired"
refused "all of it" 6 "$old"
evil_desired '.release = 1 | .timestamp = $old' --rawfile old "$WORK/old/tuf/timestamp.json"
refused "an old timestamp" 6 "$old"
snapshot=$(jq -r '.signed.meta["snapshot.json"].version' "$EVIL/tuf/timestamp.json")
evil_timestamp "$snapshot" '.version = 1'
refused "an old version, signed anew" 6 "$old"
evil_timestamp "$snapshot" '.expires = "2020-01-01T00:00:00Z"'
refused "a timestamp that has expired" 6 'expired'
# Fully signed by people, under new online signatures: the rollback that online keys could make.
role=$(printf '%s\n' "$WORK"/old/tuf/*.prod.json | sort -V | tail -n 1)
evil_publish prod "$role"
refused "an old release" 6 "$old"
targets=$(printf '%s\n' "$WORK"/old/tuf/*.targets.json | sort -V | tail -n 1)
cp "$targets" "$EVIL/tuf/"
evil_publish targets "$targets"
refused "an old list of approvers" 6 "$old"
old_snapshot=$(jq -r '.signed.meta["snapshot.json"].version' "$WORK/old/tuf/timestamp.json")
cp "$WORK/old/tuf/$old_snapshot.snapshot.json" "$EVIL/tuf/"
evil_timestamp "$old_snapshot" .
refused "an old snapshot under a new timestamp" 6 "$old"
for version in 1 2; do
	cp "$WORK/1.root.json" "$EVIL/tuf/3.root.json"
	[ "$version" = 1 ] || cp "$WORK/hosts/db1/state/tuf/root.json" "$EVIL/tuf/3.root.json"
	refused "root $version as the next one" 6 'root.*version'
done

evil_stop
server_start
pull db1
is "$STATUS" 0 "the honest server is believed again"

# The whole server as it was: a restored backup, or an attacker's copy, and the people of that time
server_stop
rm -rf "$STATE" "$WORK/people"
cp -a "$ATTACK_FLEET"/{server,people} "$WORK"
for file in "$WORK"/people/*/fleet.json; do
	sed -i "s|https://localhost:[0-9]*|https://localhost:$PORT|" "$file"
done
server_start
evidence_of db1/main >"$WORK/evidence"
attacked "a server that went back" 6 "$old|shrunk|fork"
approve bob
for memory in 400mb 500mb; do
	set_memory prod "$memory"
	release prod "another history with $memory"
done
attacked "one that has overtaken it with another history" 6 "$old|shrunk|fork"
done_testing
