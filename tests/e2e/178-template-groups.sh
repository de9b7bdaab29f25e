#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The templates of groups on real servers: a primary and its replica, and a cluster of three, over TLS alone.
. "${0%/*}/templates.sh"
templates_start
role group replicated@1 "memory: 64mb"
# Valkey waits 5 s for more replicas before it copies.
echo "config: {repl-diskless-sync-delay: 0}" >>"$TREE/roles/group.yaml"
role node cluster-node@1 "memory: 64mb" "node-timeout: 2000"
NODES=(node1 node2 node3)
instance primary group
instance replica group
for name in "${NODES[@]}"; do instance "$name" node; done
for name in primary replica "${NODES[@]}"; do rendered "$name"; done
echo "replicaof 127.0.0.1 ${PORTS[primary]}" >"$WORK/replica/runtime.conf"
for name in primary replica "${NODES[@]}"; do launch "$name"; done
servers_ready primary replica "${NODES[@]}"

# A primary and its replica
info_has() { cli "$1" "$2" info "$3" | grep -q "^$4"; }
ok "the replica has its primary, as user replication over TLS" wait_for info_has replica monitoring replication master_link_status:up
ok "the primary counts it for min-replicas-to-write" wait_for info_has primary monitoring replication min_slaves_good_slaves:[1-9]
is "$(cli primary app set app:1 one)" OK "the application writes"
is "$(cli primary app wait 1 5000)" 1 "the replica has it"
is "$(cli replica app get app:1)" one "and shows it"
like "$(cli replica app set app:1 two)" '^READONLY' "it takes no writes of its own"
is "$(listening primary)" "${PORTS[primary]} " "nothing listens but the TLS port"
for user in replication sentinel; do
	all_denied primary "$user" "user $user reads no data and governs nothing else" <<-'END'
		get app:1
		set app:1 x
		keys *
		config get primaryauth
		config set dir /tmp
		acl list
		acl setuser app +@all
		flushall
		eval "return 1" 0
		debug sleep 0
		module load /tmp/x.so
		shutdown nosave
		subscribe app:1
	END
done
like "$(cli primary app replicaof no one)" '^NOPERM' "the application does not say who is primary"
end_background replica
wait_for info_has primary monitoring replication connected_slaves:0
like "$(cli primary app set app:1 three)" '^NOREPLICAS' "a primary without its replica refuses writes"
launch replica
ok "the replica comes back" wait_for info_has primary monitoring replication min_slaves_good_slaves:[1-9]
is "$(cli primary app set app:1 three)" OK "and writes go on"
# What Sentinel does to promote: the same transaction.
is "$(printf 'multi\nreplicaof no one\nconfig rewrite\nclient kill type normal\nexec\n' | cli replica sentinel | tr -s '\n' ' ' |
	grep -o '^OK QUEUED QUEUED QUEUED')" "OK QUEUED QUEUED QUEUED" "Sentinel's user may promote it"
ok "and it is primary" wait_for info_has replica monitoring replication role:master

# A cluster
operator() { cli "$1" cluster-operator cluster "${@:2}"; }
operator node1 addslotsrange 0 5461 >/dev/null
operator node2 addslotsrange 5462 10922 >/dev/null
operator node3 addslotsrange 10923 16383 >/dev/null
for name in node2 node3; do operator node1 meet 127.0.0.1 "${PORTS[$name]}" >/dev/null; done
is_whole() { operator "$1" info | grep -q '^cluster_state:ok' && operator "$1" info | grep -q '^cluster_known_nodes:3'; }
for name in "${NODES[@]}"; do ok "$name: the nodes find each other over TLS" wait_for is_whole "$name"; done
is "$(listening node1)" "$(printf '%s\n' "${PORTS[node1]}" $((PORTS[node1] + 10000)) | sort -n | tr '\n' ' ')" \
	"only the TLS port and the bus listen"
bus() {
	timeout 10 openssl s_client -connect "127.0.0.1:$((PORTS[node1] + 10000))" -CAfile "$WORK/pki/ca.crt" -ign_eof "$@" \
		</dev/null 2>&1
}
like "$(bus -cert "$WORK/pki/stranger.crt" -key "$WORK/pki/stranger.key")" 'alert unknown ca' \
	"the bus refuses a certificate of another CA"
like "$(bus)" 'alert certificate required|alert handshake failure' "and somebody without one"
for i in 1 2 3 4 5 6; do REDISCLI_AUTH=$(word_of node1 app) with_certificate node1 --user app -c set "{app:$i}:x" "$i"; done >"$WORK/set"
is "$(sort -u "$WORK/set")" OK "the application writes to all shards"
is "$(REDISCLI_AUTH=$(word_of node1 app) with_certificate node3 --user app -c get '{app:4}:x')" 4 "and reads them from any"
like "$(cli node1 app cluster slots)" '5461' "it may ask who has which slot"
all_denied node1 app "but neither form the cluster nor reach other keys" <<-'END'
	cluster meet 127.0.0.1 1
	cluster failover
	cluster reset
	cluster delslots 1
	get {other:1}:x
	set other:1 x
END
all_denied node1 cluster-operator "and who forms it has no data" <<-'END'
	get {app:1}:x
	set {app:1}:x y
	config set dir /tmp
	acl list
	flushall
	debug sleep 0
	shutdown nosave
END
done_testing
