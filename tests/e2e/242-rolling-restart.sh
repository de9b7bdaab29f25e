#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A release that needs a restart goes through a primary and its two replicas while a client writes. No write
# that was acknowledged is lost, although nothing is kept on a disk.
. "${0%/*}/lib.sh"
command -v python3 >/dev/null || skip_all "python3 is not there"
fleet_start
sed -i "s/^  drift: report$/&\n  bake: 1s/" "$TREE/roles/cache.yaml"
HOSTS=(db1 db2 db3)
declare -A PORTS
for name in "${HOSTS[@]}"; do
	host_prepare "$name" main
	host_enrol "$name" prod
	host_to_tree "$name" prod main
	free_port
	PORTS[$name]=$FREE_PORT
	sed -i "s/^    environment: prod/&\n    address: 127.0.0.1/" "$TREE/hosts/$name.yaml"
	sed -i "s/port: 0/port: $FREE_PORT, bind: 127.0.0.1/" "$TREE/hosts/$name.yaml"
done
mkdir "$TREE/groups"
cat >"$TREE/groups/trio.yaml" <<-END
	kind: replicated
	environment: prod
	members: [db1/main, db2/main, db3/main]
END
sed -i 's/^config:/&\n  primaryuser: tester\n  primaryauth: "secret:replication"\n  repl-diskless-sync-delay: 0/' "$TREE/roles/cache.yaml"
# configure DIRECTIVE...: prod's, besides its keeper of secrets
configure() {
	set_config prod "$@"
	printf 'keepers: {alice: "ed25519:%s"}\n' "$(jq -r .keyval.public "$WORK/people/alice.pub")" >>"$TREE/environments/prod.yaml"
}
configure 'timeout: 0'
must by carol secret set prod replication --tree "$TREE" --fd 4 4< <(printf any)
release prod "first"
for name in "${HOSTS[@]}"; do
	pull "$name"
	[ "$STATUS" -eq 0 ] || bail "the first install of $name failed" "$OUT"
done
replicas() { [ "$(info_of "$1/main" connected_slaves)" = "$2" ]; }
linked() { [ "$(info_of "$1/main" master_link_status)" = up ]; }
wait_for replicas db1 2 || bail "the replicas do not come" "$(info_of db1/main role)"
for name in db2 db3; do
	ok "a new group begins with $name as the replica that the tree says" wait_for linked "$name"
done
is "$(cat "$WORK/hosts/db2/main/runtime.conf")" "replicaof 127.0.0.1 ${PORTS[db1]}" "because its runtime.conf begins with it"
is "$(cat "$WORK/hosts/db1/main/runtime.conf")" "" "and the primary's with nothing"

# What people write into the file is theirs
for name in "${HOSTS[@]}"; do
	as_daemon sh -c 'echo "timeout 0" >>"$0"' "$WORK/hosts/$name/main/runtime.conf"
done

# A client that writes and remembers what was acknowledged
background client python3 "$abs_top_srcdir/tests/e2e/writer.py" "$WORK/acknowledged" tester any servers "${PORTS[@]}"
written() { [ "$(wc -l <"$WORK/acknowledged")" -gt "$1" ]; }
wait_for written 100 || bail "the client does not write" "$(cat "$WORK/log/client.log")"

declare -A before
for name in "${HOSTS[@]}"; do before[$name]=$(info_of "$name/main" run_id); done
configure 'databases: 4'
release prod "fewer databases"
# The primary first: that is the hardest.
for name in "${HOSTS[@]}"; do
	background "pull-$name" "$VKCFG_PULL" --config "$WORK/hosts/$name/pull.yaml" --watch
done
all_restarted() {
	local name
	for name in "${HOSTS[@]}"; do
		[ "$(config_of "$name/main" databases)" = 4 ] || return 1
	done
}
ok "all members restart, while all agents run at once" wait_for -t 90 all_restarted
settled() {
	local name primaries=0
	for name in "${HOSTS[@]}"; do
		case $(info_of "$name/main" role) in
		master) primaries=$((primaries + 1)) ;;
		slave) linked "$name" || return 1 ;;
		*) return 1 ;;
		esac
	done
	[ "$primaries" -eq 1 ]
}
ok "and are one primary and two replicas with a link again" wait_for settled
wait_for written "$(($(wc -l <"$WORK/acknowledged") + 100))" || fail "the client writes on"
for name in "${HOSTS[@]}"; do end_background "pull-$name"; done
end_background client
for name in "${HOSTS[@]}"; do isnt "$(info_of "$name/main" run_id)" "${before[$name]}" "$name was restarted"; done

# Every acknowledged write is there, on all three
for name in "${HOSTS[@]}"; do
	[ "$(info_of "$name/main" role)" != master ] || primary=$name
done
valkey "$primary/main" wait 1 10000 >/dev/null
same_size() {
	[ "$(valkey "${HOSTS[0]}/main" dbsize)" = "$(valkey "$1/main" dbsize)" ]
}
for name in "${HOSTS[@]}"; do wait_for same_size "$name"; done
sort -u "$WORK/acknowledged" >"$WORK/wanted"
for name in "${HOSTS[@]}"; do
	valkey "$name/main" keys 'w:*' | sed 's/^w://' | sort -u >"$WORK/found"
	is "$(comm -23 "$WORK/wanted" "$WORK/found" | wc -l)" 0 "$name has each of $(wc -l <"$WORK/wanted") acknowledged writes"
done
diag "requests that failed: $(cat "$WORK/log/client.log")"

# The next start keeps the role
for name in "${HOSTS[@]}"; do
	pull "$name"
	is "$STATUS" 0 "$name is what it should be"
done
for name in "${HOSTS[@]}"; do
	live=$(info_of "$name/main" role | sed 's/master//; s/slave/replicaof/')
	[ -z "$live" ] || live="replicaof $(info_of "$name/main" master_host) $(info_of "$name/main" master_port)"
	is "$(grep '^replicaof' "$WORK/hosts/$name/main/runtime.conf")" "$live" "$name's runtime.conf has the role that it has"
	like "$(cat "$WORK/hosts/$name/main/runtime.conf")" '^timeout 0$' "and what else stood there"
done
# One at a time: between one member's lease and its end no other one got a lease
like "$(grep -oE '(lease-granted|lease-ended).*' "$WORK/log/vkcfgd.log" | awk '
	/granted/ { if (held != "" && held != $2) bad = 1; held = $2 }
	/ended/ { if (held == $2) held = "" }
	END { print bad ? "two at once" : "one by one" }')" "one by one" "the members restarted one by one"

# An agent that dies between the failover and the door
died=$primary
run_id=$(info_of "$died/main" run_id)
configure 'databases: 5'
release prod "one more"
pull_with "$died" VKCFG_FAULT=pull.before-door
is "$STATUS" 137 "the primary's agent dies when it has handed over"
is "$(info_of "$died/main" role)/$(info_of "$died/main" run_id)" "slave/$run_id" "its Valkey is a replica, and has not been restarted"
pull "$died"
is "$STATUS" 0 "the next run ends it"
isnt "$(info_of "$died/main" run_id)" "$run_id" "with the restart"
is "$(info_of "$died/main" role)/$(config_of "$died/main" databases)" slave/5 "and it is a replica still"
valkey "$died/main" keys 'w:*' | sed 's/^w://' | sort -u >"$WORK/found"
is "$(comm -23 "$WORK/wanted" "$WORK/found" | wc -l)" 0 "that has all there was"
done_testing
