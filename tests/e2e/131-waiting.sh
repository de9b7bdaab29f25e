#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Hosts without a token: they wait until a person has compared their fingerprint. What strangers, other machines
# and the server itself can make of it.
. "${0%/*}/lib.sh"
good_fleet
mkdir -m 700 "$WORK/people/olaf" "$WORK/people/dora"
person_enrol olaf operator
person_enrol dora operator@dev
base=https://localhost:$PORT
db1=$WORK/hosts/db1/state

# host_wait NAME ENV ARGUMENTS...: begins to wait in the background; FINGERPRINT is what it shows
is_shown() { grep -q '^fingerprint: ' "$WORK/log/$1.log"; }
host_wait() {
	local name=$1 env=$2
	shift 2
	background "wait-$name" "$VKCFG_PULL" enrol --wait --card "$WORK/card" --config "$WORK/hosts/$name/pull.yaml" \
		--env "$env" --poll 1 "$@"
	wait_for is_shown "wait-$name" || bail "$name shows no fingerprint" "$(cat "$WORK/log/wait-$name.log")"
	FINGERPRINT=$(sed -n 's/^fingerprint: //p' "$WORK/log/wait-$name.log" | tail -n 1)
}
is_listed() { by olaf host waiting --json | jq -e --arg f "$1" '.items[] | select(.fingerprint == $f)'; }
# ended NAME: waits for its end; the status in STATUS
ended() {
	local pid
	pid=$(pid_of "wait-$1")
	wait_for is_gone "$pid" || fail "$1 still waits"
	wait "$pid"
	STATUS=$?
	rm -f "$WORK/pids/wait-$1"
}
# stranger: a self-signed key in $WORK/NAME.{key,crt}
stranger() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$WORK/$1.key" -subj "/CN=$1" \
		-days 2 -out "$WORK/$1.crt" 2>/dev/null
}
# ask KEY BODY: the HTTP status of POST /v1/wait
ask() {
	curl -sS -o "$WORK/answer" -w '%{http_code}' --cacert "$db1/ca.crt" --resolve "localhost:$PORT:127.0.0.1" \
		--cert "$WORK/$1.crt" --key "$WORK/$1.key" -H 'Content-Type: application/json' -d "$2" "$base/v1/wait" 2>/dev/null
}
key='ed25519:1111111111111111111111111111111111111111111111111111111111111111'

# The card
exits 3 "a card for no environment is refused" by admin fleet card --env prdo
by admin fleet card >"$WORK/card" 2>"$WORK/err" || bail "no card" "$(cat "$WORK/err")"
unlike "$(cut -d. -f2 "$WORK/card" | tr '_-' '/+' | base64 -d 2>/dev/null)" 'secret' "a card holds no secret"
host_prepare db3 main
run "$VKCFG_PULL" enrol --config "$WORK/hosts/db3/pull.yaml" --token-file "$WORK/card"
is "$STATUS" 2 "a card is no token"
run "$VKCFG_PULL" enrol --wait --card "$WORK/hosts/db1.token" --config "$WORK/hosts/db3/pull.yaml" --env prod
is "$STATUS" 2 "a token is no card"
run "$VKCFG_PULL" enrol --wait --card "$WORK/card" --config "$WORK/hosts/db3/pull.yaml" --name db3
is "$STATUS" 2 "somebody must say which environment"
run "$VKCFG_PULL" enrol --wait --config "$WORK/hosts/db3/pull.yaml"
is "$STATUS" 2 "without a card nothing can be trusted"
by admin fleet card --env dev >"$WORK/card.dev"
run "$VKCFG_PULL" enrol --wait --card "$WORK/card.dev" --config "$WORK/hosts/db3/pull.yaml" --name db3 --env prod
is "$STATUS" 2 "a card for dev is none for prod"

# Who lets in whom
host_wait db3 prod --name db3
wait_for is_listed "$FINGERPRINT" || fail "db3 is not listed"
is "$(by dora host waiting --json | jq -c '[.items[].name]')" '[]' "dev's operator does not see who waits for prod"
exits 5 "a viewer sees none" by carol host waiting
exits 2 "nobody is let in without a fingerprint" by olaf host approve db3
exits 2 "nor with something else" by olaf host approve db3 --fingerprint "${FINGERPRINT#SHA256:}"
exits 6 "nor with another one" by olaf host approve db3 --fingerprint "${FINGERPRINT%?????}AAAAA"
like "$OUT" 'do not let it in' "which is an alarm"
exits 3 "nor under another name" by olaf host approve db4 --fingerprint "$FINGERPRINT"
exits 3 "dev's operator does not find it" by dora host approve db3 --fingerprint "$FINGERPRINT"
# api PERSON PATH BODY
api() {
	curl -sS -o "$WORK/answer" -w '%{http_code}' --cacert "$db1/ca.crt" --resolve "localhost:$PORT:127.0.0.1" \
		--cert "$WORK/people/$1/tls.crt" --key "$WORK/people/$1/tls.key" -H 'Content-Type: application/json' -d "$3" \
		"$base$2" 2>/dev/null
}
is "$(api dora /v1/waiting/db3/approve '{"environment":"prod","fingerprint":"'"$FINGERPRINT"'"}')" 403 \
	"dev's operator may not let in for prod"
