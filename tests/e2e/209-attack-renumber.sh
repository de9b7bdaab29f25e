#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Attack: releases get other numbers, so that an old one looks like the newest.
. "${0%/*}/lib.sh"
. "${0%/*}/attack.sh"
attack_fleet
attack_takeover

evil_desired '.release = 3'
refused "a release that is not there" 6 'release 3 is not signed by the approvers of prod'
evil_desired '.release = 1000000'
refused "a release far ahead" 6 'release 1000000 is not signed'
evil_desired '.release = -1'
refused "a negative one" 2 'release'
evil_desired '.release = 9223372036854775807'
refused "one larger than a number can be" 2 'too big integer'
evil_desired '.release = "2"'
refused "one that is no number" 2 'release'
document=$(printf '%s\n' "$EVIL"/tuf/targets/prod/*.2.json)
"$FORGE" json <"$document" | canonical_jq '.number = 3' >"$WORK/document" && cp "$WORK/document" "$document"
refused "a document with another number" 6 'hash|digest|bytes instead of'
cp "$(printf '%s\n' "$WORK"/old/tuf/targets/prod/*.1.json)" "$document"
refused "the document of release 1 as that of release 2" 6 'hash|digest|bytes instead of'
jq -c '.signed.targets |= with_entries(.key |= sub("prod/2"; "prod/3"))' "$(role_file)" >"$WORK/role.json"
evil_publish prod "$WORK/role.json"
evil_desired '.release = 3'
refused "the signed list with another number in it" 6 'signature|threshold'

# Behind the back of the honest program
evil_stop
cp "$STATE/vkcfg.db" "$WORK/honest.db"
must as_daemon sqlite3 "$STATE/vkcfg.db" "DROP TRIGGER releases_no_update; DROP TRIGGER releases_no_delete;
	DELETE FROM releases WHERE environment = 'prod' AND number = 2;
	UPDATE releases SET number = 2 WHERE environment = 'prod' AND number = 1"
background vkcfgd "$VKCFGD" run --config "$WORK/vkcfgd.yaml"
settled() { server_is_ready || is_gone "$(pid_of vkcfgd)"; }
wait_for settled
rm -f "$WORK/hosts/db1/state/reported"
# There is no document of that digest under that number, and perhaps no server that starts so.
attacked "release 1 as release 2 in the database" 8 "does not have the target 'prod/2.json'|connect"
server_stop
cp "$WORK/honest.db" "$STATE/vkcfg.db"
rm -f "$STATE"/vkcfg.db-*
server_start
pull db1
is "$(config_of db1/main maxmemory)" 134217728 "with the honest database release 2 runs"

# Even what all approvers have signed: a number says one thing only.
attack_takeover
forge_release . '.number = 2 | .base = 1 | .fallback.release = 1'
refused "document 2 listed as release 3, signed" 6 'is for demo/prod/2, not for demo/prod/3'
forge_release . '.number = 2 | .base = 1 | .fallback.release = 1' 2
refused "another release 2, signed" 6 'release 2 is another document than the one that this host knows'
forge_release . '.environment = "dev"'
refused "a release of another environment, signed" 6 'is for demo/dev/3, not for demo/prod/3'
forge_release . '.fleet = "other"'
refused "a release of another fleet, signed" 6 'is for other/prod/3'
done_testing
