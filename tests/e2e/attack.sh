# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
#
# What the attacker's exam needs (2xx-attack-*.sh, one file per attack). The attacker owns the server:
# its state directory, all online keys, its TLS identity. A test reads:
#
#	. "${0%/*}/lib.sh"
#	. "${0%/*}/attack.sh"
#	attack_fleet                    # db1 and db2 of prod run release 1; release 2 is out, not installed
#	attack_takeover                 # evil.sh's server in vkcfgd's place
#	...                             # one lie
#	refused "WHAT" 6 'PATTERN'      # a run of db1: exit status, what it said and reported, what moved
#	done_testing
#
# The fleet is founded once and copied: founding takes seconds, the people's passphrases being dear.
. "${BASH_SOURCE[0]%/*}/evil.sh"

ATTACK_FLEET=$abs_top_builddir/tests/e2e/attack-fleet
export FORGE_PASSPHRASE=$PASSPHRASE
# key_of PERSON: for forge; the stolen key of a person, unlocked
key_of() {
	local key=$WORK/people/$1.unlocked
	[ -e "$key" ] || "$FORGE" unlock "$WORK/people/$1/keys/$1.key" >"$key" </dev/null || bail "cannot unlock $1's key"
	echo "$key"
}

# Whether the copy was made by these programs, today.
attack_fleet_is_fresh() {
	local program
	for program in "$VKCFGD" "$VKCFG_PULL" "$VKCFG" "$abs_top_srcdir/tests/e2e/lib.sh" \
		"$abs_top_srcdir/tests/e2e/attack.sh"; do
		[ "$ATTACK_FLEET/change" -nt "$program" ] || return 1
	done
	[ -n "$(find "$ATTACK_FLEET/change" -user "$(id -un)" -mmin -360)" ]
}

# Release 1 is out; change 2 (128mb) lacks bob's approval only.
attack_found() {
	local person
	fleet_start
	host_start db1 prod main
	host_start db2 prod main
	release prod "first"
	set_memory prod 128mb
	submit prod "second"
	approve alice
	server_stop
	for person in admin alice bob dave; do key_of "$person" >/dev/null; done
	rm -rf "$ATTACK_FLEET" "$ATTACK_FLEET.new"
	mkdir -m 700 "$ATTACK_FLEET.new"
	cp -a "$WORK/people" "$WORK/server" "$WORK/hosts" "$WORK/tree" "$ATTACK_FLEET.new"
	echo "$CHANGE" >"$ATTACK_FLEET.new/change"
	mv "$ATTACK_FLEET.new" "$ATTACK_FLEET"
	rm -rf "${WORK:?}"/{people,server,hosts,tree}
}

# The copy, at this test's port and paths.
attack_copy() {
	local file
	cp -a "$ATTACK_FLEET"/{people,server,hosts,tree} "$WORK"
	read -r CHANGE <"$ATTACK_FLEET/change"
	TREE=$WORK/tree
	free_port
	PORT=$FREE_PORT
	server_config <<<"${SERVER_SETTINGS:-}"
	for file in "$WORK"/people/*/fleet.json; do
		sed -i "s|https://localhost:[0-9]*|https://localhost:$PORT|" "$file"
	done
	rm -f "$WORK"/hosts/*/*/pid # of the fleet that was copied
	host_prepare db1 main
	host_prepare db2 main
}

attack_fleet() {
	local host lock
	work_start
	exec {lock}>"$ATTACK_FLEET.lock"
	flock "$lock"
	attack_fleet_is_fresh || attack_found
	attack_copy
	exec {lock}>&-
	server_start
	for host in db1 db2; do
		pull "$host"
		[ "$STATUS" -eq 0 ] || bail "$host does not install release 1" "$OUT"
	done
	# What the attacker recorded while release 1 was current.
	EVIL=$WORK/old && mkdir -p "$EVIL" && evil_record db1 prod
	approve bob
}

# The attacker in the server's place, with what it would have said now. Each lie is told to a host in the
# same state: one that has believed a forged timestamp of a higher version takes no lower one any more.
attack_takeover() {
	evil_start db1 prod
	attack_remember
}
attack_remember() {
	rm -rf "$WORK/honest" "$WORK/state"
	# A report that says what the last one said is not sent again.
	rm -f "$WORK/hosts/db1/state/reported"
	cp -a "$EVIL" "$WORK/honest"
	cp -a "$WORK/hosts/db1/state" "$WORK/state"
	evidence_of db1/main >"$WORK/evidence"
}
attack_forget() {
	rm -rf "$EVIL" "$WORK/hosts/db1/state"
	cp -a "$WORK/honest" "$EVIL"
	cp -a "$WORK/state" "$WORK/hosts/db1/state"
}

