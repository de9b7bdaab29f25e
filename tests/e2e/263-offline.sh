#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Hosts without a network: what a person exports and somebody carries is verified as what a server says; a
# host that was never online is enrolled with a card, and comes online later.
. "${0%/*}/lib.sh"
fleet_start
keeper=$(jq -r .keyval.public "$WORK/people/alice.pub")
write_prod() { # MEMORY
	printf 'parameters: {memory: %s}\nkeepers: {alice: "ed25519:%s"}\nusers:\n' "$1" "$keeper"
	printf '  app: {rules: "on ~app:* resetchannels -@all +ping", passwords: ["secret:app"]}\n'
} >"$TREE/environments/prod.yaml"
log_in() { [ "$(REDISCLI_AUTH="open sesame" valkey-cli -s "$WORK/hosts/$1/main/valkey.sock" --user app --no-auth-warning ping 2>&1)" = PONG ]; }
faketime=
for faketime in /usr/lib/*/faketime/libfaketimeMT.so.1 /usr/lib64/faketime/libfaketimeMT.so.1; do
	[ -e "$faketime" ] && break
done
! ldd "$VKCFG_PULL" | grep -q asan || faketime=
export_to() { # HOST FILE ARGUMENTS...
	local host=$1 file=$2
	shift 2
	run by carol bundle export "$host" --out "$WORK/$file" "$@"
}

# a host that never sees a server
by admin fleet card >"$WORK/card" || bail "no card"
host_prepare db2 main
settings=$WORK/hosts/db2/pull.yaml
nok "a card enrols nobody by itself" "$VKCFG_PULL" enrol --card "$WORK/card" --config "$settings" --name db2 --env prod
ok "a host without a network enrols with a card" "$VKCFG_PULL" enrol --offline --card "$WORK/card" --config "$settings" \
	--name db2 --env prod
key=$(grep -oE 'ed25519:[0-9a-f]{64}' "$WORK/ok.out")
cat >"$TREE/hosts/db2.yaml" <<-END
	hosts:
	  db2:
	    environment: prod
	    public-key: "$key"
	    instances: {main: {role: cache, config: {port: 0, unixsocket: "@{instance}/valkey.sock"}}}
END
exits 4 "twice is once too often" "$VKCFG_PULL" enrol --offline --card "$WORK/card" --config "$settings" --name db2 --env prod
host_start db1 prod main
write_prod 64mb
must by carol secret set prod app --tree "$TREE" --fd 4 4< <(printf %s "open sesame")
release prod "first"
pull db1
is "$STATUS" 0 "the other host is online"
set_and_release() {
	write_prod "$1"
	release prod "$1"
}
set_and_release 128mb

# what is exported
export_to db2 none
is "$STATUS" 3 "a host that the server does not know needs its environment"
export_to db2 none --env dev
is "$STATUS" 3 "and is in no other"
seen=$(by carol hosts --json | jq ".items[0].witnessed")
export_to db2 db2.parcel --env prod --log-size "$seen"
is "$STATUS" 0 "its release is exported"
like "$OUT" 'release prod/2 for db2, 1 instance, 1 secret' "with what is in it"
export_to db1 db1.parcel
is "$STATUS" 0 "that of a host that is known, too"
nok "no secret can be read in it" grep -q sesame "$WORK/db1.parcel"
run by carol bundle show "$WORK/db2.parcel"
like "$OUT" 'db2/main: files: [0-9]+, secrets: 1' "a file says what is in it"
set_and_release 256mb
cp "$WORK/db1.parcel" "$WORK/newer.parcel"
export_to db1 newer.parcel
is "$STATUS" 0 "a newer one takes the place of one before"
server_stop

# refused, before anything is taken
fingerprint=$(fingerprint_of db1/main)
refused() { # NAME STATUS REASON FILE
	pull db1 --bundle "$4"
	is "$STATUS" "$2" "$1: refused"
	like "$OUT" "$3" "$1: and told"
	is "$(fingerprint_of db1/main)" "$fingerprint" "$1: nothing changed"
}
forged() { # NAME STATUS REASON FILTER
	jq -c "$4" "$WORK/db1.parcel" >"$WORK/forged" || bail "jq failed"
	refused "$1" "$2" "$3" "$WORK/forged"
}
refused "another host's file" 2 'the file is for db2 in prod of fleet demo; this is db1' "$WORK/db2.parcel"
forged "a log without a proof" 6 'does not prove' '.answers |= with_entries(select(.key | startswith("/v1/log/") | not))'
like "$OUT" 'seen [0-9]+ entries of the log .*--log-size' "and what to export"
jq -c '.host = "db1"' "$WORK/db2.parcel" >"$WORK/forged"
refused "another host's file under this one's name" 6 'bundle of db2/main in prod to db1' "$WORK/forged"
head -c 1000 "$WORK/db1.parcel" >"$WORK/forged"
refused "half a file" 2 'forged: .*line 1' "$WORK/forged"
refused "no such file" 3 'No such file' "$WORK/nothing"
forged "a value" 6 'proof|root' '.answers["/v1/agent/bundles/prod/2"].bundles[0].bundle |= sub("134217728"; "134217729")'
forged "a signature of the timestamp" 6 'timestamp' '.answers["/v1/agent/desired"].timestamp |= sub("\"sig\": ?\"[0-9a-f]{4}"; "\"sig\":\"0000")'
forged "the release document" 6 'prod/2.json' '(.answers | to_entries[] | select(.key | startswith("/tuf/targets/")).key) as $k | .answers[$k] |= sub("128mb"; "129mb")'
forged "a checkpoint of nobody" 6 'signature|checkpoint' '.answers["/v1/agent/desired"].checkpoint |= sub("\n[0-9]+\n"; "\n9999\n")'
as_daemon rm -rf "$WORK/hosts/db1/state/secrets"
forged "a secret that is missing" 5 'secret app version 1 is not sealed to this host' \
	'.answers |= with_entries(if (.key | startswith("/v1/agent/secrets/")) then .key += "0" else . end)'
if [ -n "$faketime" ] && [ -e "$faketime" ]; then
	run env "LD_PRELOAD=$faketime" FAKETIME=+2d FAKETIME_DONT_FAKE_MONOTONIC=1 "$VKCFG_PULL" \
		--config "$WORK/hosts/db1/pull.yaml" --bundle "$WORK/db1.parcel"
	is "$STATUS" 6 "a file of the day before yesterday is refused"
	like "$OUT" 'expired' "as expired"
	is "$(fingerprint_of db1/main)" "$fingerprint" "and changes nothing"
else
	skip "a file of the day before yesterday is refused" "no libfaketime"
fi
for word in --watch --status doctor; do
	exits 2 "$word asks no file" "$VKCFG_PULL" --config "$WORK/hosts/db1/pull.yaml" --bundle "$WORK/db1.parcel" $word
done

# taken
pull db1 --bundle "$WORK/db1.parcel" --observe
is "$(config_of db1/main maxmemory)" 67108864 "a file can be looked at first"
pull db1 --bundle "$WORK/db1.parcel"
is "$STATUS" 0 "without a server the release of the file is installed"
is "$(config_of db1/main maxmemory)" 134217728 "and runs"
ok "with its secret" log_in db1
pull db1 --bundle "$WORK/db1.parcel"
is "$STATUS" 0 "once more changes nothing"
unlike "$OUT" 'state=committed' "and installs nothing"
pull db1 --bundle "$WORK/newer.parcel"
is "$STATUS" 0 "a newer file is taken"
fingerprint=$(fingerprint_of db1/main)
refused "the older one" 6 'older|rollback|version' "$WORK/db1.parcel"

# the host that was never online
pull db2
is "$STATUS" 0 "a host without a server has nothing to do at first"
jq -c '(.answers | to_entries[] | select(.key | endswith("1.root.json")).key) as $k | .answers[$k] |= sub("sig"; "gis")' \
	"$WORK/db2.parcel" >"$WORK/forged"
pull db2 --bundle "$WORK/forged"
is "$STATUS" 6 "it takes no other root than the card's"
nok "and keeps none" test -e "$WORK/hosts/db2/state/tuf/root.json"
pull db2 --bundle "$WORK/db2.parcel"
is "$STATUS" 0 "its first file is installed"
ok "and runs, with its secret" log_in db2
pull db2 --status
is "$STATUS" 0 "its status is clean"
like "$OUT" 'offline: no certificate' "and says how it lives"
valkey db2/main config set maxmemory 1gb >/dev/null
pull db2
is "$STATUS" 0 "a run without a server"
like "$OUT" 'drift.*maxmemory' "finds drift all the same"
unlike "$OUT" 'update-failed|certificate' "and misses nothing"
run "$VKCFG_PULL" --config "$settings" doctor
like "$OUT" 'enrolled without a server' "doctor knows"

# and comes online
server_start
host_enrol db2 prod
pull db2
is "$STATUS" 0 "later a token brings it online"
is "$(config_of db2/main maxmemory)" 268435456 "with the newest release"
pull db1
is "$STATUS" 0 "the server goes on where the files ended"
done_testing
