#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Bad trees: one clear sentence with file, line and field, exit status by the table, never a crash.
. "${0%/*}/lib.sh"
work_start
tree_start
cat >"$TREE/hosts/db1.yaml" <<-END
	hosts:
	  db1:
	    environment: prod
	    public-key: "ed25519:$(printf '1%.0s' {1..64})"
	    instances:
	      main: {role: cache, config: {port: 6379}}
END
exits 0 "the tree is good as it is" by nobody validate --tree "$TREE"
cp -a "$TREE" "$WORK/good"

# refused NAME PATTERN [STATUS]: the tree as it is now; then it is mended
refused() {
	run timeout 20 env VKCFG_HOME="$WORK/people/nobody" "$VKCFG" validate --tree "$TREE"
	if [ "$STATUS" -ge 1 ] && [ "$STATUS" -le 7 ]; then
		pass "$1: refused"
	else
		fail "$1: refused" "exit status $STATUS" "$(head -c 2000 <<<"$OUT")"
	fi
	like "$(head -c 4000 <<<"$OUT")" "$2" "$1: says where and what"
	ok "$1: in few words" test "$(wc -c <<<"$OUT")" -lt 4000
	rm -rf "$TREE"
	cp -a "$WORK/good" "$TREE"
}
role() { printf '%s\n' "$@" >>"$TREE/roles/cache.yaml"; }
prod() { printf '%s\n' "$@" >"$TREE/environments/prod.yaml"; }

# YAML
{
	echo 'a0: &a0 [x, x, x, x, x, x, x, x, x]'
	for i in {1..9}; do
		echo "a$i: &a$i [*a$((i - 1)), *a$((i - 1)), *a$((i - 1)), *a$((i - 1)), *a$((i - 1)), *a$((i - 1)), *a$((i - 1)), *a$((i - 1)), *a$((i - 1))]"
	done
} >"$TREE/environments/prod.yaml"
refused "a bomb of aliases" 'environments/prod\.yaml:[0-9]+:[0-9]+'
prod 'config: {maxmemory: 1mb'
refused "YAML that does not end" 'environments/prod\.yaml:[0-9]+'
prod 'config:' '  maxmemory: 1mb' '  maxmemory: 2mb'
refused "a key twice" 'environments/prod\.yaml:3.*maxmemory'
prod "$(printf '[%.0s' {1..10000})"
refused "ten thousand brackets" 'environments/prod\.yaml:1'
printf 'config: {maxmemory: "1mb\0"}\n' >"$TREE/environments/prod.yaml"
refused "a NUL byte" 'environments/prod\.yaml'
printf 'config: {maxmemory: "\377"}\n' >"$TREE/environments/prod.yaml"
refused "bytes that are not UTF-8" 'environments/prod\.yaml'
prod '--- 1' '--- 2'
refused "two documents" 'environments/prod\.yaml'
{ printf 'config: {requirepass: "'; head -c 10485760 /dev/zero | tr '\0' x; printf '"}\n'; } >"$TREE/environments/prod.yaml"
refused "a value of 10 MB" 'environments/prod\.yaml.*(bytes|MiB|large|limit|more than)'

# Keys and types
prod 'confg: {}'
refused "an unknown key" 'environments/prod\.yaml:1:1.*confg'
prod 'config: [1, 2]'
refused "a list for a mapping" 'environments/prod\.yaml:1:[0-9]+.*config'
prod 'parameters: {memory: lots}'
refused "a parameter of the wrong type" 'environments/prod\.yaml:1:[0-9]+.*memory'
prod 'parameters: {memory: 100gb}'
refused "a parameter out of range" 'environments/prod\.yaml:1:[0-9]+.*memory'
prod 'parameters: {memroy: 1gb}'
refused "a parameter that no role declares" 'environments/prod\.yaml:1:[0-9]+.*memroy'
prod 'config: {maxmemory-policy: allkeys}'
refused "a word that the directive does not know" 'environments/prod\.yaml:1:[0-9]+.*maxmemory-policy'
prod 'config: {maxclients: -1}'
refused "a number out of range" 'environments/prod\.yaml:1:[0-9]+.*maxclients'
prod 'config: {maxmemry: 1gb}'
refused "a directive that Valkey does not know" 'environments/prod\.yaml:1:[0-9]+.*maxmemry'
sed -i 's/role: cache/role: queue/' "$TREE/hosts/db1.yaml"
refused "a role that is not there" 'hosts/db1\.yaml:[0-9]+:[0-9]+.*queue'
sed -i 's/environment: prod/environment: production/' "$TREE/hosts/db1.yaml"
refused "an environment that is not there" 'hosts/db1\.yaml:[0-9]+:[0-9]+.*production'
sed -i 's/"ed25519:1/"ed25519:g/' "$TREE/hosts/db1.yaml"
refused "a key that is none" 'hosts/db1\.yaml:[0-9]+:[0-9]+.*public-key'
sed -i 's/^  db1:/  ..:/' "$TREE/hosts/db1.yaml"
refused "a host named .." 'hosts/db1\.yaml:[0-9]+'

