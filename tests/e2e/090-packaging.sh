#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# What is installed is complete, strict, and without the points where tests kill a process.
. "${0%/*}/lib.sh"
work_start

dest=$WORK/dest
ok "make install works into an empty directory" \
	make -C "$abs_top_builddir" install DESTDIR="$dest" prefix=/usr sysconfdir=/etc
for program in usr/sbin/vkcfgd usr/sbin/vkcfg-pull usr/bin/vkcfg; do
	nok "$program has no fault points" grep -q VKCFG_FAULT "$dest/$program"
	like "$(readelf -hldW "$dest/$program")" 'Type: *DYN' "$program is position independent"
	like "$(readelf -hldW "$dest/$program")" 'GNU_RELRO' "$program makes its relocations read-only"
	like "$(readelf -hldW "$dest/$program")" 'BIND_NOW|FLAGS.*NOW' "$program binds all symbols at start"
	unlike "$(readelf -lW "$dest/$program" | grep GNU_STACK)" 'E ' "$program has no executable stack"
	like "$("$dest/$program" --version 2>&1)" '[0-9]+\.[0-9]+\.[0-9]+' "$program says its version"
done
for program in vkcfgd vkcfg-pull; do
	ok "the test copy of $program has them" grep -q VKCFG_FAULT "$abs_top_builddir/tests/e2e/bin/$program"
done
points_of() { # MODULE: what stands in its sources
	grep -rhoE --include='*.c' 'fault_point\("[^"]+"\)' "$abs_top_srcdir/$1" | cut -d'"' -f2 | sort -u
}
for pair in vkcfgd:server vkcfg-pull:client/pull; do
	is "$(strings -a "$abs_top_builddir/tests/e2e/bin/${pair%%:*}" | grep -xF -f <(points_of "${pair#*:}") | sort -u)" \
		"$(points_of "${pair#*:}")" "the test copy of ${pair%%:*} has every one of its sources"
done
# What a guess at a passphrase costs: as docs/formats.md says, but for the tests' own copy.
cost_of() { # PROGRAM NAME
	env VKCFG_HOME="$WORK/people/$2" "$1" key new "$2" --passphrase-fd 3 3<<<"$PASSPHRASE" >/dev/null 2>"$WORK/err" &&
		jq -c '[.kdf.opslimit, .kdf.memlimit]' "$WORK/people/$2/keys/$2.key"
}
mkdir -m 700 "$WORK/people/erin" "$WORK/people/test"
is "$(cost_of "$dest/usr/bin/vkcfg" erin)" "[3,268435456]" "vkcfg makes a guess at a passphrase as dear as it says"
is "$(cost_of "$abs_top_builddir/tests/e2e/bin/vkcfg" test)" "[1,8192]" "only its test copy makes it cheap"
for page in man1/vkcfg.1 man8/vkcfgd.8 man8/vkcfg-pull.8 man5/vkcfgd.yaml.5 man5/pull.yaml.5; do
	ok "$page is installed" test -s "$dest/usr/share/man/$page"
	if command -v mandoc >/dev/null; then
		is "$(mandoc -Tlint -Wwarning "$dest/usr/share/man/$page" 2>&1)" "" "mandoc finds nothing in $page"
	fi
done

if ! command -v systemd-analyze >/dev/null; then
	skip "systemd units" "no systemd-analyze here"
	done_testing
fi
# systemd-analyze looks for the programs where the units name them.
mkdir "$WORK/units"
for unit in "$dest"/usr/lib/systemd/system/*; do
	sed -e "s|=/[a-z/]*sbin/|=$dest/usr/sbin/|" -e "s|^User=.*|User=daemon|" \
		-e "s|^Group=.*|Group=daemon|" -e '/^Documentation=/d' \
		"$unit" >"$WORK/units/${unit##*/}"
done
for unit in vkcfgd.service vkcfg-pull.service vkcfg-pull-watch.service vkcfg-pull.timer \
	vkcfg-restart@.path vkcfg-restart@.service; do
	# A template is checked as one of its instances.
	name=${unit/@./@main.}
	[ "$name" = "$unit" ] || cp "$WORK/units/$unit" "$WORK/units/$name"
	is "$(systemd-analyze verify "$WORK/units/$name" 2>&1 | grep -v 'valkey-server@')" "" "$unit has no mistake"
done
for unit in vkcfgd.service vkcfg-pull.service vkcfg-pull-watch.service vkcfg-restart@main.service; do
	ok "$unit is exposed to little" \
		systemd-analyze security --offline=true --threshold=20 --no-pager "$WORK/units/$unit"
done
like "$(systemd-analyze verify "$WORK/units/vkcfg-pull.timer" 2>&1; echo end)" '^end$' "the timer starts the service"
done_testing
