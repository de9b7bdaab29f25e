#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# vkcfg adopt: finds the files of a running Valkey, shows where it runs with something else than they say, writes nothing
# until somebody has chosen, and then what was chosen.
. "${0%/*}/lib.sh"
command -v valkey-server >/dev/null || skip_all "no valkey-server"
work_start
export VKCFG_HOME="$WORK/home"
TREE=$WORK/tree
mkdir -p "$WORK/etc" "$WORK/data"
free_port
must openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=valkey \
	-addext "subjectAltName=IP:127.0.0.1" -keyout "$WORK/etc/key" -out "$WORK/etc/crt"
hash_of() { printf %s "$1" | sha256sum | cut -d' ' -f1; }
cat >"$WORK/etc/valkey.conf" <<-END
	include $WORK/etc/memory.conf
	port 0
	tls-port $FREE_PORT
	bind 127.0.0.1
	tls-cert-file $WORK/etc/crt
	tls-key-file $WORK/etc/key
	tls-ca-cert-file $WORK/etc/crt
	tls-auth-clients no
	unixsocket $WORK/s
	dir $WORK/data
	logfile $WORK/etc/log
	save 900 1
	# Sessions come and go.
	hz 10
	timeout 300
	masterauth of-the-primary
	aclfile $WORK/etc/users.acl
END
printf 'maxmemory 64mb\nmaxmemory-policy allkeys-lru\n' >"$WORK/etc/memory.conf"
cat >"$WORK/etc/users.acl" <<-END
	user default off
	user admin on #$(hash_of admin) ~* &* +@all
	user app on #$(hash_of app) ~app:* +@read
	user gone on #$(hash_of gone) ~gone:* +get
END
background valkey valkey-server "$WORK/etc/valkey.conf"
cli() { REDISCLI_AUTH=admin valkey-cli --no-auth-warning -s "$WORK/s" --user admin "$@"; }
is_up() { [ "$(cli ping)" = PONG ]; }
wait_for is_up || bail "the Valkey does not start" "$(cat "$WORK/log/valkey.log" "$WORK/etc/log")"
install -m 600 /dev/null "$WORK/password"
echo admin >"$WORK/password"
adopt() { "$VKCFG" adopt --tree "$TREE" --as db1/main --env prod --secrets "$WORK/secrets" --running "unix:$WORK/s" --user admin \
	--password-file "$WORK/password" "$@"; }
changes() { cli info commandstats | grep -oE '^cmdstat_(config\|(set|rewrite)|acl\|(setuser|deluser|load|save)|shutdown):calls=[0-9]+' | sort; }

# Nothing differs
before=$(changes)
exits 2 "without an address there is nothing to look at" "$VKCFG" adopt --tree "$TREE" --as db1/main
like "$OUT" 'running' "and it says so"
exits 0 "what runs from its files is found by the file that it was started from" adopt --dry-run
unlike "$OUT" '^differs' "and differs in nothing"
nok "--dry-run writes nothing" test -e "$TREE"
is "$(changes)" "$before" "the server was only asked"

