#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The CA's key was stolen: what the thief can do meanwhile, and how people replace the CA. A host that was
# off all the while finds its way back.
. "${0%/*}/lib.sh"
. "${0%/*}/evil.sh"
command -v openssl >/dev/null || skip_all "no openssl"

faketime=
for faketime in /usr/lib/*/faketime/libfaketimeMT.so.1 /usr/lib64/faketime/libfaketimeMT.so.1; do
	[ -e "$faketime" ] && break
done
has_faketime() { [ -e "$faketime" ] && ! ldd "$VKCFG_PULL" | grep -q asan; }

good_fleet
host_start db2 prod main
release prod "two hosts"
pull db1
pull db2
is "$STATUS" 0 "two hosts run the release"

# The theft
STOLEN=$WORK/stolen
mkdir "$STOLEN"
cp "$STATE/online/ca.key" "$STATE/ca.crt" "$STOLEN/"
# forge_certificate NAME URI USAGE: a certificate of the stolen CA, as NAME.crt and NAME.key
forge_certificate() {
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" \
		-keyout "$STOLEN/$1.key" -out "$STOLEN/$1.csr" 2>/dev/null &&
		openssl x509 -req -in "$STOLEN/$1.csr" -CA "$STOLEN/ca.crt" -CAkey "$STOLEN/ca.key" -days 30 \
			-set_serial "0x$(openssl rand -hex 15)" -out "$STOLEN/$1.crt" -extfile <(
				echo "subjectAltName=URI:$2,DNS:localhost,IP:127.0.0.1"
				echo "extendedKeyUsage=$3"
			) 2>/dev/null || bail "cannot forge a certificate"
}
forge_certificate user vkcfg://demo/user/admin clientAuth
forge_certificate host vkcfg://demo/host/db1 clientAuth
forge_certificate server vkcfg://demo/server/main serverAuth
cp "$STOLEN/server.crt" "$STOLEN/server.key" "$WORK/"
# as_thief NAME PATH [CURL-OPTIONS...]: prints the status
as_thief() {
	local name=$1 path=$2
	shift 2
	curl -s -o "$WORK/thief.out" -w '%{http_code}' --cacert "$STATE/ca.crt" --cert "$STOLEN/$name.crt" \
		--key "$STOLEN/$name.key" "$@" "https://localhost:$PORT$path"
}
is "$(as_thief user /v1/users)" 401 "a forged certificate of an administrator is nobody's"
like "$(cat "$WORK/thief.out")" "not known here" "for the server knows its certificates one by one"
is "$(as_thief host /v1/agent/desired)" 401 "nor is one of a host"
is "$(as_thief user /v1/renew -X POST -d '' -H 'Content-Type: application/json')" 401 "and it is not renewed either"
is "$(as_thief user /v1/enrol -X POST -H 'Content-Type: application/json' -d '{}')" 401 "nor may it enrol"

# The thief in the place of the server
as_thief_server() {
	cat "$STOLEN/ca.crt" "$STATE"/ca*.crt >"$WORK/thief-cas.crt"
	mkdir -p "$WORK/thief"
	cp "$STOLEN/server.crt" "$STOLEN/server.key" "$WORK/thief/"
	cp "$WORK/thief-cas.crt" "$WORK/thief/ca.crt"
	evil_listen "$WORK/thief"
}
before=$(fingerprint_of db1/main)
evil_start db1 prod
evil_stop
as_thief_server
pull db1
is "$STATUS" 0 "whoever has the key can pretend to be the server"
is "$(fingerprint_of db1/main)" "$before" "but only say again what was said before"
if has_faketime; then
	pull_with db1 "LD_PRELOAD=$faketime" FAKETIME=+2d FAKETIME_DONT_FAKE_MONOTONIC=1
	is "$STATUS" 6 "and not for long: the host notices that it is frozen"
	is "$(fingerprint_of db1/main)" "$before" "and keeps what it runs"
else
	skip "and not for long" "no libfaketime here"
fi
evil_stop

# He can also have given the host a certificate that the server does not know.
server_start
state=$WORK/hosts/db1/state
cp -p "$state/tls.crt" "$state/tls.crt.before"
openssl req -new -key "$state/tls.key" -subj /CN=db1 2>/dev/null |
	openssl x509 -req -CA "$STOLEN/ca.crt" -CAkey "$STOLEN/ca.key" -days 30 -set_serial 0x77 \
		-extfile <(echo subjectAltName=URI:vkcfg://demo/host/db1) 2>/dev/null >"$state/tls.crt"
pull db1
is "$STATUS" 5 "with a certificate that the thief has issued the host is refused"
pull db1
is "$STATUS" 0 "and takes the one before back"
server_stop

# Another CA
server_start
exits 8 "a CA is not made under a running server" "$VKCFGD" new-ca --config "$WORK/vkcfgd.yaml"
server_stop
exits 0 "vkcfgd makes another CA" "$VKCFGD" new-ca --config "$WORK/vkcfgd.yaml"
NEW=${OUT#ca }
like "$NEW" '^[0-9a-f]{64}$' "and prints its digest"
is "$(stat -c %a "$STATE/online/ca.next.key")" 600 "nobody else may read its key"
exits 4 "not a second one while this one waits" "$VKCFGD" new-ca --config "$WORK/vkcfgd.yaml"
digest_of() { openssl x509 -in "$1" -outform DER | sha256sum | cut -c1-64; }
cp "$STATE/ca.next.crt" "$WORK/new-ca.crt"
OLD=$(digest_of "$STATE/ca.crt")
is "$(digest_of "$STATE/ca.next.crt")" "$NEW" "it is that of the certificate"
server_start
pull db1
is "$STATUS" 0 "nothing changes before people have signed"
is "$(by admin ca --json | jq -r '.cas | length')" 1 "the server shows one CA"
exits 6 "a root cannot name a CA that the server does not have" as admin root rotate --add-ca "${NEW//[0-8]/9}"
exits 3 "nor drop one that it does not name" as admin root rotate --drop-ca "$OLD"

must as admin root rotate --add-ca "$WORK/new-ca.crt" --out "$WORK/add.proposal"
like "$OUT" "ADDS the CA $NEW" "the proposal says which CA it adds"
like "$OUT" "ADDS the CA $OLD" "and, the first time, which one is in use"
must by admin root publish "$WORK/add.proposal"
like "$(by admin root show)" "CA $NEW" "the root names it"

# issuer_of CERTIFICATE: old or new
issuer_of() {
	if openssl verify -CAfile "$WORK/new-ca.crt" -partial_chain "$1" >/dev/null 2>&1; then echo new; else echo old; fi
}
served_by() {
	openssl s_client -connect "127.0.0.1:$PORT" </dev/null 2>/dev/null | openssl x509 >"$WORK/served.crt" 2>/dev/null
	issuer_of "$WORK/served.crt"
}
cp "$WORK/hosts/db1/state/tls.crt" "$WORK/db1-old.crt"
cp "$WORK/people/alice/tls.crt" "$WORK/alice-old.crt"
pull db1
is "$STATUS" 0 "db1 hears of it"
is "$(grep -c BEGIN "$WORK/hosts/db1/state/ca.crt")" 2 "and believes both CAs now"
is "$(issuer_of "$WORK/hosts/db1/state/tls.crt")" new "its own certificate is of the new one"
pull db1
is "$STATUS" 0 "with which it goes on"
unlike "$OUT" "certificate-renewed" "and no other one is asked for"
is "$(as_host db1 /v1/whoami | jq -r .name)" db1 "the server knows it"
for person in admin alice bob carol dave; do must by "$person" status; done
is "$(issuer_of "$WORK/people/alice/tls.crt")" new "so do people, in passing"
is "$(by admin ca --json | jq -c '[.lacking[].name]')" '["db2"]' "one command lists who is left: db2 is off"
is "$(served_by)" old "until it comes, the server keeps its certificate"
host_start db3 dev main
is "$(issuer_of "$WORK/hosts/db3/state/tls.crt")" old "a host that enrols now begins with the CA that it was told"
pull db3
is "$(issuer_of "$WORK/hosts/db3/state/tls.crt")" new "and follows at once"

# Without the one that is off
must as admin root rotate --drop-ca "$OLD"
like "$OUT" "DROPS the CA $OLD" "people drop the old CA"
is_served_by_new() { [ "$(served_by)" = new ]; }
ok "the server's certificate is of the new one now" wait_for is_served_by_new
pull db1
is "$STATUS" 0 "db1 goes on"
is "$(grep -c BEGIN "$WORK/hosts/db1/state/ca.crt")" 1 "and believes only the new one"
is "$(digest_of "$WORK/hosts/db1/state/ca.crt")" "$NEW" "which it is"
must by alice status
is "$(digest_of "$WORK/people/alice/ca.crt")" "$NEW" "so do people"
is_promoted() { [ ! -e "$STATE/ca.next.crt" ] && [ ! -e "$STATE/online/ca.next.key" ]; }
ok "on the server the old key is gone" wait_for is_promoted
is "$(digest_of "$STATE/ca.crt")" "$NEW" "the new CA is in its place"
must by admin audit verify --allow-unwitnessed
like "$(by admin audit log --action 'ca.*')" "ca.new" "the audit log knows of the new CA"

# Nobody believes the old one
cp "$WORK/alice-old.crt" "$STOLEN/alice.crt"
cp "$WORK/people/alice/tls.key" "$STOLEN/alice.key"
cp "$WORK/db1-old.crt" "$STOLEN/db1.crt"
cp "$WORK/hosts/db1/state/tls.key" "$STOLEN/db1.key"
isnt "$(as_thief user /v1/users)" 200 "the server refuses the forged administrator"
isnt "$(as_thief alice /v1/status)" 200 "and alice's own certificate of the old CA"
isnt "$(as_thief db1 /v1/agent/desired)" 200 "and a host's"
before=$(fingerprint_of db1/main)
server_stop
as_thief_server
pull db1
is "$STATUS" 6 "a host refuses the thief in the place of the server"
is "$(fingerprint_of db1/main)" "$before" "and keeps what it runs"
exits 6 "so does a person" by alice status
evil_stop
server_start
pull db1
is "$STATUS" 0 "the server starts with the new CA alone"

# The host that was off
before=$(fingerprint_of db2/main)
pull db2
is "$STATUS" 6 "db2 comes back, and does not know the server's CA"
is "$(fingerprint_of db2/main)" "$before" "it keeps what it runs"
key=$(sha256 <"$WORK/hosts/db2/state/host.key")
generation=$(generation_of db2/main)
by admin host readmit db2 >"$WORK/db2.token" || bail "no token for db2"
exits 4 "the token is for db2 alone" "$VKCFG_PULL" enrol --config "$WORK/hosts/db1/pull.yaml" --token-file "$WORK/db2.token"
exits 0 "an operator lets it back in" "$VKCFG_PULL" enrol --config "$WORK/hosts/db2/pull.yaml" --token-file "$WORK/db2.token"
exits 5 "the token is used up" "$VKCFG_PULL" enrol --config "$WORK/hosts/db2/pull.yaml" --token-file "$WORK/db2.token"
pull db2
is "$STATUS" 0 "and it goes on"
is "$(sha256 <"$WORK/hosts/db2/state/host.key")" "$key" "with the key that it had"
is "$(generation_of db2/main)" "$generation" "and the generation"
is "$(jq -r .highest "$WORK/hosts/db2/state/desired.json")" 2 "and the memory of what it has seen"
is "$(by admin ca --json | jq -c .lacking)" '[]' "now nobody is left"
set_memory prod 128mb
release prod "after the theft"
pull db1
pull db2
is "$(config_of db1/main maxmemory) $(config_of db2/main maxmemory)" "134217728 134217728" "releases reach both"
done_testing
