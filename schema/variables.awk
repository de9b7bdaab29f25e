# SPDX-License-Identifier: BSD-3-Clause
# schema/import/variables.tsv -> the table of common/config/import_vars.c.

function fail(text) {
	printf "%s:%d: %s\n", FILENAME, FNR, text > "/dev/stderr"
	is_failed = 1
	exit 1
}

function form(text) {
	if (text ~ /^class /)
		return "IMPORT_VAR_CLASS"
	if (text !~ /^(value|rename|users|if-yes|if-no|text|map|instances|none)$/)
		fail("'" text "' is no form")
	gsub(/-/, "_", text)
	return "IMPORT_VAR_" toupper(text)
}

function quoted(text) {
	gsub(/\\/, "\\\\", text)
	gsub(/"/, "\\\"", text)
	return text == "-" ? "\"\"" : "\"" text "\""
}

BEGIN {
	FS = "\t"
	print "/* Made from schema/import/ by schema/variables.awk; do not edit. */"
	print "#include \"config.h\"\n"
	print "#include \"common/config/import_vars.h\"\n"
	print "const struct import_variable import_variables[] = {"
}

/^#/ { next }

{
	if (NF != 4)
		fail("four columns are needed")
	if ($1 "" <= last "")
		fail("'" $1 "' is not in the order of bytes")
	if ($3 == "none" && $4 == "-")
		fail("'" $1 "' says nothing to do")
	last = $1
	count++
	word = $3 ~ /^class / ? substr($3, 7) : "-"
	printf "\t{%s, %s, %s, %s, %s},\n", quoted($1), quoted($2), form($3), quoted(word), quoted($4)
}

END {
	if (is_failed)
		exit 1
	print "};\n\nconst size_t import_variable_count = " count ";"
}
