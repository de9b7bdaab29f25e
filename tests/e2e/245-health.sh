#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A release is watched before it counts as done (apply: bake). One that takes a right from an application that
# works, or that the host's own program or an application's login does not like, is rolled back with evidence and
# not tried again; a good one passes.
. "${0%/*}/lib.sh"
fleet_start
with_users() { # RULES of app, HASH of login
	set_memory dev "${MEMORY:-64mb}"
	cat >>"$TREE/environments/dev.yaml" <<-END
		apply: {drift: report, bake: ${BAKE:-1s}}
		users:
		  app: {rules: "on nopass ~app:* resetchannels -@all $1"}
		  login: {rules: "on ~app:* resetchannels -@all +get", passwords: ["sha256:$2"]}
	END
}
hash_of() { printf %s "$1" | sha256sum | cut -d' ' -f1; }
with_users "+get +set" "$(hash_of first)"
host_start db1 dev main
dir=$WORK/hosts/db1/main
release dev "first"
pull db1
is "$STATUS" 0 "the first release is installed"
like "$OUT" 'info bake .*seconds=1' "and watched"
nok "nothing is left of the watch" test -e "$dir/health.json"

# An application that works, and has been refused another command all along.
client() {
	while :; do
		printf 'auth app x\nset app:secret-name 1\nget other\nkeys *\n' | valkey-cli -s "$dir/valkey.sock"
		pause
	done
}
background client client
log_has() { valkey db1/main acl log 128 | grep -qx "$1"; }
wait_for log_has keys || bail "the client does not work"

MEMORY=65mb with_users "+get +set" "$(hash_of first)"
release dev "good"
pull db1
is "$STATUS $(config_of db1/main maxmemory)" "0 68157440" "a good release passes while others are refused what they were before"
generation=$(readlink "$dir/current")

BAKE=20s with_users "+get" "$(hash_of first)"
release dev "takes a right away"
pull db1
is "$STATUS" 2 "a release that takes away what a client needs is rolled back"
like "$OUT" 'state=rolled-back.*denials: 0 -> [0-9]+: user app, set \(command\)' "with the user and the command as evidence"
unlike "$OUT" 'secret-name' "and no key"
like "$(valkey db1/main acl list)" 'user app .*\+set' "the right is back"
is "$(readlink "$dir/current")" "$generation" "with the generation before"
by admin host show db1 --json >"$WORK/host.json" 2>&1 || by admin hosts --json >"$WORK/host.json"
like "$(tr -d '\n' <"$WORK/host.json")" 'rolled-back' "the server knows"
pull db1
is "$STATUS" 2 "it is not tried again"
like "$OUT" 'has failed here before and is not tried again.*denials' "and it is said why"
unlike "$OUT" ' bake ' "nothing was installed"
pull db1 --retry
is "$STATUS" 2 "unless a person says so"
like "$OUT" 'denials: 0 -> [0-9]+: user app, set' "and then the same denials count again"
end_background client

# What the host itself wants to be asked
cat >"$WORK/check" <<-'END'
	#!/bin/bash
	[ "$1" = till ] || exit 4
	grep -q '^maxmemory 69206016$' "$2/current/valkey.conf" || exit 0
	printf 'the till\001 does not answer\nsecond line\n'
	exit 3
END
chmod 755 "$WORK/check"
printf first >"$WORK/hosts/db1/login"
chmod 600 "$WORK/hosts/db1/login"
chown "$DAEMON_USER" "$WORK/hosts/db1/login"
sed -i "s|^    binary:.*|&\n    health: {program: [$WORK/check, till, $dir], user: login, password-file: $WORK/hosts/db1/login}|" \
	"$WORK/hosts/db1/pull.yaml"
MEMORY=66mb with_users "+get +set" "$(hash_of first)"
release dev "what the program does not like"
pull db1
is "$STATUS $(config_of db1/main maxmemory)" "2 68157440" "a program that fails has the release rolled back"
like "$OUT" 'program: status 0 -> status 3: the till\? does not answer' "with its status and first line"
unlike "$OUT" 'second line' "and no more"
MEMORY=67mb with_users "+get +set" "$(hash_of second)"
release dev "another password"
pull db1
is "$STATUS $(config_of db1/main maxmemory)" "2 68157440" "and so has an application's login"
like "$OUT" 'login: ok -> user login: ' "which is named"
unlike "$OUT" "$(hash_of second)|first" "without its password"
printf second >"$WORK/hosts/db1/login"
pull db1 --retry
is "$STATUS $(config_of db1/main maxmemory)" "0 70254592" "with the new password in its file the same release passes"
nok "and nothing is left of the watch" test -e "$dir/health.json"
done_testing
