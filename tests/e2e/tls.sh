# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# Certificates for Valkeys under TLS. Sourced after lib.sh.
mkdir -p "$WORK/pki" "$TREE/files"

# make_ca NAME: $WORK/pki/NAME.{crt,key}
make_ca() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$WORK/pki/$1.key" -subj "/CN=$1" \
		-days 400 -out "$WORK/pki/$1.crt" 2>/dev/null || bail "no CA $1"
}
# make_certificate ENV CA: a new one for localhost, with a new key, into the tree: files/valkey.crt and the secret tls-key
make_certificate() {
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$WORK/pki/key" -subj /CN=localhost \
		-out "$WORK/pki/csr" 2>/dev/null
	openssl x509 -req -in "$WORK/pki/csr" -CA "$WORK/pki/$2.crt" -CAkey "$WORK/pki/$2.key" -CAcreateserial -days 90 \
		-extfile <(echo "subjectAltName=DNS:localhost,IP:127.0.0.1") -out "$TREE/files/valkey.crt" 2>/dev/null ||
		bail "no certificate of $2"
	must by carol secret set "$1" tls-key --tree "$TREE" --file "$WORK/pki/key"
}
fingerprint() { openssl x509 -noout -fingerprint -sha256; }
# served PORT: the fingerprint of what a new connection is shown
served() { openssl s_client -connect "127.0.0.1:$1" </dev/null 2>/dev/null | fingerprint; }

# tls_lines PORT: what environments/ENV.yaml says for all of this
tls_lines() {
	cat <<-END
		files:
		- {path: tls/valkey.crt, mode: "0640", from: files/valkey.crt}
		- {path: tls/ca.crt, mode: "0640", from: files/ca.crt}
		- {path: tls/valkey.key, mode: "0640", secret: tls-key}
		config:
		  tls-cert-file: "@{generation}/tls/valkey.crt"
		  tls-key-file: "@{generation}/tls/valkey.key"
		  tls-ca-cert-file: "@{generation}/tls/ca.crt"
		  tls-auth-clients: "no"
		  tls-port: $1
		  bind: [127.0.0.1]
	END
}
