#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Attack: a host gets the bundle of another host, with its true signatures and its true proof.
. "${0%/*}/lib.sh"
. "${0%/*}/attack.sh"
attack_fleet
as_host db2 /v1/agent/bundles/prod/2 >"$WORK/db2.bundles" || bail "cannot record what db2 gets"
attack_takeover
other=$(jq -c .bundles "$WORK/db2.bundles")
is "$(jq '.[0].bundle | contains("\"instance\":\"db2/main\"")' <<<"$other")" true "the attacker has db2's bundle"

edit_json "$(bundles_file)" ".bundles = $other"
refused "instead of its own" 6 'bundle of db2/main in prod to db1'
edit_json "$(bundles_file)" ".bundles += $other"
refused "beside its own" 6 'bundle of db2/main in prod to db1'
edit_json "$(bundles_file)" ".bundles = $other | .bundles[0].bundle |= sub(\"db2/main\"; \"db1/main\")"
refused "under its own name" 6 'proof|root'
evil_bundle prod 2 '.instance = "db1/other"'
refused "as another instance of its own" 6 'proof|root'
evil_bundle prod 2 '.environment = "dev"'
refused "as one of another environment" 6 'proof|root'

evil_stop
server_start
pull db1
is "$STATUS" 0 "the honest server is believed again"
is "$(config_of db1/main maxmemory)" 134217728 "and its release runs"
done_testing
