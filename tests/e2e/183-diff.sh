#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# vkcfg diff: trees, releases, environments, instances and changes with each other, by what is in force.
. "${0%/*}/lib.sh"
fleet_start
nobody() { VKCFG_HOME=$WORK/nobody "$VKCFG" "$@"; }
diff_of() { by carol diff "$@" --tree "$TREE"; }

# Trees, without a server
{
	echo "hosts:"
	for i in $(seq -w 1 12); do
		printf '  c%s: {environment: prod, instances: {main: {role: cache, config: {port: 70%s}}}}\n' "$i" "$i"
	done
	echo "  d1: {environment: dev, instances: {main: {role: cache, config: {port: 0, unixsocket: \"@{instance}/s\"}}}}"
} >"$TREE/hosts/all.yaml"
cp -r "$TREE" "$WORK/old"
exits 2 "what is no side is refused" nobody diff prod/x/y
like "$OUT" "hint: ENV, ENV/N, change:N, HOST/INSTANCE, or a directory as ./DIR" "with what would be one"
exits 2 "an instance is not compared with a tree" nobody diff c01/main "$TREE"
exits 3 "an environment that is nowhere is refused" nobody diff "$WORK/old" "$TREE" --env staging
exits 2 "a side is not named twice" nobody diff prod/1 prod/2 --tree "$TREE"
exits 0 "equal trees do not differ" nobody diff "$WORK/old" "$TREE"
like "$OUT" "nothing changes in dev" "in no environment"
set_config prod 'maxmemory: 67108864' 'databases: 16' 'save: ""'
exits 0 "another spelling of the same values is no difference" nobody diff "$WORK/old" "$TREE" --env prod
like "$OUT" "only get another text of the same meaning: 12" "but said"
set_config prod 'databases: 32' 'tls-auth-clients: optional' 'timeout: 60'
exits 1 "what differs is an answer" nobody diff "$WORK/old" "$TREE" --env prod
like "$OUT" '^prod: 12 instances \(c\[01-12\]/main, all of role cache\): restart$' "the same change is one paragraph"
like "$OUT" '^  databases: 16 \(default\) -> 32  restart$' "with what needs a restart"
like "$OUT" '^  timeout: 0 \(default\) -> 60  live$' "what is live"
like "$OUT" '^  tls-auth-clients: yes \(default\) -> optional  live, restart preferred$' "and what is live and wants a restart"
like "$OUT" 'that change: 12, of them with a restart: 12, ' "and a sum"
exits 1 "-v" nobody diff "$WORK/old" "$TREE" --env prod -v
like "$OUT" 'c01/main, c02/main, .*, c12/main, all of role cache' "lists them"
exits 1 "--json" nobody diff "$WORK/old" "$TREE" --env prod --json
is "$(jq -r '.groups[0] | "\(.instances | length) \(.of) \(.way) \(.changes[0].old_default)"' <<<"$OUT")" "12 12 restart 16" \
	"has all of it"
exits 1 "--json of all environments" nobody diff "$WORK/old" "$TREE" --json
is "$(jq -r '[.items[].environment] | join(" ")' <<<"$OUT")" "dev prod" "is a list"
exits 1 "environments of a tree are compared by role" nobody diff dev prod --tree "$TREE"
like "$OUT" '^role cache of dev \(d1/main, 1 of 1\) -> role cache of prod \(c01/main, 12 of 12\): restart$' "as most have it"
unlike "$OUT" 'port' "without what differs from host to host"
exits 1 "two instances are compared" nobody diff c01/main c02/main --tree "$TREE"
like "$OUT" '^  port: 7001 -> 7002  live$' "in everything"

