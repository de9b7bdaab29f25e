#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A host's certificate over time: renewed with overlap and without a gap, also when the server was away or
# the clock was wrong; and the way back of a host that was off until its certificate had expired.
. "${0%/*}/lib.sh"

faketime=
for faketime in /usr/lib/*/faketime/libfaketimeMT.so.1 /usr/lib64/faketime/libfaketimeMT.so.1; do
	[ -e "$faketime" ] && break
done
[ -e "$faketime" ] || skip_all "no libfaketime"
if ldd "$VKCFG_PULL" | grep -q asan; then skip_all "libfaketime does not go with AddressSanitizer"; fi
at() { echo "LD_PRELOAD=$faketime" "FAKETIME=$1" FAKETIME_DONT_FAKE_MONOTONIC=1; }
# shellcheck disable=SC2046
pull_at() { pull_with db1 $(at "$1"); }
# shellcheck disable=SC2046
server_start_at() { server_start_with $(at "$1"); }

good_fleet
state=$WORK/hosts/db1/state
before=$(fingerprint_of db1/main)
serial() { openssl x509 -in "$state/tls.crt" -noout -serial; }
answers() { # CERTIFICATE: what the server answers to it
	curl -s -o /dev/null -w '%{http_code}' --cacert "$STATE/ca.crt" --cert "$1" --key "$state/tls.key" \
		"https://localhost:$PORT/v1/whoami"
}

# Renewal
first=$(serial)
pull_at +19d
is "$(serial)" "$first" "a certificate of 30 days is not renewed on day 19"
server_stop
server_start_at +21d
cp "$state/tls.crt" "$WORK/first.crt"
server_stop
pull_at +21d
is "$STATUS" 8 "on day 21 the server is away"
is "$(serial)" "$first" "the host keeps what it has"
server_start_at +21d
pull_at +21d
is "$STATUS" 0 "when the server is back"
isnt "$(serial)" "$first" "the certificate is renewed"
second=$(serial)
is "$(answers "$WORK/first.crt")" 200 "the one before is still good: an answer that is lost locks nobody out"
pull_at +21d
is "$STATUS" 0 "the host goes on with the new one"
is "$(serial)" "$second" "and asks for no other"

# Wrong clocks. Everybody else is on day 21.
pull_at +90d
is "$STATUS" 6 "a host whose clock is months ahead takes the server for frozen"
is "$(fingerprint_of db1/main)" "$before" "and keeps what it runs"
pull_at +21d
is "$STATUS" 0 "and goes on when its clock is right again"
pull_at -90d
is "$STATUS" 6 "a host whose clock is months behind refuses the server's certificate"
pull_at +21d
is "$STATUS" 0 "and goes on, too"

# Off for more than a month, while the fleet moves on
server_stop
server_start
set_memory prod 128mb
release prod "while it was off"
must as admin root rotate
must as admin root rotate
server_stop
server_start_at +60d
pull_at +60d
is "$STATUS" 5 "after a month the server refuses the certificate"
like "$OUT" "expired" "and says why"
is "$(fingerprint_of db1/main)" "$before" "the host keeps what it runs"
key=$(sha256sum <"$state/host.key")
exits 4 "nobody may invite a host that is there" by admin host token db1 --env prod
exits 3 "nor let in one that is not" by admin host readmit db7
exits 5 "an author may not let it back in" by carol host readmit db1
by admin host readmit db1 >"$WORK/db1.token" 2>"$WORK/err" || bail "no token" "$(cat "$WORK/err")"

# The token on a machine with other keys
host_prepare thief main
# shellcheck disable=SC2046
run env $(at +60d) "$VKCFG_PULL" enrol --config "$WORK/hosts/thief/pull.yaml" --token-file "$WORK/db1.token"
is "$STATUS" 4 "with another host key the token is refused"
like "$OUT" "another key" "and the reason is told"
# shellcheck disable=SC2046
run env $(at +60d) "$VKCFG_PULL" enrol --config "$WORK/hosts/db1/pull.yaml" --token-file "$WORK/db1.token"
is "$STATUS" 0 "the host itself comes back with it"
is "$(sha256sum <"$state/host.key")" "$key" "it keeps its key"
is "$(jq -r .highest "$state/desired.json")" 1 "it remembers what it has seen"
is "$(jq -r .signed.version "$state/tuf/root.json")" 1 "and trusts the root that it trusted"
pull_at +60d
is "$STATUS" 0 "then it goes on"
is "$(jq -r .signed.version "$state/tuf/root.json")" 3 "over all roots that it has missed"
is "$(config_of db1/main maxmemory)" 134217728 "to the release of today"
is "$(by admin audit log --action host.readmit --json | jq -r '[.. | .object? | strings][0]')" host/db1 "the audit log tells who let it in"

# A person
server_stop
server_start
exits 5 "a person who is none of the fleet cannot be let in either" by carol user readmit alice
by admin user readmit alice >"$WORK/alice.token" || bail "no token for alice"
serial_of_alice=$(openssl x509 -in "$WORK/people/alice/tls.crt" -noout -serial)
exits 4 "a person's token is for that person" by bob enrol "$WORK/alice.token"
exits 0 "alice takes hers" by alice enrol "$WORK/alice.token"
isnt "$(openssl x509 -in "$WORK/people/alice/tls.crt" -noout -serial)" "$serial_of_alice" "and has a new certificate"
done_testing
