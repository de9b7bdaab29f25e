#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Certificates from a PKI of the user's own, with an intermediate: the name in them is the identity, whatever
# the serial number; what the PKI renews is taken, and who is revoked by name is out at once.
. "${0%/*}/lib.sh"
command -v openssl >/dev/null || skip_all "no openssl"

work_start
PKI=$WORK/pki
mkdir "$PKI"
key_for() { openssl ecparam -name prime256v1 -genkey -noout -out "$PKI/$1.key" 2>/dev/null; }
# make_ca NAME [ISSUER]
make_ca() {
	key_for "$1"
	printf 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n' >"$PKI/ca.ext"
	openssl req -new -key "$PKI/$1.key" -subj "/O=example/CN=$1" -out "$PKI/$1.csr" 2>/dev/null
	if [ -n "${2:-}" ]; then
		openssl x509 -req -in "$PKI/$1.csr" -CA "$PKI/$2.pem" -CAkey "$PKI/$2.key" -days 3650 -CAcreateserial \
			-extfile "$PKI/ca.ext" -out "$PKI/$1.pem" 2>/dev/null
	else
		openssl x509 -req -in "$PKI/$1.csr" -signkey "$PKI/$1.key" -days 3650 -extfile "$PKI/ca.ext" \
			-out "$PKI/$1.pem" 2>/dev/null
	fi || bail "cannot make the CA $1"
}
# issue ISSUER FILE COMMON-NAME SAN USAGE: FILE.key (kept if there) and FILE.crt, with the intermediate
issue() {
	[ -e "$PKI/$2.key" ] || key_for "$2"
	openssl req -new -key "$PKI/$2.key" -subj "/O=example/CN=$3" -out "$PKI/$2.csr" 2>/dev/null
	openssl x509 -req -in "$PKI/$2.csr" -CA "$PKI/$1.pem" -CAkey "$PKI/$1.key" -days 90 \
		-set_serial "0x$(openssl rand -hex 15)" -out "$PKI/$2.leaf" \
		-extfile <(printf 'subjectAltName=%s\nextendedKeyUsage=%s\n' "$4" "$5") 2>/dev/null || bail "cannot issue $2"
	cat "$PKI/$2.leaf" "$PKI/$1.pem" >"$PKI/$2.tmp"
	mv "$PKI/$2.tmp" "$PKI/$2.crt"
	chown "$DAEMON_USER" "$PKI/$2.key"
	chmod 600 "$PKI/$2.key"
}
make_ca root
make_ca inter root
make_ca stranger
issue inter server "vkcfg" "DNS:localhost,IP:127.0.0.1" serverAuth
for person in admin alice bob carol dave; do
	issue inter "user-$person" "$person" "email:$person@example.org" clientAuth
	chown "$(id -un)" "$PKI/user-$person.key"
done
issue inter host-db1 "a machine" "DNS:db1.hosts.example" clientAuth
issue inter host-db2 "a machine" "DNS:db2.hosts.example" clientAuth

SERVER_SETTINGS="ca: $PKI/root.pem
certificate: $PKI/server.crt
key: $PKI/server.key
host-names: 'dns:{name}.hosts.example'
user-names: 'cn:{name}'"
# The rest of the library's fleet, with certificates from there.
free_port
PORT=$FREE_PORT
server_config <<<"$SERVER_SETTINGS"
run "$VKCFGD" init --state "$STATE" --fleet demo --ca "$PKI/root.pem" --listen "127.0.0.1:$PORT"
is "$STATUS" 2 "a PKI of one's own takes a certificate and a key"
"$VKCFGD" init --state "$STATE" --fleet demo --url "https://localhost:$PORT" --listen "127.0.0.1:$PORT" \
	--user "$DAEMON_USER" --ca "$PKI/root.pem" --certificate "$PKI/server.crt" --key "$PKI/server.key" \
	>"$WORK/admin.token" 2>"$WORK/err" || bail "vkcfgd init failed" "$(cat "$WORK/err")"
is "$(ls "$STATE/online" | sort | paste -sd' ')" "log.key snapshot.key timestamp.key" "then the server has no CA key"
server_start
own() { echo --ca "$PKI/root.pem" --certificate "$PKI/user-$1.crt" --tls-key "$PKI/user-$1.key"; }
for person in admin alice bob dave; do person_new "$person"; done
# shellcheck disable=SC2046
exits 5 "a token is for the name in the certificate" by admin enrol "$WORK/admin.token" $(own bob)
# shellcheck disable=SC2046
exits 0 "the administrator enrols with his own certificate" by admin enrol "$WORK/admin.token" $(own admin)
is "$(by admin whoami --json | jq -r .name)" admin "and is known by the name in it"
[ ! -e "$WORK/people/admin/tls.key" ] && pass "no key is made" || fail "no key is made"
must as admin root init --key admin --threshold 1 --env "dev:1:$WORK/people/dave.pub" \
	--env "prod:2:$WORK/people/alice.pub,$WORK/people/bob.pub"
