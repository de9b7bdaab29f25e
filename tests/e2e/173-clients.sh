#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Client files: what the tree says about reaching a Valkey is enough to reach it, and holds no password.
. "${0%/*}/lib.sh"
fleet_start
host_start db1 prod main
free_port
tls=$FREE_PORT
dir=$WORK/hosts/db1/main
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$dir/valkey.key" -subj /CN=localhost \
	-addext "subjectAltName=DNS:localhost,IP:127.0.0.1" -days 2 -out "$dir/valkey.crt" 2>/dev/null
chown "$DAEMON_USER" "$dir/valkey.key" "$dir/valkey.crt"
keeper=$(jq -r .keyval.public "$WORK/people/alice.pub")
printf 'parameters: {memory: 64mb}\nkeepers: {alice: "ed25519:%s"}\n' "$keeper" >"$TREE/environments/prod.yaml"
cat >>"$TREE/roles/cache.yaml" <<-'END'
	clients:
	  shop: {user: shop, formats: [env, json, valkey-cli], password: "secret:shop"}
END
sed -i 's|^users:|users:\n  shop: {rules: "on ~shop:* -@all +@read +@write +ping", passwords: ["secret:shop"]}|' "$TREE/roles/cache.yaml"
sed -i "s|config: .*|config: {port: 0, tls-port: $tls, bind: [127.0.0.1], unixsocket: \"@{instance}/valkey.sock\", tls-cert-file: \"@{instance}/valkey.crt\", tls-key-file: \"@{instance}/valkey.key\", tls-ca-cert-file: \"@{instance}/valkey.crt\", tls-auth-clients: \"no\"}|" \
	"$TREE/hosts/db1.yaml"
printf %s correct-horse | by carol secret set prod shop --tree "$TREE" --fd 0 >/dev/null || bail "secret set failed"
release prod "a client"
pull db1
is "$STATUS" 0 "a release with client files is installed"
[ "$STATUS" = 0 ] || bail "not installed" "$OUT"

files=$dir/current/clients
# shellcheck disable=SC2046 # options, one a word
is "$(valkey-cli --no-auth-warning --pass correct-horse $(cat "$files/shop.valkey-cli") set shop:1 x 2>&1)" OK \
	"valkey-cli reaches it over TLS with the options of the file"
# shellcheck disable=SC1091
is "$(. "$files/shop.env" && valkey-cli --no-auth-warning --tls --cacert "$VALKEY_CA_FILE" -h "$VALKEY_HOST" -p "$VALKEY_PORT" \
	--user "$VALKEY_USERNAME" --pass "$(cat "$VALKEY_PASSWORD_FILE")" get shop:1 2>&1)" x "an application with those of the environment"
is "$(jq -r '"\(.host):\(.port) \(.tls) \(.username) \(.password_file)"' "$files/shop.json")" \
	"127.0.0.1:$tls true shop $dir/current/clients/shop.password" "and of JSON"
is "$(cat "$files"/shop.env "$files"/shop.json "$files"/shop.valkey-cli | grep -c correct-horse)" 0 "no password stands in them"
is "$(stat -c %a "$files/shop.password")" 640 "the one in a file of its own is not for everybody"
run valkey-cli --no-auth-warning --pass wrong -h 127.0.0.1 -p "$tls" --tls --cacert "$dir/valkey.crt" --user shop ping
like "$OUT" "WRONGPASS|NOAUTH" "without it nobody is let in"
done_testing
