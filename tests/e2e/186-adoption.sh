#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A Valkey that runs already, from files elsewhere, with TLS, users and a password of its own, is imported; its first
# release changes nothing in it. What its next restart will change is said everywhere.
. "${0%/*}/lib.sh"
fleet_start
free_port
VALKEY_PORT=$FREE_PORT
host_prepare db1 main second
HOST=$WORK/hosts/db1
ETC=$WORK/etc

# As somebody has set it up by hand
mkdir -p "$ETC/tls" "$HOST/main/tls"
certificate() { # OPTIONS...
	must openssl req -x509 -nodes -days 2 -addext "subjectAltName=IP:127.0.0.1" "$@"
}
certificate -subj /CN=valkey -newkey ec -pkeyopt ec_paramgen_curve:P-256 -keyout "$ETC/tls/valkey.key" -out "$ETC/tls/valkey.crt"
certificate -subj /CN=new -key "$ETC/tls/valkey.key" -out "$WORK/new.crt"
cat "$ETC/tls/valkey.crt" "$WORK/new.crt" >"$WORK/ca.crt"
hash_of() { printf %s "$1" | sha256sum | cut -d' ' -f1; }
cat >"$ETC/valkey.conf" <<-END
	# The data of the shop.
	port 0
	tls-port $VALKEY_PORT
	bind 127.0.0.1
	tls-cert-file $ETC/tls/valkey.crt
	tls-key-file $ETC/tls/valkey.key
	tls-ca-cert-file $ETC/tls/valkey.crt
	tls-auth-clients no
	tls-protocols "TLSv1.3"
	dir $HOST/main/data
	logfile $ETC/valkey.log
	maxmemory 96mb
	maxmemory-policy allkeys-lfu
	save 900 1
	client-output-buffer-limit pubsub 16mb 8mb 30
	masterauth of-the-primary
	aclfile $ETC/users.acl
END
cat >"$ETC/users.acl" <<-END
	user default off
	user shop on #$(hash_of shop) ~shop:* ~cart:* &events +@read +@write -flushall (~log:* +append)
	user admin on #$(hash_of admin) #$(hash_of old-admin) ~* &* +@all
END
chown -R "$DAEMON_USER:$DAEMON_GROUP" "$ETC" "$HOST"
chmod 600 "$ETC/tls/valkey.key"
start_valkey() { # CONF [NAME]: as the daemons' user; the pid is its own
	local -a drop=()
	[ "$(id -u)" -ne 0 ] || drop=(setpriv --reuid "$DAEMON_USER" --regid "$DAEMON_GROUP" --clear-groups)
	background "${2:-valkey}" "${drop[@]}" valkey-server "$1"
}
cli() { # USER COMMAND...: over TLS
	REDISCLI_AUTH=$1 valkey-cli --no-auth-warning -p "$VALKEY_PORT" --tls --cacert "$WORK/ca.crt" --user "$@"
}
is_up() { [ "$(cli admin ping)" = PONG ]; }
start_valkey "$ETC/valkey.conf"
wait_for is_up || bail "the Valkey to be taken over does not start" "$(cat "$WORK/log/valkey.log" "$ETC/valkey.log")"


# Another one, without an ACL file: the agent gets in by its password, for the first contact
cat >"$ETC/second.conf" <<-END
	port 0
	unixsocket $HOST/second/valkey.sock
	dir $HOST/second/data
	requirepass of-the-second
	maxmemory 32mb
	proc-title-template "{title} {listen-addr} second"
END
echo of-the-second >"$HOST/second.password"
chown "$DAEMON_USER:$DAEMON_GROUP" "$HOST/second.password"
chmod 600 "$HOST/second.password"
start_valkey "$ETC/second.conf" second
second() { REDISCLI_AUTH=of-the-second valkey-cli --no-auth-warning -s "$HOST/second/valkey.sock" "$@"; }
is_second_up() { [ "$(second ping)" = PONG ]; }
wait_for is_second_up || bail "the second Valkey does not start" "$(cat "$WORK/log/second.log")"
all_of_second() { second config get '*' | paste - - | sort; second acl list; }
second_before=$(all_of_second)

