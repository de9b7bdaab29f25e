#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# vkcfg import: what Valkey refuses is named as it names it; the rest gives a server that behaves the same.
. "${0%/*}/lib.sh"
work_start
export VKCFG_HOME="$WORK/home"
EXAMPLES=$abs_top_srcdir/tests/e2e/import
TREE=$WORK/tree
import() { "$VKCFG" import --tree "$TREE" "$@"; }

# Refusals
exits 2 "an instance without a host is refused" import --as main "$EXAMPLES/everything.conf"
exits 1 "lines that Valkey refuses are an answer" import --as db1/main "$EXAMPLES/refused.conf"
like "$OUT" 'refused.conf:1: port: wrong number of arguments' "with file, line and the cause as Valkey words it"
like "$OUT" 'comment behind a value' "and a remedy"
like "$OUT" "refused.conf:2: appendonly: argument must be 'yes' or 'no'" "all of them, not the first"
nok "and nothing is written" test -e "$TREE"
printf 'maxmemory 1gb\ninclude b.conf\n' >"$WORK/a.conf"
printf 'include sub/c.conf\nmaxmemory 2gb\n' >"$WORK/b.conf"
mkdir "$WORK/sub"
printf 'include ../b.conf\n' >"$WORK/sub/c.conf"
exits 1 "files that include each other are refused" import --as db1/main "$WORK/a.conf"
like "$OUT" 'itself|more than [0-9]+ deep' "and it says so"
printf 'maxmemory-policy allkeys-lru\n' >"$WORK/sub/c.conf"
exits 0 "--dry-run reports" import --as db1/main --dry-run "$WORK/a.conf"
nok "and writes nothing" test -e "$TREE"
printf 'requirepass hunter2hunter\n' >"$WORK/pass.conf"
exits 2 "passwords without --secrets are refused" import --as db1/main "$WORK/pass.conf"
unlike "$OUT" hunter2 "and not shown"
nok "and nothing is written then" test -e "$TREE"
: >"$WORK/taken"
nok "a --secrets file that exists is refused" import --as db1/main --secrets "$WORK/taken" "$WORK/pass.conf"
is "$(cat "$WORK/taken")" "" "and left as it was"
nok "and the tree is not written" test -e "$TREE"

# A file with everything
exits 0 "an old file with everything is taken over" import --as db1/main --env staging --fleet demo \
	--secrets "$WORK/secrets" "$EXAMPLES/everything.conf"
like "$OUT" 'needs: .*everything.conf:20: dir: .*' "what a tree may not say is named"
like "$OUT" "name it as 'data' of the instance in pull.yaml" "with what to do instead"
like "$OUT" 'slave-read-only: Valkey 8.0 calls it replica-read-only' "old names are converted, and said"
unlike "$OUT$(cat "$TREE"/*.yaml "$TREE"/*/*.yaml)" 's3cret|foobared|an-older-password' \
	"no password is shown or in the tree"
is "$(stat -c %a "$WORK/secrets")" 600 "the file of the secrets is for its owner alone"
is "$(cut -d= -f1 "$WORK/secrets" | sort | tr '\n' ' ')" "db1-main-primaryauth db1-main-requirepass " "it has both"
like "$(cat "$TREE/roles/db1-main.yaml")" '# Sessions may be lost\.' "comments that explain are kept"
like "$(cat "$TREE/fleet.yaml")" 'environments: \[staging\]' "the fleet is made"
like "$OUT" '^nearest template: [a-z]+@1 \([0-9]+ of [0-9]+ directives differ\)$' "the nearest template is named"
nok "the same instance again is refused" import --as db1/main --secrets "$WORK/other" "$EXAMPLES/everything.conf"
nok "without a trace" test -e "$WORK/other"
exits 0 "a second instance of the host is added" import --as db1/second "$WORK/a.conf"
exits 0 "what was imported has its included lines" "$VKCFG" render --tree "$TREE" --secrets "$WORK/secrets" \
	--out "$WORK/second" db1/second
like "$(cat "$WORK/second/valkey.conf")" '^maxmemory 2147483648$' "the last line counts"
like "$(cat "$WORK/second/valkey.conf")" '^maxmemory-policy allkeys-lru$' "in files within files"
exits 2 "filled-in secrets are never printed" "$VKCFG" render --tree "$TREE" --secrets "$WORK/secrets" db1/main
exits 0 "they are rendered into files" "$VKCFG" render --tree "$TREE" --secrets "$WORK/secrets" --out "$WORK/out" db1/main
unlike "$OUT" 's3cret|foobared' "that alone have them"
like "$(cat "$WORK/out/secrets.conf")" 's3cret \\"quoted\\" \\\\ pass' "quoted as Valkey reads it"
is "$(stat -c %a "$WORK/out/secrets.conf")" 640 "with the modes that the agent gives"
chmod 644 "$WORK/secrets"
nok "a file of secrets that others can read is refused" "$VKCFG" render --tree "$TREE" --secrets "$WORK/secrets" \
	--out "$WORK/out" db1/main

# Real servers
compare() {
	mkdir -p "$WORK/$1/tls/dir"
	cp "$WORK"/pki/* "$WORK/$1/tls"
	cp "$WORK/pki/crt" "$WORK/$1/tls/dir"
	while IFS= read -r line; do
		case $line in
		"ok - "*) pass "${line#ok - }" ;;
		"not ok - "*) fail "${line#not ok - }" ;;
		*) diag "$line" ;;
		esac
	done < <(python3 "$abs_top_srcdir/tests/e2e/import_compare.py" "$VKCFG" "$WORK/$1" "${@:2}" 2>&1)
}
if ! command -v python3 >/dev/null || ! command -v valkey-server >/dev/null; then
	skip "original and import behave the same" "no python3 or valkey-server"
	done_testing
fi
if [[ $(valkey-server --version) != *v=8.0.* ]]; then
	skip "original and import behave the same" "the examples are for Valkey 8.0"
	done_testing
fi
mkdir "$WORK/pki"
must openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=test \
	-keyout "$WORK/pki/key" -out "$WORK/pki/crt"
must openssl dhparam -dsaparam -out "$WORK/pki/dh" 2048
compare examples "$EXAMPLES"/*

# Files that people use, where they are at hand.
CORPUS=${VKCFG_TEST_CORPUS:-$abs_top_srcdir/../shared/corpus}
if [ -d "$CORPUS" ]; then
	files=()
	for file in "$CORPUS"/*.conf "$CORPUS"/*.acl; do # 185-import-kinds.sh judges those of Sentinels
		grep -q '^sentinel ' "$file" || files+=("$file")
	done
	compare corpus "${files[@]}"
else
	skip "files that people use behave the same" "no files in $CORPUS (VKCFG_TEST_CORPUS)"
fi
done_testing
