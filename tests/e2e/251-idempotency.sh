#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Runs with nothing to do, one after the other: nothing is written, nothing set, and no file, process
# or counter of a write is left over. RUNS=1000 for as many as the exam wants; each costs about 20 ms.
. "${0%/*}/lib.sh"
RUNS=${RUNS:-200}
good_fleet
pull db1
files() { find "$WORK/hosts/db1" -not -name valkey.log -not -path '*/data*' -printf '%p %T@ %i %s\n' | sort; }
counts() { valkey db1/main info commandstats | grep -oE '^cmdstat_(config\|(set|rewrite|resetstat)|acl\|(setuser|deluser|load|save)):calls=[0-9]+' | sort; }
clients() { valkey db1/main client list | grep -c 'user=vkcfg-agent'; }
files_before=$(files)
counts_before=$(counts)
log_before=$(by carol audit log --limit 1 --json | jq -r '.items[-1].index')
failed=0
for ((i = 0; i < RUNS; i++)); do
	"$VKCFG_PULL" --config "$WORK/hosts/db1/pull.yaml" >>"$WORK/log/runs" 2>&1 </dev/null || failed=$((failed + 1))
done
is "$failed" 0 "$RUNS runs with nothing to do succeed"
is "$(cat "$WORK/log/runs")" "" "and say nothing"
is "$(files)" "$files_before" "no file is written, made or removed"
is "$(counts)" "$counts_before" "no CONFIG SET, no ACL command"
is "$(clients)" 0 "no connection is left"
is "$(by carol audit log --limit 1 --json | jq -r '.items[-1].index')" "$log_before" "the audit log does not grow"
is "$(by carol drift --json | jq '.items | length')" 0 "and there is no drift"
done_testing