# Imported, and the host enrolled
sed -i "s|connect: unix:$HOST/main/.*|connect: tls:127.0.0.1:$VALKEY_PORT\n    ca: $WORK/ca.crt|; s|connect: unix:$HOST/second/.*|&\n    password-file: $HOST/second.password|" "$HOST/pull.yaml"
host_enrol db1 prod
must by carol host add db1 --env prod --tree "$TREE" --role cache --instance main
key=$(grep -rhoE 'ed25519:[0-9a-f]{64}' "$TREE/hosts/db1.yaml")
rm "$TREE/hosts/db1.yaml"
must by carol import --tree "$TREE" --as db1/main --env prod --valkey "$(valkey_version)" --secrets "$WORK/clear" "$ETC/valkey.conf"
must by carol import --tree "$TREE" --as db1/second --env prod --valkey "$(valkey_version)" --secrets "$WORK/clear-second" "$ETC/second.conf"
# A socket below the data directory would be another place; the host's own stays.
sed -i 's|@{data}/valkey.sock|@{instance}/valkey.sock|' "$TREE/roles/db1-second.yaml"
sed -i "s|^    environment: prod|&\n    public-key: \"$key\"|" "$TREE/hosts/db1.yaml"
printf 'keepers: {alice: "ed25519:%s"}\n' "$(jq -r .keyval.public "$WORK/people/alice.pub")" >"$TREE/environments/prod.yaml"
must by carol secret set prod db1-main-primaryauth --tree "$TREE" --fd 4 4< <(printf of-the-primary)
must by carol secret set prod db1-second-requirepass --tree "$TREE" --fd 4 4< <(printf of-the-second)
must as_daemon cp "$ETC/tls/valkey.crt" "$ETC/tls/valkey.key" "$HOST/main/tls/"