is "$(api dora /v1/waiting/db3/approve '{"environment":"dev","fingerprint":"'"$FINGERPRINT"'"}')" 404 \
	"nor by calling it dev"
is "$(api olaf /v1/waiting/db3/approve '{"environment":"prod","fingerprint":"SHA256:no"}')" 404 \
	"the server compares the fingerprint, too"
is "$(api carol /v1/waiting/db3/approve '{"environment":"prod","fingerprint":"'"$FINGERPRINT"'"}')" 403 \
	"an author may not let in"

# Another machine asks for the same name
stranger thief
real_key=$(by olaf host waiting --json | jq -r '.items[0].public_key')
is "$(ask thief '{"name":"db3","environment":"prod","public_key":"'"$real_key"'"}')" 202 "a thief may ask for the name, with the host's key"
isnt "$(jq -r .fingerprint "$WORK/answer")" "$FINGERPRINT" "but has another fingerprint"
is "$(by olaf host waiting --json | jq '.items | length')" 2 "both are listed"

# Words that make no host
is "$(ask thief '{"name":"../x","environment":"prod","public_key":"'$key'"}')" 400 "a name that is none is refused"
is "$(ask thief '{"name":"db3","environment":"targets","public_key":"'$key'"}')" 400 "an environment that is none"
is "$(ask thief '{"name":"db3","environment":"prod","public_key":"ed25519:11"}')" 400 "a key that is none"
is "$(ask thief '{}')" 400 "nothing at all"

# A flood
size_before=$(by admin status --json | jq .log.size)
flood() {
	local i
	for i in {1..40}; do
		echo "url = \"$base/v1/wait\""
		echo "data = \"{\\\"name\\\":\\\"flood$i\\\",\\\"environment\\\":\\\"prod\\\",\\\"public_key\\\":\\\"$key\\\"}\""
		echo "next"
	done | sed '$d' | sed "s|^url|cacert = \"$db1/ca.crt\"\ncert = \"$WORK/thief.crt\"\nkey = \"$WORK/thief.key\"\nresolve = \"localhost:$PORT:127.0.0.1\"\nsilent\noutput = \"/dev/null\"\nwrite-out = \"%{http_code}\\\\n\"\nheader = \"Content-Type: application/json\"\nurl|"
}
flood >"$WORK/flood.curl"
curl -K "$WORK/flood.curl" >"$WORK/flood.out" 2>/dev/null
is "$(grep -c 202 "$WORK/flood.out")" 30 "a flood gets its network's share"
is "$(grep -c 503 "$WORK/flood.out")" 10 "and no more"
is "$(by olaf host waiting --json | jq '.items | length')" 32 "the list is bounded"
ok "who waited before still does" is_listed "$FINGERPRINT"
is "$(by admin status --json | jq .log.size)" "$size_before" "strangers write nothing to the disk"

# The person compares
exits 0 "with the host's own fingerprint it is let in" by olaf host approve db3 --fingerprint "$FINGERPRINT"
like "$OUT" "public-key $real_key" "and its key is named for the tree"
ended db3
is "$STATUS" 0 "the host gets its certificate"
is "$(ask thief '{"name":"db3","environment":"prod","public_key":"'"$real_key"'"}')" 202 "the thief goes on waiting"
is "$(jq -c 'has("certificate")' "$WORK/answer")" false "and gets no certificate"
is "$(by olaf host waiting --json | jq '[.items[] | select(.name == "db3")] | length')" 1 "and is still listed alone"
exits 4 "a second host of that name cannot be let in" by olaf host approve db3 \
	--fingerprint "$(by olaf host waiting --json | jq -r '.items[] | select(.name == "db3").fingerprint')"
like "$OUT" 'revoke db3' "before the first is revoked"
cp "$WORK/hosts/db3/state/tls.crt" "$WORK/db3.crt"
run "$VKCFG_PULL" enrol --wait --card "$WORK/card" --config "$WORK/hosts/db3/pull.yaml" --env prod --name db3
is "$STATUS" 4 "an enrolled host does not wait again"

# What a certificate is worth: the server let this host in, the approvers did not put it into the tree
cp "$WORK/hosts/db3/state/tls.key" "$WORK/db3.key"
get() {
	curl -sS -o "$WORK/answer" -w '%{http_code}' --cacert "$db1/ca.crt" --resolve "localhost:$PORT:127.0.0.1" \
		--cert "$WORK/$1.crt" --key "$WORK/$1.key" "$base$2" 2>/dev/null
}
is "$(get db3 /v1/agent/bundles/prod/1)" 200 "a host that is not in the signed tree may ask"
is "$(jq -c .bundles "$WORK/answer")" '[]' "and gets no configuration"
for path in /v1/agent/secrets/$(printf '0%.0s' {1..64}) /v1/agent/bundles/dev/1; do
	like "$(get db3 "$path")" '^40[34]$' "nothing from $path"
