#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The whole path once: tree, change, approvals, release, install, live change, restart, drift, host
# rollback, rollback, audit.
. "${0%/*}/lib.sh"
fleet_start
host_start db1 prod main
drift_policy() { sed -i "s/drift: .*/drift: $1/" "$TREE/roles/cache.yaml"; }

# First install
exits 0 "before the first release there is nothing to do" "$VKCFG_PULL" --config "$WORK/hosts/db1/pull.yaml"
nok "and no Valkey runs" valkey db1/main ping
release prod "first release"
pull db1
is "$STATUS" 0 "the first install succeeds"
is "$(valkey db1/main ping)" PONG "Valkey runs"
is "$(config_of db1/main maxmemory)" 67108864 "with the released value"
is "$(config_of db1/main dir)" "$(realpath "$WORK/hosts/db1/main/data")" "in its own data directory"
like "$(generation_of db1/main)" '^generations/000001-[0-9a-f]{6}$' "current points to the generation"
is "$(stat -c %a "$WORK/hosts/db1/main/current/valkey.conf")" 640 "its files have their mode"
run_id=$(info_of db1/main run_id)

# A change approved by one of two
set_memory prod 128mb
submit prod "raise the memory"
approve alice
pull db1
is "$STATUS" 0 "a change with one approval of two is nothing to a host"
is "$(config_of db1/main maxmemory)" 67108864 "and nothing moves"
exits 4 "who has approved cannot approve again" as alice approve "$CHANGE" --key alice --yes

# By both: live
approve bob
pull db1
is "$STATUS" 0 "with the second approval the host installs it"
is "$(config_of db1/main maxmemory)" 134217728 "the new value runs"
is "$(info_of db1/main run_id)" "$run_id" "without a restart"
like "$(generation_of db1/main)" '^generations/000002-' "from the new generation"
like "$(cat "$WORK/hosts/db1/main/current/valkey.conf")" '^maxmemory "?(128mb|134217728)"?$' \
	"which the next restart reads too"

# Users: live, and those that vkcfg does not know stay
ok "somebody makes a user by hand" valkey db1/main acl setuser dynamic on nopass '~*' +get
cat >>"$TREE/roles/cache.yaml" <<'END'
parameters-note: 1
END
nok "an unknown key in a role is refused" by carol validate --tree "$TREE"
sed -i '/^parameters-note/d' "$TREE/roles/cache.yaml"
sed -i 's/^  tester:.*/&\n  app: {rules: "on nopass ~app:* resetchannels -@all +get +set"}/' "$TREE/roles/cache.yaml"
release prod "a user for the application"
pull db1
is "$STATUS" 0 "a new user is installed"
like "$(valkey db1/main acl list)" '^user app on nopass .*~app:\* resetchannels -@all \+get \+set' "and is there"
like "$(valkey db1/main acl list)" '^user dynamic on' "the user made by hand is kept, as the role says"
is "$(info_of db1/main run_id)" "$run_id" "without a restart"

# Drift, reported
valkey db1/main config set maxmemory 99mb >/dev/null
pull db1
is "$(config_of db1/main maxmemory)" 103809024 "a value set by hand is reported, not touched, where the role says so"
exits 1 "vkcfg drift answers yes" by carol drift
like "$OUT" 'db1.*main.*maxmemory' "and names host, instance and directive"
like "$OUT" '134217728|128mb' "and what was expected"
# Drift, reverted
drift_policy revert
release prod "put drift right"
pull db1
pull db1
is "$(config_of db1/main maxmemory)" 134217728 "where the role says revert, it is put right"
pull db1
exits 0 "then there is no drift" by carol drift

# A file changed by hand
echo "maxmemory 1mb" >>"$WORK/hosts/db1/main/current/valkey.conf"
pull db1
unlike "$(cat "$WORK/hosts/db1/main/current/valkey.conf")" '^maxmemory 1mb' "a file changed by hand is put right"

# A restart where Valkey demands it
set_config prod 'databases: 4'
release prod "fewer databases"
pull db1
is "$STATUS" 0 "a directive that cannot change live is installed"
is "$(config_of db1/main databases)" 4 "it runs"
isnt "$(info_of db1/main run_id)" "$run_id" "after a restart through the door"
run_id=$(info_of db1/main run_id)

# Valkey refuses: the host rolls back by itself. No server of ours accepts this as a certificate.
set_config prod 'databases: 4' 'tls-port: 1' 'tls-cert-file: "@{instance}/no-such.crt"' \
	'tls-key-file: "@{instance}/no-such.key"' 'tls-ca-cert-file: "@{instance}/no-such.crt"'
before=$(fingerprint_of db1/main)
release prod "TLS without a certificate"
pull db1
isnt "$STATUS" 0 "a configuration that Valkey refuses makes the run fail"
like "$OUT" '[Tt][Ll][Ss]|certificate|no-such' "and says what Valkey did not like"
is "$(fingerprint_of db1/main)" "$before" "the instance runs what it ran before, file for file, value for value"
like "$(by carol status)" 'prod' "status shows the environment"
like "$(by carol hosts --json | jq -r '.items[] | select(.name == "db1") | .instances[0].state')" \
	'rolled-back|failed|refused' "the server knows that the host did not take it"

# A rollback is a new release with older content
CHANGE=$(by carol rollback prod --to 2 -m "back to what worked" --json | jq -r .change)
approve alice
approve bob
pull db1
is "$STATUS" 0 "the rollback is installed"
is "$(config_of db1/main maxmemory)" 134217728 "with the older content"
is "$(config_of db1/main databases)" 16 "all of it"
current=$(by carol releases prod --json | jq '[.items[] | select(.current)][0].number')
ok "as a new release: numbers only grow" test "$current" -gt 6

# What was released can be shown again, verified
exits 0 "the files of an older release" by carol render db1/main --release prod/2
like "$OUT" '^maxmemory 134217728' "are those that were signed"
exits 0 "the tree of the current release has no findings" by carol validate --release prod
exits 3 "a release that never was is not found" by carol render db1/main --release prod/99
exits 2 "a name that is none says what would be right" by carol render db1/main --release prod/x
like "$OUT" 'prod/42' "with an example"
exits 2 "--tree and --release exclude each other" by carol validate --tree "$WORK/tree" --release prod

# Stale
set_memory prod 70mb
submit prod "one"
stale=$CHANGE
set_memory prod 71mb
release prod "overtakes"
exits 4 "a change whose base is no longer current is stale" as alice approve "$stale" --key alice --yes
like "$OUT" 'stale|current|submit' "and it says what to do"

# Audit
exits 0 "the audit log verifies" by carol audit verify
by carol audit log --limit 1000 --json >"$WORK/audit.json"
for action in fleet.init tuf.publish user.enrol host.enrol change.submit change.approve release.publish host.report; do
	like "$(cat "$WORK/audit.json")" "$action" "it holds $action"
done
for sql in "DELETE FROM log_entries" "UPDATE log_entries SET entry = '{}'" "DELETE FROM log_nodes" \
	"UPDATE log_checkpoints SET size = 1"; do
	nok "the database itself refuses $sql" as_daemon sqlite3 "$STATE/vkcfg.db" "$sql"
done
exits 0 "and the log still verifies" by carol audit verify
done_testing
