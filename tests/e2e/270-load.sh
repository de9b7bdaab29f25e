#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# An application at work, over a Unix socket and over TLS, that looks at every answer, while vkcfg changes values, users,
# certificates and passwords under it: no request fails, no connection breaks, no login is refused.
# RELEASES=100 for as many as the exam wants.
. "${0%/*}/lib.sh"
RELEASES=${RELEASES:-10}
LOAD=$abs_top_builddir/tests/e2e/load
fleet_start
host_start db1 dev main
. "${0%/*}/tls.sh"
free_port
tls=$FREE_PORT
dir=$WORK/hosts/db1
# environment MEMORY [MORE-RULES]
environment() {
	cat >"$TREE/environments/dev.yaml" <<-END
		parameters: {memory: $1}
		keepers: {dave: "$(by dave key show dave --json | jq -r .public)"}
		users:
		  app: {rules: "on ~load:* resetchannels -@all +get +set +incr${2:-}", passwords: ["secret:app"]}
	END
	tls_lines "$tls" >>"$TREE/environments/dev.yaml"
}
make_ca old
make_ca new
# The application trusts both from the beginning.
cat "$WORK/pki/old.crt" "$WORK/pki/new.crt" >"$TREE/files/ca.crt"
environment 64mb
make_certificate dev old
must by carol secret set dev app --generate --tree "$TREE"
release dev "the first"
pull db1
[ "$STATUS" -eq 0 ] || bail "the first install failed" "$OUT"
run_id=$(info_of db1/main run_id)

password() { as dave secret get dev app --number "$1" --stdout >"$WORK/password.new" && mv "$WORK/password.new" "$WORK/password"; }
password 1
background load-unix "$LOAD" "unix:$dir/main/valkey.sock" app "$WORK/password" 2
background load-tls "$LOAD" "tls:localhost:$tls" app "$WORK/password" 1 "$TREE/files/ca.crt"
for load in unix tls; do
	ok "the application works over $load" wait_for grep -q ready "$WORK/log/load-$load.log"
done

bad=0
for ((i = 1; i <= RELEASES; i++)); do
	environment $((64 + i))mb
	release dev "values, $i"
	pull db1
	[ "$STATUS/$(config_of db1/main maxmemory)" = 0/$(((64 + i) * 1048576)) ] || bad=$((bad + 1))
done
is "$bad" 0 "$RELEASES releases of a value are installed"

environment 64mb ' +del ~more:*'
sed -i 's/^users:/&\n  other: {rules: "on nopass ~other:* resetchannels -@all +get"}/' "$TREE/environments/dev.yaml"
release dev "users"
pull db1
is "$STATUS" 0 "other rights, and another user"
like "$(valkey db1/main acl getuser app | paste -sd ' ')" '\+del' "are in force"

before=$(served "$tls")
make_certificate dev new
release dev "certificate and key"
pull db1
is "$STATUS" 0 "another certificate, of another CA"
isnt "$(served "$tls")" "$before" "is served"

# step NAME: of the password's rotation
step() {
	exits 0 "the rotation's step $1" by carol secret rotate dev app --tree "$TREE" --json
	is "$(jq -r .step <<<"$OUT")" "$1" "is the next"
	CHANGE=$(jq -r .change <<<"$OUT")
	approve dave
	pull db1
	is "$STATUS" 0 "and is installed"
}
old=$(cat "$WORK/password")
step add
password 2
isnt "$(cat "$WORK/password")" "$old" "the application gets its new password"
step switch
step drop
is "$(valkey-cli --no-auth-warning -s "$dir/main/valkey.sock" --user app --pass "$old" get load:x 2>&1 | grep -c WRONGPASS)" 1 \
	"the old one is worth nothing"

is "$(info_of db1/main run_id)" "$run_id" "all of it without a restart"
for load in unix tls; do
	stop_pid "$(pid_of "load-$load")"
	said=$(tail -n +2 "$WORK/log/load-$load.log")
	diag "$load: $said"
	like "$said" '^requests=[1-9][0-9]* failed=0 reconnects=0 logins=[1-9][0-9]* refused=0 ' \
		"not one request over $load failed, no connection broke, no login was refused"
done
# And the load notices what it is there for.
background load-cut "$LOAD" "unix:$dir/main/valkey.sock" app "$WORK/password" 1
is_counting() { valkey db1/main client list | grep 'user=app' | grep -qE 'cmd=(get|incr)'; }
ok "another application works" wait_for is_counting
valkey db1/main client kill user app >/dev/null
ok "its connection is cut, and comes again" wait_for is_counting
end_background load-cut
like "$(cat "$WORK/log/load-cut.log")" '^requests=[0-9]+ failed=1 reconnects=1 ' "which it counts"
done_testing
