#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# vkcfg lint --running over TCP and TLS: the server is known by its certificate, and by nothing less.
. "${0%/*}/lib.sh"
command -v valkey-server >/dev/null || skip_all "no valkey-server here"
valkey-cli --help 2>&1 | grep -q -- --tls || skip_all "this Valkey has no TLS"
work_start
export VKCFG_HOME="$WORK/home"
lint() { "$VKCFG" lint "$@"; }

# Two authorities, of which one has made the server's certificate.
for ca in ca other; do
	must openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$ca" \
		-addext subjectAltName=IP:127.0.0.1 -keyout "$WORK/$ca.key" -out "$WORK/$ca.crt"
done
free_port
PLAIN=$FREE_PORT
free_port
TLS=$FREE_PORT
printf 'user default off\nuser looker on >geheim-genug-19 +info +config|get +acl|list\n' >"$WORK/users.acl"
printf 'geheim-genug-19\n' >"$WORK/password"
chmod 600 "$WORK/password"
background valkey valkey-server --bind 127.0.0.1 --port "$PLAIN" --tls-port "$TLS" --tls-cert-file "$WORK/ca.crt" \
	--tls-key-file "$WORK/ca.key" --tls-ca-cert-file "$WORK/ca.crt" --dir "$WORK" --aclfile "$WORK/users.acl" --save ""
wait_for is_port_open "$PLAIN" || bail "valkey-server does not start" "$(cat "$WORK"/log/* 2>/dev/null)"
wait_for is_port_open "$TLS" || bail "valkey-server has no TLS"
AS=(--user looker --password-file "$WORK/password" --json)
CLIENT=(--tls-ca "$WORK/ca.crt" --tls-cert "$WORK/ca.crt" --tls-key "$WORK/ca.key")

free_port
exits 8 "a port where nobody is" lint --running "tcp:127.0.0.1:$FREE_PORT" "${AS[@]}"
exits 2 "an address of another kind is refused" lint --running "http://127.0.0.1:$PLAIN" "${AS[@]}"
run lint --running "tls:127.0.0.1:$TLS" "${AS[@]}" --tls-ca "$WORK/other.crt" --tls-cert "$WORK/ca.crt" --tls-key "$WORK/ca.key"
like "$STATUS" '^[2-9]$' "a server with a certificate of another authority is not asked"
like "$OUT" 'certificate' "and it is said why"
run lint --running "tls:127.0.0.1:$TLS" "${AS[@]}" --tls-ca "$WORK/ca.crt"
like "$STATUS" '^[2-9]$' "without a client certificate the server does not answer"

for address in "tcp:127.0.0.1:$PLAIN" "tls:127.0.0.1:$TLS"; do
	options=("${AS[@]}")
	[[ $address = tcp:* ]] || options+=("${CLIENT[@]}")
	run lint --running "$address" "${options[@]}"
	like "$STATUS" '^[01]$' "${address%%:*}: a running server is looked at"
	like "$OUT" 'data-maxmemory' "${address%%:*}: and judged by what it runs"
	unlike "$OUT" 'geheim|auth-default-user' "${address%%:*}: without its passwords"
done
done_testing
