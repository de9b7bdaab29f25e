#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A run with nothing to do: no write, no CONFIG SET, no changed time stamp.
. "${0%/*}/lib.sh"
good_fleet
pull db1
is "$STATUS" 0 "a run with nothing to do succeeds"
is "$OUT" "" "and says nothing"

times() { find "$WORK/hosts/db1" -not -name valkey.log -not -path '*/data*' -printf '%p %T@ %i %s\n' | sort; }
stats() { valkey db1/main info commandstats | grep -oE '^cmdstat_(config\|set|acl\|(setuser|deluser|load)|config\|rewrite):calls=[0-9]+' | sort; }
before=$(times)
stats_before=$(stats)
pull db1
is "$(times)" "$before" "no file is written, created or removed"
is "$(stats)" "$stats_before" "no CONFIG SET, no ACL command"

if command -v strace >/dev/null && strace -qq -o /dev/null true 2>/dev/null; then
	run traced -y -e trace=write,pwrite64,writev,rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat,fsync,fdatasync,ftruncate,creat,link,linkat,symlink,symlinkat \
		-o "$WORK/log/strace" "$VKCFG_PULL" --config "$WORK/hosts/db1/pull.yaml"
	is "$STATUS" 0 "under strace too"
	is "$(grep -vE '<(socket|pipe|anon_inode|UNIX|TCP)[^>]*>|<(/dev/(null|tty|pts/[0-9]+))>|\(2</|write\((1|2)<|\+\+\+|---' "$WORK/log/strace")" "" \
		"no system call writes to a file"
else
	skip "no system call writes to a file" "strace may not trace here"
fi

# Unavailable is not a reason to write either.
server_stop
before=$(times)
pull db1
is "$STATUS" 8 "without a server the run says so"
is "$(times)" "$before" "and writes nothing"
done_testing
