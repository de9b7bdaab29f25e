#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# vkcfgd as a daemon: made once, started once, reloaded, drained, killed.
. "${0%/*}/lib.sh"
fleet_start
config=$WORK/vkcfgd.yaml
log=$WORK/log/vkcfgd.log
carol=$WORK/people/carol
ask() { # CURL-ARGUMENTS... PATH: prints the status
	curl -sS -o "$WORK/body" -w '%{http_code}' --cert "$carol/tls.crt" --key "$carol/tls.key" \
		--cacert "$carol/ca.crt" --resolve "localhost:$PORT:127.0.0.1" --max-time 70 \
		"${@:1:$#-1}" "https://localhost:$PORT${!#}"
}
logged() { grep -q "$1" "$log"; }

# Init
exits 4 "a fleet is never overwritten" "$VKCFGD" init --state "$STATE" --fleet other --user "$DAEMON_USER"
exits 2 "init needs a fleet's name" "$VKCFGD" init --state "$WORK/x"
exits 2 "and a valid one" "$VKCFGD" init --state "$WORK/x" --fleet 'No Name' --user "$DAEMON_USER"
exits 2 "an unknown option is refused" "$VKCFGD" init --state "$WORK/x" --fleet x --frobnicate
exits 2 "an unknown command is refused" "$VKCFGD" frobnicate
like "$OUT" 'help' "with a hint"
is "$(stat -c %a "$STATE")" 700 "the state directory is private"
is "$(find "$STATE/online" -type f ! -perm 600 | wc -l)" 0 "and so are the online keys"
unlike "$(strings -a "$STATE/vkcfg.db")" "$(base64 -d <<<"$(cut -d. -f2 "$WORK/admin.token" | tr '_-' '/+')==" 2>/dev/null |
	grep -o '"secret":"[0-9a-f]*"' | cut -d'"' -f4)" "the database does not hold the token's secret"
mkdir -m 700 "$WORK/people/second"
run by second enrol "$WORK/admin.token"
is "$STATUS" 5 "a token works once"

# One vkcfgd
exits 8 "a second vkcfgd on the same state is refused" "$VKCFGD" run --config "$config"
like "$OUT" 'another vkcfgd' "and says so"
if [ "$(id -u)" -eq 0 ]; then
	grep -v '^user:' "$config" >"$WORK/root.yaml"
	exits 5 "root without a user is refused" "$VKCFGD" run --config "$WORK/root.yaml"
	is "$(stat -c %U "/proc/$(pid_of vkcfgd)")" "$DAEMON_USER" "started as root it is the configured user"
fi

# Settings
exits 0 "--check-config likes the settings" "$VKCFGD" --check-config --config "$config"
exits 0 "--show-config shows them" "$VKCFGD" --show-config --config "$config"
like "$OUT" '^timestamp-lifetime: 86400' "defaults included"
cp "$config" "$WORK/good.yaml"
echo "log-level: loud" >>"$config"
exits 2 "--check-config finds a mistake" "$VKCFGD" --check-config --config "$config"
like "$OUT" 'vkcfgd.yaml:[0-9]+:' "with its line"
kill -HUP "$(pid_of vkcfgd)"
ok "SIGHUP with wrong settings keeps the old ones" wait_for logged 'settings-kept.*vkcfgd.yaml:'
sed 's/workers: 2/workers: 3/' "$WORK/good.yaml" >"$config"
kill -HUP "$(pid_of vkcfgd)"
ok "as with one that takes a restart" wait_for logged 'settings-kept.*workers'
sed 's/log-level: info/log-level: debug/' "$WORK/good.yaml" >"$config"
kill -HUP "$(pid_of vkcfgd)"
ok "SIGHUP with good settings takes them" wait_for logged settings-reloaded
is "$(ask /healthz)" 200 "and the server goes on"

# Monitoring
is "$(ask /metrics)" 200 "metrics are there"
like "$(cat "$WORK/body")" '^# TYPE vkcfgd_requests_total counter$' "with their types"
like "$(cat "$WORK/body")" '^vkcfgd_log_size [0-9]+$' "and the size of the log"
is "$(ask /readyz)" 200 "and it says that it is ready"

# SIGTERM drains
pid=$(pid_of vkcfgd)
host_start db1 prod main
host=$WORK/hosts/db1/state
poll() {
	curl -sS -o "$WORK/poll" -D "$WORK/poll.head" -w '%{http_code}' --cert "$host/tls.crt" --key "$host/tls.key" \
		--cacert "$host/ca.crt" --resolve "localhost:$PORT:127.0.0.1" --max-time 70 "$@" \
		"https://localhost:$PORT/v1/agent/desired"
}
is "$(poll)" 200 "a host polls"
etag=$(tr -d '\r' <"$WORK/poll.head" | sed -n 's/^[Ee][Tt]ag: //p')
is "$(poll -H "If-None-Match: $etag")" 304 "and learns that nothing has changed"
poll -H "If-None-Match: $etag" -H 'Prefer: wait=50' >"$WORK/parked" 2>&1 &
poller=$!
is_parked() { [ "$(ask /metrics)" = 200 ] && grep -q '^vkcfgd_parked 1$' "$WORK/body"; }
ok "a poll that waits is parked" wait_for is_parked
kill -TERM "$pid"
ok "SIGTERM ends it" wait_for is_gone "$pid"
wait "$poller"
is "$(cat "$WORK/parked")" 503 "after who waited was told to come back"
like "$(cat "$WORK/poll.head")" '^[Rr]etry-[Aa]fter: ' "and when"
ok "and it stopped in order" logged ' stopped$'
is "$(grep ' error ' "$log" | grep -cv settings-kept)" 0 "without an error"

# Keys that somebody else could read
chmod 640 "$STATE/online/log.key"
exits 5 "a key that others may read is refused" "$VKCFGD" run --config "$config"
like "$OUT" 'online/log.key' "by name"
chmod 600 "$STATE/online/log.key"

# kill -9
server_start
submit prod "while it lives"
server_kill
server_start
run by carol changes
like "$OUT" 'while it lives' "after kill -9 all that was answered is there"
exits 0 "and the log verifies" by carol audit verify --allow-unwitnessed
done_testing
