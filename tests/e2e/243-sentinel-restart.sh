#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A group that three Sentinels watch restarts by its agents alone while a client writes: each primary hands over
# through a Sentinel of its own host. No write that was acknowledged is lost, although nothing is kept on a disk.
. "${0%/*}/lib.sh"
command -v python3 >/dev/null || skip_all "python3 is not there"
fleet_start
HOSTS=(db1 db2 db3)
declare -A PORTS WATCH
for name in "${HOSTS[@]}"; do
	free_port && PORTS[$name]=$FREE_PORT
	free_port && WATCH[$name]=$FREE_PORT
done
write_door "$WORK/restart-sentinel"
sed -i 's#"\$1/current/valkey.conf"#"$1/sentinel/sentinel.conf" --sentinel#' "$WORK/restart-sentinel"
for name in "${HOSTS[@]}"; do
	host_prepare "$name" main watch
	sed -i "s#$WORK/restart-valkey, $WORK/hosts/$name/watch,#$WORK/restart-sentinel, $WORK/hosts/$name/watch,#" \
		"$WORK/hosts/$name/pull.yaml"
	host_enrol "$name" prod
	host_to_tree "$name" prod main
done
# hosts [watch]: all of them; their Sentinels, too
hosts() {
	local key
	for name in "${HOSTS[@]}"; do
		key=$(grep -oE 'ed25519:[0-9a-f]{64}' "$TREE/hosts/$name.yaml")
		cat >"$TREE/hosts/$name.yaml" <<-END
			hosts:
			  $name:
			    environment: prod
			    address: 127.0.0.1
			    public-key: "$key"
			    instances:
			      main: {role: cache, config: {port: ${PORTS[$name]}, bind: 127.0.0.1, unixsocket: "@{instance}/valkey.sock"}}
		END
		[ "$#" -eq 0 ] || echo "      watch: {role: watch, config: {port: ${WATCH[$name]}}}" >>"$TREE/hosts/$name.yaml"
	done
}
# group DOWN-AFTER
group() {
	cat >"$TREE/groups/orders.yaml" <<-END
		environment: prod
		kind: replicated
		members: [db1/main, db2/main, db3/main]
		sentinels: [db1/watch, db2/watch, db3/watch]
		quorum: 2
		sentinel: {down-after-milliseconds: $1, failover-timeout: 10000, auth-user: sentinel, auth-pass: "secret:sentinel"}
	END
}
# configure DIRECTIVE...
configure() {
	set_config prod "$@"
	cat >>"$TREE/environments/prod.yaml" <<-END
		keepers: {alice: "ed25519:$(jq -r .keyval.public "$WORK/people/alice.pub")"}
		users:
		  sentinel:
		    rules: >-
		      on resetchannels &__sentinel__:hello -@all +ping +info +role +multi +exec +subscribe +publish
		      +slaveof +replicaof +failover +config|rewrite +client|kill +client|setname +script|kill
		    passwords: ["secret:sentinel"]
	END
}
cat >"$TREE/roles/watch.yaml" <<'END'
kind: sentinel
config:
  bind: [127.0.0.1]
  unixsocket: "@{instance}/valkey.sock"
  sentinel sentinel-user: peer
  sentinel sentinel-pass: "secret:any"
users:
  peer: {rules: "on resetchannels &__sentinel__:hello -@all +ping +publish +client|setname +sentinel|is-master-down-by-addr", passwords: ["secret:any"]}
  tester: {rules: "on resetchannels -@all +ping +info +sentinel", passwords: ["secret:any"]}
