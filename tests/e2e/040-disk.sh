#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A full or failing disk, on the host and on the server: a clear error, status 9, nothing lost.
. "${0%/*}/lib.sh"
command -v strace >/dev/null || skip_all "no strace here"
good_fleet
strace -qq -o /dev/null true 2>/dev/null || skip_all "strace may not trace here"
good=$(fingerprint_of db1/main)
set_memory prod 128mb
release prod "while the disk fails"

# inject RULE: a run of the agent with failing system calls
inject() {
	run traced -o "$WORK/log/strace" -e trace=fsync,fdatasync,rename,renameat,renameat2,write,pwrite64,openat,mkdirat \
		-e inject="$1" "$VKCFG_PULL" --config "$WORK/hosts/db1/pull.yaml"
}
for fault in fsync:error=EIO fsync:error=ENOSPC renameat:error=EIO renameat:error=ENOSPC; do
	for when in 1 2 4 8; do
		inject "$fault:when=$when"
		if [ "$STATUS" -eq 0 ]; then
			# That call was not on the way, or could fail without harm: then all is done.
			is "$(config_of db1/main maxmemory)" 134217728 "$fault at $when: did not matter"
			CHANGE=$(by carol rollback prod --to 1 -m "again" --json | jq -r .change)
			approve alice
			approve bob
			pull db1
			is "$(config_of db1/main maxmemory)" 67108864 "$fault at $when: back"
			good=$(fingerprint_of db1/main)
			set_memory prod 128mb
			release prod "once more"
		else
			is "$STATUS" 9 "$fault at $when: the run fails as a disk failure"
			like "$OUT" 'Input/output error|No space left' "$fault at $when: and says so"
			running=$(config_of db1/main maxmemory)
			like "$running" '^(67108864|134217728)$' "$fault at $when: Valkey runs the old or the new value"
			ok "$fault at $when: Valkey answers" valkey db1/main ping
		fi
	done
done
pull db1
is "$STATUS" 0 "when the disk works again the release is installed"
is "$(config_of db1/main maxmemory)" 134217728 "and runs"

# Really full file systems, on the host and on the server
if small_disk "$WORK/hosts/db1/main/generations" 256k; then
	good=$(fingerprint_of db1/main)
	fill_disk "$WORK/hosts/db1/main/generations"
	set_memory prod 192mb
	release prod "while the disk is full"
	pull db1
	is "$STATUS" 9 "a full disk on the host is a disk failure"
	like "$OUT" 'No space left' "the message says so"
	is "$(fingerprint_of db1/main)" "$good" "and Valkey keeps its last good configuration"
	rm "$WORK/hosts/db1/main/generations/filler"
	pull db1
	is "$STATUS" 0 "with room the release is installed"
	is "$(config_of db1/main maxmemory)" 201326592 "and runs"

	server_stop
	small_disk "$STATE" 4m
	server_start
	set_memory prod 193mb
	submit prod "before the server's disk is full"
	approve alice
	fill_disk "$STATE"
	run as bob approve "$CHANGE" --key bob --yes
	like "$STATUS" '^[89]$' "a full disk on the server: the approver is told"
	unlike "$OUT" 'SQL|sqlite|/vkcfg.db' "without its insides"
	is "$(by carol show "$CHANGE" --json | jq -r .state)" open "and nothing is half done"
	pull db1
	is "$STATUS" 0 "hosts are served as before"
	rm "$STATE/filler"
	is_gone "$(pid_of vkcfgd)" && server_start
	approve bob
	pull db1
	is "$(config_of db1/main maxmemory)" 202375168 "with room the release goes out"
	exits 0 "and the audit log verifies" by carol audit verify
else
	skip "full file systems" "mounting a tmpfs needs root"
fi

# The server: writes to the database fail
size_of_log() { by carol status --json | jq .log.size; }
before=$(size_of_log)
for fault in fsync:error=EIO fdatasync:error=EIO pwrite64:error=ENOSPC; do
	set_memory prod 256mb
	strace -f -qq -o "$WORK/log/strace-server" -e trace="${fault%%:*}" -e inject="$fault" -p "$(pid_of vkcfgd)" \
		2>"$WORK/strace.err" &
	tracer=$!
	is_traced() { grep -qv '^TracerPid:[[:space:]]*0$' <(grep TracerPid "/proc/$(pid_of vkcfgd)/status"); }
	wait_for is_traced
	run by carol submit prod -m "while the disk fails" --tree "$TREE"
	kill "$tracer" 2>/dev/null
	wait "$tracer" 2>/dev/null
	if [ "$STATUS" -ne 0 ]; then
		like "$STATUS" '^[89]$' "$fault on the server: the author is told"
		unlike "$OUT" 'SQL|sqlite|/vkcfg.db' "$fault on the server: without its insides"
	else
		pass "$fault on the server: that call was not needed"
	fi
	is_gone "$(pid_of vkcfgd)" && server_start
	exits 0 "$fault on the server: it answers" by carol status
	exits 0 "$fault on the server: the audit log verifies" by carol audit verify
done
ok "nothing was lost" test "$(size_of_log)" -ge "$before"
submit prod "when the disk works again"
pass "a change can be submitted again"
done_testing
