#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The demo behind `make demo`: a whole fleet on this machine, in a temporary directory, on loopback.
# Every line is a command that a person would type, and what came of it; every result is checked, and
# the exit status is not 0 if anything is not as shown. With --keep everything stays and keeps running.
#
# Left out of what is shown: --passphrase-fd and --yes, because nobody is at the keyboard.
abs_top_srcdir=${abs_top_srcdir:-$(cd "${0%/*}/.." && pwd)}
abs_top_builddir=${abs_top_builddir:-$PWD}
VKCFGD=$abs_top_builddir/server/vkcfgd
VKCFG_PULL=$abs_top_builddir/client/pull/vkcfg-pull
VKCFG=${VKCFG:-$abs_top_builddir/client/admin/vkcfg}
. "$abs_top_srcdir/tests/e2e/lib.sh"

KEEP=${KEEP:-}
# Of the user 'ops' inside Valkey. valkey-cli reads the variable of this name.
OPS_PASSWORD=$(head -c 18 /dev/urandom | base64)
export REDISCLI_AUTH=$OPS_PASSWORD
[ "${1:-}" != --keep ] || KEEP=1
[ -n "${BASH_VERSION:-}" ] || exit 2
if [ -t 1 ]; then
	bold=$'\e[1m' dim=$'\e[2m' green=$'\e[32m' red=$'\e[31m' plain=$'\e[0m'
else
	bold='' dim='' green='' red='' plain=''
fi

title() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
# wrong WHAT DETAIL...: the demo is not as it should be
wrong() {
	printf '%s   WRONG: %s%s\n' "$red" "$1" "$plain"
	shift
	printf '%s\n' "$@" | sed 's/^/   /'
	tests_failed=1
	exit 1
}
# The program's own last words, without what only a log needs; at most one line of the screen.
last_words() {
	printf '%s\n' "$OUT" | grep -v '^$' | tail -n 1 | sed -E \
		-e 's/^.* reason="(.+)"$/\1/' -e 's/^.* outcome="([^"]+)".*$/\1/' \
		-e 's|^server https://[^ ]*: ||' -e 's/\\"/"/g' | cut -c1-130
}
# step WHO STATUS RESULT COMMAND...: runs it; shows who typed what, and what came of it (-: in the
# program's own last words)
step() {
	local who=$1 status=$2 result=$3 shown word
	shift 3
	shown=$1
	for word in "${@:2}"; do
		case $word in
			--yes) ;;
			*[\ \']*) shown="$shown \"$word\"" ;;
			*) shown="$shown ${word//$WORK\//}" ;;
		esac
	done
	printf '%s%7s$%s %s\n' "$dim" "$who" "$plain" "$shown"
	cd "$WORK" || exit 1
	case $who in
		db1 | db2 | server | root) run "$@" ;;
		*) run env VKCFG_HOME="$WORK/people/$who" "$@" ;;
	esac
	[ "$STATUS" -eq "$status" ] || wrong "exit status $STATUS instead of $status" "$OUT"
	[ "$result" != - ] || result=$(last_words)
	[ -z "$result" ] || printf '         %s%s%s\n' "$green" "$result" "$plain"
}
# expect WHAT GOT EXPECTED
expect() { [ "$2" = "$3" ] || wrong "$1: $2 instead of $3"; }
note() { printf '         %s%s%s\n' "$green" "$*" "$plain"; }

# The programs under the names that a person types; vkcfg gets the passphrase where it opens a key.
programs() {
	mkdir "$WORK/bin"
	ln -s "$VKCFGD" "$WORK/bin/vkcfgd"
	ln -s "$VKCFG_PULL" "$WORK/bin/vkcfg-pull"
	cat >"$WORK/bin/vkcfg" <<-END
		#!/bin/bash
		case "\$1 \$2" in
			approve* | 'key new' | 'root init') exec "$VKCFG" "\$@" --passphrase-fd 3 3<<<"$PASSPHRASE" ;;
		esac
		exec "$VKCFG" "\$@"
	END
	chmod 755 "$WORK/bin/vkcfg"
	PATH=$WORK/bin:$PATH
}

# demo_valkey HOST COMMAND...
demo_valkey() {
	local host=$1
	shift
	valkey-cli -p "${port_of[$host]}" --user ops "$@"
}
demo_config() { demo_valkey "$1" config get "$2" | sed -n 2p; }
demo_info() { demo_valkey "$1" info server | tr -d '\r' | sed -n "s/^$2://p"; }
# memory_is HOST MEGABYTES
memory_is() { expect "maxmemory of $1" "$(demo_config "$1" maxmemory)" $(($2 * 1048576)); }
set_memory() { printf 'parameters: {memory: %s}\n%s' "$1" "${2:-}" >"$WORK/tree/environments/prod.yaml"; }
new_change() { CHANGE=$(VKCFG_HOME=$WORK/people/carol "$VKCFG" changes --json | jq '[.items[].id] | max'); }

work_start
declare -A port_of
begun=$SECONDS
programs
free_port
PORT=$FREE_PORT
for host in db1 db2; do
	free_port
	port_of[$host]=$FREE_PORT
