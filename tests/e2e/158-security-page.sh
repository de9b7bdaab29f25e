#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# docs/security.md, keys.md, agent.md and operations.md name no test that is not there, no command and no
# option that the programs do not know, and no page that is missing.
. "${0%/*}/lib.sh"
work_start
mkdir "$WORK/home"
export VKCFG_HOME=$WORK/home
docs=$abs_top_srcdir/docs
pages=("$docs"/{security,keys,agent,operations}.md)

# Tests
named=$(grep -ohE '`(tests/e2e/)?[0-9]{3}-[a-z0-9-]+\.sh`' "$docs/security.md" | tr -d '`' | sed 's,.*/,,' | sort -u)
isnt "$named" "" "the page names tests"
for test in $named; do
	ok "$test is there" test -x "$abs_top_srcdir/tests/e2e/$test"
	ok "$test runs with make check" grep -q "tests/e2e/$test" "$abs_top_srcdir/tests/e2e/local.mk"
done
for test in "$abs_top_srcdir"/tests/e2e/{140,15[0-9],2[0-2][0-9]}-*.sh; do
	[ ! -e "$test" ] || [ "$test" -ef "$0" ] || ok "the page names ${test##*/}" grep -qF "${test##*/}" "$docs/security.md"
done

# Pages
for page in $(grep -ohE 'docs/[a-z]+\.md' "${pages[@]}" | sort -u); do
	ok "$page is there" test -f "$abs_top_srcdir/$page"
done

# What vkcfg and vkcfgd say about themselves
"$VKCFGD" --help >"$WORK/vkcfgd.help"
"$VKCFG_PULL" --help >"$WORK/vkcfg-pull.help"
# help_of WORD...: the help of the longest command that the words begin with; 1 if there is none
help_of() {
	local count
	for count in 2 1; do
		[ $# -ge "$count" ] || continue
		"$VKCFG" help "${@:1:count}" >"$WORK/vkcfg.help" 2>/dev/null && return 0
	done
	return 1
}
check() { # COMMAND-LINE
	local line=$1 program option
	local -a words
	read -ra words <<<"$line"
	program=${words[0]}
	case $program in
	vkcfg)
		if ! help_of "${words[@]:1}"; then
			fail "vkcfg knows: $line"
			return
		fi
		;;
	vkcfgd)
		if [ "${#words[@]}" -gt 1 ] && ! grep -qE "^  vkcfgd ${words[1]}( |\$)" "$WORK/vkcfgd.help"; then
			fail "vkcfgd knows: $line"
			return
		fi
		;;
	esac
	for option in $(grep -oE -- '(^| )--?[a-z][a-z0-9-]*' <<<"$line"); do
		if ! grep -qE -- "(^|[ ,\\[])$option([] ,=]|\$)" "$WORK/$program.help"; then
			fail "$program knows $option: $line"
			return
		fi
	done
	pass "known: $line"
}
while read -r line; do check "$line"; done < <(
	grep -ohE '`vkcfg(d|-pull)? [^`]+`' "${pages[@]}" | tr -d '`' | sort -u
)
done_testing
