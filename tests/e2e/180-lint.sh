#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# vkcfg lint on files as they lie on a host, and on real servers that run.
. "${0%/*}/lib.sh"
work_start
umask 077
mkdir "$WORK/etc" "$WORK/etc/conf.d" "$WORK/data"
lint() { by nobody lint "$@"; }
rules() { jq -r '.violations[].rule' <<<"$OUT" | sort -u | tr '\n' ' '; }

# Includes, relative to the file that names them; the last line wins.
cat >"$WORK/etc/valkey.conf" <<-END
	port 7001
	enable-debug-command yes
	include conf.d/*.conf
	aclfile users.acl
END
printf 'loglevel debug\nenable-debug-command no\n' >"$WORK/etc/conf.d/a.conf"
printf 'user default off\nuser app on >valkey123 ~app:* resetchannels -@all +get\n' >"$WORK/etc/users.acl"
exits 1 "a file is read with what it includes" lint "$WORK/etc/valkey.conf" --json
like "$(rules)" 'log-level' "a value of an included file is found"
unlike "$(rules)" 'cmd-debug' "and overrides the one before it"
is "$(jq -r '.violations[] | select(.rule == "log-level") | .where[0] + ":" + (.line | tostring)' <<<"$OUT")" \
	"$WORK/etc/conf.d/a.conf:1" "the place is that of the included file"
like "$(rules)" 'auth-weak-hash' "its ACL file is read, and a common password known by its hash"
unlike "$OUT" 'valkey123' "which is not shown"
unlike "$(rules)" 'auth-default-user' "default is off there"
printf 'include ../valkey.conf\n' >"$WORK/etc/conf.d/a.conf"
exits 7 "files that include each other are refused" lint "$WORK/etc/valkey.conf"
printf 'loglevel debug\n' >"$WORK/etc/conf.d/a.conf"
printf 'include "gone.conf"\n' >"$WORK/etc/bad.conf"
exits 3 "an included file that is not there too" lint "$WORK/etc/bad.conf"

# The host
printf 'dir %s\n' "$WORK/data" >>"$WORK/etc/valkey.conf"
lint "$WORK/etc/valkey.conf" --host --json >"$WORK/out" || true
OUT=$(cat "$WORK/out")
unlike "$(rules)" 'host-file-perm|data-dir' "private files and directories are good"
chmod 644 "$WORK/etc/users.acl"
chmod 755 "$WORK/data"
lint "$WORK/etc/valkey.conf" --host --json >"$WORK/out" || true
OUT=$(cat "$WORK/out")
like "$(rules)" 'data-dir .*host-file-perm' "readable ones are found with --host"
is "$(jq -r '.violations[] | select(.rule == "host-file-perm") | .where[0] + " " + .detail' <<<"$OUT")" \
	"$WORK/etc/users.acl mode 0644" "with their mode"

# Formats
exits 1 "JUnit" lint "$WORK/etc/valkey.conf" --format junit
like "$OUT" '<failure message=".*auth-weak-hash' "has a failure for each high finding"
exits 2 "one source at a time" lint "$WORK/etc/valkey.conf" --running unix:/x
exits 0 "the rules can be listed" lint --rules
like "$OUT" '^tls-enabled +high' "with severity"

# The page
cp "$abs_top_srcdir/docs/baseline.md" "$WORK/page.md"
must sh "$abs_top_srcdir/docs/baseline.sh" "$abs_top_srcdir/schema/baseline" "$WORK/page.md"
exits 0 "docs/baseline.md has the rules of today" cmp "$WORK/page.md" "$abs_top_srcdir/docs/baseline.md"

# A server that runs
valkey_up() {
	( cd "$WORK" && exec valkey-server --port 0 --unixsocket "$WORK/v.sock" --unixsocketperm 700 --dir "$WORK/data" \
		--save '' --logfile "$WORK/v.log" "$@" ) >/dev/null 2>&1 &
	VALKEY=$!
	wait_for valkey-cli -s "$WORK/v.sock" ping
}
valkey_down() { kill "$VALKEY"; wait "$VALKEY" 2>/dev/null; }
printf 'user default off\nuser looker on >geheim-genug-17 +info +config|get +acl|list +ping\n' >"$WORK/run.acl"
exits 8 "a server that does not run" lint --running "unix:$WORK/v.sock"
valkey_up --maxmemory 64mb --aclfile "$WORK/run.acl"
exits 5 "users are asked for" lint --running "unix:$WORK/v.sock"
like "$OUT" '\-\-user and --password-file' "and how"
printf 'geheim-genug-17\n' >"$WORK/password"
chmod 644 "$WORK/password"
exits 5 "a password in an open file is refused" lint --running "unix:$WORK/v.sock" --user looker --password-file "$WORK/password"
chmod 600 "$WORK/password"
run lint --running "unix:$WORK/v.sock" --user looker --password-file "$WORK/password" --json
like "$STATUS" '^[01]$' "a running server is looked at"
like "$(rules)" 'data-persistence' "its values are"
like "$(rules)" 'net-output-limits' "with the defaults"
unlike "$(rules)" 'data-maxmemory|auth-default-user' "and its users"
version=$(valkey-server --version | sed -n 's/.* v=\([0-9.]*\) .*/\1/p')
case $version in
8.0.[1-9]|8.1.[0-6]|7.2.?) like "$OUT" "$version has CVE-" "known vulnerabilities of its exact version" ;;
*) unlike "$OUT" "$version has CVE-2024" "no vulnerability that is mended in its version" ;;
esac
if [ "$(id -u)" -eq 0 ]; then
	like "$(rules)" 'host-not-root' "a server that runs as root is found over its socket"
fi
exits 0 "the password may come from a descriptor" \
	lint --running "unix:$WORK/v.sock" --user looker --passphrase-fd 3 --fail-on critical 3<"$WORK/password"
unlike "$OUT" 'geheim' "no password is shown"
valkey_down
valkey_up --requirepass geheim-genug-18
printf 'geheim-genug-18\n' >"$WORK/password"
run lint --running "unix:$WORK/v.sock" --password-file "$WORK/password" --json
like "$(rules)" 'auth-acl-not-requirepass .*data-maxmemory' "another server is judged by what it runs"
unlike "$OUT" 'geheim' "without its password"
valkey_down
done_testing
