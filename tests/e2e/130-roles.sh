#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Roles per environment: what somebody may do in one of them he may not do in another, lists show his own, and a
# change of roles acts on the very next request.
. "${0%/*}/lib.sh"
good_fleet
host_start db2 dev main
release dev "first of dev"
DEV_CHANGE=$CHANGE
pull db2
base=https://localhost:$PORT
with() { echo --cert "$WORK/people/$1/tls.crt" --key "$WORK/people/$1/tls.key"; }
# api PERSON CURL-ARGUMENTS... PATH: the HTTP status; the body in $WORK/answer
api() {
	local person=$1 path=${!#}
	# shellcheck disable=SC2046 # options
	curl -sS -o "$WORK/answer" -w '%{http_code}' --cacert "$WORK/people/admin/ca.crt" $(with "$person") \
		--resolve "localhost:$PORT:127.0.0.1" "${@:2:$#-2}" "$base$path" 2>"$WORK/curl.err"
}
post() { api "$1" -H 'Content-Type: application/json' -d "$3" "$2"; }

# Roles that cannot be
exits 2 "a role that does not exist is refused" by admin user add erin --roles authro@dev
like "$OUT" 'did you mean author' "with what was meant"
exits 3 "a role in an environment that does not exist is refused" by admin user add erin --roles author@prdo
like "$OUT" 'did you mean prod' "with what was meant"
exits 2 "an admin of one environment there is not" by admin user add erin --roles admin@dev
like "$OUT" 'whole fleet' "and the error says why"
is "$(post admin /v1/users '{"name":"erin","roles":["author@root"]}')" 400 "nor a role in what is no environment"
is "$(post admin /v1/users '{"name":"erin","roles":"author"}')" 400 "nor roles that are no list"
is "$(post admin /v1/users '{"name":"erin","roles":[7]}')" 400 "nor words that are none"

# erin writes in dev and approves nothing; fay operates dev; gus approves prod without a key of it
mkdir -m 700 "$WORK/people/erin" "$WORK/people/fay" "$WORK/people/gus"
person_enrol erin author@dev
person_enrol fay operator@dev,viewer@dev
person_enrol gus approver@prod
is "$(by erin whoami --json | jq -c .roles)" '["author@dev"]' "whoami says where a role is"
is "$(by admin user list --json | jq -c '[.items[] | select(.name == "fay")][0].roles')" '["viewer@dev","operator@dev"]' \
	"so does the list of users"

# Submitting and looking
set_memory dev 70mb
set_memory prod 70mb
exits 5 "dev's author may not submit for prod" by erin submit prod -m "no" --tree "$TREE"
like "$OUT" 'it takes a role in an environment' "and learns what it takes"
CHANGE=$(by erin submit dev -m "mine" --tree "$TREE" --json 2>"$WORK/err" | jq -r .change)
like "$CHANGE" '^[0-9]+$' "he may for dev"
approve dave
set_memory prod 71mb
submit prod "for prod"
PROD_CHANGE=$CHANGE
TREE_OF_PROD=$(by carol show "$PROD_CHANGE" --json | jq -r .tree)
DOCUMENT=$(by carol show "$PROD_CHANGE" --json | jq -c '{environment: "prod", document, metadata}')
is "$(post erin /v1/changes "$DOCUMENT")" 403 "the server itself refuses a change for prod"
is "$(post erin /v1/changes "$(jq -c '.environment = "dev"' <<<"$DOCUMENT")")" 422 \
	"and one for prod in the name of dev"
is "$(post erin /v1/changes '{"environment":7}')" 400 "and one that does not say for what"
is "$(api erin "/v1/changes/$PROD_CHANGE")" 403 "dev's author may not read prod's change"
like "$(jq -r .hint "$WORK/answer")" 'viewer in prod' "the hint names role and environment"
is "$(api erin "/v1/changes/$DEV_CHANGE")" 200 "he may read dev's"
is "$(api erin /v1/changes/999)" 404 "one that does not exist is not found"
is "$(api erin "/v1/trees/$TREE_OF_PROD")" 403 "nor prod's tree"
is "$(api gus "/v1/trees/$TREE_OF_PROD")" 200 "prod's approver may"
is "$(api erin "/v1/trees/$(printf '0%.0s' {1..64})")" 404 "an unknown tree is not found"
is "$(api erin /v1/releases/prod/1)" 403 "nor prod's release"
is "$(api erin /v1/releases/dev/1)" 200 "dev's he may"
is "$(api erin /v1/hosts/db1)" 403 "nor prod's host"
is "$(api erin /v1/hosts/db2)" 200 "dev's he may"

# Lists
for list in changes releases hosts drift; do
	is "$(api erin "/v1/$list")" 200 "dev's author may list $list"
	is "$(jq -r '[.items[] | (.environment // "dev")] | unique | join(" ")' "$WORK/answer" | sed 's/^$/dev/')" dev \
		"and sees those of dev only"
	is "$(api erin "/v1/$list?environment=prod")" 403 "may not ask for those of prod"
	is "$(api erin "/v1/$list?environment=dev")" 200 "may ask for those of dev"
	is "$(api carol "/v1/$list?environment=prdo")" 404 "$list of no environment are an error"
done
is "$(api erin "/v1/hosts?limit=1")" 200 "pages, too,"
is "$(jq -c '[[.items[].name], .next]' "$WORK/answer")" '[["db2"],null]' "know dev only"
is "$(api carol "/v1/changes")" 200 "who has a role everywhere sees"
is "$(jq -r '[.items[].environment] | unique | join(" ")' "$WORK/answer")" "dev prod" "all of them"
is "$(by erin status --json | jq -r '[.environments[].name] | join(" ")')" dev "status shows dev alone"
run by carol releases prdo
is "$STATUS" 3 "vkcfg releases of no environment is an error"
like "$OUT" 'did you mean prod' "with what was meant"
for path in /v1/audit /v1/log/witnesses /log/tile/entries/000.p/1 /v1/online-keys; do
	is "$(api erin "$path")" 403 "$path is about the whole fleet"
done
for path in /v1/whoami /v1/users /tuf/timestamp.json /log/checkpoint /metrics; do
	is "$(api erin "$path")" 200 "$path is for all"
done

for list in "hosts --env prdo" "changes --env prdo" "drift --env prdo"; do
	# shellcheck disable=SC2086 # words
	exits 3 "vkcfg $list is an error, too" by carol $list
done

# Doing
exits 5 "dev's operator may not invite a host to prod" by fay host token db8 --env prod
exits 0 "he may to dev" by fay host token db8 --env dev
exits 5 "dev's operator may not revoke prod's host" by fay host revoke db1
is "$(post fay /v1/hosts/db1/revoke '{}')" 403 "says the server itself"
is "$(post fay /v1/hosts/db77/revoke '{}')" 404 "who is not there cannot be revoked"
is "$(post gus "/v1/changes/$DEV_CHANGE/reject" '{"message":"no"}')" 403 "prod's approver may not reject a change of dev"
is "$(post erin "/v1/changes/$PROD_CHANGE/reject" '{"message":"no"}')" 403 "dev's author may not reject one of prod"
is "$(post erin "/v1/changes/$PROD_CHANGE/approve" '{"keyid":"00","sig":"00"}')" 403 "nor approve it"
must by admin user roles erin --roles author@prod,approver@dev
is "$(post erin "/v1/changes/$PROD_CHANGE/reject" '{"message":"no"}')" 403 \
	"prod's author may not reject another's change because he approves in dev"
must by admin user roles erin --roles author@dev
is "$(post gus /v1/refresh '{"files":{"2.dev.json":"{}"}}')" 403 "prod's approver may not refresh dev"
isnt "$(post gus /v1/refresh '{"files":{"2.prod.json":"{}"}}')" 403 "he may try prod"
is "$(post gus /v1/refresh '{"files":{"2.prod.json":"{}","2.dev.json":"{}"}}')" 403 "not both at once"
is "$(post erin /v1/users '{"name":"mallory","roles":["author@dev"]}')" 403 "no role of an environment makes users"
is "$(by carol changes --json | jq -r "[.items[] | select(.id == $PROD_CHANGE)][0].state")" open \
	"after all this prod's change is as it was"

# Secrets of prod: carol writes everywhere, hana in dev, ivan in prod
printf 'parameters: {memory: 64mb}\nkeepers: {alice: "%s"}\n' "$(by alice key show alice --json | jq -r .public)" \
	>"$TREE/environments/prod.yaml"
sed -i 's|^users:|users:\n  app: {rules: "on ~app:* \&* +@read", passwords: ["secret:app"]}|' "$TREE/roles/cache.yaml"
cp "$TREE/environments/prod.yaml" "$TREE/environments/dev.yaml"
mkdir -m 700 "$WORK/people/hana" "$WORK/people/ivan"
person_enrol hana author@dev
person_enrol ivan author@prod
run by carol secret set prod app --tree "$TREE" --generate
is "$STATUS" 0 "a secret of prod is set"
digest=$(by carol secret list prod --json | jq -r '.items[0].sha256')
public=$(by alice key show alice --json | jq -r .public | cut -d: -f2)
exits 5 "dev's author may not list prod's secrets" by hana secret list prod
is "$(api hana /v1/secrets)" 200 "he may list his own"
is "$(jq '.items | length' "$WORK/answer")" 0 "which are none"
is "$(api ivan /v1/secrets)" 200 "prod's author lists"
is "$(jq '.items | length' "$WORK/answer")" 1 "prod's"
is "$(api hana "/v1/secrets/$digest?public=$public")" 403 "dev's author may not fetch the envelope"
is "$(api ivan "/v1/secrets/$digest?public=$public")" 200 "prod's may"
BODY=$(jq -c '{body: .body, seals: [{recipient: "keeper/alice", public: "ed25519:'"$public"'", sealed: .sealed}]}' "$WORK/answer")
is "$(post hana /v1/secrets "$BODY")" 403 "dev's author may not store a secret of prod"
is "$(post hana "/v1/secrets/$digest/seals" "$(jq -c '{seals}' <<<"$BODY")")" 403 "nor seal it"
is "$(post hana "/v1/secrets/$digest/remove" '{}')" 403 "nor remove it"
is "$(post ivan /v1/secrets "$BODY")" 201 "prod's author may store it"
is "$(post hana /v1/secrets '{"body":"x","seals":[]}')" 400 "an envelope that says no environment is refused"
is "$(post hana "/v1/secrets/$(printf '0%.0s' {1..64})/remove" '{}')" 404 "a secret that is not there is not found"
set_memory prod 64mb
set_memory dev 64mb
sed -i '/secret:app/d' "$TREE/roles/cache.yaml"
rm -rf "$TREE/secrets"

# Who approves in dev alone can do all that it takes
must by admin user roles dave --roles approver@dev
set_memory dev 66mb
submit dev "for dave"
exits 0 "an approver of one environment approves there" as dave approve "$CHANGE" --key dave --yes
exits 0 "and refreshes there" as dave refresh dev

# Hosts
db2=$WORK/hosts/db2/state
ln -s "$db2" "$WORK/people/db2"
is "$(api db2 /v1/agent/bundles/prod/1)" 403 "a host may not ask for another environment's bundles"
is "$(api db2 /v1/agent/bundles/dev/1)" 200 "it may for its own"

# Roles change at once
exits 5 "only an admin changes roles" by erin user roles erin --roles author
exits 0 "an admin gives dev's author prod, too" by admin user roles erin --roles author@dev,author@prod
is "$(api erin "/v1/changes/$PROD_CHANGE")" 200 "it acts on the very next request"
is "$(by erin status --json | jq -r '[.environments[].name] | join(" ")')" "dev prod" "lists follow"
exits 0 "and takes it away" by admin user roles erin --roles viewer@dev
is "$(api erin "/v1/changes/$PROD_CHANGE")" 403 "which acts as fast"
exits 5 "the author is none any more" by erin submit dev -m "no" --tree "$TREE"
exits 4 "the last admin stays" by admin user roles admin --roles viewer
exits 3 "who is not there has no roles" by admin user roles nobody --roles viewer
exits 2 "without roles the command does nothing" by admin user roles erin
must by admin user revoke gus
exits 4 "a revoked user gets none" by admin user roles gus --roles admin
by admin audit log --action user.roles --json >"$WORK/audit.json"
is "$(jq '.items | length' "$WORK/audit.json")" 5 "each change of roles is in the audit log"
is "$(jq -c '.items | max_by(.index).detail' "$WORK/audit.json")" \
	'{"before":["author@dev","author@prod"],"roles":["viewer@dev"]}' "with what was before"
exits 0 "which verifies" by admin audit verify --allow-unwitnessed
done_testing