# Changed since: values by hand, files by hand, users, a password
cli config set maxmemory 80mb timeout 0 save '3600 1 300 100' client-output-buffer-limit 'pubsub 16mb 8mb 30' >/dev/null
cli acl setuser app '~other:*' >/dev/null
cli acl deluser gone >/dev/null
cli acl setuser new on ">of-the-new-one" '~new:*' +get >/dev/null
sed -i 's/^hz .*/hz 20/' "$WORK/etc/valkey.conf"
exits 1 "differences are an answer" adopt
differing() { grep -A3 "^differs: $1" <<<"$OUT"; }
like "$(differing maxmemory)" 'running: 83886080' "a value set by hand is shown"
like "$(differing maxmemory)" 'file *: 67108864' "with that of the file"
like "$(differing maxmemory)" 'memory.conf:1' "and its line, also in an included file"
like "$(differing hz)" 'file *: 20' "an edit that is not in force yet"
like "$(differing client-output-buffer-limit)" 'default: .*pubsub 33554432' "what no file says, with the default"
like "$(differing 'user app')" 'running: .*~other' "a user in memory against the ACL file"
like "$(differing 'user gone')" 'running: no such user' "one that is gone"
like "$(differing 'user new')" 'file *: no such user|default: no such user' "one that the next restart would lose"
unlike "$OUT" "$(hash_of app)|$(hash_of of-the-new-one)" "no password's hash is shown"
is "$(grep -c ^differs <<<"$OUT")" 8 "and nothing else differs"
like "$OUT" 'keep running or --keep file' "it asks which counts"
nok "and writes nothing" test -e "$TREE"
nok "not even the secrets" test -e "$WORK/secrets"
is "$(adopt --json 2>/dev/null | jq -r '.differences[] | select(.subject == "hz") | "\(.running) \(.in_file) \(.kept)"')" "10 20 undecided" "for programs, too"
exits 2 "another word than the two is refused" adopt --keep both
exits 2 "an exception that does not differ is refused" adopt --keep file --except maxmemory,port
like "$OUT" 'port' "and named"
cli config set primaryauth changed-by-hand >/dev/null
exits 1 "a password that differs is not read from the server" adopt --keep running
like "$(differing primaryauth)" 'running: \(secret\)' "it is said to differ"
like "$OUT" 'Passwords of a running server are not read' "with what to do"
unlike "$OUT" 'changed-by-hand|of-the-primary' "without showing it"
sed -i 's/^masterauth .*/masterauth changed-by-hand/' "$WORK/etc/valkey.conf"

# One of both, and some the other way
exits 0 "what runs is kept, but for one that the file says better" adopt --keep running --except hz
role=$(cat "$TREE/roles/db1-main.yaml")
like "$role" 'maxmemory: "83886080"' "a value that runs is in the role"
like "$role" 'save: \["3600 1 300 100"\]|save: "3600 1 300 100"' "of several words, too"
like "$role" 'hz: "20"' "the exception is the file's"
like "$role" '# Sessions come and go' "with its comment"
like "$role" 'other:' "users are those of the memory"
unlike "$role" '"gone"' "without the one who is gone"
like "$role" '"new":' "and with the new one"
like "$role" 'restart: never' "nothing is restarted for an adoption"
like "$role" 'drift: report' "nor put right, until somebody says so"
like "$(cat "$WORK/secrets")" 'primaryauth=changed-by-hand' "the password is the file's"
like "$OUT" "data: $(realpath "$WORK/data")" "what pull.yaml has to say is shown"
like "$OUT" 'agent-user' "and that the agent needs a user"

# The truth: rendered, and started beside it, it runs with the same
exits 0 "what was adopted is rendered" "$VKCFG" render --tree "$TREE" --secrets "$WORK/secrets" --out "$WORK/out" db1/main
mkdir -p "$WORK/out/tls" "$WORK/out/data"
cp "$WORK/etc/crt" "$WORK/etc/key" "$WORK/out/tls/"
background second valkey-server "$WORK/out/valkey.conf" --tls-port 0 --unixsocket "$WORK/s2"
second() { REDISCLI_AUTH=admin valkey-cli --no-auth-warning -s "$WORK/s2" --user admin "$@"; }
is_second_up() { [ "$(second ping)" = PONG ]; }
wait_for is_second_up || bail "it does not start" "$(cat "$WORK/log/second.log")"
# But for places, what the test gives the second one, and the exception
values() { "$@" config get '*' | paste - - | grep -vE '^(dir|logfile|aclfile|unixsocket|tls-(port|cert-file|key-file|ca-cert-file)|hz)\b' | sort; }
is "$(values second)" "$(values cli)" "every value is that of the server that was adopted"
is "$(second acl list | grep -v vkcfg-agent)" "$(cli acl list)" "and every user"

# Over TLS
rm -r "$TREE"
exits 0 "the server is looked at over TLS, and the file's values are kept" "$VKCFG" adopt --tree "$TREE" --as db1/main --env prod \
	--secrets "$WORK/secrets2" --running "tls:127.0.0.1:$FREE_PORT" --tls-ca "$WORK/etc/crt" --user admin \
	--password-file "$WORK/password" --keep file
like "$(cat "$TREE/roles/db1-main.yaml")" 'maxmemory: "64mb"' "as they are written"
chmod 644 "$WORK/password"
nok "a password that others can read is refused" adopt --keep file
done_testing
