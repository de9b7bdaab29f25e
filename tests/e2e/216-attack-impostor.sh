#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Attack: another server in the place of the true one, with a certificate of its own making.
. "${0%/*}/lib.sh"
. "${0%/*}/attack.sh"
attack_fleet
attack_takeover
evil_stop

# impostor NAME PATTERN DIRECTORY: a server with this TLS identity; there is nobody to report to
impostor() {
	evil_listen "$3"
	unanswered "$1" 6 "$2"
	nok "$1: it learns nothing from the host" test -s "$EVIL/posted"
	evil_stop
}
other=$WORK/other
"$VKCFGD" init --state "$other" --fleet demo --url "https://localhost:$PORT" --listen "127.0.0.1:$PORT" \
	--user "$DAEMON_USER" --admin admin --config "$WORK/other.yaml" >/dev/null 2>"$WORK/err" ||
	bail "vkcfgd init of another fleet failed" "$(cat "$WORK/err")"
impostor "a certificate of another CA" 'certificate' "$other"

# A certificate of the true CA, but a host's or a person's
mkdir "$WORK/stolen"
for who in hosts/db2/state people/alice; do
	cp "$WORK/$who/tls.crt" "$WORK/stolen/server.crt"
	cp "$WORK/$who/tls.key" "$WORK/stolen/server.key"
	cp "$STATE/ca.crt" "$WORK/stolen/ca.crt"
	impostor "the certificate of ${who%%/*}" 'certificate|identity|server' "$WORK/stolen"
done

server_start
pull db1
is "$STATUS" 0 "the true server is believed"
is "$(config_of db1/main maxmemory)" 134217728 "and its release runs"
done_testing
