#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Attack: a host's public key is swapped for the attacker's, so that secrets are sealed to him; and what a
# host makes of secrets that are not what was signed.
. "${0%/*}/lib.sh"
. "${0%/*}/attack.sh"
attack_fleet
value="a value that hosts and keepers may know"
tamper() { must as_daemon sqlite3 "$STATE/vkcfg.db" "$1"; }
sealed_keys() { as_daemon sqlite3 "$STATE/vkcfg.db" "SELECT DISTINCT 'ed25519:' || lower(hex(public_key)) FROM secret_seals"; }
pull db1
pull db2

# The attacker's key, in a form that the server can tell as a host's
person_new mallory
mine=ed25519:$(jq -r .keyval.public "$WORK/people/mallory.pub")
real=$(grep -oE 'ed25519:[0-9a-f]{64}' "$TREE/hosts/db1.yaml")

# While the host comes into the tree: the author compares what the server says with what the host says
cp -r "$TREE" "$WORK/new"
rm "$WORK/new/hosts/db1.yaml"
tamper "UPDATE hosts SET public_key = '$mine' WHERE name = 'db1'"
exits 6 "an author who compares notices another key" \
	by carol host add db1 --env prod --tree "$WORK/new" --role cache --instance main --public-key "$real"
ok "and writes nothing" test ! -e "$WORK/new/hosts/db1.yaml"

# A secret, sealed by the author's own tree, with the lie in place
printf 'parameters: {memory: 128mb}\nkeepers: {alice: "ed25519:%s"}\n' "$(jq -r .keyval.public "$WORK/people/alice.pub")" \
	>"$TREE/environments/prod.yaml"
sed -i 's|^users:|users:\n  app: {rules: "on ~app:* resetchannels -@all +ping +get", passwords: ["secret:app"]}|' "$TREE/roles/cache.yaml"
exits 0 "an author seals a secret while the server lies about db1" by carol secret set prod app --tree "$TREE" --fd 4 4<<<"$value"
ok "it is sealed to the key in the tree" grep -qx "$real" <<<"$(sealed_keys)"
nok "and not to the one that the server says" grep -qx "$mine" <<<"$(sealed_keys)"
digest=$(sed -n 's/^sha256: "*\([0-9a-f]*\)"*$/\1/p' "$TREE/secrets/prod/app.yaml")

# In the tree on its way to the approvers
submit prod "with a secret"
server_stop
cp "$STATE/vkcfg.db" "$WORK/before.db"
tamper "UPDATE blobs SET content = replace(content, '$real', '$mine')"
server_start
exits 6 "an approver signs no tree with another key in it" as alice approve "$CHANGE" --yes
like "$OUT" 'tree|digest' "because it is not the tree of the change"
server_stop
cp "$WORK/before.db" "$STATE/vkcfg.db"
rm -f "$STATE"/vkcfg.db-*
server_start
approve alice
approve bob

# A keeper who seals anew goes by the signed tree
exits 0 "a keeper seals anew while the server lies about db1" as alice secret reseal prod --all
nok "not to the key that the server says" grep -qx "$mine" <<<"$(sealed_keys)"
exits 0 "a keeper is told who can open it" by carol secret show-recipients prod app
like "$OUT" "host/db1" "db1 can"
unlike "$OUT" 'mallory|unknown' "and nobody else"

# The attacker has all that the server has, and his key
cp -a "$WORK/people/alice" "$WORK/people/thief"
cp "$WORK"/people/mallory/keys/mallory.* "$WORK/people/thief/keys/"
rm "$WORK"/people/thief/keys/alice.*
run as thief secret get prod app --key mallory --stdout
isnt "$STATUS" 0 "he opens nothing with it"
unlike "$OUT" "$value" "of what is there"
nok "nor does the value stand in the server's state or log" grep -rqF "$value" "$STATE" "$WORK/log"

# What a host makes of a secret that is not what was signed
evil_start db1 prod
evil_stop
server_start
is "$(as_host db1 "/v1/agent/secrets/$digest" 2>/dev/null)" "" "the lie keeps the secret from db1 as well: nothing is sealed to the other key"
tamper "UPDATE hosts SET public_key = '$real' WHERE name = 'db1'"
evil_fetch db1 "/v1/agent/secrets/$digest"
as_host db2 "/v1/agent/secrets/$digest" >"$WORK/db2.secret" || bail "cannot record db2's secret"
server_stop
evil_listen "$STATE"
attack_remember
file=$EVIL/v1/agent/secrets/$digest
edit_json "$file" '.body |= sub("\"ciphertext\":\"[0-9a-f]"; "\"ciphertext\":\"x")'
refused "a changed envelope" 6 'secret app'
edit_json "$file" '.body |= sub("\"version\":1"; "\"version\":2")'
refused "another version" 6 'secret app'
edit_json "$file" ".sealed = $(jq .sealed "$WORK/db2.secret")"
attacked "what is sealed to another host" 6 'secret app'
attack_forget
edit_json "$file" '.sealed |= (.[0:40] + "0000000000" + .[50:])'
attacked "a damaged seal" 6 'secret app'
attack_forget
rm "$file"
attacked "a secret that is withheld" 5 'secret app.*reseal|not sealed'
attack_forget

evil_stop
server_start
pull db1
is "$STATUS" 0 "with the true envelope the release is installed"
is "$(REDISCLI_AUTH=$value valkey-cli -s "$WORK/hosts/db1/main/valkey.sock" --user app --no-auth-warning ping)" PONG \
	"and the password is the one that was sealed"
done_testing
