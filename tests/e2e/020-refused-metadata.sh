#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Whoever owns the server completely can stop updates and nothing else: each lie is refused with exit
# status 6, and the host's Valkey keeps its last good configuration.
. "${0%/*}/lib.sh"
. "${0%/*}/evil.sh"
good_fleet
host_start db2 dev main
release dev "first of dev"
pull db2
is "$STATUS" 0 "the host of dev is installed"

# What the attacker recorded while release 1 was current.
EVIL=$WORK/old && mkdir -p "$EVIL" && evil_record db1 prod
set_memory prod 128mb
release prod "second"
pull db1
is "$(config_of db1/main maxmemory)" 134217728 "release 2 runs"
set_memory prod 256mb
release prod "third, which the host has not seen"
evil_start db1 prod
cp -a "$EVIL" "$WORK/honest"
good=$(fingerprint_of db1/main)

# refused WHAT [PATTERN]: a run with this lie fails as untrusted and changes nothing. Each lie is told to
# a host in the same state: one that has believed a forged timestamp of a higher version (the server's own
# key signed it) takes no lower one any more.
state=$WORK/hosts/db1/state
cp -a "$state" "$WORK/state"
refused() {
	pull db1
	if [ "$STATUS" -eq 6 ]; then
		pass "$1: refused as untrusted"
	else
		fail "$1: refused as untrusted" "exit status $STATUS" "$OUT"
	fi
	[ -z "${2:-}" ] || like "$OUT" "$2" "$1: says why"
	is "$(fingerprint_of db1/main)" "$good" "$1: Valkey keeps its last good configuration"
	rm -rf "$EVIL" "$state"
	cp -a "$WORK/honest" "$EVIL"
	cp -a "$WORK/state" "$state"
}
# role_file: the role metadata of prod that is current, as the attacker has it
role_file() { printf '%s\n' "$EVIL"/tuf/*.prod.json | sort -V | tail -n 1; }

# Bundles and proofs
evil_bundle prod 3 '.files |= map(if .path == "valkey.conf" then .text |= sub("maxmemory [^\n]*"; "maxmemory 1mb") else . end)'
refused "a bundle with other content" 'proof|bundle|root'
file=$EVIL/v1/agent/bundles/prod/3
jq -c '.bundles[0].bundle |= sub("allkeys-lru"; "allkeys-lrU")' "$file" >"$file.new" && mv "$file.new" "$file"
refused "a bundle with one byte flipped"
evil_bundle prod 3 '.instance = "db9/main"'
refused "another host's bundle"
cp "$WORK/old/v1/agent/bundles/prod/1" "$EVIL/v1/agent/bundles/prod/3"
refused "bundle and proof of another release"
jq -c '.bundles[0].proof += ["'"$(sha256 </dev/null)"'"]' "$file" >"$file.new" && mv "$file.new" "$file"
refused "a proof that does not fit"
jq -c '.bundles = []' "$file" >"$file.new" && mv "$file.new" "$file"
refused "an answer without the bundle"

# Signatures
jq -c '.signatures = []' "$(role_file)" >"$WORK/role.json"
evil_publish prod "$WORK/role.json"
refused "a release without a signature" 'signature|threshold'
export FORGE_PASSPHRASE=$PASSPHRASE
key_of() { echo "$WORK/people/$1/keys/$1.key"; }
forge_role() { # FILTER KEY...: the next version of prod's role
	local filter=$1 next
	shift
	next=$(($(jq .signed.version "$(role_file)") + 1))
	jq -c ".signed | .version = $next | $filter" "$(role_file)" | "$FORGE" sign "$@" >"$WORK/role.json" ||
		bail "cannot forge a role"
	evil_publish prod "$WORK/role.json"
}
forge_role . "$(key_of alice)"
refused "a release signed by one of two" 'signature|threshold'
forge_role . "$(key_of dave)" "$(key_of alice)"
refused "a release signed by one of two and a key of another environment" 'signature|threshold'
forge_role . "$(key_of admin)" "$(key_of bob)"
refused "a release signed by one of two and the admin" 'signature|threshold'
forge_role . "$STATE/online/snapshot.key" "$STATE/online/timestamp.key"
refused "a release signed by the server's own keys" 'signature|threshold'
jq -c '.signatures |= [.[0], .[0]]' "$(role_file)" >"$WORK/role.json"
evil_publish prod "$WORK/role.json"
refused "a signature counted twice"
jq -c '.signed.targets |= with_entries(.value.length += 1)' "$(role_file)" >"$WORK/role.json"
evil_publish prod "$WORK/role.json"
refused "signed content that was changed afterwards" 'signature|threshold'

# Time
cp "$WORK/old/tuf/"* "$EVIL/tuf/" 2>/dev/null
cp "$WORK/old/v1/agent/desired" "$EVIL/v1/agent/desired"
refused "the older metadata replayed" 'older|version|rollback|back'
snapshot=$(jq -r '.signed.meta["snapshot.json"].version' "$EVIL/tuf/timestamp.json")
evil_timestamp "$snapshot" '.expires = "2020-01-01T00:00:00Z"'
refused "an expired timestamp" 'expired'
evil_timestamp "$snapshot" '.version = 1'
refused "a timestamp of an older version" 'older|version|rollback|back'
# The role of release 1, fully signed by people, under a new snapshot: the rollback that only online
# keys could make.
old_role=$(printf '%s\n' "$WORK"/old/tuf/*.prod.json | sort -V | tail -n 1)
evil_publish prod "$old_role"
refused "an older release under new online signatures" 'older|version|rollback|back'
evil_desired '.release = 1'
refused "an older release demanded by the answer to the poll"
evil_desired '.environment = "dev"'
refused "another environment"
evil_desired '.timestamp = "{}"'
refused "a timestamp that is none"

# The root
next_root=$(($(cd "$WORK/hosts/db1/state/tuf" && jq .signed.version root.json) + 1))
jq -c ".signed | .version = $next_root" "$WORK/hosts/db1/state/tuf/root.json" |
	"$FORGE" sign "$(key_of alice)" >"$EVIL/tuf/$next_root.root.json"
refused "a root that the pinned root's keys did not sign" 'root|signature|threshold'

# The log: a checkpoint of another history
desired=$EVIL/v1/agent/desired
jq -c '.checkpoint |= sub("\n[0-9]+\n"; "\n1\n")' "$desired" >"$desired.new" && mv "$desired.new" "$desired"
refused "a checkpoint that was changed"

# A server of another CA
evil_stop
other=$WORK/other
"$VKCFGD" init --state "$other" --fleet demo --url "https://localhost:$PORT" --listen "127.0.0.1:$PORT" \
	--user "$DAEMON_USER" --admin admin --config "$WORK/other.yaml" >/dev/null 2>"$WORK/err" ||
	bail "vkcfgd init of another fleet failed" "$(cat "$WORK/err")"
evil_listen "$other"
refused "a server certificate of another CA" 'certificate'
evil_stop

# The truth again
server_start
pull db1
is "$STATUS" 0 "the honest server is believed again"
is "$(config_of db1/main maxmemory)" 268435456 "and release 3 is installed"
exits 0 "the audit log verifies" by carol audit verify

# A key that was good and is not any more: bob goes, eve comes.
keys_of_prod() { # NAME...
	local name keys=()
	for name; do keys+=(--approver "$WORK/people/$name.pub"); done
	as admin env keys prod --key admin --threshold 2 "${keys[@]}"
}
person_new eve
person_enrol eve approver
exits 5 "approvers whose signatures the current release needs cannot be taken away alone" keys_of_prod alice eve
like "$OUT" 'sign it anew' "those who stay sign the release anew"
must keys_of_prod alice bob eve
set_memory prod 300mb
submit prod "signed by those who stay"
approve alice
approve eve
must keys_of_prod alice eve
pull db1
is "$STATUS" 0 "a release signed by those who stay is installed"
is "$(config_of db1/main maxmemory)" 314572800 "and runs"
evil_start db1 prod
rm -rf "$WORK/honest" "$WORK/state"
cp -a "$EVIL" "$WORK/honest"
cp -a "$state" "$WORK/state"
good=$(fingerprint_of db1/main)
forge_role . "$(key_of alice)" "$(key_of bob)"
refused "a release signed by one of two and a revoked key" 'signature|threshold'
old_targets=$(printf '%s\n' "$WORK"/old/tuf/*.targets.json | sort -V | tail -n 1)
cp "$old_targets" "$EVIL/tuf/"
evil_publish targets "$old_targets"
refused "the older list of approvers, with the revoked key" 'older|version|rollback|back'
evil_stop
done_testing
