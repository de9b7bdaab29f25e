#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# vkcfg-pull doctor: what is wrong with a host is named, each with what to do, and nothing is changed.
. "${0%/*}/lib.sh"
good_fleet

# doctor: looks; sets STATUS and OUT
doctor() { pull db1 doctor "$@"; }
# finds CHECK VERDICT TEXT REMEDY WHAT: one entry of the JSON says so, and has a remedy
finds() {
	doctor --json
	like "$(jq -r --arg c "$1" '.checks[] | select(.check == $c) | "\(.verdict): \(.text)"' <<<"$OUT")" "$2: .*$3" "$5"
	like "$(jq -r --arg c "$1" --arg v "$2" '.checks[] | select(.check == $c and .verdict == $v).remedy' <<<"$OUT")" "$4" \
		"and what to do"
	is "$STATUS" 1 "the exit status says it"
}
settings=$WORK/hosts/db1/pull.yaml
dir=$WORK/hosts/db1/main
cp "$settings" "$WORK/good.yaml"
# with SED-EXPRESSION: the good settings, changed
with() { sed "$1" "$WORK/good.yaml" >"$settings"; }

times() { find "$WORK/hosts/db1" -not -name valkey.log -not -name session -not -path '*/data*' -printf '%p %T@ %i %s\n' | sort; }
before=$(times)
doctor
is "$STATUS" 0 "a host that works is found well"
like "$OUT" ' 0 problems, 0 warnings' "without a warning"
like "$OUT" 'ok +main +the user vkcfg-agent may do what the agent needs' "rights are looked at"
is "$(times)" "$before" "and nothing was changed"
doctor --json
is "$(jq '[.checks[] | select(.verdict != "ok" and (.remedy // "") == "")] | length' <<<"$OUT")" 0 \
	"whatever is not right has a remedy"

# The host.
with 's/^server:/serve:/'
finds settings problem "serve" "did you mean|server" "a wrong key of the settings"
with "s,^server: .*,server: https://localhost:1,"
finds server problem "localhost:1" "vkcfgd" "a server that is not there"
cp "$WORK/good.yaml" "$settings"
OLD=$VKCFG_PULL
if command -v faketime >/dev/null && ! ldd "$OLD" | grep -q asan; then
	VKCFG_PULL="faketime -f -400d $OLD"
	run faketime -f -400d "$OLD" --config "$settings" doctor
	like "$OUT" 'problem +host +the clock says .* begins at' "a clock that is behind"
else
	skip "a clock that is behind" "no faketime, or AddressSanitizer"
fi
VKCFG_PULL=$OLD

# The instance.
with "s,^    data: .*,    data: $dir/nowhere,"
finds data problem "nowhere is no directory" "make it" "a data directory that is missing"
with "s,^    binary: .*,    binary: /nonexistent/valkey-server,"
finds binary problem "nonexistent" "binary" "a valkey-server that is missing"
with "s,\[$WORK/restart-valkey,[/nonexistent/door,"
finds door problem "/nonexistent/door cannot be run" "door/program" "a door that is missing"
with "s,^    door: .*,    door: {file: /nonexistent/restart},"
finds door problem "restart cannot be written" "tmpfiles" "a door of systemd that the agent cannot write"
with "s,^    connect: .*,    connect: unix:$dir/none.sock,"
finds valkey problem "none.sock" "is it started" "a Valkey that is not there"
cp "$WORK/good.yaml" "$settings"
chmod o+w "$dir"
finds directory problem "everybody may write" "chmod" "a directory that everybody may write"
chmod o-w "$dir"
valkey db1/main acl setuser vkcfg-agent -acl\|setuser >/dev/null
finds rights problem "lacks .acl\|setuser" "vkcfg-pull" "an agent that lacks a right"
valkey db1/main acl setuser vkcfg-agent +acl\|setuser >/dev/null
doctor
is "$STATUS" 0 "all put right: well again"
done_testing
