#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A replicated group and its three Sentinels, rendered from templates and started for real, with TLS everywhere: the
# replicas follow, nobody gets in without a password, and when the primary is killed another one takes its place.
. "${0%/*}/lib.sh"
command -v valkey-server >/dev/null || skip_all "no valkey-server here"
valkey-cli --help 2>&1 | grep -q -- --tls || skip_all "this valkey-cli has no TLS"
work_start
export VKCFG_HOME="$WORK/home"
TREE=$WORK/tree
mkdir -p "$TREE"/{environments,roles,hosts,groups} "$WORK/tls"

for n in 1 2 3; do
	free_port
	eval "DB$n=$FREE_PORT"
	free_port
	eval "S$n=$FREE_PORT"
done
must openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=test \
	-addext subjectAltName=IP:127.0.0.1 -keyout "$WORK/tls/server.key" -out "$WORK/tls/server.crt"
cp "$WORK/tls/server.crt" "$WORK/tls/ca.crt"

printf 'fleet: demo\nenvironments: [prod]\nvalkey: "%s"\n' "$(valkey_version)" >"$TREE/fleet.yaml"
printf 'config: {maxmemory-clients: 20%%}\nusers: {report: {rules: "on ~report:* -@all +get", passwords: ["secret:report"]}}\n' \
	>"$TREE/environments/prod.yaml"
printf 'template: replicated@1\nparameters: {memory: 64mb}\n' >"$TREE/roles/store.yaml"
printf 'template: sentinel@1\n' >"$TREE/roles/watch.yaml"
{
	echo hosts:
	for n in 1 2 3; do
		db=DB$n s=S$n
		printf '  db%d:\n    environment: prod\n    address: 127.0.0.1\n    instances:\n' "$n"
		printf '      main: {role: store, parameters: {port: %d}}\n' "${!db}"
		printf '      watch: {role: watch, parameters: {port: %d}}\n' "${!s}"
	done
} >"$TREE/hosts/all.yaml"
cat >"$TREE/groups/orders.yaml" <<'END'
environment: prod
kind: replicated
members: [db1/main, db2/main, db3/main]
sentinels: [db1/watch, db2/watch, db3/watch]
quorum: 2
sentinel:
  down-after-milliseconds: 600
  failover-timeout: 5000
  auth-user: sentinel
  auth-pass: "secret:store-sentinel-password"
END
umask 077
cat >"$WORK/secrets" <<'END'
report=report-pass
store-app-password=app-pass
store-monitoring-password=monitoring-pass
store-replication-password=replication-pass
store-sentinel-password=sentinel-pass
watch-peer-password=peer-pass
watch-app-password=discover-pass
watch-monitoring-password=look-pass
END
umask 022

# Rendered
for n in 1 2 3; do
	for i in main watch; do
		must "$VKCFG" render --tree "$TREE" --secrets "$WORK/secrets" --out "$WORK/db$n-$i" "db$n/$i"
		cp -r "$WORK/tls" "$WORK/db$n-$i/"
	done
done
CONF=$(cat "$WORK/db1-watch/sentinel.conf")
like "$CONF" "^sentinel monitor orders 127.0.0.1 $DB1 2\$" "the Sentinel's file names the group, its first primary and the quorum"
like "$CONF" '^sentinel down-after-milliseconds orders 600$' "and its times"
unlike "$CONF" 'sentinel-pass|peer-pass|maxmemory-clients|runtime.conf' "without passwords and without what only a Valkey has"
like "$(cat "$WORK/db1-watch/secrets.conf")" '^sentinel auth-pass orders "sentinel-pass"$' "the password stands beside it"
unlike "$(cat "$WORK/db1-watch/users.acl")" 'user report' "users of the environment's Valkeys are none of its Sentinels"
is "$(cat "$WORK/db1-main/runtime.conf")" "" "the first member begins as primary"
is "$(cat "$WORK/db2-main/runtime.conf")" "replicaof 127.0.0.1 $DB1" "the others as its replicas"

# Started
for n in 1 2 3; do background "db$n-main" valkey-server "$WORK/db$n-main/valkey.conf"; done
# cli PORT [USER PASSWORD] -- COMMAND...
cli() {
	local port=$1 login=()
	shift
	[ "$1" = -- ] || { login=(--user "$1" --pass "$2" --no-auth-warning) && shift 2; }
	shift
	valkey-cli --tls --cert "$WORK/tls/server.crt" --key "$WORK/tls/server.key" --cacert "$WORK/tls/ca.crt" -p "$port" \
		"${login[@]}" "$@" 2>&1
}
monitor() { cli "$1" monitoring monitoring-pass -- "${@:2}"; }
master_of() { cli "$1" app discover-pass -- sentinel get-master-addr-by-name orders | sed -n 2p; }
has_replicas() { [[ $(monitor "$1" info replication) =~ connected_slaves:$2 ]]; }
knows_others() {
	local group
	group=$(cli "$1" monitoring look-pass -- info sentinel)
	[[ $group =~ status=ok && $group =~ slaves=2 && $group =~ sentinels=3 ]]
}
ok "two replicas follow the primary, as their own user and with TLS" wait_for has_replicas "$DB1" 2
# Sentinels look for replicas when they start, and then every ten seconds.
for n in 1 2 3; do background "db$n-watch" valkey-server "$WORK/db$n-watch/sentinel.conf" --sentinel; done
for n in 1 2 3; do
	s=S$n
	ok "Sentinel $n finds the group and the others" wait_for knows_others "${!s}"
done
is "$(master_of "$S2")" "$DB1" "an application learns who is primary"

# Attacked
like "$(cli "$S1" -- ping)" 'NOAUTH' "a Sentinel answers nobody who has not logged in"
like "$(cli "$S1" app wrong -- ping)" 'WRONGPASS' "nor with a wrong password"
like "$(cli "$S1" app discover-pass -- sentinel failover orders)" 'NOPERM' "an application cannot cause a failover"
like "$(cli "$S1" monitoring look-pass -- sentinel set orders quorum 1)" 'NOPERM' "monitoring cannot change a group"
like "$(cli "$S1" peer peer-pass -- sentinel monitor x 127.0.0.1 1 1)" 'NOPERM' "nor can who knows the Sentinels' own password"
isnt "$(timeout 5 valkey-cli -p "$S1" ping 2>&1)" PONG "without TLS nobody is heard"
isnt "$(timeout 5 valkey-cli --tls --insecure -p "$S1" ping 2>&1)" PONG "nor without a certificate"

# The primary dies
kill -KILL "$(pid_of db1-main)"
has_failed_over() { master=$(master_of "$S2") && [ -n "$master" ] && [ "$master" != "$DB1" ]; }
ok "when the primary is killed, the Sentinels choose another" wait_for has_failed_over
has_failed_over
is_primary() { [[ $(monitor "$1" role) == master* ]]; }
ok "which is one" wait_for is_primary "$master"
ok "and the other replica follows it" wait_for has_replicas "$master" 1

# What a Sentinel has learned survives its restart
wrote() { grep -q "^sentinel monitor orders 127.0.0.1 $master 2\$" "$WORK/db1-watch/sentinel.conf"; }
ok "a Sentinel writes what it learned into its own file" wait_for wrote
end_background db1-watch
background db1-watch valkey-server "$WORK/db1-watch/sentinel.conf" --sentinel
knows_primary() { [ "$(master_of "$S1")" = "$master" ]; }
ok "and starts from it, knowing who is primary" wait_for knows_primary
done_testing
