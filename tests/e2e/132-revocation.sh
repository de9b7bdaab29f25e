#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A revocation acts on the very next request: on connections that are open, on bodies that are half sent, on
# long-polls that are parked, on TLS sessions that are resumed; and on approvals that were given before.
. "${0%/*}/lib.sh"
command -v python3 >/dev/null || skip_all "there is no python3"
good_fleet
host_start db2 prod main
mkdir -m 700 "$WORK/people/victor" "$WORK/people/wanda"
person_enrol victor author
person_enrol wanda viewer

# tell COMMAND NAME...: one command to the process that holds connections, and its end awaited
mkfifo "$WORK/hold.in"
python3 "$abs_top_srcdir/tests/e2e/hold.py" "$PORT" <"$WORK/hold.in" >"$WORK/hold.out" 2>&1 &
echo $! >"$WORK/pids/holder"
exec {hold}>"$WORK/hold.in"
lines() { grep -cE "^(${1} ok|failed: .*)\$" "$WORK/hold.out"; }
more_lines() { [ "$(lines "$1")" -gt "$2" ]; }
tell() {
	local before
	before=$(lines "$2")
	echo "$*" >&"$hold"
	wait_for more_lines "$2" "$before" || bail "no answer to: $*" "$(cat "$WORK/hold.out")"
}
# said NAME: the last that was said about a connection
said() { grep "^$1 " "$WORK/hold.out" | grep -v ' ok$' | tail -n 1 | cut -d' ' -f2; }
has_said() { [ "$(said "$1")" = "$2" ]; }

# A person, on an open connection
tell open v "$WORK/people/victor"
tell get v /v1/whoami
is "$(said v)" 200 "an open connection is answered"
tell open v2 "$WORK/people/victor"
tell get v2 /v1/changes
tell open v3 "$WORK/people/victor"
tell get v3 /v1/whoami
body='"environment":"prod","document":"","metadata":""}'
tell begin v3 /v1/changes $((${#body} + 1))
must by admin user revoke victor
tell get v /v1/whoami
is "$(said v)" 401 "after the revocation its next request is refused"
tell post v2 /v1/trees '{"files":[]}'
is "$(said v2)" 401 "on every connection"
tell finish v3 "$body"
is "$(said v3)" 401 "a body that is half sent counts for nothing"
tell resume v4 v
like "$(said v4)" '^(resumed|fresh)$' "a TLS session may be resumed"
tell get v4 /v1/whoami
like "$(said v4)" '^(401|closed)$' "and brings the old identity, which is refused"

# Roles, on an open connection
tell open w "$WORK/people/wanda"
tell get w /v1/hosts
is "$(said w)" 200 "a viewer may look"
must by admin user roles wanda --roles viewer@dev
tell get w /v1/hosts/db1
is "$(said w)" 403 "on the same connection a lost role is lost at once"
tell get w /v1/audit
is "$(said w)" 403 "everywhere"
must by admin user roles wanda --roles viewer
tell get w /v1/hosts/db1
is "$(said w)" 200 "and a regained one regained"

# A host, on an open connection and parked
db1=$WORK/hosts/db1/state
etag=$(curl -sS -D - -o /dev/null --cacert "$db1/ca.crt" --cert "$db1/tls.crt" --key "$db1/tls.key" \
	--resolve "localhost:$PORT:127.0.0.1" "https://localhost:$PORT/v1/agent/desired" | tr -d '\r' | sed -n 's/^etag: //Ip')
tell open h "$db1"
tell get h /v1/agent/desired
is "$(said h)" 200 "a host's connection is answered"
tell open p "$db1"
tell park p /v1/agent/desired "$etag"
tell open q "$WORK/hosts/db2/state"
tell park q /v1/agent/desired "$etag"
parked() { by admin status >/dev/null && [ "$(curl -sS --cacert "$db1/ca.crt" --cert "$WORK/people/admin/tls.crt" \
	--key "$WORK/people/admin/tls.key" --resolve "localhost:$PORT:127.0.0.1" "https://localhost:$PORT/metrics" |
	sed -n 's/^vkcfgd_parked[a-z_]* //p')" = 2 ]; }
wait_for parked || fail "two long-polls are parked" "$(cat "$WORK/hold.out")"
started=$SECONDS
must by admin host revoke db1
wait_for has_said p 401 && pass "a parked long-poll of a revoked host ends at once, refused" ||
	fail "a parked long-poll of a revoked host ends at once, refused" "$(cat "$WORK/hold.out")"
ok "not when its time is over" test $((SECONDS - started)) -lt 25
tell get h /v1/agent/desired
is "$(said h)" 401 "and so does the next request of its open connection"
is "$(said q)" parked "another host's stays parked"
pull db2
is "$STATUS" 0 "and that host is served"

# Approvals of somebody who has lost the role since
set_memory prod 80mb
submit prod "half approved"
approve alice
is "$(by carol show "$CHANGE" --json | jq -c '[.approvals[].in_force]')" '[true]' "an approval is in force"
must by admin user roles alice --roles approver@dev
is "$(by carol show "$CHANGE" --json | jq -c '[.approvals[].in_force]')" '[false]' "not without the role in its environment"
run as bob approve "$CHANGE" --key bob --yes
like "$OUT" '1 of 2' "then it does not count"
is "$(by carol changes --json | jq -r "[.items[] | select(.id == $CHANGE)][0].state")" open "the change stays open"
must by admin user roles alice --roles approver@prod
is "$(by carol show "$CHANGE" --json | jq -c '[.approvals[].in_force]')" '[true,true]' "with the role it does"
must by carol reject "$CHANGE" -m "another test"

# Approvals of somebody who was revoked since
set_memory prod 81mb
submit prod "half approved again"
approve alice
run by admin user revoke alice
is "$STATUS" 0 "alice is revoked"
like "$OUT" 'env keys prod' "whoever revokes learns where the key still counts"
is "$(by carol show "$CHANGE" --json | jq -c '[.approvals[].in_force]')" '[false]' "her approval is in force no more"
run as bob approve "$CHANGE" --key bob --yes
like "$OUT" '1 of 2' "the other one does not complete it"
is "$(by carol changes --json | jq -r "[.items[] | select(.id == $CHANGE)][0].state")" open "the change stays open"
is "$(by carol releases prod --json | jq '.items | length')" 1 "there is no release"
# Who comes back is somebody else
by admin user add alice --roles approver >"$WORK/people/alice2.token" 2>"$WORK/err" || bail "user add" "$(cat "$WORK/err")"
is "$(by carol show "$CHANGE" --json | jq -c '[.approvals[] | select(.user == "alice").in_force]')" '[false]' \
	"an approval from before the revocation does not come back with the name"
exits 0 "the log verifies" by admin audit verify --allow-unwitnessed
exec {hold}>&-
done_testing
