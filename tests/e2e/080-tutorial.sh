#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The tutorial works as it stands: every shell block of docs/tutorial.md is run, in order, in one
# shell, by a user who is not root. Only the port and the home directory are other ones.
. "${0%/*}/lib.sh"
work_start
mkdir "$WORK/bin" "$WORK/home"
cp "$abs_top_builddir/server/vkcfgd" "$abs_top_builddir/client/pull/vkcfg-pull" \
	"$abs_top_builddir/client/admin/vkcfg" "$WORK/bin/"
chown "$DAEMON_USER" "$WORK/home"
free_port

# One numbered script of all blocks: each must end well, and says so. Where a program goes to the
# background a person takes a moment; the script takes it until the port is open.
awk -v port="$FREE_PORT" '
	/^```sh$/ { block++; inside = 1; printf "cat >&2 <<\\BLOCK\n== block %d\nBLOCK\n", block; next }
	/^```$/ && inside {
		inside = 0
		print "echo \"block " block " done\" >>\"$BLOCKS\""
		next
	}
	inside {
		gsub(/7443/, port)
		print
		if (/^vkcfgd run .*&$/)
			print "until (: <>/dev/tcp/127.0.0.1/" port ") 2>/dev/null; do read -r -t 0.05 <> <(:) || :; done"
	}' "$abs_top_srcdir/docs/tutorial.md" >"$WORK/tutorial"
blocks=$(grep -c '^== block' "$WORK/tutorial")
like "$blocks" '^[1-9][0-9]*$' "the tutorial has commands"
: >"$WORK/blocks"
chmod 666 "$WORK/blocks"

as_daemon env -i HOME="$WORK/home" PATH="$WORK/bin:$PATH" BLOCKS="$WORK/blocks" LC_ALL=C \
	timeout 120 bash -eum "$WORK/tutorial" >"$WORK/log/tutorial.out" 2>"$WORK/log/tutorial.log" </dev/null
status=$?
for ((block = 1; block <= blocks; block++)); do
	ok "block $block works" grep -qx "block $block done" "$WORK/blocks"
done
is "$status" 0 "the tutorial ends well"
if [ "$status" -ne 0 ]; then
	diag "$(tail -n 20 "$WORK/log/tutorial.log")"
	# What it started must not outlive it.
	while read -r pid; do
		kill "$pid" 2>/dev/null
	done < <(grep -ls "$WORK/home" /proc/[0-9]*/cmdline 2>/dev/null | cut -d/ -f3)
fi
out=$(cat "$WORK/log/tutorial.out")
like "$out" '67108864' "64 MB came first"
like "$out" '134217728' "then 128 MB"
like "$out" 'user app on sanitize-payload #[0-9a-f]{64} ~' "the host filled in a hash of the password"
like "$out" $'\nOK\n' "and app logs in with what the keeper opened"
like "$out" 'there was drift' "drift was found"
like "$out" 'stopped' "the typing error was stopped"
like "$out" 'the host said no' "the host refused what it could not run"
nok "nothing is left behind" test -e "$WORK/home/vkcfg-play"
done_testing
