#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Attack: answers at one byte per second, or none at all, to hold hosts for ever. Each request has 30
# seconds, whatever the server does; two hosts are held at once, so that the test takes no longer.
. "${0%/*}/lib.sh"
. "${0%/*}/attack.sh"
attack_fleet
evil_start db1 prod
evidence_of db1/main >"$WORK/evidence"
evidence_of db2/main >"$WORK/evidence.db2"
echo "drip /v1/agent/desired" >"$EVIL/manner"

# A second attacker, for db2, who says nothing
first_port=$PORT
free_port
PORT=$FREE_PORT
mkdir "$WORK/silent"
echo "silence /v1/agent/desired" >"$WORK/silent/manner"
background silent "$EVIL_PROGRAM" "$PORT" "$WORK/silent" "$STATE/server.crt" "$STATE/server.key" "$STATE/ca.crt"
wait_for server_is_ready || bail "the silent server does not listen" "$(cat "$WORK/log/silent.log")"
sed -i "s|^server: .*|server: https://localhost:$PORT|" "$WORK/hosts/db2/pull.yaml"
PORT=$first_port

hold() { # HOST: what it says, its exit status, and how long it took
	local start=$SECONDS
	"$VKCFG_PULL" --config "$WORK/hosts/$1/pull.yaml" >"$WORK/$1.out" 2>&1 </dev/null
	echo "$? $((SECONDS - start))" >"$WORK/$1.end"
}
hold db2 &
hold db1
wait $!
for host in db1 db2; do
	read -r status seconds <"$WORK/$host.end"
	is "$status" 8 "$host: the server is unavailable, by exit status"
	like "$(cat "$WORK/$host.out")" 'update-failed error=unavailable' "$host: and by what it says"
	ok "$host: it was held for half a minute and no longer" test "$seconds" -ge 25 -a "$seconds" -le $((45 + BOUND))
done
unmoved "one byte per second"
cp "$WORK/evidence.db2" "$WORK/evidence"
unmoved "silence" db2/main

evil_stop
end_background silent
server_start
pull db1
is "$STATUS" 0 "the honest server is believed again"
is "$(config_of db1/main maxmemory)" 134217728 "and its release runs"
done_testing
