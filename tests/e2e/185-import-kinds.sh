#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# vkcfg import: a Sentinel's file is judged as a real Sentinel judges it; the report ends with the baseline; no secret is shown.
. "${0%/*}/lib.sh"
work_start
export VKCFG_HOME="$WORK/home"
import() { "$VKCFG" import --tree "$WORK/tree" --as db1/main "$@"; }

# ---- Sentinel ----
GROUP='sentinel monitor a 127.0.0.1 6379 2'
mapfile -t CASES <<END
$GROUP
sentinel monitor a 127.0.0.1 6379 0
sentinel monitor a db.invalid 6379 1
sentinel monitor a 127.0.0.1 99999 1
sentinel monitor a 127.0.0.1 x 1
sentinel monitor a 127.0.0.1 6379
sentinel monitor \${NAME} 127.0.0.1 6379 \${QUORUM}
$GROUP # behind
$GROUP|$GROUP
sentinel down-after-milliseconds a 100
sentinel down-after-milliseconds a 100|$GROUP
$GROUP|sentinel down-after-milliseconds a x
$GROUP|sentinel failover-timeout a 0
$GROUP|sentinel parallel-syncs a 0
$GROUP|sentinel nosuch a
$GROUP|sentinel can-failover a yes
sentinel deny-scripts-reconfig maybe
sentinel announce-hostnames maybe
sentinel resolve-hostnames maybe
sentinel resolve-hostnames yes|sentinel monitor a db.invalid 6379 1
$GROUP|sentinel auth-pass a hunter2hunter|sentinel auth-user a u|sentinel sentinel-pass hunter2hunter
$GROUP|sentinel rename-command a CONFIG x|sentinel rename-command a config y
$GROUP|sentinel rename-command a x
sentinel myid abc
$GROUP|sentinel known-replica a 127.0.0.1 6380|sentinel config-epoch a 1|sentinel leader-epoch a 1
$GROUP|sentinel known-slave a db.invalid 6380
$GROUP|nosuch 1
$GROUP|maxmemory lots
END
# What a real one says: "LINE CAUSE", or "starts".
real() {
	local pid answer=starts
	: >"$WORK/real.log"
	valkey-server "$1" --sentinel --port "$PORT" --dir "$WORK" >>"$WORK/real.log" 2>&1 </dev/null &
	pid=$!
	wait_for -t 10 grep -qE 'Running mode=sentinel|FATAL' "$WORK/real.log"
	if grep -q FATAL "$WORK/real.log"; then
		wait "$pid" # until it has said all
		answer=$(sed -n 's/.*at line \([0-9]*\)$/\1/p' "$WORK/real.log")" "$(tail -1 "$WORK/real.log")
	fi
	kill "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
	echo "$answer"
}
# The same of the import.
ours() {
	local report
	report=$("$VKCFG" import --json --dry-run --tree "$WORK/none" --as s1/sentinel "$1")
	jq -r '[.notes[] | select(.kind == "refused")] | if length == 0 then "starts" else "\(.[0].line) \(.[0].message)" end' <<<"$report"
}
if command -v valkey-server >/dev/null && command -v jq >/dev/null; then
	free_port
	PORT=$FREE_PORT
	for case in "${CASES[@]}"; do
		tr '|' '\n' <<<"$case" >"$WORK/sentinel.conf"
		said=$(ours "$WORK/sentinel.conf")
		is "$said" "$(real "$WORK/sentinel.conf")" "Sentinel and import agree: $case"
	done
	# Files that people use, where they are at hand, without what only their hosts have.
	for file in "${VKCFG_TEST_CORPUS:-$abs_top_srcdir/../shared/corpus}"/*.conf; do
		grep -qs '^sentinel ' "$file" || continue
		sed -E '/^(dir|logfile|pidfile|daemonize|port|bind|aclfile|tls-[a-z-]+) /d' "$file" >"$WORK/sentinel.conf"
		said=$(ours "$WORK/sentinel.conf")
		is "$said" "$(real "$WORK/sentinel.conf")" "Sentinel and import agree: ${file##*/}"
	done
else
	skip "a real Sentinel agrees" "no valkey-server or no jq"
fi
printf '%s\n' 'port 26379' "$GROUP" 'sentinel auth-pass a hunter2hunter' 'sentinel failover-timeout a 1000' \
	'sentinel notification-script a /opt/notify' >"$WORK/sentinel.conf"
exits 1 "a Sentinel's file is not written into a tree" import "$WORK/sentinel.conf"
nok "nothing is" test -e "$WORK/tree"
like "$OUT" 'in groups/NAME.yaml: the instance at 127.0.0.1:6379' "what is to be done by hand is said"
like "$OUT" 'failover-timeout 1000' "with the values"
like "$OUT" 'needs: .*:5: sentinel notification-script' "a script is of the host"
unlike "$OUT" hunter2 "without passwords"

