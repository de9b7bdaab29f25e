#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The password of a primary and its two replicas is rotated while the links of both are looked at all the time:
# old and new, replicas use the new one, the old one is gone. No link is ever down but where this test cuts it; then
# it comes back, at every step. Those who are connected stay connected.
. "${0%/*}/lib.sh"
fleet_start
host_start db1 dev one two three
dir=$WORK/hosts/db1
free_port
port=$FREE_PORT
key=$(grep -oE 'ed25519:[0-9a-f]{64}' "$TREE/hosts/db1.yaml")
{
	printf 'hosts:\n  db1:\n    environment: dev\n    public-key: "%s"\n    instances:\n' "$key"
	printf '      one: {role: cache, config: {port: %s, bind: [127.0.0.1]}}\n' "$port"
	printf '      %s: {role: cache, config: {port: 0}}\n' two three
} >"$TREE/hosts/db1.yaml"
environment() { # RIGHTS-OF-APP
	cat >"$TREE/environments/dev.yaml" <<-END
		parameters: {memory: 64mb}
		keepers: {dave: "$(by dave key show dave --json | jq -r .public)"}
		users:
		  replica: {rules: "on resetkeys resetchannels -@all +psync +replconf +ping", passwords: ["secret:link"]}
		  app: {rules: "on nopass ~* resetchannels -@all +ping +echo $1"}
		config: {unixsocket: "@{instance}/valkey.sock", primaryuser: replica, primaryauth: "secret:link", repl-diskless-sync-delay: 0}
	END
}
environment +get
for name in two three; do
	as_daemon sh -c "echo 'replicaof 127.0.0.1 $port' >'$dir/$name/runtime.conf'; chmod 640 '$dir/$name/runtime.conf'"
done
must by carol secret set dev link --generate --tree "$TREE"
release dev "a primary and two replicas"
pull db1
is "$STATUS" 0 "all three are installed"

is_linked() { [ "$(info_of "db1/$1" master_link_status)" = up ]; }
are_linked() { is_linked two && is_linked three; }
ok "both replicas are linked" wait_for are_linked
logins() { echo $(($(info_of db1/one sync_full) + $(info_of db1/one sync_partial_ok))); }
logins=$(logins)
is_logged_in_again() { [ "$(logins)" -ge $((logins + 2)) ] && are_linked; }

# What the links look like, all the time; "cut" is what this test does itself
echo watched >"$WORK/phase"
# shellcheck disable=SC2329
watch_links() {
	local phase before name
	while :; do
		read -r before <"$WORK/phase"
		for name in two three; do
			phase=$(info_of "db1/$name" master_link_status)
			[ "$before" = "$(cat "$WORK/phase")" ] && echo "$before $phase"
		done
	done
}
background links watch_links
phase() { echo "$1" >"$WORK/phase.new" && mv "$WORK/phase.new" "$WORK/phase"; }
# survives STEP: nothing has cut the links; and where they are cut now, both come back
survives() {
	is "$(logins)" "$logins" "$1: no link was cut"
	phase cut
	valkey db1/one client kill type replica >/dev/null
	ok "$1: where they are cut, both replicas log in again" wait_for is_logged_in_again
	phase watched
	logins=$(logins)
}

# An application is connected all the time
mkfifo "$WORK/say"
valkey-cli -s "$dir/one/valkey.sock" --user app --pass any --no-auth-warning <"$WORK/say" >"$WORK/said" 2>&1 &
echo $! >"$WORK/pids/app"
exec 8>"$WORK/say"
said() { grep -q "$1" "$WORK/said"; }
echo "echo hello" >&8
ok "an application is connected" wait_for said hello

for step in add switch drop; do
	exits 0 "$step is proposed" by carol secret rotate dev link --tree "$TREE" --json
	is "$(jq -r .step <<<"$OUT")" "$step" "as the next step"
	CHANGE=$(jq -r .change <<<"$OUT")
	approve dave
	pull db1
	is "$STATUS" 0 "$step: all three commit"
	survives "$step"
done
new=$(as dave secret get dev link --number 2 --stdout)
is "$(config_of db1/two primaryauth) $(config_of db1/three primaryauth)" "$new $new" "the replicas use the new password"
is "$(valkey db1/one acl getuser replica | grep -cE '^[0-9a-f]{64}$')" 1 "and the primary knows no other"

# A right more for the application, over the connection that it has
environment "+get +set"
release dev "a right more"
pull db1
is "$STATUS" 0 "a user gets a right more"
echo "set app:greeting welcome" >&8
ok "over the connection that it has" wait_for said OK
is "$(logins)" "$logins" "no link was cut"
end_background links
is "$(grep -c '^watched up$' "$WORK/log/links.log")" "$(grep -c '^watched' "$WORK/log/links.log")" "no link was ever seen down"
ok "and it was looked at" test "$(grep -c '^watched up$' "$WORK/log/links.log")" -ge 20
done_testing
