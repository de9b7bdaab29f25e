# SPDX-License-Identifier: BSD-3-Clause
# schema/baseline/{rules,advisories,passwords}.tsv -> the tables of common/config/baseline.c.

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

function finish() {
	if (table != "")
		print "};\n\nconst size_t " name " = " count ";"
}

function rule() {
	if (NF != 10)
		fail("ten columns are needed")
	split($3, versions, "-")
	printf "\t{%s, CFG_RISK_%s, %s, %s, %s, %s, %s, %s, %s, %s, %s},\n", quoted($1), toupper($2),
		quoted(versions[1]), versions[2] == "" ? "NULL" : quoted(versions[2]), quoted($4),
		quoted($5), quoted($6), quoted($7), quoted($8), quoted($9), quoted($10)
}

function advisory() {
	if (NF != 5)
		fail("five columns are needed")
	if ($3 != "yes" && $3 != "no")
		fail("yes or no is needed, not " $3)
	printf "\t{%s, %s, %s, %s, %s},\n", quoted($1), quoted($2), $3 == "yes" ? "true" : "false",
		quoted($4), quoted($5)
}

function password() {
	if (length($1) != 64)
		fail("a hash and a word are needed")
	printf "\t%s,\n", quoted($1)
}

BEGIN {
	FS = "\t"
	print "/* Made from schema/baseline/ by schema/baseline.awk; do not edit. */"
	print "#include \"config.h\"\n"
	print "#include \"common/config/baseline_internal.h\""
}

FNR == 1 {
	finish()
	table = FILENAME
	sub(/.*\//, "", table)
	sub(/\.tsv$/, "", table)
	count = 0
	last = ""
	if (table == "rules")
		print "\nconst struct cfg_rule cfg_rules[] = {"
	else if (table == "advisories")
		print "\nconst struct baseline_advisory baseline_advisories[] = {"
	else if (table == "passwords")
		print "\nconst char *const baseline_passwords[] = {"
	else
		fail("no table has this name")
	name = table == "rules" ? "cfg_rule_count" : "baseline_" (table == "advisories" ? "advisory" : "password") "_count"
}

/^#/ { next }

{
	if ($1 "" <= last "")
		fail("'" $1 "' is not in the order of bytes")
	last = $1
	count++
	if (table == "rules")
		rule()
	else if (table == "advisories")
		advisory()
	else
		password()
}

END {
	if (is_failed)
		exit 1
	finish()
}
