#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Leases: of a shard's members one restarts at a time; whoever dies with a lease holds nobody up for longer
# than it lasts; without a server no member restarts.
SERVER_SETTINGS="max-restarts: 2"
. "${0%/*}/lib.sh"
fleet_start
for name in db1 db2; do
	host_prepare "$name" main
	host_enrol "$name" prod
	host_to_tree "$name" prod main
	sed -i "s/^    environment: prod/&\n    address: 127.0.0.1/" "$TREE/hosts/$name.yaml"
	free_port
	sed -i "s/port: 0/port: $FREE_PORT, bind: 127.0.0.1/" "$TREE/hosts/$name.yaml"
done
host_start db3 prod main other
mkdir "$TREE/groups"
cat >"$TREE/groups/pair.yaml" <<-END
	kind: replicated
	environment: prod
	members: [db1/main, db2/main]
END
release prod "first"
# Two primaries: replication is another matter.
as_daemon touch "$WORK/hosts/db2/main/runtime.conf"
for name in db1 db2 db3; do
	pull "$name"
	[ "$STATUS" -eq 0 ] || bail "the first install of $name failed" "$OUT"
done
# lease HOST INSTANCE SECONDS: as the host would ask
lease() {
	curl -sS --max-time 20 --cacert "$WORK/people/carol/ca.crt" --cert "$WORK/hosts/$1/state/tls.crt" \
		--key "$WORK/hosts/$1/state/tls.key" -H 'Content-Type: application/json' \
		-d "{\"instance\":\"$2\",\"seconds\":$3}" "https://localhost:$PORT/v1/agent/lease"
}
started() { info_of "$1" run_id; }
events() { grep -cE "event=$1|$1 " "$WORK/log/vkcfgd.log"; }

# The protocol
is "$(lease db1 main 60 | jq -r .granted)" true "a member gets a lease"
is "$(lease db1 main 60 | jq -r .granted)" true "and may ask again"
like "$(lease db2 main 60 | jq -r .reason)" '^db1/main of the same shard' "the other member does not"
is "$(lease db3 main 60 | jq -r .granted)" true "one that stands alone does"
like "$(lease db3 other 60 | jq -r .reason)" 'of the environment' "until the environment has as many as it may"
is "$(lease db1 main 0)" "" "it is given back"
is "$(lease db3 other 60 | jq -r .granted)" true "and the next one has its turn"
for instance in main other; do lease db3 "$instance" 0; done
like "$(lease db1 nosuch 60 | jq -r .detail)" "not part of the current release" "what no release has gets none"
like "$(lease db1 ../x 60 | jq -r .detail)" "not a valid instance name" "nor what is no name"
like "$(lease db1 main 99999999 | jq -r .detail)" "seconds" "and none lasts for ever"

# A holder that dies
declare -A before
for name in db1 db2; do before[$name]=$(started "$name/main"); done
set_config prod 'databases: 4'
release prod "fewer databases"
pull_with db1 VKCFG_FAULT=pull.before-door
is "$STATUS" 137 "an agent dies with a lease in its hand"
is "$(started db1/main)" "${before[db1]}" "before it has restarted anything"
pull db2
is "$STATUS" 0 "the other member waits"
is "$(started db2/main)" "${before[db2]}" "and does not restart"
like "$OUT" 'pending restart since .*db1/main of the same shard' "for the one that has the lease"
# The time passes
as_daemon sqlite3 "$STATE/vkcfg.db" "UPDATE leases SET expires = expires - 3600"
pull db2
is "$STATUS" 0 "when the lease has ended"
isnt "$(started db2/main)" "${before[db2]}" "the other member restarts"
is "$(as_daemon sqlite3 "$STATE/vkcfg.db" "SELECT count(*) FROM leases")" 0 "and gives its own lease back"
pull db1
is "$STATUS" 0 "the one that died goes on"
isnt "$(started db1/main)" "${before[db1]}" "and restarts, too"

# No server, no restart
for name in db1 db2; do before[$name]=$(started "$name/main"); done
set_config prod 'databases: 5'
release prod "and more"
lease db2 main 60 >/dev/null
pull db1
is "$(started db1/main)" "${before[db1]}" "while another has the lease the restart waits"
server_stop
pull db1
is "$(started db1/main)" "${before[db1]}" "without a server it still waits"
like "$(jq -r .reason "$WORK/hosts/db1/main/pending.json")" 'the server grants no lease' "and says why"
server_start
lease db2 main 0
pull db1
isnt "$(started db1/main)" "${before[db1]}" "with the server back, and the lease free, it is done"
like "$(grep -c 'lease-granted' "$WORK/log/vkcfgd.log")" '^[1-9]' "the server's log has them"
done_testing
