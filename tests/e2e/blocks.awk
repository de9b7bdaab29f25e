# SPDX-License-Identifier: BSD-3-Clause
# Writes the yaml blocks of a page below the directory `out`: a line "# PATH.yaml" begins a file.
/^```yaml$/ { inside = 1; path = ""; next }
/^```/ { inside = 0; next }
inside && /^# [a-z0-9\/.-]+\.yaml$/ {
	path = out "/" $2
	if (path in seen) { print "twice: " $2; exit 1 }
	seen[path] = 1
	dir = path; sub(/\/[^\/]*$/, "", dir)
	system("mkdir -p '" dir "'")
}
inside { if (path == "") { print FILENAME ":" FNR ": no path"; exit 1 } print >path }
