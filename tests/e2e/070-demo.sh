#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The demo shows what it says, and leaves nothing behind.
. "${0%/*}/lib.sh"
work_start
mkdir "$WORK/tmp"
run env TMPDIR="$WORK/tmp" abs_top_srcdir="$abs_top_srcdir" abs_top_builddir="$abs_top_builddir" KEEP= \
	VKCFGD= VKCFG_PULL= VKCFG="$VKCFG" FORGE= bash "$abs_top_srcdir/tests/demo.sh"
is "$STATUS" 0 "the demo succeeds"
[ "$STATUS" -eq 0 ] || diag "$OUT"
is "$(ls "$WORK/tmp")" "" "and leaves no file"
nok "and no process" grep -qs "$WORK/tmp" /proc/[0-9]*/cmdline
ok "each line can be read" test "$(printf '%s\n' "$OUT" | wc -L)" -lt 180
done_testing
