#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Sealed secrets on the command line: set, listed, opened by keepers, sealed to those who come, rotated, removed;
# and what neither a person without the right nor the server itself can make of them. No agent takes part.
. "${0%/*}/lib.sh"
fleet_start
host_start db1 prod main
VALUE="a value that only keepers and hosts may know"

# key_of PERSON: the public key as a tree writes it
key_of() { by "$1" key show "$1" --json | jq -r .public; }
# keepers PERSON...: the keepers of prod
keepers() {
	local person list=
	for person; do list+="${list:+, }$person: \"$(key_of "$person")\""; done
	printf 'parameters: {memory: 64mb}\n%s\n' "${list:+keepers: {$list\}}" >"$TREE/environments/prod.yaml"
}
secret() { by carol secret "$@" --tree "$TREE"; }
# set_value NAME VALUE: through a descriptor
set_value() { by carol secret set prod "$1" --tree "$TREE" --fd 4 4<<<"$2"; }
no_terminal() { setsid -w "$@"; }
recipients() { by carol secret show-recipients prod "$@" --json | jq -r '.items[] | "\(.name)@\(.version) \(.recipient) \(.state)"'; }
sealed_keys() { as_daemon sqlite3 "$STATE/vkcfg.db" "SELECT DISTINCT 'ed25519:' || lower(hex(public_key)) FROM secret_seals"; }

release prod "without secrets"
cat >>"$TREE/roles/cache.yaml" <<'END'
files:
  - {path: tls/server.key, mode: "0640", secret: tls-key}
END
sed -i 's|^users:|users:\n  app: {rules: "on ~app:* \&* +@read", passwords: ["secret:app"]}|' "$TREE/roles/cache.yaml"
sed -i 's|^apply:|  replica: {rules: "on +psync +replconf +ping", passwords: ["secret:link"]}\napply:|' "$TREE/roles/cache.yaml"
sed -i 's|^config:|config:\n  primaryuser: replica\n  primaryauth: "secret:link"|' "$TREE/roles/cache.yaml"

#
# What cannot be set
#
exits 2 "a secret that nobody could open again is refused" set_value app "$VALUE"
like "$OUT" "environment prod has no keepers" "because there are no keepers"
keepers alice
exits 2 "a name that is none is refused" set_value App "$VALUE"
exits 3 "an environment that the tree does not have is refused" secret set staging app --generate
exits 2 "without a terminal nobody is asked for a value" no_terminal "$VKCFG" --home "$WORK/people/carol" secret set prod app --tree "$TREE"
like "$OUT" "--file FILE" "and other ways are told"
exits 2 "two sources are one too many" secret set prod app --generate --file /dev/null
exits 2 "an empty value is refused" set_value app ""
exits 2 "a password of two lines is refused" set_value app $'two\nlines'
like "$OUT" "roles/cache.yaml:[0-9]+ uses secret app as a password" "where it would be one"
unlike "$OUT" "two|lines\b.*lines" "and its value is not told"
exits 3 "a file that is not there is refused" secret set prod app --file "$WORK/none"
exits 5 "who is no author sets nothing" by alice secret set prod app --tree "$TREE" --generate
ok "and no file is written" test ! -e "$TREE/secrets"
exits 2 "a value on the command line is refused" secret set prod app "$VALUE"

mkdir -m 700 "$WORK/people/erin"
person_enrol erin author@dev
exits 5 "an author of another environment sets nothing here" by erin secret set prod app --tree "$TREE" --generate

#
# Set: from a descriptor, from a file, made up
#
exits 0 "a value comes from a descriptor" set_value app "$VALUE"
like "$OUT" "prod/app version 1: sealed to 1 hosts and 1 keepers" "sealed to the host that uses it and to the keeper"
ok "the tree pins it" grep -qx "version: 1" "$TREE/secrets/prod/app.yaml"
openssl genpkey -algorithm ed25519 -out "$WORK/server.key" 2>/dev/null
exits 0 "a key of several lines comes from a file" secret set prod tls-key --file "$WORK/server.key"
exits 0 "a value is made up" secret set prod link --generate --json
is "$(jq -r '"\(.version) \(.hosts) \(.keepers)"' <<<"$OUT")" "1 1 1" "--json says how it was sealed"
if command -v expect >/dev/null; then
	cat >"$WORK/type.exp" <<'END'
		set timeout 20
		lassign $argv vkcfg home tree first second
		spawn $vkcfg --home $home secret set prod typed --tree $tree
		expect "Value of secret prod/typed: "
		send "$first\r"
		expect "The same again: "
		send "$second\r"
		expect eof
		exit [lindex [wait] 3]
