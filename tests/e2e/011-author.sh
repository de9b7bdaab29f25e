#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The author's and the approver's day: an example tree, offline commands, messages, git, rejection.
. "${0%/*}/lib.sh"
fleet_start

# vkcfg new
exits 0 "vkcfg new writes a tree" by carol new "$WORK/example"
exits 0 "which is right as it is" by carol validate --tree "$WORK/example"
exits 4 "and is never overwritten" by carol new "$WORK/example"
for file in fleet.yaml environments/dev.yaml environments/staging.yaml environments/prod.yaml hosts/db1.yaml; do
	like "$(cat "$WORK/example/$file")" '^#|^[a-z-]+:' "the example has $file"
done
like "$(cat "$WORK"/example/roles/*.yaml)" '^#' "its role is commented"

# Offline: without a server, without a home
server_stop
exits 0 "render works offline" by nobody render db1/main --tree "$WORK/example"
like "$OUT" '^maxmemory ' "and shows valkey.conf"
like "$OUT" '^user default off' "and users.acl"
cp -r "$WORK/example" "$WORK/other"
exits 0 "diff of two equal trees finds nothing" by nobody diff dev --tree "$WORK/example" --against "$WORK/other"
sed -i 's/timeout: 300/timeout: 301/' "$WORK"/other/roles/*.yaml
exits 1 "diff of two trees finds what differs" by nobody diff dev --tree "$WORK/example" --against "$WORK/other"
like "$OUT" 'timeout.*30[01].*30[01].*live' "names directive, values, and whether it is live"
sed -i 's/timeout: 301/timeout: 300\n  databases: 3/' "$WORK"/other/roles/*.yaml
exits 1 "a directive that cannot change live" by nobody diff dev --tree "$WORK/other" --against "$WORK/example"
like "$OUT" 'databases.*restart' "is marked as one that needs a restart"
exits 0 "explain works offline" by nobody explain db1/main maxmemory --tree "$WORK/example"
like "$OUT" '^maxmemory [0-9]+ .*live' "says the value, and that it changes live"
like "$OUT" 'roles/[a-z-]+\.yaml:[0-9]+:' "and which line sets it"
exits 0 "the example breaks nothing of the baseline" by nobody lint --tree "$WORK/example"
printf 'bind *\nrequirepass geheimnis\n' >"$WORK/plain.conf"
exits 1 "a dangerous valkey.conf does" by nobody lint "$WORK/plain.conf"
like "$OUT" '^high +net-bind-explicit: .*bind is' "with the rule and what is wrong"
like "$OUT" '^medium +auth-acl-not-requirepass' "and one password for all"
unlike "$OUT" geheimnis "a password is never shown"
exits 0 "unless only critical findings count" by nobody lint "$WORK/plain.conf" --fail-on critical
is "$(by nobody lint "$WORK/plain.conf" --format sarif | jq -r '.runs[0].results[0].ruleId')" \
	"$(by nobody lint "$WORK/plain.conf" --json | jq -r '.violations[0].rule')" "SARIF and JSON say the same"
exits 2 "a severity that is none" by nobody lint "$WORK/plain.conf" --fail-on bad
exits 0 "schema show knows each version" by nobody schema show masterauth --valkey 8.1
like "$OUT" 'primaryauth' "and the name of today"
exits 8 "what needs the server says that it is away" by carol status
server_start

# Messages
host_start db1 prod main
exits 2 "an empty message is refused" by carol submit prod --tree "$TREE" -m ""
exits 2 "a missing message too" by carol submit prod --tree "$TREE"
exits 3 "so is an environment that is not there" by carol submit nowhere --tree "$TREE" -m "x"
sed -i 's/maxmemory-policy: .*/maxmemory-policy: allkeys-lur/' "$TREE/roles/cache.yaml"
exits 2 "a tree with mistakes is not submitted" by carol submit prod --tree "$TREE" -m "x"
like "$OUT" 'roles/cache\.yaml:[0-9]+:[0-9]+.*allkeys-lur' "and the mistake is named"
sed -i 's/maxmemory-policy: .*/maxmemory-policy: allkeys-lru/' "$TREE/roles/cache.yaml"
is "$(by carol changes --json | jq '.items | length')" 0 "nothing of this reached the server"

# git
git_tree() { git -C "$TREE" -c user.name=carol -c user.email=carol@example.org "$@" >/dev/null 2>&1; }
must git_tree init
must git_tree add -A
must git_tree commit -m "a tree"
chmod -R a+rX "$TREE"
submit prod "from a clean work tree"
exits 0 "a change can be shown" by alice show "$CHANGE"
like "$OUT" "$(git -C "$TREE" rev-parse HEAD)" "with the git commit"
like "$OUT" 'from a clean work tree' "and the message"
like "$OUT" 'db1/main' "and what it does"
is "$(by alice show "$CHANGE" --json | jq -r .commit)" "$(git -C "$TREE" rev-parse HEAD)" "in JSON too"

# A person who says no
nok "an approver who does not answer yes signs nothing" as alice approve "$CHANGE" --key alice
is "$(by alice show "$CHANGE" --json | jq '.approvals | length')" 0 "nothing is signed"
run env VKCFG_HOME="$WORK/people/alice" "$VKCFG" approve "$CHANGE" --key alice --yes --passphrase-fd 3 3<<<"a wrong passphrase"
is "$STATUS" 5 "a wrong passphrase is denied"
exits 2 "a rejection needs a reason" by bob reject "$CHANGE" -m ""
exits 0 "an approver rejects" by bob reject "$CHANGE" -m "not on a Friday"
exits 4 "what was rejected cannot be approved" as alice approve "$CHANGE" --key alice --yes
like "$(by carol show "$CHANGE")" 'not on a Friday' "the author sees why"
is "$(by carol changes --state rejected --json | jq '.items | length')" 1 "and it is listed as rejected"
nok "nothing was released" grep -q . <(by carol releases prod --json | jq -r '.items[].number')

# An author takes his own change back, and no other's
submit prod "one"
exits 0 "an author rejects his own change" by carol reject "$CHANGE" -m "a mistake"
submit prod "two"
by admin user add frank --roles author >"$WORK/people/frank.token" 2>"$WORK/err" || bail "user add" "$(cat "$WORK/err")"
mkdir -m 700 "$WORK/people/frank"
must by frank enrol "$WORK/people/frank.token"
exits 5 "but not another author's" by frank reject "$CHANGE" -m "mine is better"

# Lies of the server towards an approver: what he would sign is made of what he sees.
approve alice
approve bob
set_memory prod 128mb
submit prod "to be falsified"
# Who owns the disk is not held up by the database's own rules.
falsify() { # SQL
	server_stop
	must as_daemon sqlite3 "$STATE/vkcfg.db" "$(as_daemon sqlite3 "$STATE/vkcfg.db" \
		"SELECT 'DROP TRIGGER ' || name || ';' FROM sqlite_master WHERE type = 'trigger'") $1"
	server_start
}
falsify "UPDATE blobs SET content = replace(content, '128mb', '129mb')"
exits 6 "a tree that was changed on the server is not signed" as alice approve "$CHANGE" --key alice --yes
falsify "UPDATE blobs SET content = replace(content, '129mb', '128mb');
	UPDATE changes SET document = replace(document, 'carol', 'frank') WHERE id = $CHANGE"
nok "a release document that was changed on the server is not signed" as alice approve "$CHANGE" --key alice --yes
falsify "UPDATE changes SET document = replace(document, 'frank', 'carol') WHERE id = $CHANGE"
exits 0 "the honest change is" as alice approve "$CHANGE" --key alice --yes
done_testing
