#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# What people have signed expires: everybody is warned before; a host with an expired role keeps what it has.
. "${0%/*}/lib.sh"

# The host's clock is moved, the others' are not.
faketime=
for faketime in /usr/lib/*/faketime/libfaketimeMT.so.1 /usr/lib64/faketime/libfaketimeMT.so.1; do
	[ -e "$faketime" ] && break
done
[ -e "$faketime" ] || skip_all "no libfaketime"
if ldd "$VKCFG_PULL" | grep -q asan; then skip_all "libfaketime does not go with AddressSanitizer"; fi
pull_later() { pull_with db1 "LD_PRELOAD=$faketime" "FAKETIME=+$1" FAKETIME_DONT_FAKE_MONOTONIC=1; }

SERVER_SETTINGS="timestamp-lifetime: 2592000"
good_fleet
metrics() { curl -s --cacert "$STATE/ca.crt" --cert "$WORK/people/admin/tls.crt" --key "$WORK/people/admin/tls.key" \
	"https://localhost:$PORT/metrics"; }

pull db1
unlike "$OUT" "expires-soon" "a year ahead nobody warns: not the agent"
unlike "$(by alice status)" "warning" "nor status"
like "$(metrics)" 'vkcfgd_expires_soon\{role="prod"\} 0' "nor the metrics"
like "$(by alice status --warn-days 366)" "warning: root expires" "but who asks for a year is told of root"
like "$(by alice status --warn-days 366)" "warning: your certificate expires" "and of his certificate"

must as alice refresh prod --days 1 --out "$WORK/prod.proposal"
must as bob root sign "$WORK/prod.proposal" --yes
must by bob root publish "$WORK/prod.proposal"
pull db1
is "$STATUS" 0 "db1 takes a role that lives for a day"
like "$OUT" "expires-soon.*role=.?prod" "and warns"
pull db1
like "$OUT" "expires-soon.*role=.?prod" "on every run, also when nothing has changed"
like "$(by alice status)" "warning: prod expires" "status warns"
is "$(by alice status --json | jq -r '.warnings[0].what')" prod "also as JSON"
like "$(metrics)" 'vkcfgd_expires_soon\{role="prod"\} 1' "the metrics warn"
like "$(metrics)" 'vkcfgd_expires_soon\{role="root"\} 0' "of this role only"

# Two days later
before=$(fingerprint_of db1/main)
pull_later 2d
is "$STATUS" 6 "an expired role is refused although the server says that nothing has changed"
like "$OUT" "prod: expired at" "and the agent says so"
set_memory prod 128mb
release prod "longer lived"
must as alice refresh prod --days 1 --out "$WORK/again.proposal"
must as bob root sign "$WORK/again.proposal" --yes
must by alice root publish "$WORK/again.proposal"
pull_later 2d
is "$STATUS" 6 "a new release under an expired role is refused"
like "$OUT" "expired" "because it has expired"
is "$(fingerprint_of db1/main)" "$before" "the host keeps running what it has"

# Signed anew
must as alice refresh prod --out "$WORK/fresh.proposal"
must as bob root sign "$WORK/fresh.proposal" --yes
must by alice root publish "$WORK/fresh.proposal"
pull_later 2d
is "$STATUS" 0 "once it is signed anew the host goes on"
is "$(config_of db1/main maxmemory)" 134217728 "with the new release"
unlike "$OUT" "expires-soon" "and warns no longer"
done_testing