done
printf '%svkcfg demo%s in %s: one vkcfgd, two approvers, an author, two Valkey hosts\n' "$bold" "$plain" "$WORK"

title "1. Found a fleet: an admin's offline key is the root of all trust"
STATE=$WORK/server
step server 0 "" vkcfgd init --state "$STATE" --fleet demo --url "https://localhost:$PORT" --listen "127.0.0.1:$PORT" \
	--user "$DAEMON_USER" --admin admin --config "$WORK/vkcfgd.yaml"
printf '%s\n' "$OUT" | grep -oE 'vkcfg1\.[A-Za-z0-9_-]+' >"$WORK/admin.token"
server_start
note "serving on https://localhost:$PORT, mutual TLS 1.3 only"
for person in admin alice bob carol; do mkdir -m 700 "$WORK/people/$person"; done
for person in admin alice bob; do
	step "$person" 0 "" vkcfg key new "$person"
	cp "$WORK/people/$person/keys/$person.pub" "$WORK/"
done
step admin 0 "" vkcfg enrol admin.token
step admin 0 "prod needs two signatures: alice's and bob's" vkcfg root init --key admin --threshold 1 --env "prod:2:alice.pub,bob.pub"

title "2. Enrol people and hosts: each makes its own keys, nobody else ever sees them"
for person in alice:approver bob:approver carol:author; do
	step admin 0 "" vkcfg user add "${person%:*}" --roles "${person#*:}"
	printf '%s\n' "$OUT" | grep -oE 'vkcfg1\.[A-Za-z0-9_-]+' >"$WORK/${person%:*}.token"
	step "${person%:*}" 0 "" vkcfg enrol "${person%:*}.token"
done
for host in db1 db2; do
	host_prepare "$host" main
	sed -i "s|connect: .*|connect: tcp:127.0.0.1:${port_of[$host]}\n    restart-timeout: 5|" "$WORK/hosts/$host/pull.yaml"
	step admin 0 "" vkcfg host token "$host" --env prod
	printf '%s\n' "$OUT" | grep -oE 'vkcfg1\.[A-Za-z0-9_-]+' >"$WORK/$host.token"
	step "$host" 0 - vkcfg-pull enrol --config "$WORK/hosts/$host/pull.yaml" --token-file "$WORK/$host.token"
done

title "3. First install: carol writes YAML, two people sign, each host verifies and installs"
mkdir -p "$WORK/tree/environments" "$WORK/tree/roles" "$WORK/tree/hosts"
printf 'fleet: demo\nenvironments: [prod]\nvalkey: "8.0"\n' >"$WORK/tree/fleet.yaml"
cat >"$WORK/tree/roles/cache.yaml" <<END
parameters:
  memory: {type: memory, default: 64mb, min: 16mb, max: 1gb, help: what maxmemory gets}
config:
  maxmemory: \${memory}
  maxmemory-policy: allkeys-lru
  save: ""
users:
  ops:
    rules: "on ~* &* +@all"
    passwords: ["sha256:$(printf %s "$OPS_PASSWORD" | sha256sum | cut -d' ' -f1)"]
apply: {drift: revert}
END
set_memory 64mb
for host in db1 db2; do
	step carol 0 "" vkcfg host add "$host" --env prod --tree "$WORK/tree" --role cache --instance main
	sed -i "s|role: \"cache\"|&\n        config: {port: ${port_of[$host]}, bind: [127.0.0.1]}|" "$WORK/tree/hosts/$host.yaml"
done
step carol 0 "" vkcfg validate --tree "$WORK/tree"
step carol 0 - vkcfg submit prod --tree "$WORK/tree" -m "two caches"
new_change
step alice 0 - vkcfg approve "$CHANGE" --yes
step bob 0 - vkcfg approve "$CHANGE" --yes
for host in db1 db2; do
	step "$host" 0 - vkcfg-pull --config "$WORK/hosts/$host/pull.yaml"
	memory_is "$host" 64
done
note "both Valkeys run: maxmemory 64mb"
run_id=$(demo_info db1 run_id)

title "4. A change with one approval of two: nothing moves"
set_memory 128mb
step carol 1 "" vkcfg diff prod --tree "$WORK/tree"
step carol 0 - vkcfg submit prod --tree "$WORK/tree" -m "more memory"
new_change
step alice 0 - vkcfg approve "$CHANGE" --yes
step db1 0 - vkcfg-pull --config "$WORK/hosts/db1/pull.yaml"
memory_is db1 64
note "db1 still has 64mb"

title "5. With the second approval: applied live"
step bob 0 - vkcfg approve "$CHANGE" --yes
for host in db1 db2; do
	step "$host" 0 - vkcfg-pull --config "$WORK/hosts/$host/pull.yaml"
	memory_is "$host" 128
done
expect "run_id of db1" "$(demo_info db1 run_id)" "$run_id"
note "128mb, and the same process as before: no restart, up since $(demo_info db1 uptime_in_seconds) s"