apply: {drift: report, restart: allowed}
END
mkdir "$TREE/groups"
sed -i 's/^config:/&\n  primaryuser: tester\n  primaryauth: "secret:any"\n  repl-diskless-sync-delay: 0/' "$TREE/roles/cache.yaml"
hosts watch
group 3000
configure 'timeout: 0'
must by carol secret set prod any --tree "$TREE" --fd 4 4< <(printf any)
must by carol secret set prod sentinel --tree "$TREE" --fd 4 4< <(printf sentinel-pass)
# The servers first: a Sentinel looks for replicas when it starts, and then every ten seconds.
hosts && mv "$TREE/groups/orders.yaml" "$WORK/orders.yaml"
grep -v 'sentinel\|quorum' "$WORK/orders.yaml" >"$TREE/groups/orders.yaml"
release prod "the servers"
pull_all() {
	for name in "${HOSTS[@]}"; do
		pull "$name"
		[ "$STATUS" -eq 0 ] || bail "the install on $name failed" "$OUT"
	done
}
pull_all
replicas() { [ "$(info_of "$1/main" connected_slaves)" = "$2" ]; }
linked() { [ "$(info_of "$1/main" master_link_status)" = up ]; }
wait_for replicas db1 2 || bail "the replicas do not come" "$(info_of db1/main role)"
hosts watch && mv "$WORK/orders.yaml" "$TREE/groups/orders.yaml"
release prod "and their Sentinels"
pull_all
watched() { REDISCLI_AUTH=any valkey-cli --no-auth-warning --user tester -p "${WATCH[$1]}" "${@:2}"; }
knows_all() {
	[[ $(watched "$1" info sentinel) =~ status=ok,.*slaves=2,sentinels=3 ]] &&
		[[ $(watched "$1" sentinel ckquorum orders) =~ ^OK\ 3 ]]
}
for name in "${HOSTS[@]}"; do ok "the Sentinel of $name sees all of the group" wait_for knows_all "$name"; done

background client python3 "$abs_top_srcdir/tests/e2e/writer.py" "$WORK/acknowledged" tester any sentinels orders "${WATCH[@]}"
written() { [ "$(wc -l <"$WORK/acknowledged")" -gt "$1" ]; }
wait_for written 100 || bail "the client does not write" "$(cat "$WORK/log/client.log")"

# What its Sentinels would take for a failure is not begun
run_id=$(info_of db1/main run_id)
configure 'databases: 4'
release prod "fewer databases"
pull db1
is "$(info_of db1/main role)/$(info_of db1/main run_id)" "master/$run_id" "a primary is not restarted under impatient Sentinels"
like "$(jq -r .reason "$WORK/hosts/db1/main/pending.json")" 'down-after-milliseconds is less than 4000' "and says why"
group 5000
release prod "patient ones"

declare -A before
for name in "${HOSTS[@]}"; do before[$name]=$(info_of "$name/main" run_id); done
for name in "${HOSTS[@]}"; do
	background "pull-$name" "$VKCFG_PULL" --config "$WORK/hosts/$name/pull.yaml" --watch
done
all_restarted() {
	local name
	for name in "${HOSTS[@]}"; do
		[ "$(config_of "$name/main" databases)" = 4 ] || return 1
	done
}
ok "all members restart, while all agents run at once" wait_for -t 90 all_restarted
settled() {
	local name primaries=0
	for name in "${HOSTS[@]}"; do
		case $(info_of "$name/main" role) in
		master) primaries=$((primaries + 1)) && primary=$name ;;
		slave) linked "$name" || return 1 ;;
		*) return 1 ;;
		esac
	done
	[ "$primaries" -eq 1 ]
}
ok "and are one primary and two replicas with a link again" wait_for settled
wait_for written "$(($(wc -l <"$WORK/acknowledged") + 100))" || fail "the client writes on"
for name in "${HOSTS[@]}"; do end_background "pull-$name"; done
end_background client
for name in "${HOSTS[@]}"; do isnt "$(info_of "$name/main" run_id)" "${before[$name]}" "$name was restarted"; done
agree() {
	local name
	settled || return 1
	for name in "${HOSTS[@]}"; do
		[ "$(watched "$name" sentinel get-master-addr-by-name orders | sed -n 2p)" = "${PORTS[$primary]}" ] || return 1
	done
}
ok "all Sentinels name the one that is primary" wait_for agree
like "$(cat "$WORK"/log/pull-db*.log)" 'failover.*instance=main.*primary=' "an agent has handed over"

# Every acknowledged write is there, on all three
same_size() { [ "$(valkey "$primary/main" dbsize)" = "$(valkey "$1/main" dbsize)" ]; }
for name in "${HOSTS[@]}"; do wait_for same_size "$name"; done
sort -u "$WORK/acknowledged" >"$WORK/wanted"
for name in "${HOSTS[@]}"; do
	valkey "$name/main" keys 'w:*' | sed 's/^w://' | sort -u >"$WORK/found"
	is "$(comm -23 "$WORK/wanted" "$WORK/found" | wc -l)" 0 "$name has each of $(wc -l <"$WORK/wanted") acknowledged writes"
done
diag "the client: $(cat "$WORK/log/client.log")"
done_testing
