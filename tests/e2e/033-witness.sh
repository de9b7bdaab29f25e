#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Hosts vouch for the audit log: who has witnessed what, who says so, and what that is worth to a person
# who verifies.
. "${0%/*}/lib.sh"
good_fleet

# Read-only calls that the command line has no word for.
get() {
	curl -sS --max-time 20 --cacert "$WORK/people/carol/ca.crt" --cert "$WORK/people/carol/tls.crt" \
		--key "$WORK/people/carol/tls.key" "https://localhost:$PORT$1"
}
witnessed() { by carol hosts --json | jq -r ".items[] | select(.name == \"$1\") | .witnessed"; }
# At the server's database, as somebody who owns the server
tamper() { sqlite3 "$STATE/vkcfg.db" "$1"; }

# A host cosigns what it has verified
size=$(sed -n 2p "$WORK/hosts/db1/state/checkpoint")
is "$(witnessed db1)" "$size" "the server knows what the host has witnessed"
like "$(cat "$WORK/hosts/db1/state/cosigned")" "^$size [0-9]+$" "and the host what the server knows"
like "$(by carol hosts)" "WITNESSED" "vkcfg hosts shows it"
is "$(by carol status --json | jq -c '.log | [.witnessed, .witnesses, .hosts]')" "[$size,1,1]" "and vkcfg status"
like "$(get /v1/log/witnesses | jq -r '.items[0].cosignature')" '^— demo/host/db1 [A-Za-z0-9+/=]{104}$' \
	"the cosignature can be read"
nok "a host may not read those of others" curl -sSf --max-time 20 --cacert "$WORK/people/carol/ca.crt" \
	--cert "$WORK/hosts/db1/state/tls.crt" --key "$WORK/hosts/db1/state/tls.key" \
	"https://localhost:$PORT/v1/log/witnesses"

# A run with nothing to do asks once and says nothing
pull db1
set_memory dev 65mb
release dev "the log grows"
before=$(cat "$WORK/hosts/db1/state/cosigned")
pull db1
is "$(cat "$WORK/hosts/db1/state/cosigned")" "$before" "an unchanged host does not speak up"

# The next release takes the word along
set_memory prod 70mb
release prod "second"
pull db1
is "$STATUS" 0 "the next release is installed"
newer=$(sed -n 2p "$WORK/hosts/db1/state/checkpoint")
ok "the host has seen more" test "$newer" -gt "$size"
is "$(witnessed db1)" "$newer" "and vouches for it"
note=$(get /log/checkpoint)
is "$(sed -n 1p <<<"$note")" demo/log "the checkpoint is served"

# What a person demands: a majority of the hosts in the signed trees
exits 0 "the log verifies with the word of the only host" by carol audit verify --json
is "$(jq -c '[.hosts, .needed, .witnesses, .witnessed]' <<<"$OUT")" "[1,1,1,$newer]" "one of one, as far as it has seen"
like "$(by carol audit verify)" "the first $newer by a majority; 1 of 1 hosts vouch" "in words too"
host_start db2 prod main
host_start db3 prod main
release prod "two more hosts"
exits 6 "new hosts that have not reported leave no majority" by carol audit verify
like "$OUT" '1 of 3 hosts vouch for this log, and it takes 2' "and it says how many of how many"
like "$OUT" '[-]-allow-unwitnessed' "and what to do in a young fleet"
exits 0 "which accepts it" by carol audit verify --allow-unwitnessed
like "$OUT" 'unwitnessed, as allowed: 1 of 3 hosts' "and says so"
pull db2
exits 0 "two of three are a majority" by carol audit verify
like "$OUT" '2 of 3 hosts vouch' "by their number"

# The server forges: another key, another host's line, another history
line=$(tamper "SELECT line FROM cosignatures WHERE host = 'db2'")
tamper "UPDATE cosignatures SET line = (SELECT line FROM cosignatures WHERE host = 'db1') WHERE host = 'db2'"
exits 6 "another host's line does not count" by carol audit verify
like "$OUT" '1 of 3 hosts' "for the host that did not write it"
tamper "UPDATE cosignatures SET line = '$line' WHERE host = 'db2'"
exits 0 "its own does" by carol audit verify
tamper "UPDATE cosignatures SET size = size - 1 WHERE host = 'db2'"
exits 6 "a host that signed another history is the alarm" by carol audit verify --allow-unwitnessed
like "$OUT" 'db2.*but others' "by its name"
tamper "UPDATE cosignatures SET size = size + 1 WHERE host = 'db2'"

