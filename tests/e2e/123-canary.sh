#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A canary goes through everything: passwords, what Valkey needs in clear and a TLS key, each with a word
# that stands nowhere else. Afterwards everything is searched for it, and for its base64, hexadecimal and
# SHA-256 forms: logs at debug level, all output of all commands, the database and a backup, what hosts
# and people keep, arguments and environments of all processes. And the search is shown to find.
. "${0%/*}/lib.sh"
. "${0%/*}/evil.sh"
work_start
mkdir -p "$WORK/seen" "$WORK/patterns"
chmod 777 "$WORK/seen"

# Everything that vkcfg prints is kept.
REAL_VKCFG=$VKCFG
VKCFG=$WORK/vkcfg
cat >"$VKCFG" <<-END
	#!/bin/bash
	"$REAL_VKCFG" "\$@" >"$WORK/seen/cli.\$\$.out" 2>"$WORK/seen/cli.\$\$.err"
	status=\$?
	cat "$WORK/seen/cli.\$\$.out"
	cat "$WORK/seen/cli.\$\$.err" >&2
	echo "\$status \$*" >>"$WORK/seen/commands"
	exit \$status
END
chmod 755 "$VKCFG"
# The preflight's valkey-server shows its arguments, environment and scratch directory.
cat >"$WORK/valkey-server" <<-END
	#!/bin/bash
	record=$WORK/seen/preflight.\$\$
	{ printf '%s\n' "\$@"; tr '\0' '\n' <"/proc/\$\$/environ"; id; stat -c '%a %n' . *; } >"\$record"
	cp -r . "\$record.scratch"
	exec $(command -v valkey-server) "\$@"
END
chmod 755 "$WORK/valkey-server"

word=canary$(head -c 6 /dev/urandom | od -An -tx1 | tr -d ' \n')
app=app-$word
link=link-$word
guard=guard-$word
fleet_start
sed -i 's/^log-level:.*/log-level: debug/' "$WORK/vkcfgd.yaml"
server_stop
server_start
free_port
tcp=$FREE_PORT
host_start db1 prod main second
sed -i "s|binary: .*|binary: $WORK/valkey-server|" "$WORK/hosts/db1/pull.yaml"
openssl genpkey -algorithm ec -pkeyopt ec_paramgen_curve:P-256 2>/dev/null >"$WORK/patterns/plain.key"
openssl req -x509 -new -key "$WORK/patterns/plain.key" -subj /CN=localhost -days 2 -out "$WORK/valkey.crt" 2>/dev/null
{ echo "$word"; cat "$WORK/patterns/plain.key"; } >"$WORK/patterns/server.key"
mkdir -p "$TREE/files"
cp "$WORK/valkey.crt" "$TREE/files/server.crt"
write_prod() { # MEMORY
	cat <<-END
		parameters: {memory: $1}
		keepers: {alice: "ed25519:$(jq -r .keyval.public "$WORK/people/alice.pub")"}
		config: {requirepass: "secret:guard", tls-cert-file: "@{generation}/tls/server.crt", tls-key-file: "@{generation}/tls/server.key", tls-ca-cert-file: "@{generation}/tls/server.crt", tls-replication: "no"}
		users:
		  default: {rules: "on ~* &* +@all", passwords: ["secret:guard"]}
		  app: {rules: "on ~app:* resetchannels -@all +ping +get +set", passwords: ["secret:app"]}
		  replica: {rules: "on resetkeys resetchannels -@all +psync +replconf +ping", passwords: ["secret:link"]}
		files: [{path: tls/server.crt, mode: "0640", from: files/server.crt}, {path: tls/server.key, mode: "0640", secret: tls-key}]
	END
}
sed -i -e "/main:/,/second:/s|config: .*|config: {port: $tcp, bind: [127.0.0.1], unixsocket: \"@{instance}/valkey.sock\"}|" \
	-e "/second:/,\$s|config: .*|config: {port: 0, unixsocket: \"@{instance}/valkey.sock\", primaryuser: replica, primaryauth: \"secret:link\"}|" "$TREE/hosts/db1.yaml"
write_prod 64mb >"$TREE/environments/prod.yaml"
as_daemon sh -c "echo 'replicaof 127.0.0.1 $tcp' >'$WORK/hosts/db1/second/runtime.conf'; chmod 640 '$WORK/hosts/db1/second/runtime.conf'"