# The agent's user, added by hand
exits 0 "the agent shows the user that it needs" "$VKCFG_PULL" --agent-user --config "$HOST/pull.yaml"
like "$OUT" '^user vkcfg-agent on .*#[0-9a-f]{64} ' "as a line of a users.acl"
unlike "$OUT" "$(cat "$HOST/state/agent-password")" "without its password"
printf '%s\n' "$OUT" >>"$ETC/users.acl"
# shellcheck disable=SC2086
cli admin acl setuser ${OUT#user } >"$WORK/acl.out"
is "$(cat "$WORK/acl.out")" OK "which an administrator gives it"

# A client that stays connected
background client valkey-cli --no-auth-warning -p "$VALKEY_PORT" --tls --cacert "$WORK/ca.crt" --user shop \
	-a shop blpop shop:nothing 0
has_client() { cli admin client list | grep -q 'cmd=blpop.*user=shop'; }
wait_for has_client || bail "no client is connected"
client_of() { cli admin client list | grep 'cmd=blpop user=shop' | grep -oE '^id=[0-9]+'; }
info() { cli admin info everything | tr -d '\r'; }
all_of() { cli admin config get '*' | paste - - | sort; cli admin acl list; }
# Every command that could change something, the agent's own included
changes() { info | grep -oE '^cmdstat_(config\|set|config\|rewrite|acl\|(setuser|deluser|load|save)|shutdown|client\|kill):calls=[0-9]+' | sort; }
before=$(all_of)
changes_before=$(changes)
client=$(client_of)
run_id=$(info | sed -n 's/^run_id://p')

# The first release
release prod "as it is"
pull db1
is "$STATUS" 0 "the first release of a Valkey that runs already is installed"
like "$(generation_of db1/main)" '^generations/000001-' "and is current"
is "$(changes)" "$changes_before" "no CONFIG SET, no ACL command"
is "$(all_of)" "$before" "every value and every user is what it was"
is "$(info | sed -n 's/^run_id://p')" "$run_id" "it was not restarted"
is "$(client_of)" "$client" "its client is still connected"
like "$OUT" "changed nothing live" "and the agent says so"
like "$OUT" "changed 0 values and 1 user live" "in the other one, too, but for the agent's own user"
is "$(all_of_second | grep -v '^user vkcfg-agent')" "$second_before" "all else is what it was"

# What is left to do is said
is "$(by carol hosts --json | jq -r '.items[].instances[].state' | sort -u)" pending-restart "the report says that a restart is left"
like "$(by carol hosts)" "the next restart must start $HOST/main/current/valkey.conf instead of $ETC/valkey.conf" \
	"vkcfg hosts says what the unit must start"
is "$(by carol status --json | jq -r '.environments[] | select(.name == "prod") | .waiting')" 1 "vkcfg status counts it"
pull db1 --status
is "$STATUS" 1 "--status finds it not clean"
like "$OUT" "instead of $ETC/valkey.conf" "says it as well"
like "$OUT" "waits for a restart: aclfile is $ETC/users.acl, then $HOST/main/current/users.acl" "with each file"
like "$OUT" "waits for a restart: tls-key-file is $ETC/tls/valkey.key, then $HOST/main/tls/valkey.key" "also those of TLS"
exits 0 "none of it is drift" by carol drift
pull db1
is "$STATUS" 0 "further runs do nothing"
is "$(changes)" "$changes_before" "to the server either"

# A release changes values and users as in any other Valkey, and nothing else
sed -i 's/  maxmemory: .*/  maxmemory: 97mb/; s/-flushall/-flushall -flushdb/' "$TREE/roles/db1-main.yaml"
grep -q -- -flushdb "$TREE/roles/db1-main.yaml" || bail "the role says it otherwise" "$(cat "$TREE/roles/db1-main.yaml")"
printf 'apply: {drift: revert}\n' >>"$TREE/roles/db1-main.yaml"
release prod "a change, and put drift right"
pull db1
is "$STATUS" 0 "a change is installed"
like "$OUT" "changed 1 value and 1 user live" "live"
is "$(cli admin config get tls-cert-file | sed -n 2p)" "$ETC/tls/valkey.crt" "files stay where they are"
is "$(info | sed -n 's/^run_id://p')" "$run_id" "without a restart"
changes_before=$(changes)
pull db1
is "$(changes)" "$changes_before" "where drift is reverted, places are left alone, too"
cli admin config set maxmemory 95mb >/dev/null
pull db1
is "$(cli admin config get maxmemory | sed -n 2p)" 101711872 "but values are not"

# Another certificate is no matter of places
as_daemon sh -c "cat '$WORK/new.crt' >'$HOST/main/tls/valkey.crt'"
pull db1
is "$(cli admin config get tls-cert-file | sed -n 2p)" "$HOST/main/tls/valkey.crt" "a certificate with another content is loaded"

# The unit starts the files of the release: then all is as it should be
end_background valkey
start_valkey "$HOST/main/current/valkey.conf"
wait_for is_up || bail "it does not start from the files of the release" "$(cat "$WORK/log/valkey.log")"
pull db1
is "$STATUS" 0 "started from its own files it is like any other"
end_background second
start_valkey "$HOST/second/current/valkey.conf" second
wait_for is_second_up || bail "the second does not start from the files of the release" "$(cat "$WORK/log/second.log")"
pull db1 --status
is "$STATUS" 0 "with nothing left to wait for"
like "$(second config get requirepass)" 'of-the-second' "the password is the same"
pull db1
is "$(by carol status --json | jq -r '.environments[] | select(.name == "prod") | .waiting')" 0 "nor to count"
is "$(cli admin acl list | grep -v vkcfg-agent | sort)" "$(grep -v vkcfg-agent <<<"$before" | grep '^user' | sed 's/-flushall/-flushall -flushdb/' | sort)" \
	"and its users are the same"
done_testing
