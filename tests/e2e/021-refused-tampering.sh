#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The database of a running server is changed behind its back, and a revoked key is used.
. "${0%/*}/lib.sh"
good_fleet
set_memory prod 128mb
release prod "second"
good=$(fingerprint_of db1/main)

server_stop
cp "$STATE/vkcfg.db" "$WORK/honest.db"
must as_daemon sqlite3 "$STATE/vkcfg.db" "UPDATE bundles SET content = replace(content, 'allkeys-lru', 'allkeys-lfu')"
server_start
pull db1
is "$STATUS" 6 "the host refuses the changed bundle as untrusted"
is "$(fingerprint_of db1/main)" "$good" "and Valkey keeps its last good configuration"
server_stop
cp "$WORK/honest.db" "$STATE/vkcfg.db"
rm -f "$STATE"/vkcfg.db-*
server_start
pull db1
is "$STATUS" 0 "with the honest database the release is installed"
is "$(config_of db1/main maxmemory)" 134217728 "and runs"

# The whole server goes back to an older state and writes another history: a restored backup, or an
# attacker who shows two hosts two different truths.
set_memory prod 300mb
release prod "third"
pull db1
is "$STATUS" 0 "release 3 is installed"
good=$(fingerprint_of db1/main)
server_stop
cp "$WORK/honest.db" "$STATE/vkcfg.db"
rm -f "$STATE"/vkcfg.db-*
server_start
pull db1
is "$STATUS" 6 "the host refuses a server that went back to an older state"
is "$(fingerprint_of db1/main)" "$good" "and Valkey keeps its last good configuration"
for memory in 400mb 500mb 600mb; do
	set_memory prod "$memory"
	release prod "another history with $memory"
done
pull db1
is "$STATUS" 6 "and one that has overtaken it with another history"
is "$(fingerprint_of db1/main)" "$good" "and Valkey keeps its last good configuration"
done_testing
