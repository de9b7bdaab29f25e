#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The policy of an environment: what it keeps out of a release, at the author's, at the server and at
# the approver's, each on its own; waivers, and who sees them.
. "${0%/*}/lib.sh"
fleet_start
host_start db1 prod main
ROLE=$TREE/roles/cache.yaml ENV=$TREE/environments/prod.yaml
day() { date -u -d "$1" +%F; }
waive() { printf 'policy: {block: high}\nwaivers:\n  - {rule: cmd-debug, where: "%s", reason: %s, owner: ops, expires: %s}\n' "$@" >"$ENV"; }
changes() { by carol changes --json | jq '.items | length'; }
reckless() { VKCFG_HOME=$WORK/people/carol "$abs_top_builddir/tests/e2e/reckless_vkcfg" "$@"; }

printf 'template: baseline@1\nconfig:\n  maxmemory-policy: allkeys-lru\n' >"$ROLE"
release prod "nothing is wrong"
printf 'policy: {block: high}\n' >"$ENV"
sed -i 's/^config:/&\n  enable-debug-command: "yes"/' "$ROLE"

# The author
exits 2 "a finding of the blocked severity keeps a change out" by carol submit prod --tree "$TREE" -m x
like "$OUT" '^high cmd-debug in db1/main: enable-debug-command' "the finding is shown"
like "$OUT" 'policy of prod \(block: high\) keeps this out: cmd-debug \(high\) in db1/main' "with the policy"
like "$OUT" 'waive them in environments/prod.yaml' "and what to do"
is "$(changes)" 1 "and nothing is uploaded"

# The server
exits 2 "a program without the check is refused by the server" reckless submit prod --tree "$TREE" -m x
like "$OUT" 'policy of prod \(block: high\) keeps this out: cmd-debug' "with the same words"
is "$(changes)" 1 "and there is no change"
waive '*/main' "an old one" "$(day yesterday)"
exits 2 "so is a waiver that has ended, by the server's clock" reckless submit prod --tree "$TREE" -m x
like "$OUT" 'waiver-expired \(high\)' "which is said"
exits 1 "lint fails for it, whatever the severity" by carol lint --tree "$TREE" --env prod --fail-on critical
like "$OUT" '^high +waiver-expired: .*environments|ended on' "and names it"

# Waivers
waive 'db9/*' "too narrow" "$(day tomorrow)"
exits 2 "a waiver for another instance helps nothing" by carol submit prod --tree "$TREE" -m x
waive 'db*/main' "until the fault is found" "$(day tomorrow)"
exits 0 "a waiver in force lets it in" by carol submit prod --tree "$TREE" -m "debug, for a day"
like "$OUT" '^policy block: \(nothing\) -> high' "the difference shows the new policy"
like "$OUT" 'waiver added: cmd-debug in db\*/main until [0-9-]+ by ops: until the fault is found' "and the waiver"
CHANGE=$(by carol changes --json | jq '[.items[].id] | max')
exits 0 "so it is shown to approvers" by alice show "$CHANGE"
like "$OUT" 'waived until [0-9-]+ by ops cmd-debug in db1/main: until the fault is found' "with what it covers"
is "$(by alice show "$CHANGE" --json | jq -r '.baseline.violations[] | select(.rule == "cmd-debug") | .status + " " + .waiver.owner')" \
	"waived ops" "and in JSON"
approve alice
approve bob
sed -i '/enable-debug-command/d' "$ROLE"
printf 'policy: {block: critical}\n' >"$ENV"
exits 0 "a policy may be lowered by a change" by carol submit prod --tree "$TREE" -m "lower" --json
is "$(jq -c '.difference | [.policy[0].old, .policy[0].new, .waivers[0].presence]' <<<"$OUT")" \
	'["high","critical","removed"]' "which shows it, and the waiver that goes"

# Findings that are there already
sed -i 's/^config:/&\n  enable-debug-command: "yes"/' "$ROLE"
printf 'policy: {block: high}\n' >"$ENV"
exits 2 "what the current release has already" by carol submit prod --tree "$TREE" -m x
unlike "$OUT" 'in the current release already' "is no excuse where it was waived"

# The approver
server_stop
VKCFGD=$abs_top_builddir/tests/e2e/reckless_vkcfgd
server_start
exits 0 "author and server that let it in" reckless submit prod --tree "$TREE" -m "let me in"
CHANGE=$(by carol changes --json | jq '[.items[].id] | max')
exits 2 "find an approver whose program does not" as alice approve "$CHANGE" --key alice --yes
like "$OUT" "change $CHANGE: the policy of prod" "and says why"
exits 0 "show says it as well" by alice show "$CHANGE"
like "$OUT" 'note: the policy of prod' "as a note"
done_testing
