# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
#
# What an end-to-end test needs: a whole fleet in a temporary directory on loopback, made of the real
# programs and real valkey-servers, and TAP. A test reads:
#
#	. "${0%/*}/lib.sh"
#	fleet_start                     # vkcfgd, admin, alice + bob (prod: 2 of 2), dave (dev: 1), carol (author)
#	host_start db1 prod main        # an enrolled host with one instance, in the tree
#	release prod "first"            # submitted by carol, approved by alice and bob
#	pull db1                        # one run of vkcfg-pull
#	is "$(valkey db1/main config get maxmemory)" ...
#	done_testing
#
# Conditions are awaited with wait_for, which polls with a bound; nothing waits blindly. Each process is
# ended by its own pid. On failure the directory with all logs stays, and its name is printed.
# Started as root, the daemons drop to nobody through their `user` setting.
#
# Variables for tests: $WORK (the directory), $PORT (vkcfgd's), $STATE (its state), $TREE (carol's tree),
# $CHANGE (what submit and release made last), $STATUS and $OUT (of the last run). $SERVER_SETTINGS, set
# before fleet_start, is appended to vkcfgd's settings.

set -u
umask 022
export LC_ALL=C TZ=UTC

abs_top_srcdir=${abs_top_srcdir:-$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd)}
abs_top_builddir=${abs_top_builddir:-$abs_top_srcdir}

# The test builds have fault points, and cheap keys; demo and tutorial run what make install installs.
VKCFGD=${VKCFGD:-$abs_top_builddir/tests/e2e/bin/vkcfgd}
VKCFG_PULL=${VKCFG_PULL:-$abs_top_builddir/tests/e2e/bin/vkcfg-pull}
VKCFG=${VKCFG:-$abs_top_builddir/tests/e2e/bin/vkcfg}
FORGE=${FORGE:-$abs_top_builddir/tests/e2e/forge}
EVIL_PROGRAM=$abs_top_builddir/tests/e2e/evil
# Sanitizers make everything slower; bounds are generous because nobody waits for them in vain.
BOUND=${BOUND:-30}
# Not secret: it protects keys that live as long as a test.
PASSPHRASE="correct horse battery staple"

unset VKCFG_FAULT VKCFG_HOME CREDENTIALS_DIRECTORY
export LSAN_OPTIONS="${LSAN_OPTIONS:-suppressions=$abs_top_srcdir/tests/e2e/lsan.supp:print_suppressions=0}"

if [ "$(id -u)" -eq 0 ]; then
	DAEMON_USER=nobody
	DAEMON_GROUP=$(id -gn nobody)
else
	DAEMON_USER=$(id -un)
	DAEMON_GROUP=$(id -gn)
fi

#
# TAP
#
tests_run=0
tests_failed=0