END
	typed() { expect "$WORK/type.exp" "$VKCFG" "$WORK/people/carol" "$TREE" "$@"; }
	exits 2 "two values that differ are refused" typed "first typed value" "another typed value"
	exits 0 "a value is typed twice on a terminal" typed "the typed value" "the typed value"
	unlike "$OUT" "the typed value" "and is not echoed"
	like "$OUT" "Nothing in the tree uses it yet" "it says what is left to do"
else
	skip "a value is typed on a terminal" "expect is not installed"
fi
exits 0 "the tree is valid with its pins" by carol validate --tree "$TREE"

#
# What the server refuses
#
cp -r "$TREE" "$WORK/forged"
sed -i "s/sha256: .*/sha256: \"$(printf %064d 7)\"/" "$WORK/forged/secrets/prod/app.yaml"
exits 6 "a change that pins what the server does not hold is refused" by carol submit prod -m forged --tree "$WORK/forged"
like "$OUT" "db1/main uses secret prod/app version 1 .*does not hold" "with who uses it"
like "$OUT" "vkcfg secret set prod app" "and what to do"
sed -i "s/^keepers.*//; \$a keepers: {alice: \"$(key_of alice)\"}" "$TREE/environments/dev.yaml"
must by carol secret set dev app --tree "$TREE" --generate
cp "$TREE/secrets/dev/app.yaml" "$WORK/forged/secrets/prod/app.yaml"
exits 6 "so is one that pins a secret of another environment" by carol submit prod -m forged --tree "$WORK/forged"
like "$OUT" "is dev/app version 1" "with whose it is"
rm -r "$TREE/secrets/dev"
base=https://localhost:$PORT
# api PERSON CURL-ARGUMENTS... PATH: the HTTP status
api() {
	curl -sS -o "$WORK/answer" -w '%{http_code}' --cacert "$WORK/people/admin/ca.crt" --cert "$WORK/people/$1/tls.crt" \
		--key "$WORK/people/$1/tls.key" --resolve "localhost:$PORT:127.0.0.1" "${@:2:$#-2}" "$base${!#}" 2>"$WORK/curl.err"
}
post() { api "$1" -H 'Content-Type: application/json' -d "$3" "$2"; }
body='{"_type":"vkcfg-secret","ciphertext":"00","commitment":"00","environment":"prod","fleet":"demo","format":1,"name":"x","nonce":"00","version":1}'
is "$(post carol /v1/secrets "$(jq -n --arg b "$body" '{body:$b,seals:[]}')")" 400 "an envelope sealed to nobody is refused"
is "$(post carol /v1/secrets '{"body":"{}","seals":[7]}')" 400 "so is a seal that is none"
is "$(post alice /v1/secrets '{}')" 403 "and an envelope of who is no author"
digest=$(jq -r .items[0].sha256 <<<"$(by carol secret list prod --json)")
is "$(api carol "/v1/secrets/$digest")" 400 "who asks for a secret has to say for which key"
is "$(api carol "/v1/secrets/$digest?public=$(printf %064d 1)")" 404 "and it must be sealed to that key"
is "$(api carol "/v1/secrets/$(printf %064d 1)?public=$(printf %064d 1)")" 404 "a digest that nobody has seen is not there"
is "$(post carol "/v1/secrets/$(printf %064d 1)/seals" '{"seals":[]}')" 400 "and gets no seals"

is "$(api carol '/v1/secrets?limit=1')" 200 "a list has pages"
next=$(jq -r .next "$WORK/answer")
is "$(jq -r '.items | length' "$WORK/answer") $next" "1 dev/app/1" "as long as they shall be"
is "$(api carol "/v1/secrets?limit=1&environment=prod&after=$next")" 200 "the next one goes on"
is "$(jq -r '.items[0].name, .next' "$WORK/answer" | paste -sd' ')" "app prod/app/1" "where the first ended"
nok "a list has no sealed bytes" grep -q sealed "$WORK/answer"
is "$(api carol '/v1/secrets?after=prod')" 400 "but not from anywhere"
is "$(api carol '/v1/secrets?public=00')" 400 "and a parameter that is none is refused"

