#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# kill -9 of vkcfg-pull after each step of an install: the next run ends in the new configuration, or
# in the old one where Valkey refuses the new; files and running values are equal, never between.
# Four kinds of install: live, with a restart, refused by Valkey, and rolled back because it does not
# come up. 271-crash-matrix.sh kills Valkey, too.
. "${0%/*}/lib.sh"
good_fleet
set_config prod "databases: 10" "maxclients: 100"
release prod "where every install begins"
pull db1
is "$STATUS" 0 "the release before is installed"

# The points stand in the program itself: one that is added is tested without further ado.
points=$(fault_points "$VKCFG_PULL" "$abs_top_builddir/client/pull/vkcfg-pull" | grep '^pull\.')
for step in staged preflighted accepted switched loaded verified; do
	like "$points" "^pull\.$step$" "vkcfg-pull has a fault point behind $step"
done

host=$WORK/hosts/db1
stop_valkey() { stop_pid "$(cat "$host/main/pid")"; }
save() {
	rm -rf "$WORK/saved"
	cp -a "$host" "$WORK/saved"
}
restore() {
	stop_valkey
	rm -rf "$host"
	cp -a "$WORK/saved" "$host"
	: >"$host/main/pid"
	rm -f "$host/main/valkey.sock"
	as_daemon "$WORK/restart-valkey" "$host/main" "$host/main/pid" "$host/main/valkey.log"
	wait_for valkey db1/main ping || bail "Valkey does not start again" "$(tail -n 5 "$host/main/valkey.log")"
}

# in_file and running NAME: the value that the next restart reads, and the one in force
in_file() { sed -nE "s/^$1 \"?([^\"]*)\"?$/\1/p" "$host/main/current/valkey.conf"; }
running() { config_of db1/main "$1"; }
runs() { # NAME DATABASES MAXCLIENTS
	is "$(running databases) $(running maxclients)" "$2 $3" "$1: these values run"
	is "$(in_file databases) $(in_file maxclients)" "$2 $3" "$1: and stand in the file"
	nok "$1: nothing is under way" test -e "$host/main/journal.json"
}

reached=
# matrix KIND DATABASES MAXCLIENTS STATUS: dies at each point in turn; what must run in the end
matrix() {
	local point
	save
	for point in $points; do
		restore
		pull_with db1 VKCFG_FAULT="$point"
		[ "$STATUS" -eq 137 ] || continue
		reached="$reached $point"
		pull db1
		like "$STATUS" "$4" "$1, killed at $point: the next run ends as it should"
		runs "$1, killed at $point" "$2" "$3"
	done
	restore
	pull db1
	like "$STATUS" "$4" "$1, not killed: the run ends as it should"
	runs "$1, not killed" "$2" "$3"
}

set_config prod "databases: 10" "maxclients: 200"
echo 'users: {app: {rules: "on nopass ~app:* resetchannels -@all +get"}}' >>"$TREE/environments/prod.yaml"
release prod "live"
matrix live 10 200 '^0$'
set_config prod "databases: 20" "maxclients: 300"
release prod "with a restart"
matrix restart 20 300 '^0$'
set_config prod "databases: 20" "maxclients: 400" 'tls-port: 1' 'tls-cert-file: "@{instance}/none"' \
	'tls-key-file: "@{instance}/none"' 'tls-ca-cert-file: "@{instance}/none"'
release prod "refused by Valkey's start"
matrix refused 20 300 '^[0-9]$'
set_config prod "databases: 20" "maxclients: 400"
sed -i "s/port: 0/port: $PORT/" "$TREE/hosts/db1.yaml"
release prod "refused by the running Valkey: vkcfgd has this port"
matrix "refused live" 20 300 '^[0-9]$'
sed -i "s/port: $PORT/port: 0/" "$TREE/hosts/db1.yaml"
# A door that ends Valkey and fails, for this release only.
mv "$WORK/restart-valkey" "$WORK/honest-door"
cat >"$WORK/restart-valkey" <<-END
	#!/bin/bash
	grep -qE '^databases "?25' "\$1/current/valkey.conf" || exec "$WORK/honest-door" "\$@"
	read -r pid <"\$2" && kill "\$pid"
	exit 3
END
chmod 755 "$WORK/restart-valkey"
set_config prod "databases: 25" "maxclients: 500"
release prod "does not come up"
matrix 'rolled back' 20 300 '^[0-9]$'
mv "$WORK/honest-door" "$WORK/restart-valkey"
for point in $points; do
	like "$reached " " $point " "$point was reached"
done

# The server may be gone for good when the host comes back.
set_config prod "databases: 30" "maxclients: 500"
release prod "killed after the switch, then without a server"
pull_with db1 VKCFG_FAULT=pull.switched
is "$STATUS" 137 "killed after the switch"
server_stop
pull db1
is "$(running databases)" "$(in_file databases)" "without a server the next run makes running values and file equal"
is "$(running maxclients)" "$(in_file maxclients)" "all of them"
server_start
pull db1
runs "with the server back" 30 500
done_testing