# A report with a cosignature that is not the host's is refused
report() {
	curl -sS --max-time 20 --cacert "$WORK/people/carol/ca.crt" --cert "$WORK/hosts/db2/state/tls.crt" \
		--key "$WORK/hosts/db2/state/tls.key" -H 'Content-Type: application/json' -o "$WORK/answer" -w '%{http_code}' \
		-d "{\"id\":\"$1\",\"agent\":\"0.1.0\",\"log_size\":$2,\"cosignature\":\"$3\",\"instances\":[]}" \
		"https://localhost:$PORT/v1/agent/report"
}
size=$(witnessed db2)
line=$(get /v1/log/witnesses | jq -r '.items[] | select(.host == "db1") | .cosignature')
isnt "$(report 00000000000000000000000000000001 "$size" "$line")" 204 "another host's cosignature is refused"
like "$(cat "$WORK/answer")" 'cosignature' "with its reason"
is "$(report 00000000000000000000000000000002 1000000 x)" 400 "and one of a log that is not"

# Looking for entries, and taking them elsewhere
actors() { by carol audit log --limit 1000 --json "$@" | jq -r '.items[].actor' | sort -u | xargs; }
is "$(actors --actor 'host/*')" "host/db1 host/db2 host/db3" "entries are found by actor"
is "$(actors --action change.approve)" "user/alice user/bob user/dave" "by action"
is "$(by carol audit log --object host/db2 --action host.add --json | jq '.items | length')" 1 "by object"
is "$(by carol audit log --until 2020-01-01 --json | jq '.items | length')" 0 "by time"
all=$(by carol audit log --limit 1000 --since 2020-01-01T00:00:00Z --json | jq '.items | length')
is "$(by carol audit log --limit 3 --json | jq -c '[.items[].index]')" "[$((all - 3)),$((all - 2)),$((all - 1))]" "the last ones, in order"
is "$(by carol audit log --limit 1 --action fleet.init --json | jq -c '[.items[].index]')" "[0]" "also if they are far back"
exits 2 "what is no time is refused" by carol audit log --since yesterday
is "$(by carol audit export | jq -c .index | sort -n | tail -n 1)" $((all - 1)) "all are exported as JSON Lines"
is "$(by carol audit export --format cef | grep -cE '^CEF:0\|vkcfg\|vkcfgd\|[0-9.]+\|[a-z.]+\|[a-z.]+\|[36]\|externalId=[0-9]+ rt=[0-9]+000 ')" "$all" "and as CEF"
syslog='^<10[89]>1 [0-9-]{10}T[0-9:]{8}Z localhost vkcfgd - [a-z.-]+ \[vkcfg@32473 fleet="demo" index="[0-9]+" actor="[^"]+" .*\] [^ ]+ [a-z.-]+ [^ ]+: [a-z-]+$'
is "$(by carol audit export --format syslog | grep -cE "$syslog")" "$all" "and as syslog"
exits 2 "another format is refused" by carol audit export --format xml
exits 0 "a file takes them" by carol audit export --format syslog --from 3 --out "$WORK/audit.log"
like "$OUT" "the next time: --from $all" "and is gone on with"
exits 4 "a file that is there is not written over" by carol audit export --out "$WORK/audit.log"
exits 0 "but continued" by carol audit export --format syslog --from $((all - 1)) --out "$WORK/audit.log"
is "$(grep -cE "$syslog" "$WORK/audit.log")" $((all - 3 + 1)) "at its end"
exits 2 "an entry that is not there yet is none to begin with" by carol audit export --from $((all + 1))

# One entry, proven to somebody who is offline
proof=$WORK/proof.json
exits 0 "an entry is proven" by carol audit prove 0 --out "$proof"
exits 4 "a file that is there is not overwritten" by carol audit prove 0 --out "$proof"
exits 3 "what is not in the log cannot be proven" by carol audit prove 1000000
server_stop
exits 0 "the proof is checked without the server" by alice audit check "$proof"
like "$OUT" 'fleet.init' "and says what it proves"
nobody() { VKCFG_HOME=$WORK/people/nobody "$VKCFG" "$@"; }
exits 3 "who has pinned no root must say whom to believe" nobody audit check "$proof"
root=$(jq -r .root.sha256 "$proof")
is "$root" "$(sha256sum <"$WORK/people/carol/tuf/root.json" | cut -d' ' -f1)" "the proof names the root"
exits 0 "by its digest" nobody audit check "$proof" --root "$root"
exits 6 "another digest is not the root's" nobody audit check "$proof" --root "${root//[0-7]/8}"
bad=$WORK/bad.json
for edit in '.index = 1' '.entry |= sub("fleet.init"; "fleet.exit")' '.proof[0] = ("0" * 64)' \
	'.proof |= .[1:]' '.checkpoint |= sub("demo/log\n"; "evil/log\n")' ".log.public = (\"0\" * 64)"; do
	jq "$edit" "$proof" >"$bad"
	exits 6 "refused: $edit" by alice audit check "$bad"
done
jq '.format = 2' "$proof" >"$bad"
exits 2 "another format is not guessed at" by alice audit check "$bad"
done_testing
