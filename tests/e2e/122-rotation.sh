#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The password of a replication is rotated while it runs: whichever host is late, and whenever the link is cut,
# the replica logs in again; no step goes on before all hosts have committed the last.
. "${0%/*}/lib.sh"
fleet_start
host_start db1 prod main
host_start db2 prod main
free_port
port=$FREE_PORT

# describe_host NAME CONFIG: the host with one instance
describe_host() {
	local key
	key=$(grep -oE 'ed25519:[0-9a-f]{64}' "$TREE/hosts/$1.yaml")
	printf 'hosts:\n  %s:\n    environment: prod\n    public-key: "%s"\n    instances:\n      main:\n        role: cache\n        config: {%s}\n' \
		"$1" "$key" "$2" >"$TREE/hosts/$1.yaml"
}
describe_host db1 "port: $port, bind: [127.0.0.1], unixsocket: \"@{instance}/valkey.sock\""
describe_host db2 'port: 0, unixsocket: "@{instance}/valkey.sock", primaryuser: replica, primaryauth: "secret:link"'
cat >"$TREE/environments/prod.yaml" <<-END
	parameters: {memory: 64mb}
	keepers: {alice: "$(by alice key show alice --json | jq -r .public)"}
	users:
	  replica: {rules: "on resetkeys resetchannels -@all +psync +replconf +ping", passwords: ["secret:link"]}
END
as_daemon sh -c "echo 'replicaof 127.0.0.1 $port' >'$WORK/hosts/db2/main/runtime.conf'; chmod 640 '$WORK/hosts/db2/main/runtime.conf'"
must by carol secret set prod link --generate --tree "$TREE"
release prod "a primary and its replica"
pull db1
pull db2
is "$STATUS" 0 "primary and replica are installed"

is_linked() { [ "$(info_of db2/main master_link_status)" = up ]; }
ok "the replica logs in" wait_for is_linked
# How often a replica has logged in at the primary.
logins() { echo $(($(info_of db1/main sync_full) + $(info_of db1/main sync_partial_ok))); }
has_logged_in_again() { [ "$(logins)" -gt "$logins" ] && is_linked; }
# survives WHAT: nothing has cut the link meanwhile; and where it is cut now, it comes back
logins=$(logins)
survives() {
	is "$(logins)" "$logins" "$1: the link was never cut"
	valkey db1/main client kill type replica >/dev/null
	ok "$1: where it is cut, the replica logs in again" wait_for has_logged_in_again
	logins=$(logins)
}
# password VERSION: as a keeper knows it
password() { as alice secret get prod link --number "$1" --stdout; }
# log_in PASSWORD: as the replica does
log_in() { [ "$(REDISCLI_AUTH=$1 valkey-cli -s "$WORK/hosts/db1/main/valkey.sock" --user replica --no-auth-warning ping 2>&1)" = PONG ]; }
rotate() { by carol secret rotate prod link --tree "$TREE" "$@"; }
# step NAME: submitted and approved
step() {
	exits 0 "$1 is proposed" rotate --json
	is "$(jq -r .step <<<"$OUT")" "$1" "as the next step"
	CHANGE=$(jq -r .change <<<"$OUT")
	approve alice
	approve bob
}
# waits_for INSTANCE: the next step does
waits_for() {
	exits 1 "the next step waits" rotate --json
	is "$(jq -r '.step + " " + ([.waiting[].instance] | join(" "))' <<<"$OUT")" "wait-hosts $1" "for $1"
}

old=$(password 1)
ok "the password is valid" log_in "$old"

#
# add: the replica's host is first
#
step add
new=$(password 2)
isnt "$new" "$old" "the new password is another"
waits_for "db1/main db2/main"
pull db2
is "$STATUS" 0 "the replica's host commits"
survives "one host late"
waits_for db1/main
pull db1
is "$STATUS" 0 "the primary's host commits"
ok "the old password is valid" log_in "$old"
ok "and so is the new one" log_in "$new"
is "$(config_of db2/main primaryauth)" "$old" "the replica keeps the old one"
survives "added"

#
# switch: the replica's host is first again, which the primary is ready for
#
step switch
pull db2
is "$(config_of db2/main primaryauth)" "$new" "the replica takes the new one"
survives "replica switched"
waits_for db1/main
pull db1
survives "switched"
ok "the old password is still valid" log_in "$old"

#
# drop: the primary's host is first
#
step drop
pull db1
nok "the old password is gone" log_in "$old"
ok "the new one is valid" log_in "$new"
survives "dropped"
pull db2
is "$STATUS" 0 "the replica's host commits"
survives "the end"
is "$(by carol secret list prod --json | jq -c '[.items[] | [.version, .state]]')" '[[1,"unused"],[2,"current"]]' \
	"the old version is pinned no longer"
exits 0 "a next rotation could begin" rotate --plan --json
is "$(jq -r .step <<<"$OUT")" add "with its first step"

# A rollback brings the version back that its release pins.
CHANGE=$(by carol rollback prod -m "the switch again" --json | jq -r .change)
approve alice
approve bob
pull db1
pull db2
ok "a rollback brings the old password back" log_in "$old"
survives "rolled back"
exits 1 "a tree that is ahead of it does not go on with the rotation" rotate
done_testing
