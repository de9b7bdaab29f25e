#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# templates.sh VKCFG PAGE: writes anew what follows the marker in docs/templates.md: what the templates say about themselves.
set -eu
marker='<!-- From here on written by make templates-page. -->'
new=$2.new
sed "/^$marker/q" "$2" >"$new"
for name in $("$1" template list --json | jq -r '.items[].template'); do
	"$1" template show "$name" --json | jq -r '
		def cell: gsub("\\|"; "\\|");
		. as $t | "\n### \(.template)\n",
		(if .summary then "\(.summary). \(.use // "")\n" else empty end),
		(if .extends then "Extends `\(.extends)`; only what it sets or declares itself is listed.\n" else empty end),
		([.parameters[] | select(.template == $t.template)] | if length > 0 then
			"| parameter | type | default | meaning |\n| --- | --- | --- | --- |",
			(.[] | "| `\(.name)` | \((.values // .type) | cell)" +
				(if .min or .max then " \(.min // "") to \(.max // "")" else "" end) +
				" | \(.default // "" | if . == "" then "" else "`\(.)`" end) | \(.help // "" | cell) |"), "" else empty end),
		"| sets | to | why |\n| --- | --- | --- |",
		(.choices[] | select(.template == $t.template) |
			"| `\(if .section == "config" then "" elif .section == "users" then "user " else "apply: " end)\(.name)` | `\(
				if .value == "" then "\"\"" else .value end | cell)` | \(.reason // "" | cell) |")'
done >>"$new"
mv "$new" "$2"
