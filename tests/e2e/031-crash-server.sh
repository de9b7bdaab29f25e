#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# kill -9 of vkcfgd during submit and approve: either all of it is there, with its audit entry, or
# nothing. Then it starts again and goes on.
. "${0%/*}/lib.sh"
good_fleet

points=$(fault_points "$VKCFGD" "$abs_top_builddir/server/vkcfgd")
isnt "$points" "" "the test copy of vkcfgd has fault points"

audit() { by carol audit log --limit 1000 --json | jq -r '.items[].entry // .items[] | tostring'; }
changes() { by carol changes --json | jq '.items | length'; }
entries() { audit | grep -c "$1"; }
restart_with() { # POINT: vkcfgd that dies there
	server_stop
	server_start_with VKCFG_FAULT="$1"
}
is_server_gone() { is_gone "$(pid_of vkcfgd)"; }
revive() { # after it died by itself
	ok "$1: vkcfgd died there" wait_for is_server_gone
	wait "$(pid_of vkcfgd)" 2>/dev/null
	server_start
}

memory=100
for point in $points; do
	memory=$((memory + 1))
	set_memory prod "${memory}mb"
	changes_before=$(changes)
	entries_before=$(entries change.submit)
	restart_with "$point"
	run by carol submit prod -m "killed at $point" --tree "$TREE" --json
	if [ "$STATUS" -eq 0 ]; then
		CHANGE=$(jq -r .change <<<"$OUT")
		server_stop
		server_start
	else
		revive "submit, killed at $point"
		is "$(($(changes) - changes_before))" "$(($(entries change.submit) - entries_before))" \
			"submit, killed at $point: change and audit entry are both there, or neither"
		submit prod "again after $point"
		pass "submit, killed at $point: it can be submitted again"
	fi

	approve alice
	release_before=$(by carol releases prod --json | jq '[.items[].number] | max')
	entries_before=$(entries release.publish)
	restart_with "$point"
	run as bob approve "$CHANGE" --key bob --yes
	if [ "$STATUS" -eq 0 ]; then
		server_stop
		server_start
	else
		revive "approve, killed at $point"
		release_now=$(by carol releases prod --json | jq '[.items[].number] | max')
		is "$((release_now - release_before))" "$(($(entries release.publish) - entries_before))" \
			"approve, killed at $point: release and audit entry are both there, or neither"
		if [ "$release_now" = "$release_before" ]; then
			is "$(by carol changes --json | jq -r '[.items[] | select(.id == '"$CHANGE"')][0].state')" open \
				"approve, killed at $point: the change is open"
			approve bob
		fi
	fi
	pull db1
	is "$STATUS" 0 "killed at $point: the host follows"
	is "$(config_of db1/main maxmemory)" $((memory * 1048576)) "killed at $point: and runs the release"
	exits 0 "killed at $point: the audit log verifies" by carol audit verify
done

# Signals
exits 8 "a second vkcfgd on the same state directory is refused" "$VKCFGD" run --config "$WORK/vkcfgd.yaml"
pid=$(pid_of vkcfgd)
sed -i 's/^workers: .*/workers: many/' "$WORK/vkcfgd.yaml"
kill -HUP "$pid"
reload_failed() { grep -q "workers" "$WORK/log/vkcfgd.log"; }
ok "SIGHUP with wrong settings says why" wait_for reload_failed
exits 0 "and vkcfgd goes on with the old ones" by carol status
sed -i 's/^workers: .*/workers: 2/' "$WORK/vkcfgd.yaml"
kill -TERM "$pid"
ok "SIGTERM ends it" wait_for is_gone "$pid"
wait "$pid"
is "$?" 0 "with status 0"
done_testing
