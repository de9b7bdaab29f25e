#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# vkcfg-pull --watch: changes arrive by themselves, through restarts of the server; and a Valkey that is
# reached over TCP, and over TLS with our own stack.
. "${0%/*}/lib.sh"
fleet_start
host_start db1 prod main second
release prod "first"

watch() { background watch-db1 "$VKCFG_PULL" --watch --config "$WORK/hosts/db1/pull.yaml"; }
has_memory() { [ "$(config_of "$1" maxmemory)" = $(($2 * 1048576)) ]; }
watch
ok "a watching host installs what is there" wait_for has_memory db1/main 64
ok "on both of its instances" wait_for has_memory db1/second 64
set_memory prod 128mb
release prod "second"
ok "a release arrives by itself" wait_for has_memory db1/main 128
ok "on both of its instances" wait_for has_memory db1/second 128

server_stop
server_start
set_memory prod 192mb
release prod "after a restart of the server"
ok "through a restart of the server too" wait_for has_memory db1/main 192
server_kill
server_start
set_memory prod 200mb
release prod "after a crash of the server"
ok "and a crash" wait_for has_memory db1/main 200
# The value is set before the install ends; what happens by hand until then is no drift yet.
committed() { [ ! -e "$WORK/hosts/db1/main/journal.json" ] && readlink "$WORK/hosts/db1/main/current" | grep -q "/00000$1-"; }
ok "the install comes to its end" wait_for committed 4
ok "drift is found without a release" valkey db1/main config set maxmemory 1mb
drifted() { by carol drift --json | jq -e '.items[] | select(.instance == "main")' >/dev/null; }
pid=$(pid_of watch-db1)
exits 8 "a second vkcfg-pull keeps out of the first one's way" "$VKCFG_PULL" --config "$WORK/hosts/db1/pull.yaml"
kill -TERM "$pid"
ok "SIGTERM ends it" wait_for is_gone "$pid"
wait "$pid"
is "$?" 0 "with status 0"
pull db1
ok "a run reports the drift" drifted

# TLS and TCP: the same instances move to ports, by a release
free_port
tcp=$FREE_PORT
free_port
tls=$FREE_PORT
dir=$WORK/hosts/db1
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$dir/main/valkey.key" -subj /CN=localhost \
	-addext "subjectAltName=DNS:localhost,IP:127.0.0.1" -days 2 -out "$dir/main/valkey.crt" 2>/dev/null
chown "$DAEMON_USER" "$dir/main/valkey.key" "$dir/main/valkey.crt"
sed -i -e "/main:/,/second:/s|config: .*|config: {port: 0, unixsocket: \"@{instance}/valkey.sock\", tls-port: $tls, bind: [127.0.0.1], tls-cert-file: \"@{instance}/valkey.crt\", tls-key-file: \"@{instance}/valkey.key\", tls-ca-cert-file: \"@{instance}/valkey.crt\", tls-auth-clients: \"no\"}|" \
	-e "/second:/,\$s|config: .*|config: {port: $tcp, bind: [127.0.0.1], unixsocket: \"@{instance}/valkey.sock\"}|" "$TREE/hosts/db1.yaml"
release prod "listen on TLS and TCP"
pull db1
is "$STATUS" 0 "ports are opened live"
sed -i -e "/^  main:/,/^  second:/s|connect: .*|connect: tls:localhost:$tls\n    ca: $dir/main/valkey.crt|" \
	-e "/^  second:/,\$s|connect: .*|connect: tcp:127.0.0.1:$tcp|" "$dir/pull.yaml"
set_memory prod 210mb
release prod "over TLS and TCP"
pull db1
is "$STATUS" 0 "the agent reaches its Valkeys over TLS and TCP"
ok "and changes them over TLS" has_memory db1/main 210
ok "and over TCP" has_memory db1/second 210
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$WORK/k" -subj /CN=localhost \
	-addext "subjectAltName=DNS:localhost" -days 2 -out "$WORK/foreign.crt" 2>/dev/null
sed -i "s|ca: .*|ca: $WORK/foreign.crt|" "$dir/pull.yaml"
set_memory prod 220mb
release prod "a Valkey that is not believed"
pull db1
isnt "$STATUS" 0 "a Valkey with a foreign certificate is not believed"
ok "and left as it is" has_memory db1/main 210
ok "the other instance is not held up by that" has_memory db1/second 220
done_testing
