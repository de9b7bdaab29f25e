#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The certificates of a Valkey and of its replica are replaced while both run: certificate, key and CA in one
# command, seen in a handshake; connections and links stay. What is served and is not what was released is rolled
# back; what expires is told in time.
. "${0%/*}/lib.sh"
fleet_start
free_port
tls=$FREE_PORT
host_start db1 dev main second
dir=$WORK/hosts/db1
mkdir -p "$TREE/files" "$WORK/pki"
sed -i "/^instances:/i metrics-file: $dir/state/metrics.prom" "$dir/pull.yaml"

make_ca() { # NAME
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$WORK/pki/$1.key" -subj "/CN=$1" \
		-days 400 -out "$WORK/pki/$1.crt" 2>/dev/null
}
make_certificate() { # CA DAYS: a new one with its key, into the tree
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$WORK/pki/key" -subj /CN=localhost \
		-out "$WORK/pki/csr" 2>/dev/null
	openssl x509 -req -in "$WORK/pki/csr" -CA "$WORK/pki/$1.crt" -CAkey "$WORK/pki/$1.key" -CAcreateserial -days "$2" \
		-extfile <(echo "subjectAltName=DNS:localhost,IP:127.0.0.1") -out "$TREE/files/valkey.crt" 2>/dev/null
	must by carol secret set dev tls-key --tree "$TREE" --file "$WORK/pki/key"
}
fingerprint() { openssl x509 -noout -fingerprint -sha256 | sed 's/.*=//'; }
wanted() { fingerprint <"$TREE/files/valkey.crt"; }
# served: by a new connection
served() { openssl s_client -connect "127.0.0.1:$tls" </dev/null 2>/dev/null | fingerprint; }
calls() { info_of db1/main "cmdstat_config|set" | sed 's/calls=\([0-9]*\).*/\1/'; }
is_linked() { [ "$(info_of db1/second master_link_status)" = up ]; }
logins() { echo $(($(info_of db1/main sync_full) + $(info_of db1/main sync_partial_ok))); }
has_logged_in_again() { [ "$(logins)" -gt "$logins" ] && is_linked; }

cat >"$TREE/environments/dev.yaml" <<-END
	parameters: {memory: 64mb}
	keepers: {dave: "$(by dave key show dave --json | jq -r .public)"}
	users:
	  replica: {rules: "on nopass resetkeys resetchannels -@all +psync +replconf +ping"}
	files:
	  - {path: tls/valkey.crt, mode: "0640", from: files/valkey.crt}
	  - {path: tls/ca.crt, mode: "0640", from: files/ca.crt}
	  - {path: tls/valkey.key, mode: "0640", secret: tls-key}
	config:
	  bind: [127.0.0.1]
	  port: 0
	  repl-diskless-sync-delay: 0
	  unixsocket: "@{instance}/valkey.sock"
	  tls-cert-file: "@{generation}/tls/valkey.crt"
	  tls-key-file: "@{generation}/tls/valkey.key"
	  tls-ca-cert-file: "@{generation}/tls/ca.crt"
	  tls-replication: "yes"
END
sed -i -e "/^      main:/,/^      second:/s|config: .*|config: {tls-port: $tls}|" \
	-e '/^      second:/,$s|config: .*|config: {primaryuser: replica, primaryauth: any}|' "$TREE/hosts/db1.yaml"
sed -i 's|primaryauth: any|primaryauth: "secret:link"|' "$TREE/hosts/db1.yaml"
as_daemon sh -c "echo 'replicaof 127.0.0.1 $tls' >'$dir/second/runtime.conf'; chmod 640 '$dir/second/runtime.conf'"
make_ca old
cp "$WORK/pki/old.crt" "$TREE/files/ca.crt"
make_certificate old 100
must by carol secret set dev link --generate --tree "$TREE"
release dev "a primary and its replica, over TLS"
pull db1
is "$STATUS" 0 "both are installed"
is "$(served)" "$(wanted)" "the certificate is served"
ok "the replica is linked over TLS" wait_for is_linked
unlike "$OUT" "tls-expires" "nothing expires soon"
logins=$(logins)

# another certificate, key and CA, while a client is connected
mkfifo "$WORK/say"
valkey-cli -h 127.0.0.1 -p "$tls" --tls --cacert "$WORK/pki/old.crt" --cert "$TREE/files/valkey.crt" --key "$WORK/pki/key" \
	--user tester --pass any --no-auth-warning <"$WORK/say" >"$WORK/said" 2>&1 &
echo $! >"$WORK/pids/client"
exec 8>"$WORK/say"
said() { [ "$(grep -c "$1" "$WORK/said")" -ge "$2" ]; }
echo "ping one" >&8
ok "a client is connected" wait_for said one 1
make_ca new
cat "$WORK/pki/old.crt" "$WORK/pki/new.crt" >"$TREE/files/ca.crt"
make_certificate new 3
before=$(calls)
release dev "certificate, key and CA"
pull db1
is "$STATUS" 0 "another certificate of another CA"
is "$(served)" "$(wanted)" "is what new connections are shown"
is $(($(calls) - before)) 1 "by one command"
echo "ping two" >&8
ok "the client is still connected" wait_for said two 1
is "$(logins)" "$logins" "and the link of the replica never was cut"
valkey db1/main client kill type replica >/dev/null
ok "a new link is made of the new certificates" wait_for has_logged_in_again

# it expires in three days
like "$OUT" 'warn tls-expires instance=main file=tls-cert-file expires=[0-9TZ:-]+ days=[23]$' "its end is told"
like "$(by carol hosts --json | jq -r '.items[].warning')" "main: tls-cert-file expires 20.*; second: tls-cert-file expires 20" \
	"to the server too"
like "$(cat "$dir/state/metrics.prom")" '^vkcfg_pull_instance_certificate_expires_timestamp_seconds\{instance="main"\} 1[0-9]{9}$' \
	"and to the monitoring"
run "$VKCFG_PULL" doctor --config "$dir/pull.yaml"
like "$OUT" "warning  main  *tls-cert-file expires 20.*, in [23] days" "the doctor knows"
like "$OUT" "ok  *main  *the certificate [0-9a-f]{16}.. is served" "and which one is served"
run "$VKCFG_PULL" --status --config "$dir/pull.yaml"
like "$OUT" "tls-cert-file expires 20" "and --status"

# a Valkey that sees other files than the agent, and takes them without a word
if unshare -m true 2>/dev/null; then
	copy=$WORK/hosts/copy
	end_background valkey-db1-main
	cp -a "$dir/main" "$copy"
	background valkey-frozen unshare -m sh -c \
		"mount --bind '$copy' '$dir/main' && exec setpriv --reuid $DAEMON_USER --regid $DAEMON_GROUP --clear-groups valkey-server '$dir/main/current/valkey.conf'"
	ln -sf "$copy/valkey.sock" "$dir/main/valkey.sock"
	ok "it is up" wait_for valkey db1/main ping
	before=$(served)
	current=$(generation_of db1/main)
	make_certificate new 70
	release dev "one that it will not see"
	pull db1
	is "$STATUS" 2 "what is not served is not committed"
	like "$OUT" "the certificate that is served \(sha256 [0-9a-f]{16}..\) is not that of tls-cert-file" "for that reason"
	is "$(generation_of db1/main)" "$current" "but rolled back"
	is "$(served)" "$before" "to what is served"
else
	skip "a Valkey that sees other files than the agent" "no mount namespaces here"
fi
done_testing