title "6. Somebody changes a value by hand: found, shown, put right"
step root 0 "" valkey-cli -p "${port_of[db1]}" --user ops config set maxmemory 1gb
memory_is db1 1024
step db1 0 - vkcfg-pull --config "$WORK/hosts/db1/pull.yaml"
memory_is db1 128
note "128mb again"
step carol 1 "" vkcfg drift
note "$(printf '%s\n' "$OUT" | grep -m 1 maxmemory | tr -s ' ')"

title "7. A wrong value: stopped before anybody is asked"
set_memory 128mb $'config: {maxmemory-policy: allkeys-lur}\n'
step carol 1 "" vkcfg validate --tree "$WORK/tree"
note "$(printf '%s\n' "$OUT" | grep -m 1 allkeys | cut -c1-130)"
step carol 2 "" vkcfg submit prod --tree "$WORK/tree" -m "typing too fast"

title "8. Valid, but Valkey cannot start with it here: the host goes back by itself"
set_memory 256mb $'config: {unixsocket: "@{data}/missing/valkey.sock"}\n'
step carol 0 - vkcfg submit prod --tree "$WORK/tree" -m "a socket for local clients"
new_change
step alice 0 - vkcfg approve "$CHANGE" --yes
step bob 0 - vkcfg approve "$CHANGE" --yes
cd "$WORK" && run vkcfg-pull --config "$WORK/hosts/db1/pull.yaml"
printf '%s%7s$%s %s\n' "$dim" db1 "$plain" "vkcfg-pull --config hosts/db1/pull.yaml"
[ "$STATUS" -ne 0 ] || wrong "db1 took a socket in a directory that it does not have" "$OUT"
note "$(last_words)"
memory_is db1 128
[ "$(demo_info db1 run_id)" != "$run_id" ] || wrong "db1 was not restarted, so nothing was rolled back" "$OUT"
note "db1 serves on with release 2, restarted with it, and has told the server:"
step carol 0 "" vkcfg hosts
expect "db1 reports a rollback" "$(printf '%s\n' "$OUT" | grep -c 'db1.*rolled-back')" 1
note "$(printf '%s\n' "$OUT" | grep -m 1 db1 | tr -s ' ')"

title "9. Roll back: a new release with older content, signed like any other"
step carol 0 - vkcfg rollback prod --to 2 -m "no sockets for now"
new_change
step alice 0 - vkcfg approve "$CHANGE" --yes
step bob 0 - vkcfg approve "$CHANGE" --yes
for host in db1 db2; do
	step "$host" 0 - vkcfg-pull --config "$WORK/hosts/$host/pull.yaml"
	memory_is "$host" 128
done

title "10. The server is taken over: a bundle is changed in its database"
set_memory 192mb
server_stop
cp "$STATE/vkcfg.db" "$WORK/older.db"
server_start
step carol 0 - vkcfg submit prod --tree "$WORK/tree" -m "a little more"
new_change
step alice 0 - vkcfg approve "$CHANGE" --yes
step bob 0 - vkcfg approve "$CHANGE" --yes
server_stop
cp "$STATE/vkcfg.db" "$WORK/honest.db"
step root 0 "" sqlite3 "$STATE/vkcfg.db" "UPDATE bundles SET content = replace(content, 'allkeys-lru', 'noeviction')"
server_start
step db1 6 - vkcfg-pull --config "$WORK/hosts/db1/pull.yaml"
memory_is db1 128
server_stop
cp "$WORK/honest.db" "$STATE/vkcfg.db"
rm -f "$STATE"/vkcfg.db-*
server_start
step db1 0 - vkcfg-pull --config "$WORK/hosts/db1/pull.yaml"
memory_is db1 192
note "with the true bundle: 192mb"

title "11. The server is taken over: it shows an older state of the world"
server_stop
cp "$STATE/vkcfg.db" "$WORK/honest.db"
cp "$WORK/older.db" "$STATE/vkcfg.db"
rm -f "$STATE"/vkcfg.db-*
server_start
step db1 6 - vkcfg-pull --config "$WORK/hosts/db1/pull.yaml"
memory_is db1 192
server_stop
cp "$WORK/honest.db" "$STATE/vkcfg.db"
rm -f "$STATE"/vkcfg.db-*
server_start

title "12. Who did what, proven"
step carol 0 "" vkcfg audit log --limit 5
printf '%s\n' "$OUT" | tail -n 5 | cut -c1-110 | sed "s/^/         /"
step carol 0 - vkcfg audit verify

printf '\n%sAll as promised, in %d s.%s\n' "$bold" $((SECONDS - begun)) "$plain"
if [ -n "$KEEP" ]; then
	trap - EXIT
	cat <<-END
		Everything keeps running. To look around:
		  PATH=$WORK/bin:\$PATH VKCFG_HOME=$WORK/people/carol vkcfg status
		  REDISCLI_AUTH=$OPS_PASSWORD valkey-cli -p ${port_of[db1]} --user ops
		To end it:
		  kill $(cat "$WORK"/pids/* | xargs) && rm -rf $WORK
	END
fi