# An author who is asked for a value: what the process shows of itself while it waits.
mkfifo "$WORK/slow"
"$REAL_VKCFG" --home "$WORK/people/carol" secret set prod app --tree "$TREE" --fd 4 4<"$WORK/slow" >/dev/null 2>&1 &
pid=$!
echo "$pid" >"$WORK/pids/cli"
exec {slow}>"$WORK/slow"
printf %s "$app" >&"$slow"
has_no_core() { grep -qE '^Max core file size +0 +0 ' "/proc/$1/limits"; }
ok "vkcfg leaves no core file" wait_for has_no_core "$pid"
tr '\0' '\n' <"/proc/$pid/cmdline" >"$WORK/seen/cli.cmdline"
{ tr "\0" "\n" <"/proc/$pid/environ"; } >"$WORK/seen/cli.environ" 2>/dev/null
exec {slow}>&-
ok "a value is set through a descriptor" wait "$pid"
put() { by carol secret set prod "$1" --tree "$TREE" --fd 4 4< <(printf %s "$2") --json --verbose >/dev/null 2>&1; }
put link "$link"
put guard "$guard"
must by carol secret set prod tls-key --tree "$TREE" --file "$WORK/patterns/server.key"
release prod "with secrets"
runs=0
run_agent() { # ARGUMENTS...: a run at debug level, kept
	runs=$((runs + 1))
	pull db1 --log-level debug "$@"
	echo "$OUT" >"$WORK/seen/agent.$runs"
}
run_agent
is "$STATUS" 0 "the canary is installed"
log_in() { [ "$(REDISCLI_AUTH=$2 valkey-cli -s "$WORK/hosts/db1/main/valkey.sock" --user "$1" --no-auth-warning ping 2>&1)" = PONG ]; }
ok "it is the password of an application" log_in app "$app"
ok "and of the default user" log_in default "$guard"
replicates() { [ "$(info_of db1/second master_link_status)" = up ]; }
ok "and of the replica" wait_for replicates

# Rotated, damaged, refused, undone: whatever has something to say about secrets
must by carol secret rotate prod app --tree "$TREE" --plan
CHANGE=$(by carol secret rotate prod app --tree "$TREE" --fd 4 -m "rotate" --json 4< <(printf 'new%s' "$app") | jq -r .change)
[ "$CHANGE" != null ] || bail "no change to rotate" "$(cat "$WORK"/seen/cli.*.err | tail -n 3)"
by bob show "$CHANGE" >/dev/null
approve alice
approve bob
run_agent
is "$STATUS" 0 "a rotation begins"
ok "the new password is valid" log_in app "new$app"
ok "beside the old one" log_in app "$app"
second=$WORK/hosts/db1/second/current
as_daemon sh -c "echo 'primaryauth $word' >'$second/secrets.conf'; echo '$word' >'$second/tls/server.key'"
valkey db1/second config set primaryauth "other-$word" >/dev/null
valkey db1/main config set hz 50 >/dev/null
run_agent --status --json
is "$STATUS" 1 "secrets that were changed by hand are found"
like "$OUT" '\(secret\)' "and not shown"
run_agent
for option in --json --verbose; do by carol drift $option; by carol drift show db1/second $option; by carol hosts $option; done >/dev/null 2>&1
exits 5 "a secret is not adopted" by carol drift adopt db1/second primaryauth --tree "$TREE"
exits 0 "a value is" by carol drift adopt db1/main hz --tree "$TREE"
exits 0 "an emergency is announced" as alice drift announce db1/main hz --ticket T-1 --until 1h
sed -i 's/apply:/apply:\n  unmanaged-users: keep/; s/drift: report/drift: revert/' "$TREE/roles/cache.yaml"
write_prod 96mb >"$TREE/environments/prod.yaml"
release prod "drift is reverted"
run_agent
is "$STATUS" 0 "and put right"
ok "so that the replica logs in again" wait_for replicates
sed -i 's/^config: {/&locale-collate: xx_YY, /' "$TREE/environments/prod.yaml"
release prod "Valkey refuses it"
run_agent
is "$STATUS" 2 "a release with secrets is refused"
write_prod 80mb >"$TREE/environments/prod.yaml"
release prod "killed"
pull_with db1 VKCFG_FAULT=pull.stage-file:3
is "$STATUS" 137 "the agent is killed while it writes secrets"
run_agent
is "$STATUS" 0 "and the next run installs them"

# All that can be asked
for command in "validate --tree $TREE" "lint --tree $TREE" "render db1/second --tree $TREE" "diff prod --tree $TREE" "plan prod --tree $TREE" changes "show $CHANGE" "releases prod" \
	"explain db1/second primaryauth --tree $TREE" "explain db1/main --release prod" \
	status hosts drift whoami "user list" "key list" "root show" "audit log" "audit verify --allow-unwitnessed" \
	"secret list prod" "secret show-recipients prod" "secret list prod --tree $TREE"; do
	for option in --json --verbose; do
		# shellcheck disable=SC2086 # words of a command
		by carol $command $option >/dev/null 2>&1
	done