# Releases
cp "$WORK/old/environments/prod.yaml" "$TREE/environments/prod.yaml"
exits 1 "before the first release all is new" diff_of prod
like "$OUT" 'prod \(no release\) -> the tree in' "and it is said with what it is compared"
release prod "first"
exits 0 "a tree that was released does not differ" diff_of prod
set_config prod 'timeout: 60'
release prod "second"
exits 1 "two releases are compared" by carol diff prod/1 prod/2
like "$OUT" '^prod/1 -> prod/2$' "in the order in which they are named"
like "$OUT" 'timeout: 0 \(default\) -> 60  live' "verified"
exits 1 "and the other way round" by carol diff prod prod/1
like "$OUT" 'timeout: 60 -> 0 \(default\)  live' "as for a rollback"
exits 3 "a release that never was is refused" by carol diff prod/1 prod/9
exits 1 "an older release is compared with a tree" diff_of prod/1
set_config prod 'timeout: 60' 'databases: 32'
exits 1 "one instance is compared with its release" diff_of c03/main
like "$OUT" '^prod: c03/main: restart$' "alone"
unlike "$OUT" 'c04' "without the others"
exits 1 "without a word each environment is compared" diff_of --json
is "$(jq -r '[.items[] | "\(.environment):\(.groups | length)"] | join(" ")' <<<"$OUT")" "dev:1 prod:1" "with its release"
submit prod "third"
exits 1 "a change is compared with what it was made from" by alice diff "change:$CHANGE"
like "$OUT" '^prod/2 -> change:' "which is the current release"
like "$OUT" 'databases: 16 \(default\) -> 32  restart' "verified as an approver would"
exits 0 "or with a tree that is named" diff_of "change:$CHANGE"
must by carol reject "$CHANGE" -m "not now"
exits 2 "a change that is not open any more is refused" by alice diff "change:$CHANGE"
like "$OUT" "is not open any more: it is rejected" "and it is said why"

# Passwords
hash() { printf 'sha256:%064d' "$1"; }
user() { printf 'users: {app: {rules: "on ~app:*", passwords: ["%s"]}}\n' "$(hash "$1")"; }
user 1 >"$WORK/old/environments/prod.yaml"
user 2 >"$TREE/environments/prod.yaml"
exits 1 "a password that changes" nobody diff "$WORK/old" "$TREE" --env prod
like "$OUT" 'user app: on .*#password-1 .* -> on .*#password-2 ' "is shown as changed"
unlike "$OUT" '0000' "and nothing of its hash"

# A Valkey that runs what the tree says
running() { nobody diff d1/main --tree "$TREE" --running "unix:$WORK/run/s" --user tester --password-file "$WORK/password" "$@"; }
cli() { valkey-cli --no-auth-warning -s "$WORK/run/s" --user tester --pass any "$@"; }
cat >"$TREE/environments/dev.yaml" <<-'END'
	config: {save: ["3600 1", "300 100"], timeout: 60}
	users: {app: {rules: "on ~b ~a +@read", passwords: ["sha256:0000000000000000000000000000000000000000000000000000000000000001"]}}
END
(umask 077 && : >"$WORK/secrets" && echo any >"$WORK/password")
exits 8 "a Valkey that is not there is unavailable" running
must nobody render d1/main --tree "$TREE" --secrets "$WORK/secrets" --out "$WORK/run"
background valkey valkey-server "$WORK/run/valkey.conf"
wait_for cli ping || bail "valkey-server does not start" "$(cat "$WORK/log/valkey.log")"
exits 0 "one that runs what the tree says does not differ" running
is "$(cli config set save "300 100 3600 1")" OK "its save points in another order"
is "$(cli acl setuser app resetkeys ~a ~b)" OK "its patterns, too"
is "$(cli acl setuser guest on nopass)" OK "and a user that the tree does not know"
exits 0 "are no difference" running
must cli config set maxmemory 1gb timeout 0 maxmemory-samples 7
must cli acl setuser app -get
must cli config set primaryauth hunter2
exits 1 "what was changed by hand is" running
like "$OUT" "^unix:$WORK/run/s -> d1/main: live$" "from what runs to what the tree says"
like "$OUT" '^  maxmemory: 1gb -> 64mb  live$' "a value"
like "$OUT" '^  timeout: 0 -> 60  live$' "one that is the default again"
like "$OUT" '^  maxmemory-samples: 7 -> 5 \(default\)  live$' "one that the tree does not name"
like "$OUT" '^  user app: on .* -get -> on ' "a user"
like "$OUT" '^  primaryauth: \(secret\) -> .*  live$' "a secret"
unlike "$OUT" 'hunter2|hmac|0000' "which is not shown"
printf 'config: {databases: 32}\n' >"$TREE/environments/dev.yaml"
exits 1 "what only a restart changes" running --json
is "$(jq -r '.groups[0] | .way, (.changes[] | select(.name == "databases") | "\(.old) \(.new) \(.way)")' <<<"$OUT" | xargs)" \
	"restart 16 32 restart" "is marked so"
exits 2 "only an instance can run" nobody diff prod --tree "$TREE" --running "unix:$WORK/run/s"
done_testing
