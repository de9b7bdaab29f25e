#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# docs/language.md: its fleet is valid and renders, its tables are what the schema says, and editors are told the same.
. "${0%/*}/lib.sh"
work_start
PAGE=$abs_top_srcdir/docs/language.md
TREE=$WORK/tree
ok "the yaml blocks of the page are files" awk -v out="$TREE" -f "$abs_top_srcdir/tests/e2e/blocks.awk" "$PAGE"
exits 0 "the fleet of the page is valid" "$VKCFG" validate --tree "$TREE"
unlike "$OUT" '^error' "without an error"
for instance in db1/main db1/queue cache01/main watch1/watch; do
	exits 0 "$instance renders" "$VKCFG" render "$instance" --tree "$TREE"
done
exits 0 "a share of memory is what the page says" "$VKCFG" explain cache01/main maxmemory --tree "$TREE"
like "$OUT" '10307921510' "60% of 16gb"
cp -r "$TREE" "$WORK/other"
sed -i 's,cache01/main\, cache02/main,cache02/main\, cache01/main,' "$WORK/other/groups/sessions.yaml"
run "$VKCFG" diff --tree "$WORK/other" --against "$TREE" prod
like "$OUT" 'members: cache01/main \(.* -> cache02/main \(' "who a group begins with is shown where it changes"
like "$OUT" '^prod: (cache0|3 instances|cache)' "for its members"
sed 's/^apply: {drift: revert}/&\nlock: [loglevel]/; /^lock: \[maxmemory/d' "$TREE/environments/prod.yaml" >"$WORK/prod.yaml"
sed -i 's/main: {role: store, config: {/&loglevel: debug, /' "$TREE/hosts/all.yaml"
cp "$WORK/prod.yaml" "$TREE/environments/prod.yaml"
exits 1 "and a lock holds as it says" "$VKCFG" validate --tree "$TREE"
like "$OUT" 'loglevel: the environment locks it \(environments/prod.yaml:' "with both places"

cp "$PAGE" "$WORK/language.md"
must sh "$abs_top_srcdir/docs/language.sh" "$VKCFG" "$WORK/language.md"
ok "the tables of directives are the schema's (make language-page)" cmp "$PAGE" "$WORK/language.md"

exits 2 "an editor asks for a kind of file that there is not" "$VKCFG" schema json rule
like "$OUT" 'one of acl\|environment\|fleet\|group\|hosts\|role\|secret' "and is told which there are"
check() { python3 "$abs_top_srcdir/tests/e2e/check_editor.py" "$VKCFG" "$@"; }
run check "$TREE"
if [ "$STATUS" -eq 77 ]; then
	skip "the schema for editors" "no jsonschema or yaml for Python here"
	done_testing
fi
is "$STATUS$OUT" 0 "an editor finds nothing in the fleet of the page"
must "$VKCFG" new "$WORK/new"
exits 0 "nor in the example" check "$WORK/new"
# file, what stands in it, what the editor says
while IFS='|' read -r file text said; do
	rm -rf "$WORK/bad"
	mkdir -p "$WORK/bad/${file%/*}"
	printf '%b\n' "$text" >"$WORK/bad/$file"
	exits 1 "it sees: $text" check "$WORK/bad"
	like "$OUT" "$said" "and says where"
done <<-'END'
	roles/a.yaml|confg: {}|confg
	roles/a.yaml|config: {maxmemroy: 1gb}|maxmemroy
	roles/a.yaml|config: {maxmemory: 1tb}|config/maxmemory:
	roles/a.yaml|config: {appendonly: true}|config/appendonly:
	roles/a.yaml|config: {port: 70000}|config/port:
	roles/a.yaml|config: {requirepass: word}|config/requirepass:
	roles/a.yaml|config: {include: /etc/x}|config/include:
	roles/a.yaml|template: cache@9|template:
	roles/a.yaml|apply: {drift: revrt}|apply/drift:
	roles/a.yaml|users: {app: {rules: [on]}}|users/app/rules:
	hosts/a.yaml|hosts: {db1: {instances: [main]}}|hosts/db1/instances:
	hosts/a.yaml|db1: {environment: dev}|db1
	groups/a.yaml|{environment: prod, kind: cluster, members: [a/b]}|:
	environments/prod.yaml|waivers: [{rule: tls-enbled}]|waivers/0/rule:
	environments/prod.yaml|policy: {block: hihg}|policy/block:
END
done_testing