mkdir -m 700 "$WORK/people/carol"
for pair in alice:approver bob:approver dave:approver carol:author; do
	by admin user add "${pair%:*}" --roles "${pair#*:}" >"$WORK/token" || bail "user add"
	# shellcheck disable=SC2046
	must by "${pair%:*}" enrol "$WORK/token" $(own "${pair%:*}")
done
tree_start

use_pki() { # HOST
	printf 'ca: %s\ncertificate: %s\nkey: %s\n' "$PKI/root.pem" "$PKI/host-$1.crt" "$PKI/host-$1.key" \
		>>"$WORK/hosts/$1/pull.yaml"
}
host_prepare db1 main
use_pki db1
host_prepare db2 main
use_pki db2
as_db() { # FILE PATH [CURL-OPTIONS...]: the status for this certificate
	local file=$1 path=$2
	shift 2
	curl -s -o "$WORK/answer" -w '%{http_code}' --cacert "$PKI/root.pem" --cert "$PKI/$file.crt" --key "$PKI/$file.key" \
		"$@" "https://localhost:$PORT$path"
}
is "$(as_db host-db1 /v1/agent/desired)" 403 "a good certificate alone is not enough"
by admin host token db1 --env prod >"$WORK/db1.token" || bail "no token"
exits 5 "another host cannot use the token" "$VKCFG_PULL" enrol --config "$WORK/hosts/db2/pull.yaml" --token-file "$WORK/db1.token"
exits 0 "the host enrols" "$VKCFG_PULL" enrol --config "$WORK/hosts/db1/pull.yaml" --token-file "$WORK/db1.token"
host_to_tree db1 prod main
release prod "first"
pull db1
is "$STATUS" 0 "and runs the release"
is "$(config_of db1/main maxmemory)" 67108864 "as it is signed"
pull db1 --status
like "$OUT" "certificate until: 20" "and knows until when its certificate is good"

# Others of the same PKI, and of another one
issue stranger host-forged "a machine" "DNS:db1.hosts.example" clientAuth
is "$(as_db host-forged /v1/agent/desired)" 000 "the same name from another CA is refused by TLS"
issue inter host-two "db1" "DNS:db1.hosts.example,DNS:db2.hosts.example" clientAuth
is "$(as_db host-two /v1/agent/desired)" 401 "a certificate with two names is nobody's"
issue inter host-none "a machine" "DNS:db1.elsewhere.example" clientAuth
is "$(as_db host-none /v1/agent/desired)" 401 "nor one whose name is of another kind"
issue inter user-mixed "db1" "DNS:carol.example" clientAuth
is "$(as_db user-mixed /v1/agent/desired)" 403 "a user's certificate is no host's, whatever the name"

# Renewal by the PKI
serial=$(openssl x509 -in "$PKI/host-db1.crt" -noout -serial)
issue inter host-db1 "a machine" "DNS:db1.hosts.example" clientAuth
isnt "$(openssl x509 -in "$PKI/host-db1.crt" -noout -serial)" "$serial" "the PKI renews the host's certificate"
pull db1
is "$STATUS" 0 "the host goes on with it"
unlike "$OUT" "renewal-failed" "and asks the server for none"
is "$(as_db host-db1 /v1/renew -X POST -H 'Content-Type: application/json' -d '{}')" 409 "which issues none"
issue inter server "vkcfg" "DNS:localhost,IP:127.0.0.1" serverAuth
served() { openssl s_client -connect "127.0.0.1:$PORT" </dev/null 2>/dev/null | openssl x509 -noout -serial; }
is_served() { [ "$(served)" = "$(openssl x509 -in "$PKI/server.crt" -noout -serial)" ]; }
ok "the server notices its own new certificate" wait_for is_served
pull db1
is "$STATUS" 0 "and is still believed"

is "$(by admin ca --json | jq -c .lacking)" '[]' "nobody lacks a CA"

# Revocation by name
must by admin host revoke db1
pull db1
is "$STATUS" 5 "a revoked host is out at once"
issue inter host-db1 "a machine" "DNS:db1.hosts.example" clientAuth
pull db1
is "$STATUS" 5 "also with a new certificate of the PKI"
must by admin user revoke carol
exits 5 "so is a person" by carol status
exits 6 "a root cannot name CAs here" as admin root rotate --add-ca "$PKI/root.pem" --add-ca "$PKI/stranger.pem"

# A backup of such a server needs no key of a CA.
mkdir "$WORK/backups"
chown "$DAEMON_USER" "$WORK/backups"
exits 0 "the server is backed up" "$VKCFGD" backup "$WORK/backups/monday" --config "$WORK/vkcfgd.yaml"
unlike "$OUT" "ca.key" "without a key of a CA"
server_stop
rm -rf "$STATE"
exits 0 "and rebuilt" "$VKCFGD" restore "$WORK/backups/monday" --config "$WORK/vkcfgd.yaml"
server_start
exits 0 "its people come back with their certificates" by admin status
done_testing
