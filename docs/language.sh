#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# language.sh VKCFG PAGE: writes anew what follows the marker in docs/language.md: the directives, as the schema has them.
set -eu
marker='<!-- From here on written by make language-page. -->'
new=$2.new
table() {
	printf '| directive | takes | default | change | what |\n| --- | --- | --- | --- | --- |\n'
	"$1" schema list --json | jq -r --argjson sentinel "$2" '
		def cell: gsub("\\|"; "\\|");
		def number: gsub(" to (18446744073709551615|9223372036854775807)"; " or more");
		.items[] | select((.directive | startswith("sentinel ")) == $sentinel) | select(.type != "not in a tree") |
		"| `\(.directive)` | \(if .values and (.type == "one of" or .type == "some of") then .type + " " + (.values | gsub("\\|"; ", "))
			elif .range then .type + " " + .range else .type end | cell | number) | \(
			if .default == null then "" elif .default == "" then "empty" else "`" + .default + "`" end | cell) | \(
			.change) | \(.help // "" | cell) |"'
}
sed "/^$marker/q" "$2" >"$new"
{
	printf '\n## Directives of Valkey 8.0\n\nOther versions, units, and what a tree may not set: `vkcfg schema list --valkey VERSION`, `vkcfg schema show DIRECTIVE`.\n\n'
	table "$1" false
	printf '\n## Directives of Sentinel\n\n'
	table "$1" true
} >>"$new"
mv "$new" "$2"
