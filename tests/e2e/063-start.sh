#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# vkcfg-pull --once --wait in front of Valkey's start: it does not start with what cannot be verified.
. "${0%/*}/lib.sh"
fleet_start
host_start db1 prod main
dir=$WORK/hosts/db1/main
settings=$WORK/hosts/db1/pull.yaml
gate() { pull db1 --once --wait --timeout "$1"; }
# start: as a unit with ExecStartPre= would
start() { gate 20 && [ "$STATUS" = 0 ] && as_daemon "$WORK/restart-valkey" "$dir" "$dir/pid" "$dir/valkey.log"; }
tamper() { printf '%s\n' "$1" >>"$dir/current/valkey.conf"; }
untamper() { sed -i '$d' "$dir/current/valkey.conf"; }

exits 2 "--wait alone is no command" "$VKCFG_PULL" --config "$settings" --wait
gate 1
is "$STATUS" 8 "without a release the gate stays closed"
like "$OUT" "main: nothing is installed yet" "and says why"

# It waits for the first release.
gate_first() { "$VKCFG_PULL" --config "$settings" --once --wait --timeout 60; }
background gate gate_first
pid=$(pid_of gate)
release prod "first"
wait "$pid"
is "$?" 0 "the gate opens when the first release is there"
ok "whose files are installed" test -s "$dir/current/valkey.conf"
ok "and no Valkey was started" test ! -s "$dir/pid"
start
ok "Valkey starts with them" wait_for valkey db1/main ping
is "$(config_of db1/main maxmemory)" 67108864 "and has the release's values"
pull db1
is "$STATUS" 0 "an ordinary run finds all in order"

# At a boot without a network: what was verified within the timestamp's life is enough.
server_stop
gate 1
is "$STATUS" 0 "a fresh host needs no server"
tamper "maxmemory 1mb"
gate 1
is "$STATUS" 6 "a file that was changed keeps the gate closed"
like "$OUT" "valkey.conf is not the file that was verified" "and is named"
untamper
gate 1
is "$STATUS" 0 "until it is as it was"

# A timestamp that has expired: nobody vouches for it.
state=$WORK/hosts/db1/state/desired.json
cp -p "$state" "$WORK/desired.json"
old=$(jq -c '.["timestamp-expires"] = 1577836800 | .etag = ""' "$WORK/desired.json") && printf '%s' "$old" >"$state"
gate 1
is "$STATUS" 8 "what nobody has vouched for lately keeps it closed"
like "$OUT" "nobody has vouched" "and it says so"
sed -i '1i start: last-good' "$settings"
gate 5
is "$STATUS" 0 "but for start: last-good"
like "$OUT" "starts-last-good" "which is said in the log"
tamper "maxmemory 1mb"
gate 1
is "$STATUS" 6 "also then nothing that was changed is started"
untamper
sed -i 1d "$settings"
server_start
gate 20
is "$STATUS" 0 "with the server back it opens"

# A door whose unit waits in front of Valkey must not wait for the run that went through it.
cat >"$WORK/unit" <<END
#!/bin/bash
"$VKCFG_PULL" --config "$settings" --once --wait --timeout 30 >>"$WORK/log/unit" 2>&1 || exit
exec "$WORK/restart-valkey" "\$@"
END
chmod 755 "$WORK/unit"
chmod 777 "$WORK/log"
sed -i "s|$WORK/restart-valkey|$WORK/unit|" "$settings"
set_config prod 'databases: 8'
release prod "something that needs a restart"
pull db1
is "$STATUS" 0 "a release with a restart through such a unit is installed"
is "$(config_of db1/main databases)" 8 "and runs"
set_config prod 'databases: 9'
release prod "another"
pull db1
is "$STATUS $(config_of db1/main databases)" "0 9" "again"
done_testing
