#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Bad requests: the right status, a problem document, and a server that goes on.
. "${0%/*}/lib.sh"
fleet_start
carol=$WORK/people/carol
base=https://localhost:$PORT

# request CURL-ARGUMENTS... PATH: sets CODE and BODY
request() {
	local path=${!#}
	CODE=$(curl -sS -o "$WORK/body" -w '%{http_code}' --cert "$carol/tls.crt" --key "$carol/tls.key" --cacert "$carol/ca.crt" \
		--resolve "localhost:$PORT:127.0.0.1" --max-time 20 "${@:1:$#-1}" "$base$path" 2>"$WORK/curl.err")
	BODY=$(head -c 4000 "$WORK/body" 2>/dev/null)
}
problem() { # CODE NAME CURL-ARGUMENTS...
	local code=$1 name=$2
	shift 2
	request "$@"
	is "$CODE" "$code" "$name: $code"
	is "$(jq -r 'has("type") and has("title") and has("detail") and .status == '"$code" <<<"$BODY" 2>/dev/null)" true \
		"$name: a problem document"
	unlike "$BODY" 'SELECT|INSERT|sqlite|\.c:[0-9]|/tmp/' "$name: without paths, SQL or source lines"
}
json=(-H 'Content-Type: application/json')
problem 404 "an unknown route" /v1/nothing
problem 404 "the root" /
problem 405 "a wrong method" -X DELETE /v1/changes
problem 404 "a change that is not there" /v1/changes/4711
problem 400 "a path that climbs" --path-as-is /v1/changes/../status
problem 404 "a change id that is none" /v1/changes/x
problem 400 "bad JSON" "${json[@]}" -d '{"a":' /v1/trees
problem 400 "JSON with a member twice" "${json[@]}" -d '{"files":[],"files":[]}' /v1/trees
problem 400 "JSON of the wrong type" "${json[@]}" -d '{"files":1}' /v1/trees
problem 400 "a real number" "${json[@]}" -d '{"files":[1.5]}' /v1/trees
printf '[%.0s' {1..5000} >"$WORK/deep"
problem 413 "JSON nested deeply" "${json[@]}" --data-binary "@$WORK/deep" /v1/trees
problem 400 "a path in a tree that climbs out" "${json[@]}" -d '{"files":[{"path":"../x","text":""}]}' /v1/trees
head -c 100000000 /dev/zero >"$WORK/big"
problem 413 "an oversized body" "${json[@]}" --data-binary "@$WORK/big" /v1/trees
problem 400 "a limit out of range" '/v1/changes?limit=100000'
problem 400 "an unknown query parameter" '/v1/changes?frobnicate=1'
problem 403 "a route without the permission" "${json[@]}" -d '{"name":"x","roles":["admin"]}' /v1/users

# Raw bytes, which no client library would send. The server closes the connection after each.
expect_raw() { # NAME PATTERN BYTES
	printf '%b' "$3" | timeout 20 openssl s_client -quiet -connect "127.0.0.1:$PORT" -servername localhost \
		-cert "$carol/tls.crt" -key "$carol/tls.key" -CAfile "$carol/ca.crt" 2>/dev/null >"$WORK/raw"
	like "$(head -n 1 "$WORK/raw" | tr -d '\r')" "$2" "$1"
}
expect_raw "a request as it should be" '^HTTP/1.1 200 ' 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'
expect_raw "bare line feeds" '^HTTP/1.1 400 ' 'GET /healthz HTTP/1.1\nHost: localhost\n\n'
expect_raw "no Host" '^HTTP/1.1 400 ' 'GET /healthz HTTP/1.1\r\n\r\n'
expect_raw "two Content-Lengths" '^HTTP/1.1 400 ' \
	'POST /v1/trees HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}'
expect_raw "a signed Content-Length" '^HTTP/1.1 400 ' \
	'POST /v1/trees HTTP/1.1\r\nHost: localhost\r\nContent-Length: +2\r\n\r\n{}'
expect_raw "chunked" '^HTTP/1.1 (400|411|501) ' \
	'POST /v1/trees HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'
expect_raw "a NUL in a header" '^HTTP/1.1 400 ' 'GET /healthz HTTP/1.1\r\nHost: local\0000host\r\n\r\n'
expect_raw "a NUL in the path" '^HTTP/1.1 400 ' 'GET /health%%00z HTTP/1.1\r\nHost: localhost\r\n\r\n'
expect_raw "HTTP/1.0" '^HTTP/1.1 505 ' 'GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n'
expect_raw "an absolute URI" '^HTTP/1.1 400 ' 'GET http://localhost/healthz HTTP/1.1\r\nHost: localhost\r\n\r\n'
expect_raw "a head without an end" '^HTTP/1.1 431 ' \
	"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: $(head -c 40000 /dev/zero | tr '\0' x)"
expect_raw "a thousand headers" '^HTTP/1.1 431 ' \
	"GET /healthz HTTP/1.1\r\nHost: localhost\r\n$(printf 'X%d: y\\r\\n' {1..1000})\r\n"
expect_raw "garbage" '^HTTP/1.1 400 ' '\x16\x03\x01\r\n\r\n'

# Slow senders are cut off by an absolute deadline, however regularly a byte comes.
slow() {
	local i
	{
		printf 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n'
		for ((i = 0; i < 6000; i++)); do
			printf 'X'
			pause
		done
	} 2>/dev/null | openssl s_client -quiet -connect "127.0.0.1:$PORT" -servername localhost \
		-cert "$carol/tls.crt" -key "$carol/tls.key" -CAfile "$carol/ca.crt" >"$WORK/slow" 2>/dev/null
}
slow &
slow_pid=$!
ok "others are answered meanwhile" by carol status
ok "a slow sender is cut off" wait_for -t 60 is_gone "$slow_pid"
wait "$slow_pid" 2>/dev/null

ok "after all this the server answers" by carol status
exits 0 "and its log verifies" by carol audit verify --allow-unwitnessed
done_testing
