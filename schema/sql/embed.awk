# SPDX-License-Identifier: BSD-3-Clause
# Turns the migrations, given in order, into server/store/migrations.c: a table of (number, name,
# text). The number is the file's position and must be the one in its name.

function fail(text)
{
	print FILENAME ": " text > "/dev/stderr"
	failed = 1
	exit 1
}

BEGIN {
	print "/* Made by schema/sql/embed.awk from schema/sql/; do not edit. */"
	print "#include \"config.h\""
	print ""
	print "#include \"server/store/store_migrate.h\""
	print ""
	print "const struct store_migration store_migrations[] = {"
}

FNR == 1 {
	name = FILENAME
	sub(/.*\//, "", name)
	if (name !~ /^[0-9][0-9][0-9][0-9]-[a-z0-9-]+\.sql$/)
		fail("not NNNN-what.sql")
	if (substr(name, 1, 4) + 0 != ++count)
		fail("expected number " count)
	sub(/\.sql$/, "", name)
	if (count > 1)
		print "\t},"
	print "\t{"
	print "\t\t.number = " count ","
	print "\t\t.name = \"" name "\","
	print "\t\t.sql ="
}

{
	gsub(/\\/, "\\\\")
	gsub(/"/, "\\\"")
	gsub(/\t/, "\\t")
	print "\t\t\t\"" $0 "\\n\""
}

END {
	if (failed)
		exit 1
	if (count > 0)
		print "\t},"
	print "};"
	print ""
	print "const unsigned store_migration_count = " count ";"
}
