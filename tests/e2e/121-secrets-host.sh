#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Sealed secrets on hosts: what is not sealed to a host, or not what was signed, is refused and changes
# nothing; passwords, replication and a TLS key work; drift is repaired and installs are undone without
# the server; a rollback brings the fitting versions back.
. "${0%/*}/lib.sh"
. "${0%/*}/evil.sh"
fleet_start
free_port
tcp=$FREE_PORT
free_port
tls=$FREE_PORT

# put NAME VALUE: seals a value from a descriptor
put() { by carol secret set prod "$1" --tree "$TREE" --fd 4 4< <(printf %s "$2"); }
# log_in USER PASSWORD: as a client of db1/main
log_in() { [ "$(REDISCLI_AUTH=$2 valkey-cli -s "$WORK/hosts/db1/main/valkey.sock" --user "$1" --no-auth-warning ping 2>&1)" = PONG ]; }
# reports FILTER: what the server has heard from the hosts
reports() { by carol hosts --json | jq -e "$1" >/dev/null; }

keeper=$(jq -r .keyval.public "$WORK/people/alice.pub")
write_prod() { # FURTHER-LINES...
	{
		printf 'parameters: {memory: 64mb}\nkeepers: {alice: "ed25519:%s"}\napply: {drift: revert}\n' "$keeper"
		printf 'users:\n  replica: {rules: "on resetkeys resetchannels -@all +psync +replconf +ping", passwords: ["secret:replication"]}\n'
		printf '  app: {rules: "on ~app:* resetchannels -@all +ping +get +set", passwords: ["secret:app"]}\n'
		printf '%s\n' "$@"
	} >"$TREE/environments/prod.yaml"
}
host_start db1 prod main second
host_prepare db2 main
host_enrol db2 prod
make_certificate() { # PASSWORD: of its key
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -passout "pass:$1" -keyout "$WORK/valkey.key" \
		-subj /CN=localhost -addext "subjectAltName=DNS:localhost,IP:127.0.0.1" -days 2 -out "$WORK/valkey.crt" 2>/dev/null
	cp "$WORK/valkey.crt" "$TREE/files/valkey.crt"
}
mkdir -p "$TREE/files"
make_certificate of-the-key
key=$(grep -oE 'ed25519:[0-9a-f]{64}' "$TREE/hosts/db1.yaml")
cat >"$TREE/hosts/db1.yaml" <<-END
	hosts:
	  db1:
	    environment: prod
	    public-key: "$key"
	    instances:
	      main:
	        role: cache
	        config: {port: $tcp, bind: [127.0.0.1], unixsocket: "@{instance}/valkey.sock"}
	      second:
	        role: cache
	        config: {port: 0, unixsocket: "@{instance}/valkey.sock", primaryuser: replica, primaryauth: "secret:replication"}
END
as_daemon sh -c "echo 'replicaof 127.0.0.1 $tcp' >'$WORK/hosts/db1/second/runtime.conf'; chmod 640 '$WORK/hosts/db1/second/runtime.conf'"
write_prod
must put replication 'say "friend" \ and enter'
must put app "open sesame"
release prod "with secrets"
pull db1
is "$STATUS" 0 "a release with secrets is installed"

# what works
gen=$WORK/hosts/db1/main/current
ok "a client logs in with its password" log_in app "open sesame"
nok "and with no other" log_in app "open says me"
like "$(cat "$gen/users.acl")" "^user app on .*#$(printf 'open sesame' | sha256sum | cut -c1-64) " "the ACL has its digest"
nok "and not the password" grep -rq sesame "$WORK/hosts/db1/main/generations" "$WORK/hosts/db1/state"
is "$(stat -c %a "$WORK/hosts/db1/second/current/secrets.conf")" 640 "what Valkey needs in clear has mode 0640"
nok "an instance without such values has no such file" test -e "$gen/secrets.conf"
replicates() { [ "$(info_of db1/second master_link_status)" = up ]; }
ok "the replica logs in at its primary" wait_for replicates
is "$(stat -c %a "$WORK/hosts/db1/state/secrets")" 700 "sealed secrets are kept in a private directory"

# not sealed to this host
host_to_tree db2 prod main
release prod "another host"
words='secret (app|replication) version 1 is not sealed to this host: a keeper of prod runs vkcfg secret reseal prod'
for run in 1 2; do
	pull db2
	is "$STATUS" 5 "run $run: a host to which a secret is not sealed refuses it"
	like "$OUT" "$words" "run $run: and says what a keeper does"
done
nok "nothing is installed there" test -e "$WORK/hosts/db2/main/current"
ok "the server knows" reports '.items[] | select(.name == "db2") | .instances[] | select(.state == "refused")'
pull db1
is "$STATUS" 0 "the other host is not held up"
must as alice secret reseal prod --key alice
pull db2
is "$STATUS" 0 "once a keeper has resealed, the next run installs it"

# a TLS key under a password, both secrets
sed -i "/^      main:/,/^      second:/s|config: .*|config: {port: $tcp, bind: [127.0.0.1], unixsocket: \"@{instance}/valkey.sock\", tls-port: $tls, tls-cert-file: \"@{generation}/tls/valkey.crt\", tls-key-file: \"@{generation}/tls/valkey.key\", tls-ca-cert-file: \"@{generation}/tls/valkey.crt\", tls-key-file-pass: \"secret:tls-password\", tls-auth-clients: \"no\"}|" "$TREE/hosts/db1.yaml"
files='files: [{path: tls/valkey.crt, mode: "0640", from: files/valkey.crt}, {path: tls/valkey.key, mode: "0640", secret: tls-key}]'
write_prod "$files"
must by carol secret set prod tls-key --tree "$TREE" --file "$WORK/valkey.key"
must put tls-password of-the-key
release prod "TLS"
pull db1
is "$STATUS" 0 "a TLS key and its password arrive"
tls_works() { [ "$(valkey-cli -h localhost -p "$tls" --tls --cacert "$WORK/valkey.crt" --user app --pass "open sesame" --no-auth-warning ping)" = PONG ]; }
ok "and Valkey serves with them" tls_works
ok "the key is the file" cmp -s "$WORK/valkey.key" "$gen/tls/valkey.key"
run_id=$(info_of db1/main run_id)
make_certificate of-the-next
must by carol secret set prod tls-key --tree "$TREE" --file "$WORK/valkey.key"
must put tls-password of-the-next
release prod "renewed: certificate, key and its password"
pull db1
is "$STATUS" 0 "all three change at once"
ok "new connections get the new certificate" tls_works
is "$(info_of db1/main run_id)" "$run_id" "without a restart"

