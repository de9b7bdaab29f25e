# SPDX-License-Identifier: BSD-3-Clause
# schema/baseline/rules.tsv -> the table of common/config/baseline.c.

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

BEGIN {
	FS = "\t"
	print "/* Made from schema/baseline/ by schema/baseline.awk; do not edit. */"
	print "#include \"config.h\"\n"
	print "#include \"common/config/baseline.h\"\n"
	print "const struct cfg_rule cfg_rules[] = {"
}

/^#/ { next }

{
	if (NF != 9)
		fail("nine columns are needed")
	if ($1 "" <= last "")
		fail("'" $1 "' is not in the order of bytes")
	last = $1
	count++
	split($3, versions, "-")
	printf "\t{%s, CFG_RISK_%s, %s, %s, %s, %s, %s, %s, %s, %s},\n", quoted($1), toupper($2),
		quoted(versions[1]), versions[2] == "" ? "NULL" : quoted(versions[2]), quoted($4),
		quoted($5), quoted($6), quoted($7), quoted($8), quoted($9)
}

END {
	if (is_failed)
		exit 1
	print "};\n"
	print "const size_t cfg_rule_count = " count ";"
}