#
# Released, listed, opened
#
release prod "with secrets"
like "$(by carol secret list prod)" "app +1 +current +2 +carol" "list shows the version in force and how many can open it"
like "$(by carol secret list prod)" "typed +1 +" "and what nothing uses yet" # pinned, but without a host
is "$(recipients app)" "app@1 keeper/alice sealed
app@1 host/db1 sealed" "show-recipients shows the keeper and the host"
exits 3 "a secret that is not there has no recipients" by carol secret show-recipients prod none

exits 2 "a value goes nowhere by itself" as alice secret get prod app
exits 2 "nor to two places" as alice secret get prod app --stdout --out "$WORK/got"
exits 5 "who is no keeper opens nothing" as carol secret get prod app --stdout
like "$OUT" "you are not a keeper of prod" "and is told so"
exits 5 "nor does an approver who is none" as bob secret get prod app --stdout
wrong() { VKCFG_HOME=$WORK/people/alice "$VKCFG" "$@" --passphrase-fd 3 3<<<"not the right one"; }
exits 5 "nor does a keeper with a wrong passphrase" wrong secret get prod app --stdout
exits 3 "a version that is not in force is not opened" as alice secret get prod app --stdout --number 9
exits 0 "the keeper opens it" as alice secret get prod app --stdout
is "$OUT" "$VALUE" "and it is the value"
exits 0 "into a file of her own" as alice secret get prod tls-key --out "$WORK/got"
ok "to the byte" cmp "$WORK/server.key" "$WORK/got"
is "$(stat -c %a "$WORK/got")" 600 "that nobody else can read"
exits 4 "a file that is there stays as it is" as alice secret get prod tls-key --out "$WORK/got"

#
# Those who come
#
cp -r "$TREE" "$WORK/mine"
TREE=$WORK/mine keepers alice bob
exits 5 "who is no keeper seals to nobody" as bob secret reseal prod --all
exits 0 "a keeper seals to a second one, by her own tree" as alice secret reseal prod --tree "$WORK/mine"
like "$OUT" "app version 1: sealed to keeper/bob" "and says to whom"
unlike "$OUT" "sealed to (keeper/alice|host/db1)" "who has a seal needs none"
exits 0 "the second keeper opens it" as bob secret get prod app --stdout --tree "$WORK/mine"
is "$OUT" "$VALUE" "and it is the value"
TREE=$WORK/mine
exits 0 "nothing is left to do then" as alice secret reseal prod --tree "$TREE"
like "$OUT" "Nothing to do" "and it says so"

host_start db2 prod main
submit prod "a second host and keeper"
like "$(by carol submit dev -m x --tree "$TREE" 2>&1)" "change" "another environment is not held up"
by carol secret show-recipients prod app --tree "$TREE" --json >"$WORK/out"
is "$(jq -r '.items[] | select(.recipient == "host/db2") | .state' "$WORK/out")" missing "a host that has come has no seal yet"
must by carol reject "$CHANGE" -m "once more"
by carol submit prod -m "a second host and keeper" --tree "$TREE" >"$WORK/out" 2>&1
like "$(cat "$WORK/out")" "host/db2 cannot open secret app version 1 yet" "submit says so"
like "$(cat "$WORK/out")" "vkcfg secret reseal prod" "and what a keeper does about it"
CHANGE=$(sed -n 's/^change \([0-9]*\):.*/\1/p' "$WORK/out")
approve alice
approve bob

# The server says that db2 has another key, one that it can open itself.
as bob key new attacker >/dev/null 2>&1
stolen=$(by bob key show attacker --json | jq -r .key.keyval.public)
real=$(grep -oE 'ed25519:[0-9a-f]{64}' "$TREE/hosts/db2.yaml")
must as_daemon sqlite3 "$STATE/vkcfg.db" "UPDATE hosts SET public_key = 'ed25519:$stolen' WHERE name = 'db2'"
exits 0 "a keeper seals to the host that the release signs" as alice secret reseal prod
like "$OUT" "sealed to host/db2" "by the signed tree"
exits 0 "and to all of them anew" as alice secret reseal prod --all
ok "the key in the signed tree got a seal" grep -qx "$real" <<<"$(sealed_keys)"
nok "the key that the server told got none" grep -qx "ed25519:$stolen" <<<"$(sealed_keys)"
must as_daemon sqlite3 "$STATE/vkcfg.db" "UPDATE hosts SET public_key = '$real' WHERE name = 'db2'"
like "$(recipients app)" "app@1 host/db2 sealed" "show-recipients agrees"

