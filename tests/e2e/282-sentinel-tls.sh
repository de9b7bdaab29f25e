#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A Sentinel that speaks TLS, and watches a primary that speaks nothing else: both get another certificate, of
# another CA; the primary while it runs, the Sentinel by its restart, which costs it nothing.
. "${0%/*}/lib.sh"
fleet_start
for name in MAIN WATCH; do free_port && declare "$name=$FREE_PORT"; done
dir=$WORK/hosts/db1
mkdir -p "$TREE/files" "$TREE/groups" "$WORK/pki"

make_ca() { # NAME
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$WORK/pki/$1.key" -subj "/CN=$1" \
		-days 400 -out "$WORK/pki/$1.crt" 2>/dev/null
}
make_certificate() { # CA: a new one with its key, into the tree
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$WORK/pki/key" -subj /CN=localhost \
		-out "$WORK/pki/csr" 2>/dev/null
	openssl x509 -req -in "$WORK/pki/csr" -CA "$WORK/pki/$1.crt" -CAkey "$WORK/pki/$1.key" -CAcreateserial -days 100 \
		-extfile <(echo "subjectAltName=DNS:localhost,IP:127.0.0.1") -out "$TREE/files/valkey.crt" 2>/dev/null
	must by carol secret set dev tls-key --tree "$TREE" --file "$WORK/pki/key"
}
fingerprint() { openssl x509 -noout -fingerprint -sha256 | sed 's/.*=//'; }
served() { openssl s_client -connect "127.0.0.1:$1" </dev/null 2>/dev/null | fingerprint; }
put() { by carol secret set dev "$1" --tree "$TREE" --fd 4 4< <(printf %s "$2"); }
chief() { REDISCLI_AUTH=chief-pass valkey-cli --no-auth-warning -s "$dir/watch/valkey.sock" --user chief "$@"; }
said() { chief sentinel masters | grep -A1 -x "$1" | tail -n 1; }
run_id() { chief info server | tr -d '\r' | sed -n 's/^run_id://p'; }
sees_primary() { [ "$(said flags)" = master ] && [ "$(said port)" = "$MAIN" ]; }

host_prepare db1 main watch
write_door "$WORK/restart-sentinel"
sed -i 's#"\$1/current/valkey.conf"#"$1/sentinel/sentinel.conf" --sentinel#' "$WORK/restart-sentinel"
sed -i "s#$WORK/restart-valkey, $dir/watch,#$WORK/restart-sentinel, $dir/watch,#" "$dir/pull.yaml"
host_enrol db1 dev
host_to_tree db1 dev main
key=$(grep -oE 'ed25519:[0-9a-f]{64}' "$TREE/hosts/db1.yaml")
cat >"$TREE/hosts/db1.yaml" <<-END
	hosts:
	  db1:
	    environment: dev
	    address: 127.0.0.1
	    public-key: "$key"
	    instances:
	      main: {role: cache, config: {tls-port: $MAIN}}
	      watch: {role: watch, config: {tls-port: $WATCH}}
END
cat >"$TREE/groups/orders.yaml" <<-END
	environment: dev
	kind: replicated
	members: [db1/main]
	sentinels: [db1/watch]
	quorum: 1
	sentinel: {down-after-milliseconds: 5000, auth-user: sentinel, auth-pass: "secret:sentinel"}
END
cat >"$TREE/roles/watch.yaml" <<-'END'
	kind: sentinel
	users:
	  chief: {rules: "on resetchannels -@all +ping +info +sentinel", passwords: ["secret:chief"]}
END
cat >"$TREE/environments/dev.yaml" <<-END
	parameters: {memory: 64mb}
	keepers: {dave: "$(by dave key show dave --json | jq -r .public)"}
	users:
	  sentinel:
	    rules: >-
	      on resetchannels &__sentinel__:hello -@all +ping +info +role +multi +exec +subscribe +publish
	      +slaveof +replicaof +failover +config|rewrite +client|kill +client|setname +script|kill
	    passwords: ["secret:sentinel"]
	files:
	  - {path: tls/valkey.crt, mode: "0640", from: files/valkey.crt}
	  - {path: tls/ca.crt, mode: "0640", from: files/ca.crt}
	  - {path: tls/valkey.key, mode: "0640", secret: tls-key}
	config:
	  bind: [127.0.0.1]
	  port: 0
	  unixsocket: "@{instance}/valkey.sock"
	  tls-cert-file: "@{generation}/tls/valkey.crt"
	  tls-key-file: "@{generation}/tls/valkey.key"
	  tls-ca-cert-file: "@{generation}/tls/ca.crt"
	  tls-replication: "yes"
END
make_ca old
cp "$WORK/pki/old.crt" "$TREE/files/ca.crt"
make_certificate old
must put sentinel sentinel-pass
must put chief chief-pass
release dev "a primary and its Sentinel, over TLS"
pull db1
is "$STATUS" 0 "both are installed"
wanted=$(fingerprint <"$TREE/files/valkey.crt")
is "$(served "$MAIN") $(served "$WATCH")" "$wanted $wanted" "and serve the certificate"
ok "the Sentinel sees the primary" wait_for sees_primary

make_ca new
cat "$WORK/pki/old.crt" "$WORK/pki/new.crt" >"$TREE/files/ca.crt"
make_certificate new
main=$(info_of db1/main run_id)
watch=$(run_id)
release dev "certificate, key and CA"
pull db1
is "$STATUS" 0 "both get another"
wanted=$(fingerprint <"$TREE/files/valkey.crt")
is "$(served "$MAIN") $(served "$WATCH")" "$wanted $wanted" "and serve it"
is "$(info_of db1/main run_id)" "$main" "the primary without a restart"
isnt "$(run_id)" "$watch" "the Sentinel by one"
ok "which sees the primary again" wait_for sees_primary
is "$("$VKCFG_PULL" --status --json --config "$dir/pull.yaml" | jq -r '[.instances[].tls.directive] | join(" ")')" \
	"tls-cert-file tls-cert-file" "what expires is told of both"
done_testing
