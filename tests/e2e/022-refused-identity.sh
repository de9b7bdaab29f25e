#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Who may do what: certificates, revocation, roles. A refusal is answered, recorded and changes nothing.
. "${0%/*}/lib.sh"
good_fleet
host_start db2 dev main
base=https://localhost:$PORT
db1=$WORK/hosts/db1/state

# status_of CURL-ARGUMENTS... PATH: the HTTP status, or 000 where TLS refuses
status_of() {
	local path=${!#}
	curl -sS -o "$WORK/answer" -w '%{http_code}' --cacert "$db1/ca.crt" \
		--resolve "localhost:$PORT:127.0.0.1" "${@:1:$#-1}" "$base$path" 2>"$WORK/curl.err"
}
with() { echo --cert "$1/tls.crt" --key "$1/tls.key"; }
# shellcheck disable=SC2046 # options
{
	is "$(status_of $(with "$db1") /v1/agent/desired)" 200 "a host with its certificate is answered"
	is "$(status_of /v1/agent/desired)" 000 "without a certificate TLS refuses"
	is "$(status_of $(with "$db1") --tls-max 1.2 /v1/agent/desired)" 000 "TLS 1.2 is refused"
	is "$(curl -sS -o "$WORK/answer" -w '%{http_code}' "http://localhost:$PORT/healthz" 2>/dev/null)" 000 \
		"plain HTTP is refused"
}

# Certificates that should not be
issue() { # NAME URI CA-DIRECTORY DAYS-FROM DAYS-TO
	mkdir -p "$WORK/$1"
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$WORK/$1/tls.key" \
		-subj "/CN=$1" -out "$WORK/$1/csr" 2>/dev/null
	: >"$WORK/$1/index"
	cat >"$WORK/$1/ca.cnf" <<-END
		[ca]
		default_ca = own
		[own]
		database = $WORK/$1/index
		new_certs_dir = $WORK/$1
		rand_serial = yes
		default_md = sha256
		policy = any
		x509_extensions = ext
		unique_subject = no
		[any]
		commonName = supplied
		[ext]
		basicConstraints = critical, CA:FALSE
		extendedKeyUsage = clientAuth
		subjectAltName = URI:$2
	END
	openssl ca -batch -notext -config "$WORK/$1/ca.cnf" -cert "$3/ca.crt" -keyfile "$3/online/ca.key" \
		-in "$WORK/$1/csr" -out "$WORK/$1/tls.crt" \
		-startdate "$(date -u -d "$4 days" +%Y%m%d%H%M%SZ)" -enddate "$(date -u -d "$5 days" +%Y%m%d%H%M%SZ)" \
		2>"$WORK/err" || bail "openssl ca failed" "$(cat "$WORK/err")"
}
refuses() { # NAME DIRECTORY
	# shellcheck disable=SC2046 # options
	like "$(status_of $(with "$2") /v1/agent/desired)" '^(000|401|403)$' "$1 is refused"
}
"$VKCFGD" init --state "$WORK/other" --fleet other --url "$base" --listen "127.0.0.1:$PORT" \
	--user "$DAEMON_USER" --admin admin --config "$WORK/other.yaml" >/dev/null 2>"$WORK/err" ||
	bail "vkcfgd init of another fleet failed" "$(cat "$WORK/err")"
issue expired vkcfg://demo/host/db1 "$STATE" -30 -1
refuses "an expired certificate" "$WORK/expired"
issue early vkcfg://demo/host/db1 "$STATE" +2 +30
refuses "a certificate that is not valid yet" "$WORK/early"
issue unknown vkcfg://demo/host/db1 "$STATE" -1 +30
refuses "a certificate of our CA that the server did not issue" "$WORK/unknown"
issue foreign vkcfg://other/host/db1 "$WORK/other" -1 +30
refuses "a certificate of another fleet" "$WORK/foreign"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$WORK/self.key" -subj /CN=db1 \
	-addext subjectAltName=URI:vkcfg://demo/host/db1 -days 2 -out "$WORK/self.crt" 2>/dev/null
is "$(status_of --cert "$WORK/self.crt" --key "$WORK/self.key" /v1/agent/desired)" 403 \
	"a self-signed certificate may enrol and nothing else"
is "$(status_of --cert "$WORK/self.crt" --key "$WORK/self.key" -H 'Content-Type: application/json' \
	-d '{"token":"'"$(printf '0%.0s' {1..64})"'","kind":"host","name":"db1","public_key":"ed25519:'"$(printf '0%.0s' {1..64})"'"}' \
	/v1/enrol)" 403 "and that only with a token"
run "$VKCFG_PULL" enrol --config "$WORK/hosts/db2/pull.yaml" --token-file "$WORK/hosts/db1.token"
isnt "$STATUS" 0 "a token that was used is refused"

# Hosts see their own only
# shellcheck disable=SC2046 # options
{
	like "$(status_of $(with "$db1") /v1/agent/bundles/dev/1)" '^40[34]$' "a host may not ask for another environment's bundles"
	is "$(status_of $(with "$db1") /v1/agent/bundles/prod/1)" 200 "it may ask for its own"
	is "$(jq -r '[.bundles[].bundle | capture("\"instance\":\"(?<i>[^\"]*)\"").i] | join(" ")' "$WORK/answer")" db1/main \
		"and gets its own instances only"
	for path in /v1/changes /v1/hosts /v1/users /v1/audit /v1/status /v1/drift /v1/trees/0; do
		is "$(status_of $(with "$db1") "$path")" 403 "a host may not read $path"
	done
	is "$(status_of $(with "$WORK/people/carol") /v1/agent/desired)" 403 "a person is no host"
}

