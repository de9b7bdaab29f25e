#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The schema of Sentinel's directives, asked of a real Sentinel: what it takes, what it refuses, what it reads besides.
. "${0%/*}/lib.sh"
command -v valkey-server >/dev/null || skip_all "no valkey-server here"
work_start
TABLE=$abs_top_srcdir/schema/directives/sentinel.tsv
VERSION=$(valkey_version)
free_port
SENTINEL_PORT=$FREE_PORT

# rows AWK-CONDITION: name, type, smallest, flags and default of the rows of this version that are true
rows() {
	awk -F '\t' -v version="$VERSION" '/^[^#]/ { split($2, v, "-"); if (v[1] > version || (v[2] != "" && v[2] < version)) next }
		/^[^#]/ && ('"$1"') { print $1 "|" $5 "|" $6 "|" $10 "|" $12 }' "$TABLE"
}
# conf LINE...: a file of a Sentinel that watches one group
conf() {
	printf '%s\n' "port $SENTINEL_PORT" "dir $WORK" "sentinel monitor g 127.0.0.1 1 2" "$@" >"$WORK/sentinel.conf"
}
sentinel_cli() { valkey-cli -p "$SENTINEL_PORT" "$@"; }
# A name and a value as a line; those of a group need its name between.
line() {
	case $2 in
	*per-group*) echo "$1 g $3" ;;
	*) echo "$1 $3" ;;
	esac
}

# A good value of every directive that a tree can set
: >"$WORK/lines"
rows '$5 != "refused" || $10 ~ /sealed/' >"$WORK/settable"
while IFS='|' read -r name type smallest flags default; do
	case $type in
	bool) value=$default ;;
	int) value=$smallest ;;
	rename) value='CONFIG hidden' ;;
	*) value=word ;;
	esac
	line "$name" "$flags" "$value" >>"$WORK/lines"
done <"$WORK/settable"
mapfile -t lines <"$WORK/lines"
conf "${lines[@]}"
background sentinel valkey-server "$WORK/sentinel.conf" --sentinel
wait_for -t 10 sentinel_cli ping || bail "the Sentinel did not start" "$(cat "$WORK/log/sentinel.log")"
ok "a Sentinel starts with every directive that a tree can set" wait_for sentinel_cli ping
isnt "${#lines[@]}" 0 "there are some"
like "$(sentinel_cli info sentinel)" 'name=g' "it watches the group"

# It asks back what the schema calls live
while IFS='|' read -r name type smallest flags default; do
	key=${name#sentinel }
	[[ $flags == *live* && $flags != *multi* ]] || continue
	case $type in bool) value=$default ;; int) value=$smallest ;; *) value=other ;; esac
	if [[ $flags == *per-group* ]]; then
		like "$(sentinel_cli sentinel set g "$key" "$value")" '^OK$' "$key can be set while it runs"
	else
		like "$(sentinel_cli sentinel config set "$key" "$value")" '^OK$' "$key can be set while it runs"
	fi
done <"$WORK/settable"
like "$(sentinel_cli config get port)" 'unknown command' "a Sentinel has no CONFIG"
end_background sentinel

# Values that the schema refuses are refused; so are names that it does not have
refuses() {
	conf "$1"
	nok "refused: $1" timeout 5 valkey-server "$WORK/sentinel.conf" --sentinel
}
rows '$5 == "int" && $6 == 1 && $1 !~ /parallel/' >"$WORK/positive"
while IFS='|' read -r name _ _ flags _; do refuses "$(line "$name" "$flags" 0)"; done <"$WORK/positive"
rows '$5 == "bool"' >"$WORK/bool"
while IFS='|' read -r name _ _ flags _; do refuses "$(line "$name" "$flags" maybe)"; done <"$WORK/bool"
refuses "sentinel down-after-miliseconds g 1"
refuses "sentinel loglevel notice"
refuses "sentinel monitor h 127.0.0.1 1 0"

# What Valkey and Sentinel share
awk -F '\t' '/^[^#]/ && $10 ~ /sentinel/ && $2 ~ /^7.2-$/ && $12 != "-" && $12 != "" && $1 !~ /^(port|bind|tls-|logfile)/ {
	print $1, $10 ~ /multi/ ? $12 : "\"" $12 "\"" }' "$abs_top_srcdir/schema/directives/valkey.tsv" >"$WORK/shared"
mapfile -t lines <"$WORK/shared"
conf "${lines[@]}"
background sentinel valkey-server "$WORK/sentinel.conf" --sentinel
ok "a Sentinel reads the directives that the schema says it shares" wait_for sentinel_cli ping
isnt "${#lines[@]}" 0 "there are some"
end_background sentinel

exits 0 "help knows them by their whole name" "$VKCFG" schema show "sentinel down-after-milliseconds"
like "$OUT" 'milliseconds' "with the unit"
exits 3 "a misspelt one is not known" "$VKCFG" schema show "sentinel down-after-miliseconds"
like "$OUT" "did you mean 'sentinel down-after-milliseconds'" "and the right one is named"
exits 3 "a directive of a Valkey is none of a Sentinel" "$VKCFG" schema show "sentinel maxmemory"
done_testing
