# SPDX-License-Identifier: BSD-3-Clause
# schema/commands/valkey.tsv -> the table of common/config/acl_command.c. Refuses a table that is not
# sorted, because it is searched by halving.

function fail(text) {
	printf "%s:%d: %s\n", FILENAME, FNR, text > "/dev/stderr"
	is_failed = 1
	exit 1
}

BEGIN {
	FS = "\t"
	print "/* Made from schema/commands/ by schema/commands.awk; do not edit. */"
	print "#include \"config.h\"\n"
	print "#include \"common/config/acl_command.h\"\n"
	print "const struct cfg_command cfg_commands[] = {"
}

/^#/ { next }

{
	if (NF != 2)
		fail("two columns are needed")
	if ($1 "" <= last "")
		fail("'" $1 "' is not in the order of bytes")
	last = $1
	count++
	print "\t{\"" $1 "\", \"" $2 "\"},"
}

END {
	if (is_failed)
		exit 1
	print "};\n"
	print "const size_t cfg_command_count = " count ";"
}