# The server answers with another envelope, or a seal of its own making.
digest=$(sed -n 's/^sha256: "*\([0-9a-f]*\)"*$/\1/p' "$TREE/secrets/prod/app.yaml")
as_daemon sqlite3 "$STATE/vkcfg.db" "DROP TRIGGER secrets_no_update; CREATE TABLE kept AS SELECT * FROM secrets;
	UPDATE secrets SET body = (SELECT body FROM secrets WHERE name = 'link') WHERE name = 'app' AND environment = 'prod'"
exits 6 "another envelope under the digest is refused" as alice secret get prod app --stdout
as_daemon sqlite3 "$STATE/vkcfg.db" "UPDATE secrets SET body = (SELECT body FROM kept k WHERE k.digest = secrets.digest);
	CREATE TABLE seals AS SELECT * FROM secret_seals; UPDATE secret_seals SET sealed = zeroblob(80)"
exits 6 "a seal that was changed is refused" as alice secret get prod app --stdout
as_daemon sqlite3 "$STATE/vkcfg.db" "UPDATE secret_seals SET sealed = (SELECT sealed FROM secret_seals s WHERE s.recipient = 'keeper/alice'
	AND s.secret <> '$digest' LIMIT 1); UPDATE secret_seals SET sealed = (SELECT sealed FROM seals s WHERE s.secret =
	(SELECT digest FROM secrets WHERE name = 'link' AND environment = 'prod') AND s.recipient = 'keeper/alice') WHERE recipient = 'keeper/alice'"
exits 6 "so is the data key of another secret" as alice secret get prod app --stdout
exits 6 "and it is sealed to nobody" as alice secret reseal prod app --all
must as_daemon sqlite3 "$STATE/vkcfg.db" "UPDATE secret_seals SET sealed = (SELECT sealed FROM seals s
	WHERE s.secret = secret_seals.secret AND s.public_key = secret_seals.public_key)"
exits 0 "as it was, it opens again" as alice secret get prod app --stdout

#
# Those who go
#
cp -r "$TREE" "$WORK/before"
rm "$TREE/hosts/db2.yaml"
keepers alice
by carol submit prod -m "without db2 and bob" --tree "$TREE" >"$WORK/out" 2>&1
like "$(cat "$WORK/out")" "host/db2 may know secret app: vkcfg secret rotate prod app" "submit says what a host that goes may know"
like "$(cat "$WORK/out")" "keeper/bob may know secret tls-key: vkcfg secret rotate prod tls-key" "and what a keeper may know"
by admin host revoke db2 --json >"$WORK/out" 2>&1
is "$(jq -r '[.secrets.rotate[].name] | join(" ")' "$WORK/out")" "app link tls-key" "host revoke says it too"
CHANGE=$(by carol changes --state open --env prod --json | jq -r '.items[0].id')
approve alice
approve bob
like "$(recipients app)" "app@1 host/db2 former" "show-recipients shows who may still know it"

#
# Rotated
#
exits 0 "--plan shows the steps" secret rotate prod app --plan
like "$OUT" "add +next" "the first of which is next"
ok "and writes nothing" grep -qx "version: 1" "$TREE/secrets/prod/app.yaml"
exits 0 "what is no password is replaced in one step" secret rotate prod tls-key --file "$WORK/server.key" --no-submit
ok "the tree pins it" grep -qx "version: 2" "$TREE/secrets/prod/tls-key.yaml"
nok "and nothing beside it" grep -qE "^(next|previous)" "$TREE/secrets/prod/tls-key.yaml"
exits 1 "it is not replaced again before that is released" secret rotate prod tls-key
like "$OUT" "not released yet, nor submitted: vkcfg submit prod" "and what to do is told"
release prod "another tls-key"
exits 4 "a version that the release before this one uses stays" secret remove prod tls-key --number 1
like "$OUT" "release prod/[0-9]+ uses secret" "and it says which"
exits 0 "a password gets a new version beside it" secret rotate prod app
like "$OUT" "change [0-9]+: to be release prod/" "as a change"
is "$(grep -A1 "^next:" "$TREE/secrets/prod/app.yaml" | tail -n 1)" "  version: 2" "pinned as next"
like "$(by carol changes --state open --env prod)" "rotate secret app: add version 2" "with a message"
exits 1 "the next step waits for approvals" secret rotate prod app
like "$OUT" "waits for approvals: change [0-9]+" "of that change"
exits 4 "meanwhile set is refused" set_value app "another value"
CHANGE=$(by carol changes --state open --env prod --json | jq -r '.items[0].id')
approve alice
approve bob
exits 1 "then it waits for hosts" secret rotate prod app --json
is "$(jq -c '[.step, .waiting[0].instance, .plan[1].state]' <<<"$OUT")" '["wait-hosts","db1/main","waits"]' "those that have not committed it"
is "$(by carol secret list prod --json | jq -c '[.items[] | select(.name == "app") | [.version, .state]]')" \
	'[[1,"current"],[2,"next"]]' "list shows both versions"
