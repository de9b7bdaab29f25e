#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Attack: a bundle that points out of the instance's own directories, at a module, at a command. The
# server alone cannot send one; here even all approvers have signed it, and the host refuses still.
. "${0%/*}/lib.sh"
. "${0%/*}/attack.sh"
attack_fleet
attack_takeover

# Without signatures none of this is looked at.
add_line() { printf '.files |= map(if .path == "valkey.conf" then .text += %s else . end)' "$(jq -nc --arg line "$1" '$line + "\n"')"; }
evil_bundle prod 2 "$(add_line 'include "/etc/passwd"')"
refused "unsigned" 6 'proof|root'

# signed NAME FILTER PATTERN
signed() {
	forge_release "$2"
	refused "$1" 2 "$3"
}
# line DIRECTIVE PATTERN: one more line in valkey.conf; tests/unit/check_pull_boundary.c has many more
line() { signed "$1" "$(add_line "$1")" "$2"; }
line 'include "/etc/passwd"' 'include'
line 'include "@{instance}/../../../etc/passwd"' 'include|\.\.'
line 'aclfile "/etc/passwd"' 'aclfile'
line 'dir "@{data}/../../.."' 'dir|\.\.'
line 'logfile "@{instance}/../../etc/cron.d/evil"' 'logfile|\.\.'
line 'logfile "@{nowhere}/log"' 'nowhere|logfile|placeholder'
line 'unixsocket "/run/evil.sock"' 'unixsocket'
line 'tls-key-file "/etc/shadow"' 'tls-key-file'
line 'loadmodule "/tmp/evil.so"' 'loadmodule'
line 'enable-module-command yes' 'enable-module-command'
line 'rename-command CONFIG ""' 'rename-command|CONFIG'
line 'notification-script default "/bin/sh"' 'notification-script'
line 'no-such-directive "/bin/sh"' 'no-such-directive'
line 'user evil on nopass ~* &* +@all' 'user'

# file NAME MEMBERS PATTERN: one more file
file() { signed "a file: $1" ".files += [{mode: \"0640\", path: \"extra\", text: \"x\"} + $2] | .files |= sort_by(.path)" "$3"; }
file "an absolute path" '{path: "/etc/passwd"}' 'path|file'
file "a path upwards" '{path: "../../../../etc/passwd"}' 'path|file'
file "a hidden one" '{path: ".expected.json"}' 'path|file'
file "runtime.conf of the instance" '{path: "../../runtime.conf"}' 'path|file'
file "a link's target in its place" '{link: "/etc/passwd"}' 'link|member'
file "a set-user-id bit" '{mode: "4755"}' 'mode'
file "one for everybody" '{mode: "0666"}' 'mode'
file "the same twice" '{path: "valkey.conf"}' 'path|twice|order'

# The bundle itself
signed "a door of the bundle's own" '.door = {program: ["/bin/sh", "-c", "id"]}' 'door|member'
signed "a command as its policy" '.apply.restart = "/bin/sh"' 'restart'
signed "another kind of program" '.kind = "/bin/sh"' 'kind'
signed "another version of Valkey" '.valkey = "../../bin/sh"' 'valkey|version'
signed "without users" '.files |= map(select(.path != "users.acl"))' 'users.acl'
forge_release '.instance = "../../../etc/passwd"'
refused "an instance upwards" 2 'instance'
forge_release '.instance = "db1/../../x"'
refused "an instance that goes up on its way" 2 'instance'

# And that such a release could have been installed at all
forge_release '.files |= map(if .path == "valkey.conf" then .text |= sub("maxmemory [^\n]*"; "maxmemory 5242880") else . end)'
pull db1
is "$STATUS" 0 "what all approvers have signed and the host allows is installed"
is "$(config_of db1/main maxmemory)" 5242880 "and runs: the forgeries above were whole but for what was refused"
evil_stop
done_testing
