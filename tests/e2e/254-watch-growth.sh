#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# vkcfg-pull --watch through many releases, with drift in every other one: neither memory nor
# descriptors grow. RELEASES=200 for as many as the exam wants.
. "${0%/*}/lib.sh"
RELEASES=${RELEASES:-16}
WARM=6 # until caches and the allocator are what they stay
fleet_start
host_start db1 dev main
release dev "first"
background watch-db1 "$VKCFG_PULL" --watch --config "$WORK/hosts/db1/pull.yaml"
pid=$(pid_of watch-db1)
is_installed() { # N
	[ ! -e "$WORK/hosts/db1/main/journal.json" ] && readlink "$WORK/hosts/db1/main/current" | grep -q "/0*$1-"
}
memory() { sed -n 's/^VmRSS:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$pid/status"; }
descriptors() { find "/proc/$pid/fd" -type l | wc -l; }
ok "the first release is installed" wait_for is_installed 1

bad=0
for ((i = 2; i <= RELEASES + 1; i++)); do
	[ $((i % 2)) -eq 0 ] || valkey db1/main config set timeout "$i" >/dev/null
	set_memory dev $((64 + i))mb
	release dev "number $i"
	wait_for is_installed "$i" || bad=$((bad + 1))
	if [ "$i" -eq "$WARM" ]; then
		memory_before=$(memory)
		descriptors_before=$(descriptors)
	fi
done
is "$bad" 0 "$RELEASES releases are installed by one process"
diag "resident memory: $memory_before kB after $WARM releases, $(memory) kB after $RELEASES"
ok "its memory does not grow" [ "$(memory)" -le $((memory_before + 512)) ]
still() { [ "$(descriptors)" -le "$descriptors_before" ]; }
ok "nor does the number of its descriptors" wait_for still
done_testing
