#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# baseline.sh DIRECTORY PAGE: writes anew what follows the marker in docs/baseline.md, out of the tables of schema/baseline/.
set -eu
marker='<!-- From here on written by make baseline-page. -->'
new=$2.new
sed "/^$marker/q" "$2" >"$new"
LC_ALL=C awk -F '\t' '
BEGIN {
	title["auth"] = "Users"; title["cmd"] = "Commands and modules"; title["data"] = "Data"
	title["host"] = "The host"; title["log"] = "Logs"; title["net"] = "Network"; title["ops"] = "Operation"
	title["tls"] = "TLS"; title["waiver"] = "Waivers"
}
function cell(text) { gsub(/\|/, "\\|", text); return text }
function versions(text) {
	if (text == "7.2-") return ""
	sub(/-$/, " and later", text)
	if (text ~ /^7\.2-/) sub(/^7\.2-/, "up to ", text)
	return "; Valkey " text
}
/^#/ { next }
{
	prefix = $1
	sub(/-.*/, "", prefix)
	if (prefix != last) {
		print "\n### " title[prefix] "\n"
		print "| rule | severity | what is wrong, and why that matters | what to do | see |"
		print "| --- | --- | --- | --- | --- |"
	}
	last = prefix
	what = toupper(substr($7, 1, 1)) substr($7, 2)
	print "| `" $1 "` | " $2 versions($3) " | " cell(what) ". " cell($8) ". | " cell($9) " | " cell($10) " |"
}' "$1/rules.tsv" >>"$new"
{
	printf '\n## Known vulnerabilities\n\nWhat `ops-version` knows:\n\n'
	printf '| name | mended in | who can use it | what it does |\n| --- | --- | --- | --- |\n'
	awk -F '\t' '/^#/ { next } { gsub(/,/, ", ", $2); print "| " $1 " | " $2 ($3 == "no" ? " (not confirmed)" : "") " | " $4 " | " $5 " |" }' "$1/advisories.tsv"
} >>"$new"
mv "$new" "$2"