diag() { printf '%s\n' "$*" | sed 's/^/# /'; }
pass() { tests_run=$((tests_run + 1)); printf 'ok %d - %s\n' "$tests_run" "$1"; }
fail() {
	tests_run=$((tests_run + 1))
	tests_failed=$((tests_failed + 1))
	printf 'not ok %d - %s\n' "$tests_run" "$1"
	shift
	[ $# -eq 0 ] || diag "$@"
}
# ok NAME COMMAND...: the command succeeds
ok() {
	local name=$1
	shift
	if "$@" >"$WORK/ok.out" 2>&1; then pass "$name"; else fail "$name" "failed: $*" "$(cat "$WORK/ok.out")"; fi
}
# nok NAME COMMAND...: the command fails
nok() {
	local name=$1
	shift
	if "$@" >"$WORK/ok.out" 2>&1; then fail "$name" "should have failed: $*" "$(cat "$WORK/ok.out")"; else pass "$name"; fi
}
is() { if [ "$1" = "$2" ]; then pass "$3"; else fail "$3" "got:      $1" "expected: $2"; fi; }
isnt() { if [ "$1" != "$2" ]; then pass "$3"; else fail "$3" "got: $1"; fi; }
like() { if grep -qE -- "$2" <<<"$1"; then pass "$3"; else fail "$3" "got:      $1" "no match: $2"; fi; }
unlike() { if grep -qE -- "$2" <<<"$1"; then fail "$3" "got:      $1" "matches:  $2"; else pass "$3"; fi; }
# exits STATUS NAME COMMAND...: runs it, keeps its output in $OUT, and compares the exit status
exits() {
	local expected=$1 name=$2
	shift 2
	run "$@"
	if [ "$STATUS" -eq "$expected" ]; then
		pass "$name"
	else
		fail "$name" "exit status $STATUS, not $expected: $*" "$OUT"
	fi
}
skip() { tests_run=$((tests_run + 1)); printf 'ok %d - %s # SKIP %s\n' "$tests_run" "$1" "$2"; }
skip_all() { printf '1..0 # SKIP %s\n' "$1"; exit 0; }
done_testing() {
	printf '1..%d\n' "$tests_run"
	[ "$tests_failed" -eq 0 ]
	exit
}
# What the rest of the test cannot do without.
bail() {
	printf 'Bail out! %s\n' "$1"
	shift
	[ $# -eq 0 ] || diag "$@"
	tests_failed=$((tests_failed + 1))
	exit 1
}
# run COMMAND...: sets STATUS and OUT (standard output and error)
run() {
	OUT=$("$@" 2>&1 </dev/null)
	STATUS=$?
}
# must COMMAND...: for set-up; prints nothing unless it fails, and then ends the test
must() {
	run "$@"
	[ "$STATUS" -eq 0 ] || bail "set-up failed with status $STATUS: $*" "$OUT"
}

#
# Waiting, ports, processes
#
# A short pause that starts no process: nothing is ever written to this descriptor.
pause() { read -r -t 0.02 -u "$pause_fd" || :; }

# wait_for [-t SECONDS] COMMAND...: until it succeeds; 1 when the time is up
wait_for() {
	local bound=$BOUND
	if [ "$1" = -t ]; then
		bound=$2
		shift 2
	fi
	local end=$((SECONDS + bound + 1))
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || return 1
		pause
	done
}

is_port_open() { (: <>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# Concurrent tests draw from different blocks of 20 ports below the ephemeral range: a block is a file
# that its test holds locked. Where all are taken, or without flock, luck decides.
take_ports() {
	local dir=${TMPDIR:-/tmp}/vkcfg-e2e-ports-$UID block=$(($$ % 600)) tries
	next_port=$((20000 + block * 20))
	command -v flock >/dev/null || return 0
	for ((tries = 0; tries < 600; tries++)); do
		if mkdir -p -m 700 "$dir" && exec {port_fd}>>"$dir/$block"; then
			if flock -n "$port_fd" && [ "$dir/$block" -ef "/dev/fd/$port_fd" ]; then
				next_port=$((20000 + block * 20))
				port_block=$dir/$block
				return 0
			fi
			exec {port_fd}>&-
		fi
		block=$(((block + 1) % 600))
	done
}
# The file goes while it is still locked: who has opened it meanwhile sees that it is not there any more.
give_back_ports() {
	[ -n "$port_block" ] || return 0
	rm -f "$port_block"
	rmdir "${port_block%/*}" 2>/dev/null
}
# Sets FREE_PORT to a loopback port that nobody listens on.
next_port=
port_block=
free_port() {
	[ -n "$next_port" ] || take_ports
	while is_port_open "$next_port"; do next_port=$((next_port + 1)); done
	FREE_PORT=$next_port
	next_port=$((next_port + 1))
}

# Gone or a zombie that nobody reaps.
is_gone() {
	local stat
	{ read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 0
	stat=${stat##*) }
	[ "${stat%% *}" = Z ]
}

# stop_pid PID [SIGNAL]: asks politely, insists after the bound
stop_pid() {
	kill -s "${2:-TERM}" "$1" 2>/dev/null || return 0
	wait_for -t 10 is_gone "$1" || kill -s KILL "$1" 2>/dev/null
	wait "$1" 2>/dev/null
	return 0
}

cleanup() {
	local status=$? file pid
	trap - EXIT INT TERM
	set +u
	for file in "$WORK"/pids/*; do
		[ -e "$file" ] || continue
		read -r pid <"$file"
		stop_pid "$pid"
	done
	while read -r file; do umount "$file"; done <"$WORK/mounts"
	exec {pause_fd}>&-
	give_back_ports
	if [ "$tests_failed" -gt 0 ] || { [ "$status" -ne 0 ] && [ "$status" -ne 77 ]; }; then
		diag "logs and state are kept in $WORK"
	else
		rm -rf "$WORK"
	fi
	exit "$status"
}

# The temporary directory and the promise to end everything.
work_start() {
	WORK=$(mktemp -d "${TMPDIR:-/tmp}/vkcfg-e2e.XXXXXX") || exit 99
	trap cleanup EXIT
	trap 'exit 129' INT TERM
	chmod 755 "$WORK"
	mkdir -p "$WORK/pids" "$WORK/people" "$WORK/hosts" "$WORK/log"
	: >"$WORK/mounts"
	mkfifo "$WORK/pause"
	exec {pause_fd}<>"$WORK/pause"
}

# background NAME COMMAND...: started now, ended by cleanup; its pid in $WORK/pids/NAME
background() {
	local name=$1
	shift
	"$@" >>"$WORK/log/$name.log" 2>&1 </dev/null &
	echo $! >"$WORK/pids/$name"
}
pid_of() { local pid; read -r pid <"$WORK/pids/$1" && echo "$pid"; }
end_background() {
	stop_pid "$(pid_of "$1")" "${2:-TERM}"
	rm -f "$WORK/pids/$1"
}

# traced STRACE-OPTIONS... COMMAND...: follows forks; the leak sanitizer does not work under a tracer
traced() { ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0 strace -f -qq "$@"; }

# fault_points TEST-COPY PRODUCTION: the names of the fault points that only the test copy has
fault_points() {
	comm -23 <(strings -a "$1" | sort -u) <(strings -a "$2" | sort -u) |
		grep -xE '[a-z]+\.[a-z][a-z-]+'
}

# small_disk DIRECTORY SIZE: puts the directory on a file system of its own; 1 where that is not possible
small_disk() {
	[ "$(id -u)" -eq 0 ] || return 1
	mv "$1" "$1.kept" && mkdir "$1" || return 1
	if ! mount -t tmpfs -o "size=$2" tmpfs "$1" 2>/dev/null; then
		rmdir "$1" && mv "$1.kept" "$1"
		return 1
	fi
	echo "$1" >>"$WORK/mounts"
	cp -a "$1.kept/." "$1/"
	chown --reference="$1.kept" "$1"
	chmod --reference="$1.kept" "$1"
}
fill_disk() { dd if=/dev/zero of="$1/filler" bs=1k 2>/dev/null || :; }

#
# People and the server
#
# as PERSON ARGUMENTS...: vkcfg with this person's home and passphrase
as() {
	local person=$1
	shift
	VKCFG_HOME=$WORK/people/$person "$VKCFG" "$@" --passphrase-fd 3 3<<<"$PASSPHRASE"
}
# by PERSON ARGUMENTS...: vkcfg for a command that opens no key
by() {
	local person=$1
	shift
	VKCFG_HOME=$WORK/people/$person "$VKCFG" "$@"
}

server_config() {
	STATE=$WORK/server
	{
		echo "state: $STATE"
		echo "listen: [\"127.0.0.1:$PORT\"]"
		echo "url: https://localhost:$PORT"
		[ "$(id -u)" -ne 0 ] || echo "user: $DAEMON_USER"
		echo "workers: 2"
		echo "log-level: info"
		cat
	} >"$WORK/vkcfgd.yaml"
}

server_is_ready() { is_port_open "$PORT"; }
server_start() {
	background vkcfgd "$VKCFGD" run --config "$WORK/vkcfgd.yaml"
	wait_for server_is_ready || bail "vkcfgd does not listen" "$(tail -n 20 "$WORK/log/vkcfgd.log")"
}
# server_start_with NAME=VALUE...: the same with more in its environment
server_start_with() {
	background vkcfgd env "$@" "$VKCFGD" run --config "$WORK/vkcfgd.yaml"
	wait_for server_is_ready || bail "vkcfgd does not listen" "$(tail -n 20 "$WORK/log/vkcfgd.log")"
}
server_stop() { end_background vkcfgd; }
server_kill() { end_background vkcfgd KILL; }

# person_new NAME: a home with a signing key; its public key in NAME.pub
person_new() {
	mkdir -m 700 "$WORK/people/$1"
	must as "$1" key new "$1"
	cp "$WORK/people/$1/keys/$1.pub" "$WORK/people/$1.pub"
}
# person_enrol NAME ROLES: the admin invites, the person accepts
person_enrol() {
	by admin user add "$1" --roles "$2" >"$WORK/people/$1.token" 2>"$WORK/err" ||
		bail "vkcfg user add $1 failed" "$(cat "$WORK/err")"
	must by "$1" enrol "$WORK/people/$1.token"
}

fleet_init() {
	free_port
	PORT=$FREE_PORT
	server_config <<<"${SERVER_SETTINGS:-}"
	"$VKCFGD" init --state "$STATE" --fleet demo --url "https://localhost:$PORT" \
		--listen "127.0.0.1:$PORT" --user "$DAEMON_USER" --admin admin \
		>"$WORK/admin.token" 2>"$WORK/err" || bail "vkcfgd init failed" "$(cat "$WORK/err")"
}

# The whole fleet: prod needs two of alice and bob, dev one of dave; carol writes.
fleet_start() {
	[ -n "${WORK:-}" ] || work_start
	fleet_init
	server_start
	local person
	for person in admin alice bob dave; do person_new "$person"; done
	must by admin enrol "$WORK/admin.token"
	must as admin root init --key admin --threshold 1 \
		--env "dev:1:$WORK/people/dave.pub" \
		--env "prod:2:$WORK/people/alice.pub,$WORK/people/bob.pub"
	person_enrol alice approver
	person_enrol bob approver
	person_enrol dave approver
	mkdir -m 700 "$WORK/people/carol"
	person_enrol carol author
	tree_start
}

#
# The tree
#
# The version of the valkey-server that is here, as a tree names it: 8.0
valkey_version() {
	valkey-server --version | sed -n 's/.* v=\([0-9]*\.[0-9]*\)\..*/\1/p'
}

tree_start() {
	TREE=$WORK/tree
	mkdir -p "$TREE/environments" "$TREE/roles" "$TREE/hosts"
	cat >"$TREE/fleet.yaml" <<-END
		fleet: demo
		environments: [dev, prod]
		valkey: "$(valkey_version)"
	END
	cat >"$TREE/roles/cache.yaml" <<-'END'
		parameters:
		  memory: {type: memory, default: 64mb, min: 1mb, max: 8gb, help: what maxmemory gets}
		config:
		  maxmemory: ${memory}
		  maxmemory-policy: allkeys-lru
		  save: ""
		  appendonly: "no"
		users:
		  tester: {rules: "on nopass ~* &* +@all"}
		apply:
		  drift: report
	END
	set_memory prod 64mb
	set_memory dev 64mb
}
# set_memory ENV VALUE: the edit that most tests release
set_memory() { printf 'parameters: {memory: %s}\n' "$2" >"$TREE/environments/$1.yaml"; }
# set_config ENV 'NAME: VALUE'...: environment-wide directives beside the memory of 64mb
set_config() {
	local env=$1
	shift
	{
		printf 'parameters: {memory: 64mb}\nconfig:\n'
		printf '  %s\n' "$@"
	} >"$TREE/environments/$env.yaml"
}

# submit ENV MESSAGE: sets CHANGE
submit() {
	CHANGE=$(by carol submit "$1" -m "$2" --tree "$TREE" --json 2>"$WORK/err" | jq -er .change) ||
		bail "vkcfg submit $1 failed" "$(cat "$WORK/err")"
}
approve() { must as "$1" approve "$CHANGE" --key "$1" --yes; }
# release ENV MESSAGE: submitted, approved by all it takes
release() {
	submit "$1" "$2"
	if [ "$1" = prod ]; then
		approve alice
		approve bob
	else
		approve dave
	fi
}

#
# Hosts
#
# The restart door of a host: ends the instance's valkey-server if there is one and starts it with
# what `current` holds. It runs as the agent's user.
write_door() {
	printf '#!/bin/bash\nvalkey_server=%q\n' "$(command -v valkey-server)" >"$1"
	cat >>"$1" <<-'END'
		# restart-valkey DIRECTORY PIDFILE LOG
		set -u
		is_gone() {
			local stat
			{ read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 0
			stat=${stat##*) }
			[ "${stat%% *}" = Z ]
		}
		exec {never}<> <(:)
		if read -r pid 2>/dev/null <"$2" && ! is_gone "$pid"; then
			kill "$pid"
			for ((i = 0; i < 500; i++)); do
				is_gone "$pid" && break
				read -r -t 0.02 -u "$never"
			done
			is_gone "$pid" || kill -KILL "$pid"
		fi
		cd "$1" || exit 1
		"$valkey_server" "$1/current/valkey.conf" >>"$3" 2>&1 </dev/null {never}<&- &
		echo $! >"$2"
	END
	chmod 755 "$1"
}

# as_daemon COMMAND...: as the user that the daemons drop to
as_daemon() {
	if [ "$(id -u)" -eq 0 ]; then
		setpriv --reuid "$DAEMON_USER" --regid "$DAEMON_GROUP" --clear-groups "$@"
	else
		"$@"
	fi
}

# host_prepare NAME INSTANCE...: directories, settings and door, as an administrator would make them
host_prepare() {
	local name=$1 instance dir=$WORK/hosts/$1
	shift
	for instance; do
		[ ! -s "$dir/$instance/pid" ] || bail "$name/$instance runs, and nobody would end it any more"
	done
	mkdir -p "$dir/state"
	chmod 700 "$dir/state"
	write_door "$WORK/restart-valkey"
	{
		echo "server: https://localhost:$PORT"
		echo "state: $dir/state"
		[ "$(id -u)" -ne 0 ] || echo "user: $DAEMON_USER"
		echo "instances:"
		for instance; do
			mkdir -p "$dir/$instance/data"
			: >"$dir/$instance/pid"
			cat <<-END
				  $instance:
				    directory: $dir/$instance
				    data: $dir/$instance/data
				    connect: unix:$dir/$instance/valkey.sock
				    binary: $(command -v valkey-server)
				    door: {program: [$WORK/restart-valkey, $dir/$instance, $dir/$instance/pid, $dir/$instance/valkey.log]}
			END
		done
	} >"$dir/pull.yaml"
	chown -R "$DAEMON_USER:$DAEMON_GROUP" "$dir"
	chmod 644 "$dir/pull.yaml"
	for instance; do ln -sf "$dir/$instance/pid" "$WORK/pids/valkey-$name-$instance"; done
}

# host_enrol NAME ENV: a token from the admin, carried to the host
host_enrol() {
	by admin host token "$1" --env "$2" >"$WORK/hosts/$1.token" 2>"$WORK/err" ||
		bail "vkcfg host token $1 failed" "$(cat "$WORK/err")"
	must "$VKCFG_PULL" enrol --config "$WORK/hosts/$1/pull.yaml" --token-file "$WORK/hosts/$1.token"
}

# host_to_tree NAME ENV INSTANCE...: the host's key and its instances into carol's tree
host_to_tree() {
	local name=$1 env=$2 key
	shift 2
	must by carol host add "$name" --env "$env" --tree "$TREE" --role cache --instance "$1"
	key=$(grep -rhoE 'ed25519:[0-9a-f]{64}' "$TREE/hosts/$name.yaml") || bail "no key of $name in the tree"
	{
		printf 'hosts:\n  %s:\n    environment: %s\n    public-key: "%s"\n    instances:\n' "$name" "$env" "$key"
		for instance; do
			printf '      %s:\n        role: cache\n        config: {port: 0, unixsocket: "@{instance}/valkey.sock"}\n' \
				"$instance"
		done
	} >"$TREE/hosts/$name.yaml"
}

# host_start NAME ENV INSTANCE...: all three
host_start() {
	local name=$1 env=$2
	shift 2
	host_prepare "$name" "$@"
	host_enrol "$name" "$env"
	host_to_tree "$name" "$env" "$@"
}

# pull HOST [ARGUMENTS...]: one run of the agent; sets STATUS and OUT
pull() {
	local host=$1
	shift
	run "$VKCFG_PULL" --config "$WORK/hosts/$host/pull.yaml" "$@"
}
# pull_with HOST NAME=VALUE...: the same with more in its environment
pull_with() {
	local host=$1
	shift
	run env "$@" "$VKCFG_PULL" --config "$WORK/hosts/$host/pull.yaml"
}

# valkey HOST/INSTANCE COMMAND...: as the tree's test user
valkey() {
	local path=$1
	shift
	valkey-cli --no-auth-warning -s "$WORK/hosts/$path/valkey.sock" --user tester --pass any "$@"
}
config_of() { valkey "$1" config get "$2" | sed -n 2p; }
info_of() { valkey "$1" info everything | tr -d '\r' | sed -n "s/^$2://p"; }
generation_of() { readlink "$WORK/hosts/$1/current"; }

# The digest of all that decides what runs: which generation, its files, the running values and users.
fingerprint_of() {
	{
		generation_of "$1"
		cat "$WORK/hosts/$1/current/valkey.conf" "$WORK/hosts/$1/current/users.acl"
		valkey "$1" config get '*' | paste - - | sort
		valkey "$1" acl list
	} 2>&1 | sha256sum
}

# good_fleet: the start of most tests: db1/main in prod runs release 1 with 64mb
good_fleet() {
	fleet_start
	host_start db1 prod main
	release prod "first"
	pull db1
	[ "$STATUS" -eq 0 ] || bail "the first install failed with status $STATUS" "$OUT" \
		"$(tail -n 5 "$WORK/hosts/db1/main/valkey.log" 2>&1)"
	[ "$(config_of db1/main maxmemory)" = 67108864 ] || bail "db1/main does not run release 1" "$OUT"
}
