#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The agent's user in Valkey has the least rights that work: each is taken away in turn, and something fails;
# and nothing else is granted.
. "${0%/*}/lib.sh"
fleet_start
host_start db1 dev main
release dev "first"
pull db1
[ "$STATUS" -eq 0 ] || bail "the first install failed" "$OUT"

rights="ping info config|get config|set acl|list acl|setuser acl|deluser bgsave failover cluster|nodes client|pause client|unpause acl|log cluster|failover"
IFS= read -r password <"$WORK/hosts/db1/state/agent-password"
# as_agent COMMAND...: what Valkey answers to the agent's user
as_agent() { valkey-cli --no-auth-warning -s "$WORK/hosts/db1/main/valkey.sock" --user vkcfg-agent --pass "$password" "$@" 2>&1; }
rules() { valkey db1/main acl list | grep '^user vkcfg-agent '; }
granted=$(rules)
expected=-@all
for right in $rights; do expected+=" +$right"; done
is "$(grep -oE ' [+-][^ ]+' <<<"$granted" | tr -d '\n')" " $expected" "what is granted is this list"
unlike "$granted" '~|%|&|allkeys|allchannels' "no key and no channel"

# Nothing else, of what would hurt most
while read -r -a words; do
	like "$(as_agent "${words[@]}")" 'NOPERM' "denied: ${words[*]}"
done <<-'END'
	get key
	set key value
	keys *
	scan 0
	flushall
	eval return 0
	script load return
	function list
	publish channel text
	monitor
	shutdown nosave
	replicaof no one
	config rewrite
	config resetstat
	acl load
	acl save
	acl getuser default
	module list
	client list
	client kill type normal
	cluster reset
	migrate 127.0.0.1 1 key 0 1
	slowlog get
	latency latest
	save
	bgrewriteaof
	role
	lastsave
END

take_away() { valkey db1/main acl setuser vkcfg-agent "-$1" >/dev/null; }
give_back() {
	local words
	read -r -a words <<<"${granted#user vkcfg-agent }"
	valkey db1/main acl setuser vkcfg-agent reset "${words[@]}" >/dev/null
}
# without RIGHT STATUS PATTERN: a run of the agent that lacks it
without() {
	take_away "$1"
	pull db1
	is "$STATUS" "$2" "without $1 the run ends with status $2"
	like "$OUT" "$3" "and says why"
	give_back
}
without info 5 'INFO: NOPERM'
without 'config|get' 5 'CONFIG: NOPERM'
without 'acl|list' 5 'ACL: NOPERM'
set_memory dev 65mb
release dev "a live value"
without 'config|set' 8 'CONFIG SET: NOPERM'
pull db1
is "$STATUS $(config_of db1/main maxmemory)" "0 68157440" "with it the value is set"
sed -i 's/^users:/&\n  other: {rules: "on nopass ~x:* +get"}/' "$TREE/roles/cache.yaml"
release dev "another user"
without 'acl|setuser' 5 'NOPERM'
pull db1 --retry
is "$STATUS" 0 "with it the user is made"
like "$(valkey db1/main acl list)" 'user other on' "and is there"
sed -i '/^  other:/d' "$TREE/roles/cache.yaml"
release dev "without that user"
# Who may make users gives itself back what else is missing, and then goes on.
take_away 'acl|deluser'
pull db1
is "$STATUS" 0 "without acl|deluser the agent takes it back first"
is "$(rules)" "$granted" "as the release has it"
unlike "$(valkey db1/main acl list)" 'user other' "and is gone"

# Those of restarts, which 240-restart-hold.sh and what follows it see at work
while read -r right words; do
	read -r -a words <<<"$words"
	unlike "$(as_agent "${words[@]}")" 'NOPERM' "$right is granted"
	take_away "$right"
	like "$(as_agent "${words[@]}")" 'NOPERM' "and '${words[*]}' needs it"
	give_back
done <<-'END'
	ping ping
	acl|deluser acl deluser nobody
	bgsave bgsave
	failover failover to 127.0.0.1 1
	cluster|nodes cluster nodes
	client|pause client pause 1 write
	client|unpause client unpause
	acl|log acl log 1
	cluster|failover cluster failover
END
is "$(rules)" "$granted" "the user is as it was"
done_testing