done
for format in jsonl cef syslog; do by carol audit export --format "$format" >"$WORK/seen/audit.$format" 2>&1; done
by carol audit prove 3 >"$WORK/seen/proof" 2>&1
by carol audit check "$WORK/seen/proof" >/dev/null 2>&1
exits 0 "what a host gets is exported" by carol bundle export db1 --out "$WORK/seen/parcel"
for option in --json --verbose; do by carol bundle show "$WORK/seen/parcel" $option; done >/dev/null 2>&1
# Into trees of their own: passwords go to a file that is not searched, or become the SHA-256 of an ACL.
printf any >"$WORK/patterns/tester"
chmod 600 "$WORK/patterns/tester"
for option in --json --verbose; do
	by carol import "$second/valkey.conf" "$second/secrets.conf" --acl "$second/users.acl" --tree "$WORK/imported$option" \
		--as db9/main --secrets "$WORK/patterns/imported$option" $option
	by carol adopt "$second/valkey.conf" --tree "$WORK/adopted" --as db9/main --secrets "$WORK/patterns/adopted" --dry-run \
		--running "unix:$WORK/hosts/db1/second/valkey.sock" --user tester --password-file "$WORK/patterns/tester" $option
done >/dev/null 2>&1
ok "what was imported is among what is searched" test -s "$WORK/imported--json/roles/db9-main.yaml"
for option in --json --verbose; do by carol lint "$second/secrets.conf" --acl "$second/users.acl" $option; done >/dev/null 2>&1
must as alice secret reseal prod --key alice --all
CHANGE=$(by carol rollback prod -m "back" --json | jq -r .change)
must by carol reject "$CHANGE" -m "no"
must by carol secret set prod unused --tree "$TREE" --generate
must by carol secret remove prod unused --tree "$TREE"
for path in /metrics /v1/agent/desired /v1/agent/bundles/prod/1 /v1/status /v1/drift; do
	as_host db1 "$path" >"$WORK/seen/answer${path//\//_}" 2>&1
done
like "$(cat "$WORK/seen/answer_metrics")" '^vkcfgd_' "metrics are among what is searched"
as_daemon sqlite3 "$STATE/vkcfg.db" .dump >"$WORK/seen/dump.sql"
cp -a "$STATE" "$WORK/backup"
ok "and a backup of the database, with its log" test -s "$WORK/backup/vkcfg.db" -a -e "$WORK/backup/vkcfg.db-wal"
like "$(cat "$WORK"/log/vkcfgd.log)" 'level=debug|debug' "and the server's log at debug level"

# A keeper gets it, where he asks for it: in a file of his own.
exits 0 "a keeper opens a secret" env VKCFG_HOME="$WORK/people/alice" "$REAL_VKCFG" secret get prod guard --key alice \
	--out "$WORK/patterns/opened" --passphrase-fd 3 3<<<"$PASSPHRASE"
is "$(cat "$WORK/patterns/opened")" "$guard" "it is what the author gave"
is "$(stat -c %a "$WORK/patterns/opened")" 600 "in a private file"

# Processes that stay
background watch "$VKCFG_PULL" --watch --config "$WORK/hosts/db1/pull.yaml" --log-level debug
ok "the agent watches" wait_for grep -q watching "$WORK/log/watch.log"
daemons="$(pid_of watch) $(pid_of vkcfgd) $(cat "/proc/$(pid_of vkcfgd)/task/$(pid_of vkcfgd)/children")"
is "$(wc -w <<<"$daemons")" 3 "the agent, vkcfgd and its signer run"
for pid in $daemons; do
	name=$(tr -d '\0' <"/proc/$pid/comm")
	ok "$name leaves no core file" has_no_core "$pid"
	if [ "$(id -u)" -eq 0 ]; then
		is "$(stat -c %U "/proc/$pid/environ")" root "others of its user cannot look into $name"
	else
		nok "others of its user cannot look into $name" cat "/proc/$pid/environ"
	fi
done
for pid in /proc/[0-9]*; do
	{ tr '\0' '\n' <"$pid/cmdline"; tr '\0' '\n' <"$pid/environ"; } 2>/dev/null >"$WORK/seen/process.${pid##*/}"
done
end_background watch
by admin host revoke db1 >/dev/null 2>&1
# Whoever adds a command that can show a part of a release, adds it above.
nothing='new|schema .*|template .*|enrol|key .*|root .*|env .*|refresh|user .*|host .*|fleet .*|ca( .*)?|recover|secret get|help|completion'
known="'validate' 'render' 'diff' 'plan' 'explain' 'lint' 'submit' 'changes' 'show' 'approve' 'reject' 'releases' 'rollback' 'status' 'hosts' 'drift'
	'whoami' 'secret set' 'secret list' 'secret show-recipients' 'secret reseal' 'secret rotate' 'secret remove' 'audit log' 'audit export'
	'audit verify' 'audit prove' 'audit check' 'drift show' 'drift adopt' 'drift announce' 'bundle export' 'bundle show' 'import' 'adopt'"
