#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# An agent that observes finds and names what differs and what a release would change, and changes nothing: no file of the
# instance, no value, no user, no process.
. "${0%/*}/lib.sh"
fleet_start
host_prepare db1 main
HOST=$WORK/hosts/db1

# A Valkey of somebody else's; the agent may look at it.
cat >"$WORK/valkey.conf" <<-END
	port 0
	unixsocket $HOST/main/valkey.sock
	dir $HOST/main/data
	save ""
	maxmemory 48mb
	maxmemory-policy allkeys-lru
	user default off
	user tester on nopass ~* &* +@all
	user old on nopass ~old:* +get
END
drop=()
[ "$(id -u)" -ne 0 ] || drop=(setpriv --reuid "$DAEMON_USER" --regid "$DAEMON_GROUP" --clear-groups)
background valkey "${drop[@]}" valkey-server "$WORK/valkey.conf"
is_up() { [ "$(valkey db1/main ping)" = PONG ]; }
wait_for is_up || bail "the Valkey does not start" "$(cat "$WORK/log/valkey.log")"
host_enrol db1 prod
host_to_tree db1 prod main
OUT=$("$VKCFG_PULL" --agent-user --config "$HOST/pull.yaml")
# shellcheck disable=SC2086
valkey db1/main acl setuser ${OUT#user } >/dev/null
sed -i '/^state:/a observe: yes' "$HOST/pull.yaml"
sed -i 's/drift: .*/drift: revert/' "$TREE/roles/cache.yaml"
exits 0 "pull.yaml may say that a host is observed" "$VKCFG_PULL" --check-config --config "$HOST/pull.yaml"

files() { find "$HOST/main" -printf '%p %T@ %i %s %m\n' | sort; }
# What could change something, or ask for more than it should
changes() { valkey db1/main info commandstats | grep -oE '^cmdstat_(config\|(set|rewrite)|acl\|(setuser|deluser|load|save)|shutdown|client\|kill):calls=[0-9]+' | sort; }
all_of() { valkey db1/main config get '*' | paste - - | sort; valkey db1/main acl list; info_of db1/main run_id; }
drifts() { by carol drift --json | jq -r '.items[] | "\(.kind) \(.name) \(.expected) \(.actual) \(.action)"' | sort; }
files_before=$(files)
changes_before=$(changes)
before=$(all_of)

# A release comes
release prod "64mb"
pull db1
is "$STATUS" 0 "an observed host with a new release has nothing to complain about"
is "$(files)" "$files_before" "no file below the instance's directory is written"
is "$(changes)" "$changes_before" "no CONFIG SET, no ACL command"
is "$(all_of)" "$before" "what runs is what ran"
like "$OUT" "the release would change 1 value and 0 users live; the next restart must start $HOST/main/current/valkey.conf" \
	"the log says what would be done"
is "$(drifts)" "value maxmemory 67108864 50331648 would-change" "the report names it"
is "$(by carol hosts --json | jq -r '.items[].instances[] | "\(.state) \(.release)"')" "observing 0" "as that of an observed instance"
like "$(by carol hosts)" 'observing.*the release would change 1 value' "vkcfg hosts shows it"
is "$(by carol status --json | jq -c '.environments[] | select(.name == "prod") | [.observing, .converged, .drifted, .failed]')" \
	'[1,0,0,0]' "vkcfg status counts it, and as nothing else"
pull db1 --status
is "$STATUS" 1 "--status is not clean"
like "$OUT" 'main .*observing' "says that it observes"
like "$OUT" 'would change: maxmemory is 50331648 instead of 67108864' "and what would change"

# Something is changed by hand: named, and left alone, although the role says revert
valkey db1/main config set maxmemory 48mb hz 11 >/dev/null
valkey db1/main acl setuser tester '-flushall' >/dev/null
changes_before=$(changes)
before=$(all_of)
pull db1
is "$(drifts | cut -d' ' -f1,2)" "$(printf '%s\n' 'acl tester' 'value hz' 'value maxmemory')" "what somebody changes by hand is named"
is "$(all_of)" "$before" "and left alone"
is "$(changes)" "$changes_before" "without a command that could change it"
is "$(files)" "$files_before" "or a file"
# A release that Valkey would refuse, and one whose instance would start empty
set_config prod 'locale-collate: xx_YY'
release prod "refused"
pull db1
is "$STATUS" 2 "what would be refused is said"
like "$OUT" 'refuses the configuration' "with the reason"
is "$(by carol hosts --json | jq -r '.items[].instances[].state')" observing "still observing"
set_config prod 'databases: 4'
release prod "a restart"
pull db1
like "$OUT" 'the release would restart Valkey' "a release that needs a restart is said to"
is "$(all_of)" "$before" "and restarts nothing"
is "$(files)" "$files_before" "nor is a file written"

# strace: nothing below the instance's directory is opened for writing
if command -v strace >/dev/null && strace -qq -o /dev/null true 2>/dev/null; then
	set_memory prod 65mb
	release prod "another"
	run traced -y -e trace=openat,open,creat,rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat,symlink,symlinkat,link,linkat,chmod,fchmodat,kill \
		-o "$WORK/log/strace" "$VKCFG_PULL" --config "$HOST/pull.yaml"
	is "$STATUS" 0 "a release is staged and compared under strace"
	is "$(grep -F "$HOST/main/" "$WORK/log/strace" | grep -vE 'O_RDONLY|ENOENT')" "" "no system call changes a file of the instance"
	like "$(ls "$HOST/state/observe/main")" current "it is staged with the agent's own state"
else
	skip "no system call changes a file of the instance" "strace may not trace here"
fi
pull db1
is "$STATUS" 0 "a run with nothing new compares again"

# Observed for one run only, of an instance that is installed
sed -i '/^observe:/d' "$HOST/pull.yaml"
set_memory prod 48mb
release prod "as it is, but for what was changed by hand"
pull db1
is "$STATUS" 0 "when nobody observes any more, the release is installed"
is "$(config_of db1/main hz)" 10 "what differed is put right"
nok "and nothing staged is left" test -e "$HOST/state/observe/main"
valkey db1/main config set maxmemory 47mb >/dev/null
echo "# by hand" >>"$HOST/main/current/valkey.conf"
set_memory prod 49mb
release prod "49mb"
before=$(all_of)
files_before=$(files)
pull db1 --observe
is "$(all_of)" "$before" "--observe changes nothing of what runs"
is "$(files)" "$files_before" "nor of the files"
is "$(drifts | grep -v sha256)" "value maxmemory 50331648 49283072 report" "and tells drift of what is installed"
like "$(drifts)" '^file valkey.conf .* report' "from files that were changed"
like "$OUT" 'the release would change 1 value and 0 users live' "and what the new release would change"
pull db1
is "$STATUS" 0 "without it the release is installed"
is "$(config_of db1/main maxmemory)" 51380224 "and drift put right"
done_testing