# A value never becomes a second directive
prod 'config: {logfile: "x\nrequirepass hacked"}'
refused "a newline in a value" 'environments/prod\.yaml:1:[0-9]+.*logfile'
prod 'config: {"maxmemory 1mb\nrequirepass": hacked}'
refused "a newline in a name" 'environments/prod\.yaml:1'
prod 'users: {app: {rules: "on nopass +@all\nuser root on nopass +@all ~*"}}'
refused "a newline in a user's rules" 'environments/prod\.yaml:1:[0-9]+'
prod 'users: {"app on nopass": {rules: "off"}}'
refused "a blank in a user's name" 'environments/prod\.yaml:1:[0-9]+'
prod 'config: {proc-title-template: "@{data}"}'
refused "a placeholder where none belongs" 'environments/prod\.yaml:1:[0-9]+'

# What a tree may not say
for directive in 'include: /etc/passwd' 'dir: /tmp' 'loadmodule: /tmp/evil.so' 'aclfile: /tmp/x' 'user: "x on"' \
	'daemonize: "yes"' 'pidfile: /tmp/x' 'replicaof: "1.2.3.4 6379"' 'rename-command: "CONFIG x"' \
	'requirepass: secret' 'primaryauth: secret' 'masterauth: secret' 'tls-key-file-pass: secret'; do
	prod "config: {$directive}"
	refused "${directive%%:*} in a tree" "environments/prod\.yaml:1:[0-9]+.*(${directive%%:*}|primaryauth)"
done
prod 'config: {logfile: /etc/cron.d/evil}'
refused "an absolute path" 'environments/prod\.yaml:1:[0-9]+.*logfile'
prod 'config: {logfile: "@{data}/../../x"}'
refused "a path that climbs out" 'environments/prod\.yaml:1:[0-9]+.*logfile'
prod 'files: [{path: ../../x, mode: "0640", text: x}]'
refused "a file with a path that climbs out" 'environments/prod\.yaml:1:[0-9]+'
prod 'files: [{path: x, mode: "4755", text: x}]'
refused "a file with a mode that executes" 'environments/prod\.yaml:1:[0-9]+.*mode'
prod 'files: [{path: x, mode: "0640", from: ../roles/cache.yaml}]'
refused "a source outside files/" 'environments/prod\.yaml:1:[0-9]+'
prod 'users: {app: {rules: "on >secret +@all"}}'
refused "a clear-text password" 'environments/prod\.yaml:1:[0-9]+'
unlike "$OUT" 'secret' "which is not repeated in the message"
ln -s /etc/passwd "$TREE/roles/passwd.yaml"
refused "a symlink out of the tree" 'roles/passwd\.yaml'
rm -r "$TREE"
refused "no tree at all" 'tree'
mkdir "$WORK/empty"
exits 2 "an empty directory is no tree" by nobody validate --tree "$WORK/empty"

# Usage
exits 2 "no command" by nobody
exits 2 "an unknown command" by nobody frobnicate
exits 2 "an unknown option" by nobody validate --frobnicate
exits 2 "a missing argument" by nobody render --tree "$TREE"
exits 3 "an instance that is not there" by nobody render db9/main --tree "$TREE"
exits 0 "an instance that is there" by nobody render db1/main --tree "$TREE"
like "$OUT" '^maxmemory ' "is shown"

# The same tree renders to the same bytes, whatever the caller's environment.
render() { "$VKCFG" render db1/main --tree "$1" --out "$2" >/dev/null; }
render "$TREE" "$WORK/r1"
for locale in C C.UTF-8 de_DE.UTF-8 tr_TR.UTF-8; do
	rm -rf "$WORK/r2"
	(umask 077 && export LC_ALL="$locale" TZ=Pacific/Kiritimati && render "$TREE" "$WORK/r2") 2>/dev/null
	ok "rendered with LC_ALL=$locale and another umask: the same bytes" diff -r "$WORK/r1" "$WORK/r2"
done
# Another order of directory entries: the files are created anew in reverse.
mkdir -p "$WORK/t2"/{hosts,environments,roles}
(cd "$TREE" && find . -type f | sort -r) | while read -r file; do cp "$TREE/$file" "$WORK/t2/$file"; done
rm -rf "$WORK/r2"
render "$WORK/t2" "$WORK/r2"
ok "from another directory order: the same bytes" diff -r "$WORK/r1" "$WORK/r2"

# The daemons' settings
for bad in 'state: [1]' 'state: relative' 'listen: "x"' 'wrkers: 2' 'workers: many' 'workers: 2' 'log-level: loud'; do
	printf 'state: %s\nlisten: ["127.0.0.1:1"]\nurl: https://localhost:1\nworkers: 2\n%s\n' "$WORK/s" "$bad" >"$WORK/bad.yaml"
	exits 2 "vkcfgd refuses the setting '$bad'" "$VKCFGD" --check-config --config "$WORK/bad.yaml"
	like "$OUT" 'bad\.yaml:[0-9]+' "and says where"
done
for bad in 'instances: []' 'servr: x' 'instances: {main: {directory: x}}' 'instances: {"a/b": {}}'; do
	printf 'server: https://localhost:1\nstate: %s\n%s\n' "$WORK/s" "$bad" >"$WORK/bad.yaml"
	exits 2 "vkcfg-pull refuses '$bad'" "$VKCFG_PULL" --config "$WORK/bad.yaml"
	like "$OUT" 'bad\.yaml' "and says where"
done
exits 3 "a settings file that is not there" "$VKCFG_PULL" --config "$WORK/none.yaml"
done_testing
