#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The sandbox of the units is enough to live in: server, agent, the preflight's valkey-server and the door run
# under the very system calls that the units allow. There is no systemd to ask here; tests/e2e/jail.c does the same.
. "${0%/*}/lib.sh"
command -v systemd-analyze >/dev/null || skip_all "no systemd-analyze here"
JAIL=$abs_top_builddir/tests/e2e/jail
"$JAIL"
[ $? -ne 77 ] || skip_all "the filter knows this machine's system calls not"
# shellcheck disable=SC2046
"$JAIL" "1 2 10" $(seq 0 600) -- "$(type -P true)" || skip_all "no filter may be set here"
work_start

# group NAME...: the system calls that the filter's words stand for
group() {
	local word
	for word; do
		case $word in
		@*)
			# shellcheck disable=SC2046
			group $(systemd-analyze syscall-filter --no-pager "$word" | sed '1d; s/^ *//; /^#/d; /^$/d')
			;;
		*) echo "$word" ;;
		esac
	done
}
printf '#include <sys/syscall.h>\n' | ${CC:-cc} -E -dM - 2>/dev/null | sed -n 's/^#define __NR_\([a-z0-9_]*\) \([0-9]*\)$/\1 \2/p' |
	sort >"$WORK/numbers"
[ -s "$WORK/numbers" ] || skip_all "no compiler knows the numbers of the system calls"
# filter UNIT: the numbers that it allows, in $WORK/UNIT.filter
filter() {
	local words line file=$abs_top_srcdir/packaging/systemd/$1.in
	[ -e "$file" ] || file=$abs_top_srcdir/packaging/systemd/$1
	: >"$WORK/allowed" && : >"$WORK/denied"
	while read -r line; do
		read -r -a words <<<"${line#\~}"
		if [ "$line" = "${line#\~}" ]; then group "${words[@]}" >>"$WORK/allowed"; else group "${words[@]}" >>"$WORK/denied"; fi
	done < <(sed -n 's/^SystemCallFilter=//p' "$file")
	comm -23 <(sort -u "$WORK/allowed") <(sort -u "$WORK/denied") | join - "$WORK/numbers" >"$WORK/$1.filter"
	is "$(grep -cE '^(read|openat|execve|socket) ' "$WORK/$1.filter")" 4 "$1: its filter is read"
}
# jailed NAME UNIT PROGRAM: $WORK/NAME runs PROGRAM as the unit would: as its user, under its filter
jailed() {
	local drop=
	[ "$(id -u)" -ne 0 ] || drop="setpriv --reuid $DAEMON_USER --regid $DAEMON_GROUP --clear-groups"
	printf '#!/bin/sh\nexec %s %q "2 10 1" %s -- %q "$@"\n' "$drop" "$JAIL" "$(cut -d' ' -f2 "$WORK/$2.filter" | tr '\n' ' ')" \
		"$3" >"$WORK/$1"
	chmod 755 "$WORK/$1"
}
for unit in vkcfgd vkcfg-pull vkcfg-pull-watch; do
	filter "$unit.service"
	is "$(sed -n 's/^RestrictAddressFamilies=//p' "$abs_top_srcdir/packaging/systemd/$unit.service.in")" \
		"AF_INET AF_INET6 AF_UNIX" "$unit: families"
done
ok "both units of the agent have one filter" cmp -s "$WORK/vkcfg-pull.service.filter" "$WORK/vkcfg-pull-watch.service.filter"

# the filter holds
jailed probe vkcfg-pull.service "$(command -v taskset)"
ok "what anybody may do" taskset "$(taskset -p $$ | sed 's/.*: //')" true
nok "nobody does in the jail" "$WORK/probe" "$(taskset -p $$ | sed 's/.*: //')" true
jailed probe vkcfg-pull.service "$(command -v cat)"
ok "other things work" "$WORK/probe" "$WORK/numbers"

# a life in it: init as root, all else jailed
jailed vkcfgd-run vkcfgd.service "$VKCFGD"
printf '#!/bin/sh\n[ "$1" = run ] && exec %q "$@"\nexec %q "$@"\n' "$WORK/vkcfgd-run" "$VKCFGD" >"$WORK/vkcfgd"
chmod 755 "$WORK/vkcfgd"
jailed vkcfg-pull vkcfg-pull.service "$VKCFG_PULL"
VKCFGD=$WORK/vkcfgd
VKCFG_PULL=$WORK/vkcfg-pull
fleet_start
is "$(sed -n 's/^Seccomp:[[:space:]]*//p' "/proc/$(pid_of vkcfgd)/status")" 2 "the server runs under its filter"
host_start db1 dev main
release dev "first"
pull db1
is "$STATUS" 0 "under its filter the agent enrols, asks valkey-server, installs, and starts it by the door"
set_config dev 'databases: 17' 'hash-max-listpack-entries: 100'
printf 'apply: {restart: allowed}\n' >>"$TREE/environments/dev.yaml"
release dev "one live value, one that wants a restart"
pull db1
is "$STATUS" 0 "changes live and restarts"
is "$(config_of db1/main databases)" 17 "the restarted Valkey has it"
valkey db1/main config set maxmemory 1gb >/dev/null
pull db1
like "$OUT" 'drift' "finds drift"
pull db1 --status
is "$STATUS" 1 "says what differs"
run "$VKCFG_PULL" --config "$WORK/hosts/db1/pull.yaml" doctor
unlike "$OUT" 'permitted' "and doctor misses no right"
background watch "$VKCFG_PULL" --watch --config "$WORK/hosts/db1/pull.yaml"
is_live() { [ "$(config_of db1/main hash-max-listpack-entries)" = 101 ]; }
set_config dev 'databases: 17' 'hash-max-listpack-entries: 101'
release dev "while it watches"
ok "with --watch a release arrives" wait_for is_live
is "$(sed -n 's/^Seccomp:[[:space:]]*//p' "/proc/$(pid_of watch)/status")" 2 "it is jailed, too"
end_background watch
unlike "$(cat "$WORK"/log/*.log)" 'Operation not permitted' "nobody asked for what the filter denies"
exits 0 "and the audit log verifies" by carol audit verify
done_testing
