#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Several servers in order of preference: where one is away the next is asked in the same run; and what monitoring sees of it.
. "${0%/*}/lib.sh"
good_fleet
settings=$WORK/hosts/db1/pull.yaml
free_port
away=https://localhost:$FREE_PORT
servers() { sed -i "s|^server: .*|server: [$1]|" "$settings"; }
has_memory() { [ "$(config_of db1/main maxmemory)" = $(($1 * 1048576)) ]; }

servers "$away, https://localhost:$PORT"
set_memory prod 96mb
release prod "by the second server"
pull db1
is "$STATUS" 0 "the second server answers for the first"
like "$OUT" "server-away .*$away" "which is said to be away"
ok "and its release is installed" has_memory 96
has_reported() { [ "$(by carol hosts --json | jq -r ".items[] | select(.name == \"db1\") | .instances[0].release")" = 2 ]; }
ok "the report has reached it" has_reported

servers "https://localhost:$PORT, $away"
pull db1
is "$STATUS" 0 "where the preferred one answers"
is "$OUT" "" "the other is not asked"

pull db1 doctor
like "$OUT" "ok +host +https://localhost:$PORT answers" "doctor looks at each"
like "$OUT" "problem +host +.*connect" "and names the one that is away"

# What monitoring sees, also where no server is there to tell it.
sed -i "1i metrics-file: $WORK/hosts/db1/state/vkcfg.prom" "$settings"
metric() { sed -n "s/^vkcfg_pull_$1 //p" "$WORK/hosts/db1/state/vkcfg.prom"; }
pull db1
is "$(metric server_reached) $(metric server_believed)" "1 1" "metrics: a server is there, and believed"
is "$(metric wanted_release) $(metric 'instance_release{instance="main"}')" "2 2" "what is wanted, and what runs"
is "$(metric 'instance_healthy{instance="main"}') $(metric 'instance_drift{instance="main"}')" "1 0" "and how it is"
valkey db1/main config set maxclients 99 >/dev/null
pull db1
is "$(metric 'instance_drift{instance="main"}')" 1 "drift is counted"
like "$(metric last_run_timestamp_seconds)" '^[0-9]{10}$' "when the agent was last there"
if command -v promtool >/dev/null; then
	ok "promtool finds no fault" promtool check metrics <"$WORK/hosts/db1/state/vkcfg.prom"
else
	skip "promtool finds no fault" "no promtool"
fi

server_stop
pull db1
is "$(metric server_reached)" 0 "and that no server answers"
is "$STATUS" 8 "without any server the run says so"
like "$OUT" "update-failed .*$away" "and names the last one"
ok "what runs stays" has_memory 96
done_testing
