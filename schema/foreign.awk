# SPDX-License-Identifier: BSD-3-Clause
# schema/directives/foreign.tsv -> the table of common/config/foreign.c.

function fail(text) {
	printf "%s:%d: %s\n", FILENAME, FNR, text > "/dev/stderr"
	is_failed = 1
	exit 1
}

function quoted(text) {
	gsub(/\\/, "\\\\", text)
	gsub(/"/, "\\\"", text)
	return text == "-" ? "NULL" : "\"" text "\""
}

BEGIN {
	FS = "\t"
	print "/* Made from schema/directives/ by schema/foreign.awk; do not edit. */"
	print "#include \"config.h\"\n"
	print "#include \"common/config/foreign.h\"\n"
	print "const struct cfg_foreign cfg_foreign_rows[] = {"
}

/^#/ { next }

{
	if (NF != 5)
		fail("five columns are needed")
	if ($1 "" <= last "")
		fail("'" $1 "' is not in the order of bytes")
	if ($4 == "-" && $5 == "-")
		fail("'" $1 "' says nothing to do")
	last = $1
	count++
	printf "\t{%s, %s, %s, %s, %s},\n", quoted($1), quoted($2), quoted($3), quoted($4), quoted($5)
}

END {
	if (is_failed)
		exit 1
	print "};\n"
	print "const size_t cfg_foreign_count = " count ";"
}