# People
mkdir -m 700 "$WORK/people/victor"
person_enrol victor viewer
person_new eve
person_enrol eve approver
set_memory prod 128mb
exits 5 "a viewer may not submit" by victor submit prod -m "no" --tree "$TREE"
submit prod "raise the memory"
exits 0 "a viewer may look" by victor show "$CHANGE"
cp -r "$WORK/people/alice/keys" "$WORK/people/victor/keys"
exits 5 "a viewer with an approver's key may not approve" as victor approve "$CHANGE" --key alice --yes
exits 5 "an approver without a key in the environment may not approve" as eve approve "$CHANGE" --key eve --yes
cp -r "$WORK/people/alice/keys/alice.key" "$WORK/people/alice/keys/alice.pub" "$WORK/people/bob/keys/"
exits 5 "an approver may not use another's key" as bob approve "$CHANGE" --key alice --yes
exits 5 "dev's approver may not approve for prod" as dave approve "$CHANGE" --key dave --yes
exits 5 "an author may not make users" by carol user add mallory --roles admin
exits 5 "an author may not invite hosts" by carol host token db9 --env prod
exits 5 "an author may not revoke" by carol host revoke db1
exits 5 "an approver may not submit" by alice submit prod -m "no" --tree "$TREE"
is "$(by carol changes --json | jq -r '[.items[] | select(.id == '"$CHANGE"')][0].state')" open \
	"after all this the change is as it was"
# Who is author and approver may not approve his own change where the environment says so.
person_new frank
by admin user add frank --roles author,approver >"$WORK/people/frank.token" 2>"$WORK/err" || bail "user add" "$(cat "$WORK/err")"
must by frank enrol "$WORK/people/frank.token"
must as admin env keys dev --key admin --threshold 1 --approver "$WORK/people/frank.pub" \
	--approver "$WORK/people/dave.pub"
set_memory dev 99mb
CHANGE=$(by frank submit dev -m "mine" --tree "$TREE" --json | jq -r .change)
exits 5 "an author may not approve his own change" as frank approve "$CHANGE" --key frank --yes
exits 0 "somebody else may" as dave approve "$CHANGE" --key dave --yes

# Revocation acts on the next request
must by admin user revoke victor
exits 5 "a revoked user is refused at once" by victor status
must by admin host revoke db1
pull db1
like "$STATUS" '^[56]$' "a revoked host is refused at once"
is "$(config_of db1/main maxmemory)" 67108864 "and its Valkey keeps its last good configuration"
by admin audit log --json >"$WORK/audit.json"
like "$(cat "$WORK/audit.json")" 'access.denied' "refusals are in the audit log"
exits 0 "which verifies" by admin audit verify --allow-unwitnessed
done_testing
