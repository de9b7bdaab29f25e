#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A cluster of three shards with a replica each, as a group of the tree, rendered and started for real: the nodes meet, all
# slots are served, and a bundle knows its shard and a few nodes of others.
. "${0%/*}/lib.sh"
command -v valkey-server >/dev/null || skip_all "no valkey-server here"
work_start
export VKCFG_HOME="$WORK/home"
TREE=$WORK/tree
mkdir -p "$TREE"/{roles,hosts,groups}
printf 'fleet: demo\nenvironments: [prod]\nvalkey: "%s"\n' "$(valkey_version)" >"$TREE/fleet.yaml"
cat >"$TREE/roles/node.yaml" <<'END'
template: baseline@1
config:
  cluster-enabled: "yes"
  cluster-node-timeout: 2000
  save: ""
  repl-diskless-sync-delay: 0
  primaryuser: replication
  primaryauth: "secret:replication"
users:
  replication: {rules: "on -@all +ping +psync +replconf", passwords: ["secret:replication"]}
  operator: {rules: "on ~* -@all +@admin +@connection +@read +cluster +info +ping", passwords: ["secret:operator"]}
END
cat >"$TREE/groups/orders.yaml" <<'END'
environment: prod
kind: cluster
shards: [[h1/a, h2/b], [h2/a, h3/b], [h3/a, h1/b]]
END
ports=() buses=()
{
	echo hosts:
	for n in 1 2 3; do
		printf '  h%d:\n    environment: prod\n    address: 127.0.0.1\n    instances:\n' "$n"
		for i in a b; do
			free_port
			ports+=("$FREE_PORT")
			free_port
			buses+=("$FREE_PORT")
			printf '      %s: {role: node, config: {port: %d, cluster-port: %d}}\n' "$i" "${ports[-1]}" "$FREE_PORT"
		done
	done
} >"$TREE/hosts/all.yaml"
umask 077
printf 'replication=replication-pass\noperator=operator-pass\n' >"$WORK/secrets"
umask 022

n=0
for id in h1/a h1/b h2/a h2/b h3/a h3/b; do
	must "$VKCFG" render --tree "$TREE" --secrets "$WORK/secrets" --out "$WORK/${id/\//-}" "$id"
	background "${id/\//-}" valkey-server "$WORK/${id/\//-}/valkey.conf"
	n=$((n + 1))
done
is "$(cat "$WORK/h2-b/runtime.conf")" "" "the nodes of a cluster decide themselves who is whose replica"
cli() { valkey-cli --user operator --pass operator-pass --no-auth-warning -p "$@"; }
for port in "${ports[@]}"; do wait_for cli "$port" ping || bail "a node did not start"; done
like "$(valkey-cli -p "${ports[0]}" ping 2>&1)" 'NOAUTH|NOPERM|denied' "nobody gets in without a password"
# In the order of the tree: ports are h1/a h1/b h2/a h2/b h3/a h3/b, and the first of each shard is an a.
exits 0 "the nodes meet" valkey-cli --user operator --pass operator-pass --no-auth-warning --cluster create \
	"127.0.0.1:${ports[0]}" "127.0.0.1:${ports[2]}" "127.0.0.1:${ports[4]}" --cluster-yes
is_served() { [[ $(cli "$1" cluster info) =~ cluster_state:ok ]]; }
for i in 0 2 4; do ok "all slots are served, says node $i" wait_for is_served "${ports[i]}"; done
# The replicas of the tree: h2/b of h1/a
id_of() { cli "$1" cluster myid; }
meet() { cli "${ports[3]}" cluster meet 127.0.0.1 "${ports[0]}" "${buses[0]}" && wait_for knows; }
knows() { [[ $(cli "${ports[3]}" cluster nodes) == *"$(id_of "${ports[0]}")"* ]]; }
ok "a replica meets the cluster" meet
follow() { cli "${ports[3]}" cluster replicate "$(id_of "${ports[0]}")" | grep -q OK; }
ok "and is given the primary of its shard" wait_for follow
is_linked() { [[ $(cli "${ports[3]}" info replication) =~ master_link_status:up ]]; }
ok "which it follows with the group's own user" wait_for is_linked

# What the tree and the bundles say
exits 0 "explain shows the shard" "$VKCFG" explain --tree "$TREE" h2/b port
like "$OUT" 'group orders cluster, shard 1 of 3' "by number"
like "$OUT" "h1/a \\(127.0.0.1:${ports[0]}\\)" "with the address of its primary"
sed -i 's/cluster-node-timeout: 2000/cluster-node-timeout: 2000\n  maxmemory: 64mb/' "$TREE/roles/node.yaml"
sed -i "s/      b: {role: node, config: {/&maxmemory: 65mb, /" "$TREE/hosts/all.yaml"
exits 1 "members of a shard that differ are refused" "$VKCFG" validate --tree "$TREE"
like "$OUT" 'maxmemory: 64mb for h1/a \(roles/node.yaml:5\), but 65mb for h2/b \(hosts/all.yaml:' "with both places"
done_testing