# Everything that decides what an instance runs, and which process runs it: the running values, users and
# run id, and every file of its directory with mode and owner. failed.json is the host's note to itself.
evidence_of() {
	valkey "$1" config get '*' | paste - - | sort
	valkey "$1" acl list
	valkey "$1" info server | grep '^run_id:'
	(cd "$WORK/hosts/$1" && find . \( -path ./data -o -name pid -o -name valkey.log -o -name failed.json \) -prune \
		-o ! -type s -printf '%p %y %m %u %l\n' | sort)
	(cd "$WORK/hosts/$1" && find . \( -path ./data -o -name pid -o -name valkey.log -o -name failed.json \) -prune \
		-o -type f -print0 | sort -z | xargs -0 sha256sum)
}
# unmoved NAME [HOST/INSTANCE]: nothing has changed since attack_remember
unmoved() {
	local difference
	difference=$(evidence_of "${2:-db1/main}" | diff "$WORK/evidence" -) &&
		pass "$1: nothing moved on the host" || fail "$1: nothing moved on the host" "$difference"
}
# reported: what db1's last report to the attacker says
reported() { tail -n 1 "$EVIL/posted" 2>/dev/null | jq -r '.instances[0] | "\(.state) \(.error): \(.detail)"'; }

# attacked NAME STATUS PATTERN: one run of db1, with the options $ATTACK_PULL, against this lie. It ends with this exit status, says why,
# and nothing of its Valkey moves.
attacked() {
	# shellcheck disable=SC2086 # options
	pull db1 ${ATTACK_PULL:-}
	is "$STATUS" "$2" "$1: exit status $2"
	like "$OUT" "$3" "$1: the host says why"
	unmoved "$1"
}
# refused NAME STATUS PATTERN: the same; and it tells the server that it refuses, with the kind of error:
# 6 is untrusted, 2 input.
refused() {
	local kind=untrusted
	[ "$2" -eq 6 ] || kind=input
	attacked "$@"
	like "$(reported)" "^refused $kind: .*($3)" "$1: and reports that it refuses"
	attack_forget
}
# unanswered NAME STATUS PATTERN: for lies that are no answer (too much, too slow): nobody to report to
unanswered() {
	attacked "$@"
	attack_forget
}

# role_file: the role metadata of prod that is current, as the attacker has it
role_file() { printf '%s\n' "$EVIL"/tuf/*.prod.json | sort -V | tail -n 1; }
# forge_role FILTER KEY...: the next version of prod's role, signed with these keys and published
forge_role() {
	local filter=$1 next
	shift
	next=$(($(jq .signed.version "$(role_file)") + 1))
	jq -c ".signed | .version = $next | $filter" "$(role_file)" | "$FORGE" sign "$@" >"$WORK/role.json" ||
		bail "cannot forge a role"
	evil_publish prod "$WORK/role.json"
}
# edit_json FILE FILTER
edit_json() { jq -c "$2" "$1" >"$1.new" && mv "$1.new" "$1"; }
# bundles_file: what the server answers for the host's bundles of the newest release
bundles_file() { printf '%s\n' "$EVIL"/v1/agent/bundles/prod/* | sort -V | tail -n 1; }

# forge_release BUNDLE-FILTER [DOCUMENT-FILTER [NUMBER]]: release 3 as all approvers together could sign it:
# db1's bundle, a JSON object, changed by the filter. For what a host refuses even then.
forge_release() {
	local number=${3:-3} document hash
	jq -r '.bundles[0].bundle' "$EVIL/v1/agent/bundles/prod/2" | head -c -1 | "$FORGE" json | canonical_jq "$1" \
		>"$WORK/bundle" || bail "cannot forge a bundle"
	mkdir -p "$EVIL/v1/agent/bundles/prod" "$EVIL/tuf/targets/prod"
	jq -nc --rawfile bundle "$WORK/bundle" '{bundles: [{index: 0, bundle: $bundle, proof: []}]}' \
		>"$EVIL/v1/agent/bundles/prod/$number"
	document=$(printf '%s\n' "$EVIL"/tuf/targets/prod/*.2.json)
	"$FORGE" json <"$document" | canonical_jq --arg root "$("$FORGE" leaf <"$WORK/bundle")" \
		--arg base "$(sha256 <"$document")" ".bundles = {count: 1, root: \$root} | .number = 3 | .base = 2 |
		.fallback = {release: 2, sha256: \$base} | ${2:-.}" >"$WORK/document" || bail "cannot forge a document"
	hash=$(sha256 <"$WORK/document")
	cp "$WORK/document" "$EVIL/tuf/targets/prod/$hash.$number.json"
	forge_role "del(.targets[\"prod/1.json\"]) | .targets[\"prod/$number.json\"] =
		{length: $(stat -c %s "$WORK/document"), hashes: {sha256: \"$hash\"}}" "$(key_of alice)" "$(key_of bob)"
	evil_desired ".release = $number"
}
