#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A Sentinel that vkcfg-pull installs: started from a file of its own, changed while it runs, restarted without
# losing what it has learned; what it would not read, or what would lock it, is refused before anything changes.
. "${0%/*}/lib.sh"
command -v valkey-server >/dev/null || skip_all "no valkey-server here"
fleet_start
for name in MAIN SPARE WATCH OTHER; do free_port && declare "$name=$FREE_PORT"; done
HOST=$WORK/hosts/db1
OWN=$HOST/watch/sentinel/sentinel.conf

write_sentinel_door() {
	write_door "$1"
	sed -i 's#"\$1/current/valkey.conf"#"$1/sentinel/sentinel.conf" --sentinel#' "$1"
}
# put NAME VALUE
put() { by carol secret set prod "$1" --tree "$TREE" --fd 4 4< <(printf %s "$2"); }
# group QUORUM DOWN-AFTER
group() {
	cat >"$TREE/groups/orders.yaml" <<-OF_GROUP
		environment: prod
		kind: replicated
		members: [db1/main, db1/spare]
		sentinels: [db1/watch, db2/watch]
		quorum: $1
		sentinel: {down-after-milliseconds: $2, failover-timeout: 5000, auth-user: sentinel, auth-pass: "secret:sentinel"}
	OF_GROUP
}
# watch CLIENTS MORE...: the Sentinels' role
watch() {
	{
		printf 'kind: sentinel\nconfig:\n  bind: [127.0.0.1]\n  unixsocket: "@{instance}/valkey.sock"\n  maxclients: %s\n' "$1"
		printf '  %s\n' "${@:2}"
		printf 'users:\n  chief: {rules: "on resetchannels -@all +ping +info +sentinel", passwords: ["secret:chief"]}\n'
		printf 'apply: {drift: revert, restart: allowed, unmanaged-users: remove}\n'
	} >"$TREE/roles/watch.yaml"
}
chief() { REDISCLI_AUTH=chief-pass valkey-cli --no-auth-warning -s "$HOST/watch/valkey.sock" --user chief "$@"; }
# said FIELD: what Sentinel says about the group
said() { chief sentinel masters | grep -A1 -x "$1" | tail -n 1; }
run_id() { chief info server | tr -d '\r' | sed -n 's/^run_id://p'; }

host_prepare db1 main spare watch
write_sentinel_door "$WORK/restart-sentinel"
sed -i "s#$WORK/restart-valkey, $HOST/watch,#$WORK/restart-sentinel, $HOST/watch,#" "$HOST/pull.yaml"
host_enrol db1 prod
host_to_tree db1 prod main
key=$(grep -oE 'ed25519:[0-9a-f]{64}' "$TREE/hosts/db1.yaml")
mkdir -p "$TREE/groups"
cat >"$TREE/hosts/db1.yaml" <<END
hosts:
  db1:
    environment: prod
    address: 127.0.0.1
    public-key: "$key"
    instances:
      main: {role: cache, config: {port: $MAIN, bind: [127.0.0.1], primaryuser: replica, primaryauth: "secret:replication", unixsocket: "@{instance}/valkey.sock"}}
      spare: {role: cache, config: {port: $SPARE, bind: [127.0.0.1], primaryuser: replica, primaryauth: "secret:replication", unixsocket: "@{instance}/valkey.sock"}}
      watch: {role: watch, config: {port: $WATCH}}
  db2:
    environment: prod
    address: 127.0.0.1
    instances:
      watch: {role: watch, config: {port: $OTHER}}
END
{
	printf 'parameters: {memory: 64mb}\nkeepers: {alice: "ed25519:%s"}\n' "$(jq -r .keyval.public "$WORK/people/alice.pub")"
	printf 'users:\n  sentinel:\n    rules: >-\n      on resetchannels &__sentinel__:hello -@all +ping +info +role +multi +exec +subscribe +publish\n'
	printf '      +slaveof +replicaof +failover +config|rewrite +client|kill +client|setname +script|kill\n'
	printf '    passwords: ["secret:sentinel"]\n'
	printf '  replica: {rules: "on resetkeys resetchannels -@all +psync +replconf +ping", passwords: ["secret:replication"]}\n'
} >"$TREE/environments/prod.yaml"
watch 900
group 2 5000
as_daemon sh -c "echo 'replicaof 127.0.0.1 $MAIN' >'$HOST/spare/runtime.conf'; chmod 640 '$HOST/spare/runtime.conf'"