# ---- The baseline, and the groups ----
printf '%s\n' 'protected-mode no' 'port 6379 # x' 'dir /nowhere' 'daemonize yes' >"$WORK/x.conf"
exits 1 "a report" import "$WORK/x.conf"
like "$OUT" '^1 refused by Valkey' "counts what is refused"
like "$OUT" '^1 good, but a host must have what they name' "apart from what a host must have"
like "$OUT" 'the baseline: [0-9]+ findings, of them high or critical: [1-9]' "ends with the baseline"
like "$OUT" '^  (critical|high) +[a-z-]+: ' "and the worst findings"
exits 0 "the same as JSON" import --json --skip-refused --dry-run "$WORK/x.conf"
like "$OUT" '"baseline"' "with all findings"
like "$OUT" '"needs": ?1' "and the counts"

# ---- No secret is shown or written, but into the file of --secrets ----
SECRETS='Canary-require Canary-primary Canary-tls Canary-client Canary-user Canary-second Canary-acl Canary-comment Canary-bad'
printf '%s\n' '# requirepass Canary-comment' 'requirepass Canary-require' 'masterauth Canary-primary' \
	'include more.conf' 'tls-client-key-file-pass Canary-client' 'aclfile users.acl' 'requirepass Canary-bad x' \
	'requirepass "Canary-bad' 'requirepas Canary-bad' 'user bad on >Canary-bad +@nope' >"$WORK/secret.conf"
printf '%s\n' 'tls-key-file-pass "Canary-tls"' 'user a on >Canary-user ~* +get' 'user b on >Canary-bad ~* ~x' >"$WORK/more.conf"
printf '%s\n' 'user c on >Canary-acl >Canary-second +get' '#user d >Canary-comment' 'user e on >Canary-bad <Canary-bad <Canary-bad' \
	>"$WORK/users.acl"
mkdir "$WORK/seen"
import --skip-refused --secrets "$WORK/secrets" "$WORK/secret.conf" >"$WORK/seen/stdout" 2>"$WORK/seen/stderr"
ok "secrets of all kinds are imported" test -e "$WORK/tree/roles/db1-main.yaml"
"$VKCFG" import --json --dry-run --skip-refused --tree "$WORK/other" --as db1/main "$WORK/secret.conf" >"$WORK/seen/json" 2>&1
like "$(cat "$WORK/seen/json")" 'secret:db1-main-requirepass' "the report names them"
for secret in $SECRETS; do
	nok "$secret is nowhere" grep -rqF -- "$secret" "$WORK/seen" "$WORK/tree"
done
is "$(cut -d= -f2 "$WORK/secrets" | sort | tr '\n' ' ')" "Canary-client Canary-primary Canary-require Canary-tls " \
	"the file of --secrets has those that a tree cannot hash"

# ---- Variables of Ansible ----
exits 2 "an import of nothing is refused" import
printf '%s\n' 'redis_port: 6390' 'redis_maxmemory: 1gb' 'redis_requirepass: Canary-vars' 'redis_hz: "{{ hz }}"' >"$WORK/defaults.yml"
printf '%s\n' 'redis_maxmemory: 2gb' 'redis_disabled_commands: [FLUSHALL]' >"$WORK/host.yml"
exits 0 "variables of two files are imported" "$VKCFG" import --tree "$WORK/vars" --as db1/main --secrets "$WORK/vars.secrets" \
	--ansible-vars "$WORK/defaults.yml" --ansible-vars "$WORK/host.yml"
like "$OUT" 'left out: .*defaults.yml:4: redis_hz: an expression' "what is not guessed is named"
unlike "$OUT" Canary-vars "without a password"
exits 0 "they are a configuration" "$VKCFG" render --tree "$WORK/vars" --secrets "$WORK/vars.secrets" --out "$WORK/vars.out" db1/main
like "$(cat "$WORK/vars.out/valkey.conf")" '^maxmemory 2147483648$' "in which the last file counts"
like "$(cat "$WORK/vars.out/valkey.conf")" '^rename-command FLUSHALL ""$' "and lists are lines"

# ---- The commands of docs/migration.md, as they stand there ----
mkdir "$WORK/migration"
cd "$WORK/migration" || bail "no directory"
printf '%s\n' 'port 6390' 'bind 127.0.0.1' 'maxmemory 2gb' 'rename-command FLUSHALL ""' >redis.conf
sed '/hz\|requirepass/d' "$WORK/defaults.yml" >defaults.yml # a tree without secrets needs no server to be whole
echo 'redis_bind_interface: 127.0.0.1' >group.yml
cp "$WORK/host.yml" host.yml
(umask 077 && : >db1.secrets)
vkcfg() { "$VKCFG" "$@"; }
awk '/^    / { sub(/^ +/, ""); line = line $0; if (sub(/\\$/, "", line)) next; if (line ~ /^vkcfg/) print line; line = "" }' \
	"$abs_top_srcdir/docs/migration.md" | grep -vE 'submit|approve' >"$WORK/commands"
is "$(wc -l <"$WORK/commands")" 8 "the guide has commands"
while IFS= read -r command; do
	eval "$command" >"$WORK/said" 2>&1 </dev/null
	status=$?
	case $command in
	*redis.conf | *" diff "* | *" lint "*) like "$status" '^[01]$' "$command" ;;
	*) is "$status" 0 "$command" || diag "$(cat "$WORK/said")" ;;
	esac
done <"$WORK/commands"
ok "both hosts are in the tree" test -e tree/roles/db1-main.yaml -a -e tree/roles/db2-main.yaml
done_testing
