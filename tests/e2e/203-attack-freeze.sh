#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Attack: updates are withheld. That is all that is left to whoever owns the server, and hosts notice it as
# soon as the last timestamp has expired.
. "${0%/*}/lib.sh"
. "${0%/*}/attack.sh"
attack_fleet
attack_takeover
# The newest that the host has seen: release 1 still, with a timestamp that will not live long. The
# attacker would replay one that the server signed hours ago; here it is signed for some seconds.
cp -r "$WORK"/old/tuf/* "$EVIL/tuf/"
cp "$WORK/old/v1/agent/desired" "$EVIL/v1/agent/desired"
expires=$(($(date +%s) + 3))
is_expired() { [ "$(date +%s)" -gt "$expires" ]; }
evil_timestamp "$(jq -r '.signed.meta["snapshot.json"].version' "$EVIL/tuf/timestamp.json")" \
	".expires = \"$(date -u -d "@$expires" +%FT%TZ)\""
cp -a "$WORK/hosts/db1/state" "$WORK/before"
pull db1
is "$STATUS" 0 "before the timestamp expires nobody can tell"
is "$(config_of db1/main maxmemory)" 67108864 "release 2 is withheld"
attack_remember
wait_for is_expired
attacked "the same again" 6 'expired'
like "$(reported)" '^refused untrusted: .*expired' "the same again: and reports it"
attack_forget
echo "unchanged /v1/agent/desired" >"$EVIL/manner"
attacked "nothing is new" 6 'expired'
like "$(reported)" '^refused untrusted: .*expired' "nothing is new: and reports it"
attack_forget
edit_json "$EVIL/v1/agent/desired" '.timestamp = "{}"'
refused "no timestamp" 6 'timestamp'
edit_json "$EVIL/v1/agent/desired" 'del(.timestamp)'
refused "not even a member" 2 'timestamp'
evil_stop
pull db1
is "$STATUS" 8 "a server that is gone is said to be gone"
unmoved "no server"
like "$(by carol status 2>&1)" 'cannot|refused|unavailable|connect' "people notice it too"

# A forged timestamp outlives the theft: 152-online-keys-stolen.sh has the way back. Not so here.
rm -rf "$WORK/hosts/db1/state"
cp -a "$WORK/before" "$WORK/hosts/db1/state"
server_start
pull db1
is "$STATUS" 0 "the honest server is believed again"
is "$(config_of db1/main maxmemory)" 134217728 "and what was withheld is installed"
done_testing