# What would break the Sentinel is refused, and named
must put sentinel "two words"
must put chief chief-pass
must put replication replication-pass
release prod "a password with a blank"
pull db1
is "$STATUS" 2 "a password that Sentinel cannot write is refused"
like "$OUT" 'secret sentinel version 1 cannot be a password of a Sentinel' "by the name of the secret"
unlike "$OUT" 'two words' "and not by its value"
nok "nothing was installed" test -e "$OWN"
must put sentinel sentinel-pass

# Installed
release prod "a Sentinel"
pull db1
is "$STATUS" 0 "a Sentinel is installed and started"
is "$(said quorum)/$(said port)" "2/$MAIN" "it watches the group"
like "$(cat "$OWN")" '^sentinel myid [0-9a-f]{40}$' "and writes into a file of its own"
is "$(stat -c %a "$HOST/watch/sentinel")" 2770 "in a directory that nobody else can read"
unlike "$(cat "$HOST/watch/current/sentinel.conf")" 'myid|sentinel-pass' "the release's file stays as it is"
like "$OUT" 'sentinel-quorum.*NOQUORUM' "that two Sentinels are wanted and one is there, is said"
has_replica() { [ "$(said num-slaves)" = 1 ] && [[ $(said flags) == master ]]; }
ok "it logs in at the primary, and finds the replica" wait_for has_replica
like "$(valkey-cli -p "$WATCH" ping 2>&1)" NOAUTH "who has not logged in is refused"
like "$(valkey-cli -p "$WATCH" sentinel failover orders 2>&1)" NOAUTH "and causes no failover"
pull db1
is "$STATUS" 0 "what Sentinel has written since"
unlike "$OUT" 'drift' "is no drift"

# Changed live
started=$(run_id)
group 1 4000
release prod "quorum and times"
pull db1
is "$STATUS" 0 "another quorum and another time are taken"
is "$(said quorum)/$(said down-after-milliseconds)" 1/4000 "by the running Sentinel"
is "$(run_id)" "$started" "which was not restarted"
like "$OUT" 'instance=watch state=committed .*health=ok' "and now there are enough for the group"

# A failover, and what comes after it
begins() { [ "$(chief sentinel failover orders)" = OK ]; }
ok "a failover begins" wait_for begins
has_failed_over() { [ "$(said port)" = "$SPARE" ] && [ "$(said flags)" = master ] && [ "$(said config-epoch)" = 1 ]; }
ok "and ends" wait_for has_failed_over
watch 901
release prod "needs a restart"
pull db1
is "$STATUS" 0 "a release that needs a restart is installed"
isnt "$(run_id)" "$started" "by restarting Sentinel"
is "$(said port)/$(said config-epoch)/$(said quorum)" "$SPARE/1/1" "which still knows who is primary"
like "$(cat "$OWN")" '^maxclients 901$' "and has the new value"
like "$(cat "$OWN")" "^sentinel known-replica orders 127.0.0.1 $MAIN\$" "and what it has learned"

# Refused by the preflight
started=$(run_id)
watch 901 "tls-cert-file: \"@{instance}/none.crt\"" "tls-key-file: \"@{instance}/none.key\"" \
	"tls-ca-cert-file: \"@{instance}/none.crt\""
release prod "no certificate"
pull db1
is "$STATUS" 2 "a Sentinel that would not start is refused"
is "$(run_id)/$(said port)" "$started/$SPARE" "and the one that runs is left alone"
watch 901
release prod "back"
pull db1
is "$STATUS" 0 "the next release is taken"

# Drift
is "$(chief sentinel set orders quorum 7 failover-timeout 99)" OK "somebody changes the group by hand"
pull db1
is "$(said quorum)/$(said failover-timeout)" 1/5000 "that is found and put right"
like "$OUT" 'sentinel quorum orders|drift' "and said"
as_daemon sed -i 's/^sentinel auth-pass orders .*/sentinel auth-pass orders stolen/' "$OWN"
pull db1
unlike "$OUT" 'stolen|sentinel-pass' "a password in its file is not shown"
like "$(cat "$OWN")" '^sentinel auth-pass orders "?sentinel-pass"?$' "and is the right one again"

# Killed where only a Sentinel is concerned
clients=901
for point in sentinel.marked sentinel.written pull.door pull.linked pull.loaded; do
	clients=$((clients + 1))
	watch "$clients"
	release prod "dies at $point"
	pull_with db1 VKCFG_FAULT="$point"
	is "$STATUS" 137 "killed at $point"
	pull db1
	is "$STATUS" 0 "the next run ends it"
	like "$(cat "$OWN")" "^maxclients $clients\$" "with the new value"
	is "$(said port)/$(said quorum)" "$SPARE/1" "and what was learned"
	nok "nothing is under way" test -e "$HOST/watch/journal.json"
done
done_testing
