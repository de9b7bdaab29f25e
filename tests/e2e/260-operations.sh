#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# docs/operations.md has every event of the levels warn and error that agent and server can log, and none
# that they cannot.
. "${0%/*}/lib.sh"
command -v perl >/dev/null || skip_all "no perl here"
work_start
page=$abs_top_srcdir/docs/operations.md

# The words in front of the fields of each call of vk_log() and vk_log_err() that may be a warning.
events_of() { # FILE...
	perl -0777 -ne '
		while (/\bvk_log(?:_err)?\s*\((.*?)\)\s*;/gs) {
			my $call = $1;
			next unless $call =~ /VK_LOG_(WARN|ERROR)/;
			$call =~ s/(VK_K[VN]\(|&?\w*err\b\s*$).*//s;
			print "$1\n" while $call =~ /"([a-z][a-z-]*)"/g;
		}' "$@" | sort -u
}
events_of "$abs_top_srcdir"/client/pull/*.c "$abs_top_srcdir"/server/*.c "$abs_top_srcdir"/server/store/*.c \
	"$abs_top_srcdir"/common/*.c "$abs_top_srcdir"/common/*/*.c >"$WORK/logged"
sed -n 's/^#### //p' "$page" | tr -d '`,' | tr ' ' '\n' | sort -u >"$WORK/explained"
ok "the sources log alarms" test "$(wc -l <"$WORK/logged")" -ge 40
is "$(comm -23 "$WORK/logged" "$WORK/explained")" "" "each alarm has its entry"
is "$(comm -13 "$WORK/logged" "$WORK/explained")" "" "each entry has its alarm"
# A level that is computed elsewhere would hide an alarm from this test.
is "$(grep -rlE 'vk_log(_err)?\((level|[a-z_]+->level)' "$abs_top_srcdir"/client/pull/*.c "$abs_top_srcdir"/server/*.c |
	xargs -rn1 basename)" "mutation.c" "levels stand in the calls, but for one that never warns"
unlike "$(sed -n '/^static enum vk_log_level level_of/,/^}/p' "$abs_top_srcdir/server/mutation.c")" 'WARN|ERROR' \
	"and that one never does"

# Gauges
for gauge in $(grep -oE '`vkcfg(d|_pull)_[a-z_]+' "$page" | tr -d '`' | sort -u); do
	name=${gauge#vkcfg_pull_}
	ok "$gauge is measured" grep -qhF "\"$name\"" "$abs_top_srcdir/client/pull/textfile.c" "$abs_top_srcdir/server/metrics.c"
done
done_testing
