#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A host on which things go wrong: read-only file systems, no inodes, a quota, what a security module denies, a
# clock that is wrong. Each is told with the file and with what helps, nothing is lost, the old generation runs, and
# when it is over the next run installs.
. "${0%/*}/lib.sh"
good_fleet
set_memory prod 128mb
release prod "while things go wrong"
good=$(fingerprint_of db1/main)
main=$WORK/hosts/db1/main
state=$WORK/hosts/db1/state

# harmless NAME STATUS REASON: what the last run has come to
harmless() {
	is "$STATUS" "$2" "$1: the run fails"
	like "$OUT" "$3" "$1: says where, why, and what helps"
	is "$(fingerprint_of db1/main)" "$good" "$1: the old generation runs"
	[ "$(fingerprint_of db1/main)" = "$good" ] || bail "the rest would mean nothing" "$OUT"
}

# What a security module or a quota says: the system call fails, for one path
if command -v strace >/dev/null && strace -qq -o /dev/null true 2>/dev/null; then
	# denied RULE [STRACE-OPTION...]: a run in which system calls fail
	denied() {
		local rule=$1
		shift
		run traced -o "$WORK/log/strace" "$@" -e inject="$rule" "$VKCFG_PULL" --config "$WORK/hosts/db1/pull.yaml"
	}
	help='hint="look at owner and mode .*SELinux or AppArmor'
	denied openat:error=EACCES -P "$state/desired.json"
	harmless "reading its memory is denied" 9 "$state/desired.json: Permission denied.*$help"
	denied mkdir:error=EACCES:when=1 -e trace=mkdir
	harmless "a new generation is denied" 9 "$main/generations/[^ ]*: Permission denied.*$help"
	denied openat:error=EPERM -P "$main/journal.json.new~"
	harmless "the journal is denied" 9 "$main/journal.json.*: Operation not permitted.*$help"
	denied rename:error=EPERM -e trace=rename
	harmless "switching is denied" 9 "$main/current to [^ ]*: Operation not permitted.*$help"
	denied execve:error=EACCES -P "$(command -v valkey-server)"
	harmless "starting the preflight is denied" 9 "valkey-server.*Permission denied"
	denied fsync:error=EDQUOT:when=5+ -e trace=fsync
	harmless "the quota is used up" 9 "Disk quota exceeded.*hint=\"this user's quota is used up"
else
	skip "what a security module or a quota says" "strace may not trace here"
fi

mode=$(stat -c %a "$main/valkey.sock")
chmod 0 "$main/valkey.sock"
pull db1
status=$STATUS out=$OUT
chmod "$mode" "$main/valkey.sock"
STATUS=$status OUT=$out
harmless "its socket denies the agent" 8 "state=failed .*its socket denies the agent .Permission denied.*SELinux, AppArmor"

# read_only DIRECTORY and writable DIRECTORY, which is a file system of its own
read_only() { mount -o remount,ro "$1"; }
writable() { mount -o remount,rw "$1"; }
if small_disk "$main/generations" 1m && small_disk "$state" 1m; then
	good=$(fingerprint_of db1/main)
	read_only "$main/generations"
	pull db1
	harmless "generations are read-only" 9 "$main/generations.*Read-only file system.*mount it for writing"
	writable "$main/generations"
	read_only "$state"
	pull db1
	harmless "the state directory is read-only" 9 "$state.*Read-only file system"
	like "$OUT" "mount it for writing" "and helps"
	writable "$state"
	used=$(df --output=iused "$main/generations" | tail -n 1)
	mount -o remount,nr_inodes=$((used)) "$main/generations"
	pull db1
	harmless "no inode is left" 9 "$main/generations.*No space left on device.*df -i"
	mount -o remount,nr_inodes=0 "$main/generations"
else
	skip "read-only file systems, and inodes" "mounting a tmpfs needs root"
fi

# A clock that is wrong
faketime=
for faketime in /usr/lib/*/faketime/libfaketimeMT.so.1 /usr/lib64/faketime/libfaketimeMT.so.1; do
	[ -e "$faketime" ] && break
done
if [ -e "$faketime" ] && ! ldd "$VKCFG_PULL" | grep -q asan; then
	pull_at() { pull_with db1 "LD_PRELOAD=$faketime" "FAKETIME=$1" FAKETIME_DONT_FAKE_MONOTONIC=1; }
	pull_at +3d
	harmless "a clock that is ahead" 6 "expired"
	pull_at -3d
	harmless "a clock that is behind" 6 "not yet valid|clock"
else
	skip "a clock that is wrong" "no libfaketime"
fi

pull db1
is "$STATUS" 0 "when all is right again the release is installed"
is "$(config_of db1/main maxmemory)" 134217728 "and runs"
pull db1
is "$STATUS" 0 "and nothing is left to do"
done_testing
