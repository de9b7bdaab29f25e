#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Attack: a second directive, user or log line is smuggled in behind a newline.
. "${0%/*}/lib.sh"
. "${0%/*}/attack.sh"
attack_fleet

# An author who means harm: nothing like it leaves a tree, whatever the tool.
cp -a "$TREE" "$WORK/tree.good"
# in_tree NAME FILE TEXT
in_tree() {
	printf '%b' "$3" >"$TREE/$2"
	exits 1 "$1: vkcfg validate finds it" by carol validate --tree "$TREE"
	like "$OUT" 'control character|NUL byte|expected|cannot be the name' "$1: and says so"
	run by carol submit prod -m "newline" --tree "$TREE"
	isnt "$STATUS" 0 "$1: vkcfg submits no such tree"
	rm -rf "$TREE"
	cp -a "$WORK/tree.good" "$TREE"
}
in_tree "a directive's value" environments/prod.yaml 'config: {logfile: "@{instance}/log\\nloadmodule /tmp/evil.so"}\n'
in_tree "a carriage return" environments/prod.yaml 'config: {loglevel: "notice\\rloadmodule /tmp/evil.so"}\n'
in_tree "a NUL" environments/prod.yaml 'config: {loglevel: "notice\\0loadmodule"}\n'
in_tree "a parameter" environments/prod.yaml 'parameters: {memory: "64mb\\nloadmodule /tmp/evil.so"}\n'
in_tree "a user's rules" environments/prod.yaml 'users: {app: {rules: "on ~*\\nuser evil on nopass ~* +@all"}}\n'
in_tree "a user's name" environments/prod.yaml 'users: {"app on\\nuser evil": {rules: "on"}}\n'
in_tree "a file's path" environments/prod.yaml 'files: [{path: "a\\nb", mode: "0640", text: x}]\n'

# The attacker's own client does not ask vkcfg: the server says no as well.
api() { # METHOD PATH BODY
	curl -sS -o "$WORK/answer" -w '%{http_code}' --cacert "$WORK/people/carol/ca.crt" --cert "$WORK/people/carol/tls.crt" \
		--key "$WORK/people/carol/tls.key" -H 'Content-Type: application/json' -X "$1" -d "$3" "https://localhost:$PORT$2"
}
files=$(cd "$TREE" && find . -type f | while read -r file; do
	jq -nc --arg path "${file#./}" --rawfile text "$file" '{path: $path, text: $text}'
done | jq -sc 'sort_by(.path)')
body=$(jq -c '{files: map(if .path == "environments/prod.yaml" then .text = "config: {loglevel: \"notice\\nloadmodule /tmp/evil.so\"}\n" else . end)}' <<<"$files")
tree=$(api POST /v1/trees "$body" >"$WORK/code"; jq -r .tree "$WORK/answer")
document=$("$FORGE" json <"$(printf '%s\n' "$WORK"/old/tuf/targets/prod/*.1.json)" | jq -c --arg tree "$tree" \
	'.tree = $tree | .number = 3 | .base = 2 | .change = "0123456789abcdef" | .fallback = {release: 2, sha256: .tree}')
is "$(api POST /v1/changes "$(jq -nc --arg document "$(canonical_jq . <<<"$document")" \
	'{environment: "prod", document: $document, metadata: "{}"}')")" 400 "the server takes no change from such a tree"
like "$(cat "$WORK/answer")" 'environments/prod.yaml:1:20: loglevel: a control character' "which it has rendered itself"

# The server puts it into the bundle
attack_takeover
second() { printf '.files |= map(if .path == "%s" then .text |= sub(%s; %s) else . end)' "$1" "$(jq -nc --arg t "$2" '$t')" "$(jq -nc --arg t "$3" '$t')"; }
evil_bundle prod 2 "$(second valkey.conf 'maxmemory ' $'loadmodule /tmp/evil.so\nmaxmemory ')"
refused "a line of its own in an unsigned bundle" 6 'proof|root'

# And all approvers have signed it
signed() { # NAME FILTER PATTERN
	forge_release "$2"
	refused "$1" 2 "$3"
}
signed "a line of its own" "$(second valkey.conf 'maxmemory ' $'loadmodule /tmp/evil.so\nmaxmemory ')" 'loadmodule'
signed "behind a carriage return" "$(second valkey.conf 'maxmemory ' $'loglevel notice\rloadmodule /tmp/evil.so\nmaxmemory ')" 'valkey.conf|control|loadmodule'
signed "in a quoted value" "$(second valkey.conf 'maxmemory ' $'logfile "@{instance}/a\\nloadmodule x.so"\nmaxmemory ')" 'control character'
signed "in a value in hexadecimal" "$(second valkey.conf 'maxmemory ' $'logfile "@{instance}/a\\x0aloadmodule"\nmaxmemory ')" 'control character'
signed "a value over two lines" "$(second valkey.conf 'maxmemory ' $'logfile "@{instance}/a\nloadmodule /tmp/evil.so"\nmaxmemory ')" 'valkey.conf|quote|loadmodule'
signed "a secret directive in users.acl" "$(second users.acl '^' $'loadmodule /tmp/evil.so\n')" 'users.acl'
signed "a user without password for the agent's" "$(second users.acl 'user vkcfg-agent on' $'user vkcfg-agent on nopass ~* +@all\nuser vkcfg-agent on')" 'users.acl|vkcfg-agent'

# What the server says reaches the log as one line
lines() { grep -cE '^[0-9]{4}-[0-9]{2}-[0-9]{2}T' <<<"$OUT"; }
edit_json "$EVIL/v1/agent/desired" '.environment = "prod\n2026-01-01T00:00:00Z info committed release=99 \u001b[2J"'
pull db1
is "$STATUS" 6 "a newline in what the server wants is refused"
is "$(wc -l <<<"$OUT")" "$(lines)" "and makes no second line in the log"
unlike "$OUT" '^2026-01-01T00:00:00Z' "of the attacker's making"
unlike "$OUT" $'\033' "nor an escape sequence"
unmoved "a newline in what the server wants"
attack_forget
evil_stop
done_testing
