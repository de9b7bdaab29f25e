#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# vkcfg explain on a tree that uses all layers: who said what, who locks it, of what it is made, what the baseline thinks.
. "${0%/*}/lib.sh"
work_start
TREE=$WORK/all
mkdir -p "$TREE"/{roles,environments,hosts,secrets/prod}
HASH=$(printf 'a%.0s' {1..64})
for name in application monitoring replication sentinel admin app; do
	printf 'version: 4\nsha256: "%s"\n' "$HASH" >"$TREE/secrets/prod/store-$name-password.yaml"
done
cat >"$TREE/fleet.yaml" <<-'END'
	fleet: demo
	environments: [prod]
	valkey: "8.0"
END
cat >"$TREE/acl.yaml" <<-'END'
	acl-roles:
	  read: {rules: "+@read"}
END
cat >"$TREE/roles/store.yaml" <<-'END'
	template: cache@1
	parameters:
	  most: {type: memory, min: 1mb, max: 8gb, default: 10%, help: what the keys may take}
	config:
	  maxmemory: ${most}
	  hz: 20
	users:
	  app:
	    acl-roles: [read]
	    rules: "on ~${instance.name}:*"
	    passwords: ["sha256:HASH", "secret:store-app-password"]
	files:
	  - {path: extra/motd.txt, mode: "0440", text: "hello\n"}
	apply: {drift: revert}
	lock: [users.app]
END
sed -i "s/HASH/$HASH/" "$TREE/roles/store.yaml"
cat >"$TREE/environments/prod.yaml" <<-'END'
	config: {hz: 30}
	lock: [loglevel, apply.drift]
	waivers:
	  - {rule: net-output-limits, reason: trusted, owner: ops, expires: 2026-12-31}
END
cat >"$TREE/hosts/all.yaml" <<-'END'
	hosts:
	  db1:
	    environment: prod
	    memory: 1gb
	    config: {hz: 40}
	    instances:
	      main:
	        role: store
	        config: {hz: 50, timeout: ~}
	        parameters: {most: 25%}
	      plain: {role: store, config: {port: 7001}}
END
explain() { by nobody explain "$@" --tree "$TREE"; }
json() { jq -r "$1" <<<"$(explain "${@:2}" --json)"; }

# Refusals
exits 3 "an instance that is not there" explain db1/mian hz
like "$OUT" "did you mean 'db1/main'" "is guessed"
exits 3 "a directive" explain db1/main maxmemroy
like "$OUT" "did you mean 'maxmemory'" "too"
exits 3 "a user" explain db1/main users.ap
like "$OUT" "did you mean 'users.app'" "too"
exits 3 "a key of apply" explain db1/main apply.drfit
like "$OUT" "did you mean 'apply.drift'" "too"

# Layers
exits 0 "a directive of all layers" explain db1/main hz
like "$OUT" '^hz 50  # changes live' "has the last word's value"
is "$(json '[.items[0].origins[] | .layer + " " + .text + " " + (.effective | tostring)] | join(",")' db1/main hz)" \
	"role 20 false,environment 30 false,host 40 false,instance 50 true" "and the whole chain"
like "$(explain db1/main maxmemory-policy)" 'templates/cache@1.yaml:[0-9]+: ' "a template says so"
like "$(explain db1/main maxmemory-policy)" 'A full cache forgets' "and why"
like "$(explain db1/main lfu-log-factor)" "^lfu-log-factor 10 .*Valkey's default, no layer sets it" "a default is called one"
is "$(json '.items[0] | (.value == .default | tostring) + " " + (."is-default" | tostring)' db1/main timeout)" "true true" \
	"what is taken away has the default"
is "$(json '.items[0].lock | .layer + " " + .file + ":" + (.line | tostring)' db1/main loglevel)" \
	"environment environments/prod.yaml:2" "a lock is named with its place"

# What values are made of
exits 0 "a share of the host's memory" explain db1/main maxmemory
like "$OUT" '^maxmemory 268435456 ' "is bytes"
like "$OUT" 'parameters.most 268435456' "made of a parameter"
like "$OUT" '25% of the 1073741824 bytes of host db1 \(hosts/all.yaml:' "which is a share"
like "$OUT" 'min 1mb, max 8gb' "within bounds"
like "$OUT" 'instance +hosts/all.yaml:10: 25%' "that the instance gave"
like "$(explain db1/plain parameters.most)" '10% of the 1073741824 bytes' "as the default of the declaration can be"

# Users, files, apply
exits 0 "a user" explain db1/main users.app
like "$OUT" '^users.app on .*~main:\* .*\+@read' "has rules in normal form"
like "$OUT" 'acl-role +read \(acl.yaml:2\): \+@read' "of roles"
like "$OUT" 'sealed +secret:store-app-password \(version 4\)' "with the names of sealed passwords"
like "$OUT" 'by the role \(roles/store.yaml:' "is locked"
like "$OUT" 'instance.name main' "is made of a variable"
unlike "$OUT" "$HASH|aaaaaaaa" "no hash is shown"
unlike "$(explain db1/main users.app --json)" "aaaaaaaa" "nor in JSON"
like "$(explain db1/main files.extra/motd.txt)" 'mode 0440, 6 bytes' "a file has its mode"
is "$(json '.items[0] | .value + " " + .default + " " + .lock.layer' db1/main apply.drift)" "revert report environment" \
	"apply has its default, too"
like "$(explain db1/main group)" 'in no group' "and the group is named"

# All of it
exits 0 "without a word" explain db1/main
is "$(grep -vE '^  ' <<<"$OUT" | tr '\n' ' ')" "config users files apply parameters " "all sections are there"
unlike "$OUT" "aaaaaaaa" "without hashes"
unlike "$OUT" $'\033' "and without colours where there is no terminal"

# The baseline
sed -i 's/config: {hz: 30}/config: {hz: 30, protected-mode: "no"}/; /waivers:/,$d' "$TREE/environments/prod.yaml"
rule=$(json '.items[0].findings[0].rule' db1/main protected-mode)
is "$(json '.items[0].findings[0].status' db1/main protected-mode)" open "a rule that the value breaks is named"
printf 'waivers:\n  - {rule: %s, reason: behind a wall, owner: ops, expires: "%s"}\n' "$rule" "$(date -u -d '+30 days' +%F)" \
	>>"$TREE/environments/prod.yaml"
is "$(json '.items[0].findings[0].waiver.owner' db1/main protected-mode)" ops "and who waives it"
like "$(explain db1/main protected-mode)" 'waived until .* by ops: behind a wall \(environments/prod.yaml:' "until when and where"
done_testing
