#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A host of a range: its key is added by name, its values are its own, locks hold, and of the users that nobody manages
# those that match a pattern survive.
. "${0%/*}/lib.sh"
fleet_start
host_prepare db2 main
host_enrol db2 prod
cat >"$TREE/hosts/all.yaml" <<-'END'
	hosts:
	  db[1-3]:
	    environment: prod
	    address: ${host.name}.example.com
	    memory: 1gb
	    instances:
	      main:
	        role: cache
	        config: {port: 0, unixsocket: "@{instance}/valkey.sock", proc-title-template: "${host.address}/${instance.name}"}
END
set_users() {
	printf '%s\n' 'parameters: {memory: 25%}' "apply: {unmanaged-users: $1}" 'lock: [maxmemory, apply.unmanaged-users]' \
		>"$TREE/environments/prod.yaml"
}
set_users '[v-token-*, "ci-?"]'
exits 4 "what a described host runs is not said again" by carol host add db2 --env prod --tree "$TREE" --role cache
exits 0 "the key of a host of a range is added by name" by carol host add db2 --env prod --tree "$TREE"
like "$(cat "$TREE/hosts/public-keys.yaml")" '^  "db2": "ed25519:[0-9a-f]{64}"$' "to the file of keys"
exits 4 "once" by carol host add db2 --env prod --tree "$TREE"

cp "$TREE/hosts/all.yaml" "$WORK/all.yaml"
printf '        apply: {unmanaged-users: keep}\n' >>"$TREE/hosts/all.yaml"
exits 1 "an instance cannot change what its environment locks" by nobody validate --tree "$TREE"
like "$OUT" 'hosts/all.yaml:10:17: apply.unmanaged-users: the environment locks it \(environments/prod.yaml:3:19\)' \
	"with both places"
mv "$WORK/all.yaml" "$TREE/hosts/all.yaml"

release prod "first"
pull db2
is "$STATUS" 0 "the host installs its instance"
is "$(config_of db2/main maxmemory)" 268435456 "with a share of its memory"
is "$(config_of db2/main proc-title-template)" db2.example.com/main "and with its own name"

for user in v-token-1 ci-7 ci-77 rogue; do must valkey db2/main acl setuser "$user" on nopass; done
users() { valkey db2/main acl users | sort | tr '\n' ' '; }
set_users '[v-token-*, "ci-?"]'
printf 'config: {hz: 20}\n' >>"$TREE/environments/prod.yaml"
release prod "second"
pull db2
is "$STATUS" 0 "the next release is installed"
is "$(config_of db2/main hz)" 20 "live"
is "$(users)" "ci-7 default tester v-token-1 vkcfg-agent " "users that match a pattern survive, others are gone"

must valkey db2/main acl setuser rogue on nopass
sed -i 's/^apply: {/apply: {drift: revert, /' "$TREE/environments/prod.yaml"
release prod "third"
pull db2
must valkey db2/main acl setuser rogue on nopass
pull db2
is "$(users)" "ci-7 default tester v-token-1 vkcfg-agent " "drift is judged alike"
done_testing
