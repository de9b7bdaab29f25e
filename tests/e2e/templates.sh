# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Templates on real servers: one CA, a tree with one role for each template, and valkey-cli as one of its users.
#
#	templates_start
#	role cache cache@1 "memory: 16mb"    # roles/cache.yaml
#	instance cache                       # host-cache/main of that role on a free port, in $PORTS[cache]
#	server cache                         # rendered, started
#	cli cache app GET app:1              # over TLS, with the user's password
# shellcheck disable=SC2034

. "${BASH_SOURCE[0]%/*}/lib.sh"

declare -A PORTS ROLES

# certificate NAME [CA]: NAME.crt and NAME.key, for servers and clients
certificate() {
	must openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$1" \
		-CA "$WORK/pki/${2:-ca}.crt" -CAkey "$WORK/pki/${2:-ca}.key" -addext subjectAltName=IP:127.0.0.1 \
		-addext basicConstraints=critical,CA:FALSE -keyout "$WORK/pki/$1.key" -out "$WORK/pki/$1.crt"
}
authority() {
	must openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$1" \
		-keyout "$WORK/pki/$1.key" -out "$WORK/pki/$1.crt"
}

templates_start() {
	command -v valkey-server >/dev/null || skip_all "no valkey-server"
	valkey-cli --help 2>&1 | grep -q -- --tls || skip_all "valkey-cli speaks no TLS"
	work_start
	export VKCFG_HOME="$WORK/home"
	mkdir "$WORK/pki"
	authority ca
	authority stranger-ca
	certificate server
	certificate client
	certificate stranger stranger-ca
	tree_start
	rm -f "$TREE"/roles/* "$TREE"/hosts/* "$TREE"/environments/*
	: >"$WORK/secrets"
	chmod 600 "$WORK/secrets"
}

# role NAME TEMPLATE [PARAMETER: VALUE]...: the role, and values for all secrets that the template may want
role() {
	local name=$1 secret
	echo "template: $2" >"$TREE/roles/$name.yaml"
	shift 2
	[ $# -eq 0 ] || { echo "parameters:"; printf '  %s\n' "$@"; } >>"$TREE/roles/$name.yaml"
	for secret in app monitoring replication sentinel operator; do
		echo "$name-$secret-password=word-of-$name-$secret"
	done >>"$WORK/secrets"
}

# instance NAME [ROLE]
instance() {
	free_port
	PORTS[$1]=$FREE_PORT
	ROLES[$1]=${2:-$1}
	cat >"$TREE/hosts/$1.yaml" <<-END
		hosts:
		  host-$1:
		    environment: prod
		    instances:
		      main: {role: ${ROLES[$1]}, parameters: {port: $FREE_PORT}}
	END
}

# rendered NAME: its files in $WORK/NAME, as the agent would install them, with the host's certificates
rendered() {
	must "$VKCFG" render --tree "$TREE" --secrets "$WORK/secrets" --out "$WORK/$1" "host-$1/main"
	mkdir -p "$WORK/$1/tls"
	cp "$WORK/pki/server.crt" "$WORK/pki/server.key" "$WORK/pki/ca.crt" "$WORK/$1/tls"
}
launch() { background "$1" valkey-server "$WORK/$1/valkey.conf"; }
server() {
	rendered "$1"
	launch "$1"
}
# servers_ready NAME...
servers_ready() {
	local name
	for name; do wait_for is_port_open "${PORTS[$name]}" || bail "$name does not start" "$(tail -n 20 "$WORK/log/$name.log")"; done
}

# The password of a user of an instance.
word_of() {
	case $2 in
	cluster-operator) echo "word-of-${ROLES[$1]}-operator" ;;
	*) echo "word-of-${ROLES[$1]}-$2" ;;
	esac
}
# Standard error too: valkey-cli says there that it has no connection.
over_tls() {
	local port=${PORTS[$1]}
	shift
	valkey-cli -h 127.0.0.1 -p "$port" --tls --cacert "$WORK/pki/ca.crt" "$@" 2>&1
}
with_certificate() { over_tls "$1" --cert "$WORK/pki/client.crt" --key "$WORK/pki/client.key" "${@:2}"; }
# cli NAME USER COMMAND...: without a command those of standard input
cli() {
	local name=$1 user=$2
	shift 2
	REDISCLI_AUTH=$(word_of "$name" "$user") with_certificate "$name" --user "$user" "$@"
}

# all_denied NAME USER TEXT: each command of standard input, one a line, is refused for want of rights; two
# of them by a door that is shut for everybody
all_denied() {
	local commands allowed
	commands=$(cat)
	allowed=$(paste -d'\t' <(cli "$1" "$2" <<<"$commands" | grep -v '^$') <(echo "$commands") |
		grep -vE '^NOPERM|^ERR (DEBUG|MODULE) command not allowed')
	is "$allowed" "" "$1: $3"
}

# listening NAME: the ports on which its server listens, sorted
listening() {
	local pid fd address state inode rest
	pid=$(pid_of "$1")
	for fd in "/proc/$pid"/fd/*; do readlink "$fd"; done >"$WORK/sockets"
	while read -r _ address _ state _ _ _ _ _ inode rest; do
		[ "$state" = 0A ] && grep -qxF "socket:[$inode]" "$WORK/sockets" && echo $((16#${address##*:}))
	done < <(cat /proc/net/tcp /proc/net/tcp6 2>/dev/null) | sort -nu | tr '\n' ' '
}
