#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Certificates expire: everybody is warned before, of a host's only when it should have been renewed long ago.
. "${0%/*}/lib.sh"

faketime=
for faketime in /usr/lib/*/faketime/libfaketimeMT.so.1 /usr/lib64/faketime/libfaketimeMT.so.1; do
	[ -e "$faketime" ] && break
done
[ -e "$faketime" ] || skip_all "no libfaketime"
if ldd "$VKCFG_PULL" | grep -q asan; then skip_all "libfaketime does not go with AddressSanitizer"; fi
at() { echo "LD_PRELOAD=$faketime" "FAKETIME=$1" FAKETIME_DONT_FAKE_MONOTONIC=1; }
# shellcheck disable=SC2046
pull_at() {
	local when=$1
	shift
	run env $(at "$when") "$VKCFG_PULL" --config "$WORK/hosts/db1/pull.yaml" "$@"
}
# shellcheck disable=SC2046
server_restart_at() {
	server_stop
	server_start_with $(at "$1")
}
metrics() { curl -s --cacert "$STATE/ca.crt" --cert "$WORK/people/admin/tls.crt" --key "$WORK/people/admin/tls.key" \
	"https://localhost:$PORT/metrics"; }

good_fleet
pull db1
unlike "$OUT" "certificate-expires" "a fresh host does not warn"
like "$(metrics)" 'vkcfgd_certificates_due\{kind="host"\} 0' "nor do the metrics"
for kind in ca server user; do
	like "$(metrics)" "vkcfgd_certificates_due\\{kind=\"$kind\"\\} 0" "of no kind: $kind"
done
like "$(metrics)" 'vkcfgd_certificate_expires_seconds\{kind="ca"\} 3[01][0-9]{7}' "the CA lives ten years"
unlike "$(by alice status)" "warning" "nor status"
pull db1 --status
like "$OUT" "certificate until: 20" "the agent shows until when its certificate is good"
unlike "$OUT" "warning" "without a warning"

# Day 21: time to renew, and no reason to warn. Day 27: it should have happened.
server_restart_at +21d
like "$(metrics)" 'vkcfgd_certificates_due\{kind="host"\} 0' "while a host may still renew, nobody warns"
pull_at +27d --status
like "$OUT" "warning: the host's certificate should have been renewed: it expires 20" "a host that could not says so"
pull_at +27d --status --json
is "$(jq -r .certificates.overdue <<<"$OUT")" true "also as JSON"
server_restart_at +27d
like "$(metrics)" 'vkcfgd_certificates_due\{kind="host"\} 1' "and the server counts it"
like "$(by alice status)" "warning: host certificates that were not renewed in time: 1" "status warns"
pull_at +27d
is "$STATUS" 0 "its next run"
like "$OUT" "certificate-expires" "warns"
is "$(by alice hosts --json | jq -r '[.. | .warning? | strings][0]' | cut -c1-22)" "the host's certificate" "tells the server"
like "$OUT" "certificate-renewed" "and renews"
pull_at +27d
unlike "$OUT" "certificate-expires" "then there is nothing to warn of"
is "$(by alice hosts --json | jq -r '[.. | .warning? | strings][0]')" "" "for the server neither"

# A host that nobody has seen since its certificate expired
server_restart_at +60d
like "$(metrics)" 'vkcfgd_certificates_due\{kind="host"\} 1' "one whose certificate has expired is counted, too"
must by admin host revoke db1
server_restart_at +60d
like "$(metrics)" 'vkcfgd_certificates_due\{kind="host"\} 0' "until it is revoked"

# People, the server, the CA
server_restart_at +340d
like "$(metrics)" 'vkcfgd_certificates_due\{kind="user"\} 5' "people's certificates are warned of a month ahead"
like "$(metrics)" 'vkcfgd_certificates_due\{kind="server"\} 0' "the server's renews itself"
pull_at +3630d --status
like "$OUT" "the CA expires 20" "the CA's, too"
done_testing
