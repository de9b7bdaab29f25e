# SPDX-License-Identifier: BSD-3-Clause
# Text files -> a C table {name, text}, named after the file without directory and suffix.

function quoted(text) {
	gsub(/\\/, "\\\\", text)
	gsub(/"/, "\\\"", text)
	gsub(/\t/, "\\t", text)
	return "\"" text
}

BEGIN {
	print "/* Made from schema/ by schema/embed.awk; do not edit. */"
	print "#include \"config.h\"\n"
	print "#include \"common/config/template.h\"\n"
	print "const struct cfg_template cfg_templates[] = {"
}

FNR == 1 {
	if (NR > 1)
		print "\t},"
	name = FILENAME
	sub(/.*\//, "", name)
	sub(/\.[a-z]*$/, "", name)
	print "\t{\"" name "\","
	count++
}

{ print "\t\t" quoted($0) "\\n\"" }

END {
	print "\t},"
	print "};\n"
	print "const size_t cfg_template_count = " count ";"
}
