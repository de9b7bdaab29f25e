#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Emergencies that a person has announced: nothing is put right of what is named, until it is over; all
# else is. Only those who approve can announce.
. "${0%/*}/lib.sh"
fleet_start
sed -i 's/drift: report/drift: revert/' "$TREE/roles/cache.yaml"
host_start db1 prod main
release prod "first"
pull db1
is "$STATUS" 0 "the first release runs"
drifts() { by carol drift --json | jq -r '.items[] | "\(.name) \(.action) \(.cause) \(.ticket // "")"' | sort; }

exits 5 "carol cannot announce: she approves nothing" \
	as carol drift announce db1/main maxmemory --ticket INC-7 --until 1h
like "$OUT" 'no key of yours may approve in prod' "and is told why"
exits 5 "dave neither, who approves in dev" \
	as dave drift announce db1/main maxmemory --ticket INC-7 --until 1h
exits 2 "8 days are too long" as alice drift announce db1/main maxmemory --ticket INC-7 --until 8d
like "$OUT" 'within 7 days' "and the limit is said"
exits 2 "a misspelt name is refused" as alice drift announce db1/main maxmemroy --ticket INC-7 --until 1h
like "$OUT" "did you mean 'maxmemory'" "with what was meant"
exits 2 "it needs a ticket" as alice drift announce db1/main maxmemory --until 1h
exits 2 "a pattern is too much" as alice drift announce db1/main 'max*' --ticket INC-7 --until 1h
exits 3 "another host's name is unknown" as alice drift announce db9/main maxmemory --ticket INC-7 --until 1h

exits 0 "alice announces maxmemory" as alice drift announce db1/main maxmemory --ticket INC-7 --until 1h
exits 0 "and a user" as alice drift announce db1/main users.default --ticket INC-8 --until 90m
is "$(by carol drift announce --list --json | jq -r '.items[] | "\(.instance) \(.name) \(.ticket) \(.announcer)"')" \
	"db1/main maxmemory INC-7 alice
db1/main users.default INC-8 alice" "both are listed"
like "$(by carol audit log --json)" '"drift.announce"' "and stand in the audit log"
valkey db1/main config set maxmemory 1mb hz 77 >/dev/null
valkey db1/main acl setuser default on nopass >/dev/null
pull db1
is "$STATUS" 0 "a run in the emergency succeeds"
is "$(config_of db1/main maxmemory)/$(config_of db1/main hz)" "1048576/10" "what is announced stays, the rest is put right"
is "$(drifts)" "default report emergency INC-8
hz reverted unauthorised 
maxmemory report emergency INC-7" "the server knows which is which"
like "$OUT" 'warn drift .*name=maxmemory .*cause=emergency ticket=INC-7' "the host's own log says so"
pull db1 --status
like "$OUT" 'maxmemory is 1048576 instead of 67108864 \(emergency: INC-7, until 20' "and its status"
run by carol drift show db1/main
is "$STATUS" 1 "an emergency is still drift"
like "$OUT" 'INC-7' "drift show names the ticket"

server_stop
pull db1
is "$(config_of db1/main maxmemory)" 1048576 "it counts without the server, too"
server_start
exits 5 "carol cannot end it" by carol drift announce db1/main maxmemory --end
exits 0 "bob can" by bob drift announce db1/main maxmemory --end
pull db1
is "$(config_of db1/main maxmemory)" 67108864 "then the value is put right"
is "$(drifts)" "default report emergency INC-8
maxmemory reverted unauthorised " "and called by its name"
exits 3 "what is over cannot be ended" by bob drift announce db1/main maxmemory --end
like "$(by carol audit log --json)" '"drift.end"' "the end is in the audit log"
set_memory prod 32mb
release prod "another"
pull db1
unlike "$(valkey db1/main acl list)" 'user default on' "a release sets what it says, announced or not"
done_testing