exits 4 "who has an older tree is told to bring it up to date" by carol secret rotate prod app --tree "$WORK/before"
like "$OUT" "your tree is older" "before anything is made"
exits 0 "a keeper opens the next one" as alice secret get prod app --number 2 --stdout
is "${#OUT}" 43 "which was made up"

#
# Removed
#
exits 4 "what the tree uses is not removed" secret remove prod app
like "$OUT" "roles/cache.yaml:[0-9]+: user app of db1/main uses secret app" "and it says where"
exits 4 "nor a version that it pins" secret remove prod app --number 1
exits 0 "what nothing uses is" secret remove prod typed
ok "its file is gone" test ! -e "$TREE/secrets/prod/typed.yaml"
exits 3 "once" secret remove prod typed
exits 0 "a version that no release needs any more is" secret remove prod tls-key --number 1
mkdir -p "$WORK/other/environments"
cp "$TREE/fleet.yaml" "$WORK/other/"
touch "$WORK/other/environments/"{dev,prod}.yaml
exits 4 "another tree makes the server forget nothing that the release uses" by carol secret remove prod link --tree "$WORK/other"
like "$(by carol secret list prod)" "link +1 +current" "it is still there"

#
# The agent's way and the people's
#
host() { curl -sS -o "$WORK/answer" -w '%{http_code}' --cacert "$WORK/people/admin/ca.crt" --cert "$WORK/hosts/db1/state/tls.crt" \
	--key "$WORK/hosts/db1/state/tls.key" --resolve "localhost:$PORT:127.0.0.1" "$base$1" 2>"$WORK/curl.err"; }
pinned() { jq -r ".items[] | select(.name == \"$2\") | .sha256" <<<"$(by carol secret list "$1" --json)" | head -n 1; }
is "$(host "/v1/agent/secrets/$(pinned prod app)")" 200 "a host gets what is sealed to it"
is "$(host "/v1/agent/secrets/$(pinned dev app)")" 404 "not what is of another environment"
is "$(host "/v1/agent/secrets/$(printf %064d 1)")" 404 "nor what is not there"
is "$(host "/v1/secrets/$(pinned prod app)?public=$(printf %064d 1)")" 403 "and has no way to those of others"
is "$(api alice "/v1/agent/secrets/$(pinned prod app)")" 403 "nor has a person to a host's"
by admin user revoke alice --json >"$WORK/out" 2>&1
is "$(jq -r '[.secrets.prod.rotate[].name] | join(" ")' "$WORK/out")" "app link tls-key typed" "user revoke names what a keeper may know"

#
# Provable, and nowhere in clear
#
like "$(by carol audit log --action 'secret.*' --limit 200)" "secret.add +secret/prod/app/1" "the log says who set it"
like "$(by carol audit log --action 'secret.*' --limit 200)" "alice +secret.seal +secret/prod/app/1" "who sealed it to others"
like "$(by carol audit log --action 'secret.*' --limit 200)" "secret.remove +secret/prod/typed/1" "and who removed one"
exits 0 "the log verifies" by carol audit verify --allow-unwitnessed
nok "the value is nowhere at the server" grep -rqaF "only keepers and hosts" "$STATE" "$WORK/log" "$TREE"
nok "nor is the private key" grep -rqaF "$(sed -n 2p "$WORK/server.key")" "$STATE" "$WORK/log" "$TREE"
done_testing
