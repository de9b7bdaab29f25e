#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Files with mistakes, made up from a seed: vkcfg import refuses the lines that the real server refuses, with its words, and
# takes over the rest. VKCFG_TEST_SEED and VKCFG_TEST_FILES make it another, or a longer, run.
. "${0%/*}/lib.sh"
work_start
export VKCFG_HOME="$WORK/home"
SEED=${VKCFG_TEST_SEED:-1}
if ! command -v python3 >/dev/null || [[ $(valkey-server --version 2>/dev/null) != *v=8.0.* ]]; then
	skip "made-up files are judged as the server does" "no python3, or no valkey-server 8.0"
	done_testing
fi
mkdir -p "$WORK/compare/tls/dir" "$WORK/made"
must openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=test \
	-keyout "$WORK/compare/tls/key" -out "$WORK/compare/tls/crt"
cp "$WORK/compare/tls/crt" "$WORK/compare/tls/dir"
must openssl dhparam -dsaparam -out "$WORK/compare/tls/dh" 2048
must python3 "$abs_top_srcdir/tests/e2e/import_mutate.py" "$SEED" "${VKCFG_TEST_FILES:-12}" "$WORK/made" \
	"$abs_top_srcdir"/tests/e2e/import/*.conf
while IFS= read -r line; do
	case $line in
	"ok - "*) pass "${line#ok - }" ;;
	"not ok - "*) fail "${line#not ok - }" ;;
	*) diag "$line" ;;
	esac
done < <(python3 "$abs_top_srcdir/tests/e2e/import_compare.py" "$VKCFG" "$WORK/compare" "$WORK"/made/* 2>&1)
done_testing
