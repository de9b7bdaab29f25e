#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Attack: answers without end, to fill a host's memory or to keep it busy for ever.
. "${0%/*}/lib.sh"
. "${0%/*}/attack.sh"
attack_fleet
attack_takeover
snapshot=$(jq -r '.signed.meta["snapshot.json"].version' "$EVIL/tuf/timestamp.json")
role=$(role_file)
document=$(printf '%s\n' "$EVIL"/tuf/targets/prod/*.2.json)

# What the host took of the last flood
taken() { sed -n 's/^the client took \([0-9]*\) bytes$/\1/p' "$WORK/log/evil.log" | tail -n 1; }
# flood MANNER PATH MAX-MEGABYTES: refused, and given up before more than that has been taken
flood() {
	local name="$1 ${2##*/}"
	echo "$1 $2" >"$EVIL/manner"
	: >"$WORK/log/evil.log"
	pull db1
	like "$STATUS" '^[267]$' "$name: the host gives up"
	like "$OUT" 'update-failed error=(limit|input|untrusted) ' "$name: and says that it was too much"
	wait_for test -n "$(taken)"
	ok "$name: having taken $(taken) bytes, less than $3 MiB" test "$(taken)" -lt $(($3 << 20))
	unmoved "$name"
	attack_forget
}
# The kernel's buffers on both sides hold some megabytes.
for manner in gigabyte endless unbounded headers; do
	flood "$manner" /v1/agent/desired 16
done
for path in "/tuf/2.root.json" "/tuf/$snapshot.snapshot.json" "/tuf/${role##*/}" "/tuf/targets/prod/${document##*/}" \
	/v1/agent/bundles/prod/2; do
	flood gigabyte "$path" 16
	flood endless "$path" 16
done

# Well-formed, and still too much
head -c 20000000 /dev/zero | tr '\0' ' ' >>"$EVIL/v1/agent/desired"
unanswered "an answer of 20 MB of blanks" 7 'limit|larger|too large|bytes'
{
	printf '{"environment":"prod","release":2,"x":'
	head -c 500000 /dev/zero | tr '\0' '['
} >"$EVIL/v1/agent/desired"
attacked "an answer nested half a million deep" 7 'deep|nest|JSON'
attack_forget
jq -nc '[range(90000)]' >"$EVIL/v1/agent/desired"
attacked "an answer of 90,000 numbers" 2 'environment|object|expected'
attack_forget
jq -c '.bundles |= [range(100) as $i | .[0]]' "$EVIL/v1/agent/bundles/prod/2" >"$WORK/many" && cp "$WORK/many" "$EVIL/v1/agent/bundles/prod/2"
refused "a hundred bundles" 6 'two bundles'

evil_stop
server_start
pull db1
is "$STATUS" 0 "the honest server is believed again"
is "$(config_of db1/main maxmemory)" 134217728 "and its release runs"
done_testing