done
for path in /v1/trees/0 /v1/hosts /v1/changes /v1/secrets /v1/waiting; do
	is "$(get db3 "$path")" 403 "nor from $path"
done
pull db3
nok "its Valkey got no configuration" test -e "$WORK/hosts/db3/main/current"

# Into the tree, with the key that was compared
exits 6 "another key than the compared one is refused" by carol host add db3 --env prod --tree "$TREE" --role cache \
	--public-key "$key"
host_to_tree db3 prod main
release prod "db3"
pull db3
is "$STATUS" 0 "from then on it is a host like any other"
is "$(config_of db3/main maxmemory)" 67108864 "with the release's configuration"

# Replay, revocation
host_prepare db5 main
host_wait db5 prod --name db5
wait_for is_listed "$FINGERPRINT" || fail "db5 is not listed" # the flood has its share, this network is full
end_background wait-db5
server_stop
server_start
host_wait db5 prod --name db5
wait_for is_listed "$FINGERPRINT" || bail "db5 is not listed after a restart" "$(cat "$WORK/log/wait-db5.log")"
pass "the list is empty after a restart, and a host asks again by itself"
end_background wait-db5
exits 0 "a host may be let in while it does not ask" by olaf host approve db5 --fingerprint "$FINGERPRINT"
body='{"name":"db5","environment":"prod","public_key":"'$(by admin audit log --action host.approve --json | jq -r '.items | max_by(.index).detail.public_key')'"}'
is "$(ask thief "$body")" 202 "its request, replayed by another machine, is another host's"
must by admin host revoke db5
host_wait db5 prod --name db5
wait_for is_listed "$FINGERPRINT"
pass "a revocation ends the approval: the host waits again"
exits 0 "rejected" by olaf host reject db5 --fingerprint "$FINGERPRINT"
ended db5
is "$STATUS" 5 "it ends"
like "$(cat "$WORK/log/wait-db5.log")" 'rejected' "and says why"
nok "without pins" test -e "$WORK/hosts/db5/state/pins.yaml"
exits 3 "what does not wait cannot be rejected" by olaf host reject db99

# Nobody answers; the environment does not exist
run "$VKCFG_PULL" enrol --wait --card "$WORK/card" --config "$WORK/hosts/db5/pull.yaml" --env prdo --name db6 --poll 1 --timeout 1
is "$STATUS" 8 "who is not let in ends after its time"
FINGERPRINT=$(sed -n 's/^fingerprint: //p' <<<"$OUT")
exits 3 "nobody is let in to an environment that does not exist" by olaf host approve db6 --fingerprint "$FINGERPRINT"

# A card of another fleet's CA or root
python3 - "$WORK/card" ca >"$WORK/card.ca" <<'END'
import base64, json, sys
text = open(sys.argv[1]).read().strip().split(".")[1]
card = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
card[sys.argv[2]] = "00" * 32
text = json.dumps(card, sort_keys=True, separators=(",", ":")).encode()
print("vkcfg1." + base64.urlsafe_b64encode(text).decode().rstrip("="))
END
run "$VKCFG_PULL" enrol --wait --card "$WORK/card.ca" --config "$WORK/hosts/db5/pull.yaml" --env prod --name db7 --timeout 1
is "$STATUS" 6 "a server of another CA than the card's is not asked"
unlike "$(by olaf host waiting --json | jq -r '[.items[].name] | join(" ")')" 'db7' "so that it learns nothing"

# Tokens are limited, too
many() {
	local i
	for i in {1..320}; do
		echo "url = \"$base/v1/enrol\""
		echo "next"
	done | sed '$d' | sed "s|^url|cacert = \"$db1/ca.crt\"\ncert = \"$WORK/thief.crt\"\nkey = \"$WORK/thief.key\"\nresolve = \"localhost:$PORT:127.0.0.1\"\nsilent\noutput = \"/dev/null\"\nwrite-out = \"%{http_code}\\\\n\"\nheader = \"Content-Type: application/json\"\ndata = \"{\\\\\"token\\\\\":\\\\\"$(printf '0%.0s' {1..64})\\\\\",\\\\\"kind\\\\\":\\\\\"user\\\\\",\\\\\"name\\\\\":\\\\\"admin\\\\\"}\"\nurl|"
}
many >"$WORK/many.curl"
for i in 1 2 3 4; do curl -K "$WORK/many.curl" >"$WORK/many.$i" 2>/dev/null & pids[i]=$!; done
wait "${pids[@]}"
like "$(sort "$WORK"/many.? | uniq -c)" ' 403' "guessing tokens is refused"
like "$(sort "$WORK"/many.? | uniq -c)" ' 503' "and slowed down"
ok "people are not" by admin status
exits 0 "the log verifies" by admin audit verify --allow-unwitnessed
done_testing
