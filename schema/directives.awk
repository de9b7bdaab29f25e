# SPDX-License-Identifier: BSD-3-Clause
# schema/directives/valkey.tsv and sentinel.tsv -> the tables of common/config/directive.c: all rows once, and
# for each version the numbers of its rows, for a Valkey and for a Sentinel. Refuses a table that is not sorted, because it is searched by
# halving, and two rows of one name for one version.

function fail(text) {
	printf "%s:%d: %s\n", FILENAME, FNR, text > "/dev/stderr"
	is_failed = 1
	exit 1
}

function quoted(text) {
	if (text == "-")
		return "NULL"
	gsub(/\\/, "\\\\", text)
	gsub(/"/, "\\\"", text)
	return "\"" text "\""
}

function upper(text) {
	gsub(/-/, "_", text)
	return toupper(text)
}

function flags(text,   parts, n, i, out) {
	if (text == "-")
		return "0"
	n = split(text, parts, ",")
	out = ""
	for (i = 1; i <= n; i++)
		out = out (i > 1 ? " | " : "") "CFG_" upper(parts[i])
	return out
}

# Index of a version, 1 and up.
function version_index(text,   i) {
	for (i = 1; i <= version_count; i++)
		if (versions[i] == text)
			return i
	fail("'" text "' is not one of the versions in the first lines")
}

function item(count) {
	return sprintf("%s%d,", count % 16 ? " " : "\n\t", row_count)
}

function add_row_to(versions_of_row,   parts, from, to, i) {
	if (split(versions_of_row, parts, "-") != 2)
		fail("versions are FROM-TO or FROM-")
	from = version_index(parts[1])
	to = parts[2] == "" ? version_count : version_index(parts[2])
	if (from > to)
		fail("'" versions_of_row "' is empty")
	for (i = from; i <= to; i++) {
		if (last_name[i] "" >= $1 "")
			fail("'" $1 "' stands twice for " versions[i])
		last_name[i] = $1
		if (is_sentinel_file) {
			own[i] = own[i] item(sentinel_counts[i]++)
			continue
		}
		members[i] = members[i] item(member_counts[i]++)
		if ($10 !~ /(^|,)sentinel/)
			continue
		# The rows of sentinel.tsv, which come later, all begin with this word.
		if ($1 "" < "sentinel ")
			before[i] = before[i] item(sentinel_counts[i]++)
		else
			after[i] = after[i] item(sentinel_counts[i]++)
	}
	row_count++
}

BEGIN {
	FS = "\t"
	print "/* Made from schema/directives/ by schema/directives.awk; do not edit. */"
	print "#include \"config.h\"\n"
	print "#include \"common/config/directive_table.h\"\n"
	print "const struct cfg_directive cfg_schema_rows[] = {"
}

FNR == 1 {
	is_sentinel_file = FILENAME ~ /sentinel\.tsv$/
	last = ""
	split("", last_name)
}

$1 == "#versions" {
	version_count = NF - 1
	for (i = 1; i <= version_count; i++)
		versions[i] = $(i + 1)
}

/^#/ { next }

{
	if (NF != 14)
		fail("fourteen columns are needed")
	if ($1 "" < last "")
		fail("'" $1 "' is not in the order of bytes")
	last = $1
	fallback = $12
	if (fallback == "-")
		fallback = $10 ~ /file-only/ || $5 == "refused" ? "-" : ""
	add_row_to($2)
	printf "\t{%s, %s, %s, CFG_TYPE_%s, %s, CFG_OWNER_%s, %s, %s, %s, %s, %s, %s, %s},\n",
		quoted($1), quoted($3), quoted($4), upper($5), flags($10), upper($11), quoted(fallback),
		$6 == "-" ? "0" : $6 == "-9223372036854775808" ? "INT64_MIN" : $6, $7 == "-" ? "0" : $7 "ULL", quoted($8), quoted($9), quoted($13),
		quoted($14)
}

END {
	if (is_failed)
		exit 1
	print "};\n"
	for (i = 1; i <= version_count; i++) {
		print "static const uint16_t members_" i "[] = {" members[i] "\n};\n"
		print "static const uint16_t sentinel_" i "[] = {" before[i] own[i] after[i] "\n};\n"
	}
	print "const struct cfg_schema cfg_schemas[] = {"
	for (i = 1; i <= version_count; i++)
		printf "\t{\"%s\", members_%d, %d, sentinel_%d, %d},\n", versions[i], i, member_counts[i], i,
			sentinel_counts[i]
	print "};\n"
	print "const size_t cfg_schema_count = " version_count ";"
}