missed=
while read -r command; do
	if ! grep -qF "'$command'" <<<"$known"; then
		skip "vkcfg $command shows no secret" "this test does not know the command"
	elif ! grep -qE "^[01] $command( |\$)" "$WORK/seen/commands"; then
		missed="$missed, $command"
	fi
done < <("$REAL_VKCFG" help | sed -nE 's/^  ([a-z-]+( [a-z-]+)?)  +.*/\1/p' | grep -vxE "$nothing")
is "$missed" "" "every command that can show a part of a release was run, and answered"
ok "the preflight's valkey-server was looked at" test -e "$(echo "$WORK"/seen/preflight.*.scratch | cut -d' ' -f1)"

#
# The search
#
base64_forms() { # TEXT: at each of the three places where it can begin
	local lead
	for lead in '' x xx; do printf '%s%s' "$lead" "$1" | base64 -w0 | cut -c$((${#lead} * 4 / 3 + 2))- | sed -E 's/=*$//; s/.{2}$//'; echo; done | grep .
}
hex_of() { printf %s "$1" | od -An -v -tx1 | tr -d ' \n'; echo; }
echo "$word" >"$WORK/patterns/plain"
{ hex_of "$word"; base64_forms "$word"; } >"$WORK/patterns/encoded"
{
	for value in "$app" "new$app" "$link" "$guard"; do printf %s "$value" | sha256sum | cut -c1-64; done
	sha256sum <"$WORK/patterns/server.key" | cut -c1-64
	for file in "$WORK"/hosts/db1/*/current/secrets.conf; do sha256sum <"$file" | cut -c1-64; done
} >"$WORK/patterns/hashed"
base64 -w0 "$WORK/patterns/plain.key" | cut -c100-140 >>"$WORK/patterns/encoded"
sed -n 3p "$WORK/patterns/plain.key" | cut -c1-40 >>"$WORK/patterns/plain"
# found KIND: the files that hold it, below $WORK
found() { grep -rlaiF -f "$WORK/patterns/$1" --exclude-dir=patterns "$WORK" 2>/dev/null | sed "s|^$WORK/||" | sort; }
generations='^hosts/db1/(main|second)/generations/[0-9]{6}-[0-9a-f]{6}'

# First that it finds: each form, in each place
for place in seen/agent.1 log/vkcfgd.log server/vkcfg.db backup/vkcfg.db-wal people/carol/fleet.json hosts/db1/state/desired.json \
	hosts/db1/main/valkey.log hosts/db1/main/data/planted; do
	cp -p "$WORK/$place" "$WORK/patterns/kept" 2>/dev/null
	missed=
	for kind in plain encoded hashed; do
		while read -r form; do
			printf 'x%sx' "$form" >>"$WORK/$place"
			found "$kind" | grep -qxF "$place" || missed="$missed $kind"
			if [ -e "$WORK/patterns/kept" ]; then cp -p "$WORK/patterns/kept" "$WORK/$place"; else rm -f "$WORK/$place"; fi
		done <"$WORK/patterns/$kind"
	done
	is "$missed" "" "the search finds what is planted in $place"
	rm -f "$WORK/patterns/kept"
done
printf '%s' "a text with $word in it" | base64 -w0 >"$WORK/seen/planted"
like "$(found encoded)" '^seen/planted$' "and a text around it in base64"
rm "$WORK/seen/planted"
WORDS=$word bash -c "exec {fd}<>'$WORK/pause'; echo >'$WORK/started'; read -r -u \$fd" argument-"$word" &
pid=$!
wait_for test -e "$WORK/started"
like "$(cat "/proc/$pid/cmdline" "/proc/$pid/environ" | tr '\0' '\n')" "$word" "and one in arguments or environment of a process"
kill "$pid"
wait "$pid" 2>/dev/null

is "$(found plain | grep -vE "$generations/(secrets\.conf|tls/server\.key)\$")" "" "in clear it stands nowhere but in the generations' own files"
isnt "$(found plain)" "" "where it does stand"
is "$(found encoded)" "" "in base64 or hexadecimal nowhere"
is "$(found hashed | grep -vE "$generations/(users\.acl|\.expected\.json)\$" | grep -v '^imported--')" "" "its SHA-256 nowhere but in the ACL, what Valkey says about it, and what was made of that"
while read -r file; do
	case $file in
	*.expected.json) mode=600 ;;
	*) mode=640 ;;
	esac
	is "$(stat -c %a "$WORK/$file")" "$mode" "$file has mode $mode"
done < <({ found plain; found hashed; } | grep -v '^imported--' | sort -u)
is "$(found plain | cut -d/ -f3,5 | sort | uniq -c | awk '$1 > 4' | wc -l)" 0 "only the current generation and the one before have it"
done_testing