# repair, without the server
fingerprint=$(fingerprint_of db1/main)
server_stop
as_daemon sh -c "echo 'user default on nopass ~* &* +@all' >'$gen/users.acl'; echo 'tls-key-file-pass foe' >'$gen/secrets.conf'; echo >'$gen/tls/valkey.key'"
valkey db1/second config set primaryauth foe >/dev/null
pull db1
is "$STATUS" 8 "without a server"
is "$(fingerprint_of db1/main)" "$fingerprint" "damaged files of secrets are repaired"
ok "the key too" cmp -s "$WORK/valkey.key" "$gen/tls/valkey.key"
is "$(config_of db1/second primaryauth)" 'say "friend" \ and enter' "and a secret that runs"
unlike "$OUT" 'foe|friend|sha256:' "the log shows neither values nor digests"
as_daemon mkdir "$WORK/hosts/db1/state/preflight-main"
server_start
pull db1
is "$STATUS" 0 "with the server back nothing is left to do"
nok "but what a preflight that was killed has left" test -e "$WORK/hosts/db1/state/preflight-main"

# an install that is undone without the server
must put replication "second version"
release prod "another password for the replication"
pull_with db1 VKCFG_FAULT=pull.accepted:2
is "$STATUS" 137 "killed when the running Valkey has taken the new secret"
server_stop
pull db1
is "$(config_of db1/second primaryauth)" 'say "friend" \ and enter' "without a server the next run brings the old secret back"
like "$(cat "$WORK/hosts/db1/second/current/secrets.conf")" 'friend' "in the file too"
server_start
pull db1
is "$STATUS" 0 "with the server it is installed"
is "$(config_of db1/second primaryauth)" "second version" "in the end the new secret runs"
ok "and the replica logs in with it" wait_for replicates

# a rollback of the release
must put app "another"
release prod "another password of the app"
pull db1
ok "the new password is valid" log_in app another
nok "the old one is not" log_in app "open sesame"
CHANGE=$(by carol rollback prod -m "back" --json | jq -r .change)
approve alice
approve bob
pull db1
is "$STATUS" 0 "the older release is installed again"
ok "with the password of then" log_in app "open sesame"
nok "and not that of the release between" log_in app another

# what the owner of the server can send in the place of a secret
must put app "never installed"
release prod "under attack"
evil_start db1 prod
secrets=$(jq -r '.bundles[].bundle' "$EVIL/v1/agent/bundles/prod/"* | grep -aoE '"sha256":"[0-9a-f]{64}"' | cut -d'"' -f4 | sort -u)
evil_stop
server_start
for digest in $secrets; do evil_fetch db1 "/v1/agent/secrets/$digest"; done
server_stop
evil_listen "$STATE"
new=
for digest in $secrets; do [ -e "$WORK/hosts/db1/state/secrets/$digest.json" ] || new=$digest; done
envelope=$EVIL/v1/agent/secrets/$new
cp "$envelope" "$WORK/envelope"
for digest in $secrets; do [ "$digest" = "$new" ] || other=$EVIL/v1/agent/secrets/$digest; done
fingerprint=$(fingerprint_of db1/main)
attack() { # NAME
	pull db1
	is "$STATUS" 6 "$1: refused as untrusted"
	is "$(fingerprint_of db1/main)" "$fingerprint" "$1: nothing changed"
	unlike "$OUT" "never installed" "$1: no value is shown"
}
head -c 100 "$WORK/envelope" >"$envelope"
attack "a truncated envelope"
echo '[]' >"$envelope"
attack "no envelope at all"
cp "$other" "$envelope"
attack "another secret of this host"
jq -c --slurpfile other "$other" '.sealed = $other[0].sealed' "$WORK/envelope" >"$envelope"
attack "the seal of another secret"
jq -c '.body |= sub("\"version\":[0-9]+"; "\"version\":1")' "$WORK/envelope" >"$envelope"
attack "an older version number"
jq -c '.body |= sub("\"environment\":\"prod\""; "\"environment\":\"dev\"")' "$WORK/envelope" >"$envelope"
attack "the secret of another environment"
jq -c '.sealed |= (.[0:158] + (if .[158:160] == "00" then "01" else "00" end))' "$WORK/envelope" >"$envelope"
attack "a changed seal"
{
	printf '{"body":"'
	head -c 60000000 /dev/zero | tr '\0' x
	printf '"}'
} >"$envelope"
attack "an answer of 60 MB"
rm "$envelope"
pull db1
is "$STATUS" 5 "a secret that is held back: refused"
like "$OUT" "secret app version [0-9]+ is not sealed to this host" "as one that is not sealed to this host"
is "$(fingerprint_of db1/main)" "$fingerprint" "nothing changed"
cp "$WORK/envelope" "$envelope"
pull db1
is "$STATUS" 0 "what was signed is installed, whoever sends it"
ok "and works" log_in app "never installed"
done_testing
