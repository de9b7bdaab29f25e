#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A drift becomes a change of the tree, by a textual edit that keeps what people wrote; and what members of a
# group do that no release has said: a replica of a stranger, another primary.
. "${0%/*}/lib.sh"
fleet_start
for name in db1 db2; do
	host_prepare "$name" main
	host_enrol "$name" prod
	host_to_tree "$name" prod main
	free_port
	sed -i "s/^    environment: prod/&\n    address: 127.0.0.1/" "$TREE/hosts/$name.yaml"
	sed -i "s/port: 0/port: $FREE_PORT, bind: 127.0.0.1/" "$TREE/hosts/$name.yaml"
	echo "# remember the milk" >>"$TREE/hosts/$name.yaml"
done
mkdir "$TREE/groups"
printf 'kind: replicated\nenvironment: prod\nmembers: [db1/main, db2/main]\n' >"$TREE/groups/pair.yaml"
sed -i 's/^config:/&\n  primaryuser: tester\n  primaryauth: "secret:replication"\n  repl-diskless-sync-delay: 0/' "$TREE/roles/cache.yaml"
set_config prod 'timeout: 0'
printf 'keepers: {alice: "ed25519:%s"}\n' "$(jq -r .keyval.public "$WORK/people/alice.pub")" >>"$TREE/environments/prod.yaml"
must by carol secret set prod replication --tree "$TREE" --fd 4 4< <(printf any)
release prod "first"
pull db1
pull db2
linked() { [ "$(info_of db2/main master_link_status)" = up ]; }
ok "the replica of a new group begins" wait_for linked
drifts() { by carol drift --json | jq -r '.items[] | "\(.host) \(.kind) \(.name) \(.cause)"' | sort; }
is "$(drifts)" "" "nothing differs"

# Adopting
adopt() { exits "$1" "$2" by carol drift adopt db1/main "$3" --tree "$TREE"; }
adopt 3 "what has not drifted is not adopted" hz
valkey db1/main config set hz 77 primaryauth geheim maxmemory-policy noeviction >/dev/null
pull db1
cp -r "$TREE" "$WORK/before"
adopt 5 "a secret is not adopted" primaryauth
adopt 2 "nor a user" users.tester
ok "nothing is written" diff -r "$TREE" "$WORK/before"
adopt 0 "a value is" hz
is "$(diff -r "$WORK/before" "$TREE" | grep -c '^[<>]')" 2 "one line of the tree has changed"
like "$(cat "$TREE/hosts/db1.yaml")" 'hz: "77"' "it says what runs"
like "$(cat "$TREE/hosts/db1.yaml")" 'remember the milk' "what people wrote is kept"
ok "and the tree is good" by carol validate --tree "$TREE"
printf 'lock: [maxmemory-policy]\n' >>"$TREE/environments/prod.yaml"
adopt 2 "what is locked is not adopted" maxmemory-policy
like "$OUT" 'lock' "and is told why"
sed -i '/^lock:/d' "$TREE/environments/prod.yaml"
adopt 2 "nor what the members of a shard must have in common" maxmemory-policy
like "$OUT" 'db2/main' "and is told with whom"
release prod "adopted"
pull db1
is "$(drifts)/$(config_of db1/main hz)" "/77" "what was adopted is no drift any more"
unlike "$(by carol drift --json)$OUT" geheim "a secret is not shown"

# Roles
valkey db2/main replicaof 127.0.0.1 1 >/dev/null
pull db2
is "$(by carol drift show db2/main --json | jq -r '.drift[] | "\(.kind) \(.name) \(.actual) \(.action) \(.cause)"')" \
	"topology primary 127.0.0.1:1 report unauthorised" "a replica of a stranger is named, and left alone"
valkey db2/main replicaof no one >/dev/null
pull db2
is "$(by carol drift show db2/main --json | jq -r '.drift[] | "\(.kind) \(.name) \(.actual) \(.action) \(.cause)"')" \
	"topology role primary report server-owned" "a role that the topology has given, too"
pull db2 --status
is "$STATUS" 0 "which is nothing to look into"
like "$OUT" 'differs: role is primary instead of replica \(server-owned\)' "but is shown"

# Members among each other: a second run, since a fresh install reports before it has looked around
members() { by carol drift --json | jq -r '.members[] | "\(.shard) \(.name) \([.members[].instance] | join(" "))"' | sort; }
pull db1
pull db2
is "$(members)" "" "members of a shard have in common what they must"
valkey db2/main config set maxmemory-policy noeviction >/dev/null
valkey db2/main acl setuser tester -debug >/dev/null
pull db2
is "$(members)" "pair/0 maxmemory-policy db1/main db2/main
pair/0 users.tester db1/main db2/main" "where they differ, both are named"
run by carol drift
is "$STATUS" 1 "that is something to look into"
like "$OUT" 'pair/0 maxmemory-policy: db1/main=[0-9a-f]{16} db2/main=[0-9a-f]{16}' "and shown"
valkey db2/main config set maxmemory-policy allkeys-lru >/dev/null
valkey db2/main acl setuser tester reset on nopass '~*' '&*' +@all >/dev/null
pull db2
is "$(members)" "" "and no longer when it is over"
done_testing
