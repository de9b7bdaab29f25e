# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# The attacker who owns the server: its disk, its online keys, its TLS identity. Sourced after lib.sh.

# evil_start: takes vkcfgd's place with what it would have said, in files that the test then changes:
# $EVIL/tuf/..., $EVIL/v1/agent/desired, $EVIL/v1/agent/bundles/ENV/N
evil_start() { # HOST ENV
	EVIL=$WORK/evil
	rm -rf "$EVIL"
	mkdir -p "$EVIL"
	evil_record "$1" "$2"
	server_stop
	evil_listen "$STATE"
}
# evil_listen DIRECTORY: with the TLS identity in this directory
evil_listen() {
	background evil "$EVIL_PROGRAM" "$PORT" "$EVIL" "$1/server.crt" "$1/server.key" "$1/ca.crt"
	wait_for server_is_ready || bail "the evil server does not listen" "$(cat "$WORK/log/evil.log")"
}
evil_stop() { end_background evil; }

# as_host HOST PATH: what the server answers to this host
as_host() {
	local state=$WORK/hosts/$1/state
	curl -sS --fail --tlsv1.3 --cert "$state/tls.crt" --key "$state/tls.key" --cacert "$state/ca.crt" \
		--resolve "localhost:$PORT:127.0.0.1" "https://localhost:$PORT$2"
}
evil_fetch() { # HOST PATH
	mkdir -p "$EVIL$(dirname "$2")"
	as_host "$1" "$2" >"$EVIL$2" || bail "cannot record $2"
}
# Everything that this host could ask for now: the metadata that the timestamp leads to, the release
# documents, the host's bundles.
evil_record() { # HOST ENV
	local snapshot version role target hash
	# With the proof that the host will ask for.
	evil_fetch "$1" "/v1/agent/desired?log=$(sed -n 2p "$WORK/hosts/$1/state/checkpoint")"
	mv "$EVIL/v1/agent/"desired* "$EVIL/v1/agent/desired"
	evil_fetch "$1" /tuf/timestamp.json
	snapshot=$(jq -r '.signed.meta["snapshot.json"].version' "$EVIL/tuf/timestamp.json")
	evil_fetch "$1" "/tuf/$snapshot.snapshot.json"
	while read -r role version; do
		evil_fetch "$1" "/tuf/$version.$role"
	done < <(jq -r '.signed.meta | to_entries[] | "\(.key) \(.value.version)"' "$EVIL/tuf/$snapshot.snapshot.json")
	for role in "$EVIL"/tuf/*."$2".json; do
		while read -r target hash; do
			evil_fetch "$1" "/tuf/targets/$2/$hash.${target##*/}"
			target=${target##*/}
			evil_fetch "$1" "/v1/agent/bundles/$2/${target%.json}"
		done < <(jq -r '.signed.targets | to_entries[] | "\(.key) \(.value.hashes.sha256)"' "$role")
	done
}

# Reads JSON, applies a jq filter, writes canonical JSON.
canonical_jq() { jq -c "$@" | "$FORGE" canonical; }
sha256() { sha256sum | cut -c1-64; }

# evil_publish ENV ROLE-FILE: publishes this role metadata file with what is left of the chain: a new
# snapshot and timestamp, signed with the stolen online keys
evil_publish() {
	local role=$1 file=$2 version snapshot next length hash
	version=$(jq .signed.version "$file")
	cp "$file" "$EVIL/tuf/$version.$role.json"
	snapshot=$(jq -r '.signed.meta["snapshot.json"].version' "$EVIL/tuf/timestamp.json")
	next=$((snapshot + 1))
	length=$(stat -c %s "$file")
	hash=$(sha256 <"$file")
	jq -c --arg role "$role.json" --argjson version "$version" --argjson length "$length" --arg hash "$hash" \
		--argjson next "$next" '.signed | .version = $next |
		.meta[$role] = {version: $version, length: $length, hashes: {sha256: $hash}}' \
		"$EVIL/tuf/$snapshot.snapshot.json" |
		"$FORGE" sign "$STATE/online/snapshot.key" >"$EVIL/tuf/$next.snapshot.json" || bail "cannot forge a snapshot"
	evil_timestamp "$next" '.'
}

# evil_timestamp SNAPSHOT-VERSION FILTER: a timestamp for this snapshot, signed with the stolen key
evil_timestamp() {
	local file=$EVIL/tuf/$1.snapshot.json
	jq -c --argjson snapshot "$1" --argjson length "$(stat -c %s "$file")" --arg hash "$(sha256 <"$file")" \
		".signed | .version += 1 | .meta[\"snapshot.json\"] =
		{version: \$snapshot, length: \$length, hashes: {sha256: \$hash}} | $2" "$EVIL/tuf/timestamp.json" |
		"$FORGE" sign "$STATE/online/timestamp.key" >"$EVIL/tuf/timestamp.new" || bail "cannot forge a timestamp"
	mv "$EVIL/tuf/timestamp.new" "$EVIL/tuf/timestamp.json"
	evil_desired '.'
}

# evil_desired FILTER [JQ-OPTIONS]: the answer to polls, with the timestamp as it is now
evil_desired() {
	jq -c "${@:2}" --rawfile timestamp "$EVIL/tuf/timestamp.json" ".timestamp = \$timestamp | $1" \
		"$EVIL/v1/agent/desired" >"$EVIL/desired.new" && mv "$EVIL/desired.new" "$EVIL/v1/agent/desired"
}

# evil_bundle ENV NUMBER FILTER: changes the host's first bundle (a JSON object) in the answer
evil_bundle() {
	local file=$EVIL/v1/agent/bundles/$1/$2
	jq -r '.bundles[0].bundle' "$file" | head -c -1 | "$FORGE" json | canonical_jq "$3" >"$EVIL/bundle.new" ||
		bail "cannot forge a bundle"
	jq -c --rawfile bundle "$EVIL/bundle.new" '.bundles[0].bundle = $bundle' "$file" >"$EVIL/answer.new"
	mv "$EVIL/answer.new" "$file"
}
