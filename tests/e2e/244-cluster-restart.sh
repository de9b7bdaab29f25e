#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A cluster of three shards with a replica each restarts by its agents alone while a client writes: each primary
# waits until the agent of its replica has let that one take over. No write that was acknowledged is lost, although
# nothing is kept on a disk.
. "${0%/*}/lib.sh"
command -v python3 >/dev/null || skip_all "python3 is not there"
fleet_start
HOSTS=(h1 h2 h3)
NODES=(h1/a h1/b h2/a h2/b h3/a h3/b)
declare -A PORTS BUSES
for node in "${NODES[@]}"; do
	free_port && PORTS[$node]=$FREE_PORT
	free_port && BUSES[$node]=$FREE_PORT
done
mkdir "$TREE/groups"
for name in "${HOSTS[@]}"; do
	host_prepare "$name" a b
	host_enrol "$name" prod
	host_to_tree "$name" prod a
	key=$(grep -oE 'ed25519:[0-9a-f]{64}' "$TREE/hosts/$name.yaml")
	{
		printf 'hosts:\n  %s:\n    environment: prod\n    address: 127.0.0.1\n    public-key: "%s"\n    instances:\n' "$name" "$key"
		for i in a b; do
			printf '      %s: {role: cache, config: {port: %d, cluster-port: %d, bind: 127.0.0.1, unixsocket: "@{instance}/valkey.sock"}}\n' \
				"$i" "${PORTS[$name/$i]}" "${BUSES[$name/$i]}"
		done
	} >"$TREE/hosts/$name.yaml"
done
cat >"$TREE/groups/orders.yaml" <<'END'
environment: prod
kind: cluster
shards: [[h1/a, h2/b], [h2/a, h3/b], [h3/a, h1/b]]
END
cat >>"$TREE/roles/cache.yaml" <<'END'
  restart: allowed
END
sed -i 's/^config:/&\n  cluster-enabled: "yes"\n  cluster-node-timeout: 5000\n  repl-diskless-sync-delay: 0\n  primaryuser: tester\n  primaryauth: "secret:any"/' \
	"$TREE/roles/cache.yaml"
configure() {
	set_config prod "$@"
	printf 'keepers: {alice: "ed25519:%s"}\n' "$(jq -r .keyval.public "$WORK/people/alice.pub")" >>"$TREE/environments/prod.yaml"
}
configure 'timeout: 0'
must by carol secret set prod any --tree "$TREE" --fd 4 4< <(printf any)
release prod "first"
for name in "${HOSTS[@]}"; do
	pull "$name"
	[ "$STATUS" -eq 0 ] || bail "the first install of $name failed" "$OUT"
done

# The nodes meet, as people make them meet
cli() { valkey-cli --user tester --pass any --no-auth-warning -p "${PORTS[$1]}" "${@:2}"; }
cli h1/a --cluster create "127.0.0.1:${PORTS[h1/a]}" "127.0.0.1:${PORTS[h2/a]}" "127.0.0.1:${PORTS[h3/a]}" --cluster-yes >"$WORK/created" 2>&1 ||
	bail "no cluster" "$(cat "$WORK/created")"
knows() { [[ $(cli "$1" cluster nodes) == *"$(cli "$2" cluster myid)"* ]]; }
follow() { cli "$1" cluster replicate "$(cli "$2" cluster myid)" | grep -q OK; }
linked() { [ "$(info_of "$1" master_link_status)" = up ]; }
for pair in h2/b:h1/a h3/b:h2/a h1/b:h3/a; do
	cli "${pair%:*}" cluster meet 127.0.0.1 "${PORTS[${pair#*:}]}" "${BUSES[${pair#*:}]}" >/dev/null
	wait_for knows "${pair%:*}" "${pair#*:}" || bail "a replica does not meet the cluster"
	wait_for follow "${pair%:*}" "${pair#*:}" || bail "a replica does not follow"
done
for node in h2/b h3/b h1/b; do wait_for linked "$node" || bail "$node has no link"; done
served() { [[ $(cli "$1" cluster info) =~ cluster_state:ok ]] && [ "$(cli "$1" cluster nodes | wc -l)" = 6 ]; }
for node in "${NODES[@]}"; do wait_for served "$node" || bail "$node does not see the cluster"; done

