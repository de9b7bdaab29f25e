#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A restart waits for the role's window: visible wherever somebody looks, and done in the first run inside of it.
. "${0%/*}/lib.sh"
fleet_start
host_start db1 prod main
sed -i "1i metrics-file: $WORK/hosts/db1/state/vkcfg.prom" "$WORK/hosts/db1/pull.yaml"
release prod "first"
pull db1
[ "$STATUS" -eq 0 ] || bail "the first install failed" "$OUT"
state_of() { by carol hosts --json | jq -r '.items[0].instances[0].state'; }
started() { info_of db1/main run_id; }
restarted() { [ "$(started)" != "$run_id" ]; }
role_apply() { sed -i "/^apply:/,\$d" "$TREE/roles/cache.yaml" && printf 'apply:\n  drift: report\n%s' "$1" >>"$TREE/roles/cache.yaml"; }
clock() { date -u -d "$1" +%H:%M; }
status() { run "$VKCFG_PULL" --config "$WORK/hosts/db1/pull.yaml" --status "$@"; }
metric() { sed -n "s/^vkcfg_pull_instance_restart_window_opens_timestamp_seconds{instance=\"main\"} //p" "$WORK/hosts/db1/state/vkcfg.prom"; }
pending=$WORK/hosts/db1/main/pending.json

role_apply $'  restart-window: "Sat 25:00-26:00"\n'
run by nobody validate --tree "$TREE"
is "$STATUS" 1 "a window that is none is refused"
like "$OUT" "roles/cache.yaml:.*expected times like 02:00-04:00, found '25:00-26:00'" "with its place"
role_apply $'  restart-window: ["02:00-04:00 Europe/Berlinn"]\n'
run by nobody validate --tree "$TREE"
like "$OUT" "there is no time zone 'Europe/Berlinn'" "a time zone that is none, too"
like "$OUT" "did you mean 'Europe/Berlin'" "with the one that was meant"

# It opens in three hours
run_id=$(started)
window="$(clock '+3 hours')-$(clock '+4 hours') UTC"
role_apply "  restart-window: [\"$window\"]"$'\n'
set_config prod 'databases: 4' 'timeout: 77'
release prod "fewer databases"
like "$(by nobody explain db1/main apply.restart-window --tree "$TREE")" "$window" "vkcfg explain knows the window"
pull db1
is "$STATUS" 0 "outside of its window a restart is held"
is "$(started)" "$run_id" "Valkey runs on"
is "$(config_of db1/main timeout)" 77 "what can change live has changed"
is "$(config_of db1/main databases)" 16 "the rest waits"
like "$OUT" "pending restart since [0-9T:Z-]+: the next window opens [0-9T:Z-]+ \($window\)" "the log says until when"
is "$(state_of)" pending-restart "the server knows that it waits"
like "$(by carol hosts)" "pending restart since .*the next window opens" "vkcfg hosts says it"
status
like "$OUT" "pending restart since .*the next window opens" "--status says it"
status --json
opens=$(jq -r '.instances[0].window_opens' <<<"$OUT")
is "$(date -u -d "$opens" +%H:%M)" "${window%%-*}" "also for programs"
is "$(metric)" "$(date -d "$opens" +%s)" "and for monitoring"
before=$(stat -c '%i %Y' "$pending")
pull db1
is "$STATUS/$(stat -c '%i %Y' "$pending")" "0/$before" "the next run finds it so, and writes nothing"
unlike "$OUT" 'drift' "what waits is no drift"

# It is open
role_apply "  restart-window: [\"$window\", \"$(clock '-1 hour')-$(clock '+2 hours')\"]"$'\n'
release prod "a window that is open"
pull db1
is "$STATUS" 0 "inside of a window"
ok "the restart is done" restarted
is "$(config_of db1/main databases)" 4 "and the value runs"
nok "nothing waits any more" test -e "$pending"
is "$(metric)" "" "for monitoring neither"
done_testing
