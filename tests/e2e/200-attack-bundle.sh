#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Attack: the server changes a bundle that people have signed.
. "${0%/*}/lib.sh"
. "${0%/*}/attack.sh"
attack_fleet

# In the database, behind the back of the honest program
evidence_of db1/main >"$WORK/evidence"
server_stop
cp "$STATE/vkcfg.db" "$WORK/honest.db"
must as_daemon sqlite3 "$STATE/vkcfg.db" "UPDATE bundles SET content = replace(content, 'allkeys-lru', 'allkeys-lfu')"
server_start
attacked "content changed in the database" 6 'proof|Merkle|root'
like "$(by carol hosts --json | jq -r '.items[] | select(.name == "db1") | .instances[0].state')" refused \
	"content changed in the database: everybody sees that the host refuses"
server_stop
cp "$WORK/honest.db" "$STATE/vkcfg.db"
rm -f "$STATE"/vkcfg.db-*
server_start

# On the wire, with the server's own TLS identity
attack_takeover
evil_bundle prod 2 '.files |= map(if .path == "valkey.conf" then .text |= sub("maxmemory [^\n]*"; "maxmemory 1mb") else . end)'
refused "another value" 6 'proof|root'
edit_json "$(bundles_file)" '.bundles[0].bundle |= sub("allkeys-lru"; "allkeys-lrU")'
refused "one byte" 6 'proof|root'
edit_json "$(bundles_file)" '.bundles[0].bundle += " "'
refused "one byte more" 6 'proof|root'
edit_json "$(bundles_file)" '.bundles[0].proof += ["'"$(sha256 </dev/null)"'"]'
refused "a longer proof" 6 'proof|root'
edit_json "$(bundles_file)" '.bundles[0].proof = []'
refused "no proof" 6 'proof|root'
edit_json "$(bundles_file)" '.bundles = []'
refused "no bundle" 6 'no bundle for instance main'
edit_json "$(bundles_file)" '.bundles |= [.[0], .[0]]'
refused "the bundle twice" 6 'two bundles'
# A document that fits the changed bundle is not the one that was signed.
evil_bundle prod 2 '.files |= map(if .path == "valkey.conf" then .text |= sub("maxmemory [^\n]*"; "maxmemory 1mb") else . end)'
root=$("$FORGE" leaf <"$WORK/evil/bundle.new")
document=$(printf '%s\n' "$EVIL"/tuf/targets/prod/*.2.json)
"$FORGE" json <"$document" | canonical_jq ".bundles = {count: 1, root: \"$root\"}" >"$WORK/document"
cp "$WORK/document" "$document"
edit_json "$(bundles_file)" '.bundles[0] |= (.index = 0 | .proof = [])'
refused "a release document made to fit" 6 'hash|digest|length'

evil_stop
server_start
pull db1
is "$STATUS" 0 "the honest server is believed again"
is "$(config_of db1/main maxmemory)" 134217728 "and its release runs"
done_testing
