#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Hosts vouch for the audit log: who has witnessed what, who says so, and what that is worth to a person
# who verifies.
. "${0%/*}/lib.sh"
good_fleet

# Read-only calls that the command line has no word for.
get() {
	curl -sS --max-time 20 --cacert "$WORK/people/carol/ca.crt" --cert "$WORK/people/carol/tls.crt" \
		--key "$WORK/people/carol/tls.key" "https://localhost:$PORT$1"
}
witnessed() { by carol hosts --json | jq -r ".items[] | select(.name == \"$1\") | .witnessed"; }
# At the server's database, as somebody who owns the server
tamper() { sqlite3 "$STATE/vkcfg.db" "$1"; }

# A host cosigns what it has verified
size=$(sed -n 2p "$WORK/hosts/db1/state/checkpoint")
is "$(witnessed db1)" "$size" "the server knows what the host has witnessed"
like "$(cat "$WORK/hosts/db1/state/cosigned")" "^$size [0-9]+$" "and the host what the server knows"
like "$(by carol hosts)" "WITNESSED" "vkcfg hosts shows it"
is "$(by carol status --json | jq -c '.log | [.witnessed, .witnesses, .hosts]')" "[$size,1,1]" "and vkcfg status"
like "$(get /v1/log/witnesses | jq -r '.items[0].cosignature')" '^— demo/host/db1 [A-Za-z0-9+/=]{104}$' \
	"the cosignature can be read"
nok "a host may not read those of others" curl -sSf --max-time 20 --cacert "$WORK/people/carol/ca.crt" \
	--cert "$WORK/hosts/db1/state/tls.crt" --key "$WORK/hosts/db1/state/tls.key" \
	"https://localhost:$PORT/v1/log/witnesses"

# A run with nothing to do asks once and says nothing
pull db1
set_memory dev 65mb
release dev "the log grows"
before=$(cat "$WORK/hosts/db1/state/cosigned")
pull db1
is "$(cat "$WORK/hosts/db1/state/cosigned")" "$before" "an unchanged host does not speak up"

# The next release takes the word along
set_memory prod 70mb
release prod "second"
pull db1
is "$STATUS" 0 "the next release is installed"
newer=$(sed -n 2p "$WORK/hosts/db1/state/checkpoint")
ok "the host has seen more" test "$newer" -gt "$size"
is "$(witnessed db1)" "$newer" "and vouches for it"
note=$(get /log/checkpoint)
is "$(sed -n 1p <<<"$note")" demo/log "the checkpoint is served"
done_testing
