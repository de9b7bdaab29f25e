#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Keys that others can read, tokens that lie, root: what a program refuses before it opens a socket.
. "${0%/*}/lib.sh"
good_fleet
starts() { timeout 10 "$VKCFGD" run --config "$WORK/vkcfgd.yaml"; }

# The server
server_stop
for key in online/snapshot.key online/timestamp.key online/log.key online/ca.key server.key; do
	is "$(stat -c %a "$STATE/$key")" 600 "$key is its owner's alone"
	chmod 640 "$STATE/$key"
	run starts
	isnt "$STATUS" 0 "vkcfgd does not start when others can read $key"
	like "$OUT" "${key##*/}" "and names it"
	chmod 600 "$STATE/$key"
done
exits 4 "vkcfgd init does not overwrite a fleet" "$VKCFGD" init --state "$STATE" --fleet demo --url "https://localhost:$PORT" \
	--listen "127.0.0.1:$PORT" --user "$DAEMON_USER" --admin admin --config "$WORK/again.yaml"
exits 0 "--check-config finds the settings right" "$VKCFGD" --check-config --config "$WORK/vkcfgd.yaml"
exits 0 "--show-config shows them" "$VKCFGD" --show-config --config "$WORK/vkcfgd.yaml"
like "$OUT" 'workers: *2' "with their values"
like "$OUT" 'timestamp-lifetime: *86400' "defaults included"
if [ "$(id -u)" -eq 0 ]; then
	sed '/^user:/d' "$WORK/vkcfgd.yaml" >"$WORK/rootless.yaml"
	run timeout 10 "$VKCFGD" run --config "$WORK/rootless.yaml"
	isnt "$STATUS" 0 "vkcfgd refuses to run as root"
	sed '/^user:/d' "$WORK/hosts/db1/pull.yaml" >"$WORK/rootless-pull.yaml"
	run timeout 10 "$VKCFG_PULL" --config "$WORK/rootless-pull.yaml"
	isnt "$STATUS" 0 "vkcfg-pull refuses to run as root"
	like "$OUT" 'root' "and says so"
else
	skip "daemons refuse to run as root" "not root"
fi
server_start
for process in $(pid_of vkcfgd) $(cat "/proc/$(pid_of vkcfgd)/task/$(pid_of vkcfgd)/children"); do
	is "$(awk '/^Uid:/ { print $2 == $3 && $3 == $4 && $4 == $5, $2 }' "/proc/$process/status")" \
		"1 $(id -u "$DAEMON_USER")" "process $process is the configured user, for good"
done

# The host
host=$WORK/hosts/db1
for key in host.key tls.key agent-password; do
	is "$(stat -c %a "$host/state/$key")" 600 "the host's $key is the agent's alone"
done
chmod 644 "$host/state/tls.key"
pull db1
isnt "$STATUS" 0 "vkcfg-pull does not use a key that others can read"
like "$OUT" 'tls\.key' "and names it"
chmod 600 "$host/state/tls.key"
pull db1
is "$STATUS" 0 "it does when it is private again"
like "$(cat "$host/main/current/users.acl")" '^user vkcfg-agent on .*#[0-9a-f]{64} ' "users.acl holds digests"
unlike "$(cat "$host/main/current/users.acl")" "$(cat "$host/state/agent-password")|>" "and no password"

# Tokens
edit_token() { # FILE JQ-FILTER: the token with other content
	local payload
	payload=$(cut -d. -f2 "$1" | tr '_-' '/+' | sed -e 's/$/==/' | base64 -d 2>/dev/null | jq -c "$2" | "$FORGE" canonical | base64 -w0)
	printf 'vkcfg1.%s\n' "$(tr '/+' '_-' <<<"$payload" | tr -d '=')"
}
host_prepare db3 main
by admin host token db3 --env prod >"$WORK/hosts/db3.token" 2>/dev/null || bail "no token"
enrol() { run "$VKCFG_PULL" enrol --config "$WORK/hosts/db3/pull.yaml" --token-file "$1"; }
refuses_token() { # NAME STATUS FILTER
	edit_token "$WORK/hosts/db3.token" "$3" >"$WORK/token"
	enrol "$WORK/token"
	is "$STATUS" "$2" "$1 is refused"
	nok "$1: and nothing is pinned" test -e "$WORK/hosts/db3/state/pins.yaml"
}
other=$(printf 'a%.0s' {1..64})
refuses_token "a server of a CA that the token does not pin" 6 ".ca = \"$other\""
refuses_token "a token with another secret" 5 ".secret = \"$other\""
refuses_token "a token of another host" 5 '.name = "db1"'
refuses_token "a root that the token does not pin" 6 ".root = \"$other\""
refuses_token "a token for a person" 2 '.kind = "user"'
echo 'vkcfg1.garbage' >"$WORK/token"
enrol "$WORK/token"
is "$STATUS" 2 "garbage is no token"
refuses_token "after all that, a server of a CA that the token does not pin" 6 ".ca = \"$other\""
enrol "$WORK/hosts/db3.token"
is "$STATUS" 0 "the honest token is accepted"
by admin host token db4 --env prod >"$WORK/hosts/db3.token" 2>/dev/null || bail "no token"
rm -rf "$WORK/hosts/db3/state" && mkdir -m 700 "$WORK/hosts/db3/state" && chown "$DAEMON_USER" "$WORK/hosts/db3/state"
refuses_token "another environment than the one that the token was made for" 6 '.environment = "dev"'
rm -rf "$WORK/hosts/db3/state" && mkdir -m 700 "$WORK/hosts/db3/state" && chown "$DAEMON_USER" "$WORK/hosts/db3/state"
enrol "$WORK/hosts/db3.token"
isnt "$STATUS" 0 "and only once"
done_testing
