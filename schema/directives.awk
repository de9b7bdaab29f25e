# SPDX-License-Identifier: BSD-3-Clause
# schema/directives/VERSION.tsv ... -> the tables of common/config/directive.c.
# Refuses a table that is not sorted, because it is searched by halving.

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

BEGIN {
	FS = "\t"
	print "/* Made from schema/directives/ by schema/directives.awk; do not edit. */"
	print "#include \"config.h\"\n"
	print "#include \"common/config/directive_table.h\"\n"
}

FNR == 1 {
	if (version != "")
		print "};\n"
	version = FILENAME
	sub(/.*\//, "", version)
	sub(/\.tsv$/, "", version)
	versions[++version_count] = version
	print "static const struct cfg_directive table_" version_count "[] = {"
	last = ""
}

/^#/ { next }

{
	if (NF != 9)
		fail("nine columns are needed")
	if ($1 "" <= last "")
		fail("'" $1 "' is not in the order of bytes")
	last = $1
	fallback = $8
	if (fallback == "-")
		fallback = $7 ~ /file-only/ || $3 == "refused" ? "-" : ""
	printf "\t{%s, %s, CFG_TYPE_%s, %s, %s, %s, %s, %s, %s},\n", quoted($1), quoted($2),
		upper($3), flags($7), quoted(fallback), $4 == "-" ? "0" : $4,
		$5 == "-" ? "0" : $5 "ULL", quoted($6), quoted($9)
}

END {
	if (is_failed)
		exit 1
	print "};\n"
	print "const struct cfg_schema cfg_schemas[] = {"
	for (i = 1; i <= version_count; i++)
		printf "\t{\"%s\", table_%d, sizeof(table_%d) / sizeof(table_%d[0])},\n", versions[i],
			i, i, i
	print "};\n"
	print "const size_t cfg_schema_count = " version_count ";"
}