background client python3 "$abs_top_srcdir/tests/e2e/writer.py" "$WORK/acknowledged" tester any cluster "${PORTS[@]}"
written() { [ "$(wc -l <"$WORK/acknowledged")" -gt "$1" ]; }
wait_for written 100 || bail "the client does not write" "$(cat "$WORK/log/client.log")"

declare -A before
for node in "${NODES[@]}"; do before[$node]=$(info_of "$node" run_id); done
configure 'databases: 1' 'maxclients: 600' 'hash-max-listpack-entries: 77' 'tcp-backlog: 300'
release prod "needs a restart"

# Whoever asks for it in the name of another is not heard
handover() {
	curl -sS --max-time 20 --cacert "$WORK/people/carol/ca.crt" --cert "$WORK/hosts/$1/state/tls.crt" \
		--key "$WORK/hosts/$1/state/tls.key" "${@:2}" "https://localhost:$PORT/v1/agent/handover"
}
post() { handover "$1" -H 'Content-Type: application/json' -d "{\"instance\":\"$2\"}"; }
like "$(post h1 ../h2 | jq -r .detail)" 'not a valid instance name' "a host speaks for its own instances"
like "$(post h1 z | jq -r .detail)" 'not part of the current release' "that the release knows"
is "$(handover h2 | jq -c .instances)" '[]' "nobody waits yet"

for name in "${HOSTS[@]}"; do
	background "pull-$name" "$VKCFG_PULL" --config "$WORK/hosts/$name/pull.yaml" --watch
done
all_restarted() {
	local node
	for node in "${NODES[@]}"; do
		[ "$(config_of "$node" tcp-backlog)" = 300 ] || return 1
	done
}
ok "all nodes restart, while all agents run at once" wait_for -t 90 all_restarted
settled() {
	local node primaries=0
	for node in "${NODES[@]}"; do
		case $(info_of "$node" role) in
		master) primaries=$((primaries + 1)) ;;
		slave) linked "$node" || return 1 ;;
		*) return 1 ;;
		esac
	done
	[ "$primaries" -eq 3 ]
}
ok "and are three primaries and three replicas with a link again" wait_for settled
wait_for written "$(($(wc -l <"$WORK/acknowledged") + 100))" || fail "the client writes on"
for name in "${HOSTS[@]}"; do end_background "pull-$name"; done
end_background client
for node in "${NODES[@]}"; do isnt "$(info_of "$node" run_id)" "${before[$node]}" "$node was restarted"; done
is "$(cat "$WORK"/log/pull-h*.log | grep -cE ' relief .*primary=')" 3 "each shard's primary was relieved once, by the agent of its replica"
is "$(handover h2 | jq -c .instances)" '[]' "nobody waits any more"

# Every acknowledged write is there
for node in "${NODES[@]}"; do
	[ "$(info_of "$node" role)" != master ] || cli "$node" keys 'w:*'
done | sed 's/^w://' | sort -u >"$WORK/found"
sort -u "$WORK/acknowledged" >"$WORK/wanted"
is "$(comm -23 "$WORK/wanted" "$WORK/found" | wc -l)" 0 "each of $(wc -l <"$WORK/wanted") acknowledged writes is there"
diag "the client: $(cat "$WORK/log/client.log")"

# A server that lies: it says that a primary waits, again and again
for node in h2/b h1/a; do [ "$(info_of "$node" role)" != slave ] || replica=$node; done
primary=h1/a && [ "$replica" = h2/b ] || primary=h2/b
post "${primary%/*}" "${primary#*/}"
is "$(handover "${replica%/*}" | jq -r '.instances[]')" "$primary" "the replica's host hears that its primary waits"
pull "${replica%/*}"
is "$STATUS/$(info_of "$replica" role)" 0/master "a lie may cause a failover"
ok "a safe one" wait_for settled
post "${replica%/*}" "${replica#*/}"
pull "${primary%/*}"
is "$STATUS/$(info_of "$primary" role)" 0/slave "but not again"
like "$OUT" 'relief-refused.*taken over a short time ago' "within five minutes"
done_testing
