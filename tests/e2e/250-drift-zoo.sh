#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The drift zoo: 40 drifts made by hand, each found in the next run, with its name, and put right or
# reported as the role says; and 20 differences that are none, of which nothing is ever said.
. "${0%/*}/lib.sh"
fleet_start
cat >"$TREE/roles/cache.yaml" <<'END'
config:
  # Other words for what Valkey will say: 12 of the 20.
  maxmemory: 65536kb
  maxmemory-policy: ALLKEYS-LRU
  save: ""
  appendonly: "No"
  notify-keyspace-events: AKE
  client-output-buffer-limit: pubsub 33554432 8mb 60
  loglevel: NOTICE
  repl-backlog-size: 1024k
  slowlog-max-len: "128"
  slave-priority: 100
  oom-score-adj-values: 0 200 800
  lazyfree-lazy-eviction: "YES"
users:
  tester: {rules: "on nopass allkeys allchannels allcommands"}
  app: {rules: "+get on ~app:* +set"}
  job: {rules: "on nopass ~job:* +@read -keys"}
  web: {rules: "on nopass ~web:* +@read"}
files:
  - {path: extra/a, text: a, mode: "0640"}
  - {path: extra/b, text: b, mode: "0640"}
  - {path: extra/c, text: c, mode: "0640"}
  - {path: extra/d, text: d, mode: "0640"}
  - {path: extra/e, text: e, mode: "0640"}
apply:
  drift: revert
  drift-of: {hz: report, "latency-*": alert, "users.web": report, "files.extra/e": alert}
END
echo '{}' >"$TREE/environments/prod.yaml"
echo '{}' >"$TREE/environments/dev.yaml"
host_start db1 prod main
release prod "zoo"
pull db1
is "$STATUS" 0 "the first release runs"
dir=$WORK/hosts/db1/main
# kind name action, of what the server was told
drifts() { by carol drift --json | jq -r '.items[] | "\(.kind) \(.name) \(.action)"' | sort; }

# 8 more that are none: what is somebody else's, and what is no difference
valkey db1/main acl setuser vault on nopass '~v:*' +get >/dev/null
valkey db1/main set app:1 1 >/dev/null
valkey db1/main client no-evict on >/dev/null
valkey db1/main script load "return 1" >/dev/null
valkey db1/main replicaof 127.0.0.1 1 >/dev/null
touch -d 2001-01-01 "$dir/current/valkey.conf"
echo "not ours" >"$dir/data/somebody.txt"
echo "# a remark" >>"$dir/runtime.conf"
pull db1
is "$(drifts)" "" "20 differences that are none are not reported"
valkey db1/main replicaof no one >/dev/null
pull db1
is "$(drifts)" "" "nor that the role has changed back"

# Values, users, files: 33 at once
valkey db1/main config set maxmemory 1mb maxmemory-policy noeviction maxmemory-samples 7 timeout 7 \
	tcp-keepalive 77 loglevel warning slowlog-log-slower-than 7 slowlog-max-len 7 \
	notify-keyspace-events "" list-compress-depth 7 set-max-intset-entries 7 \
	zset-max-listpack-entries 7 hash-max-listpack-entries 7 lfu-log-factor 7 lfu-decay-time 7 \
	repl-timeout 77 lazyfree-lazy-eviction no activedefrag no appendfsync no save "900 1" \
	hz 77 latency-monitor-threshold 77 >/dev/null
valkey db1/main acl setuser default on nopass >/dev/null
valkey db1/main acl setuser app +@all >/dev/null
valkey db1/main acl setuser job '>geheim' >/dev/null
valkey db1/main acl setuser web off >/dev/null
valkey db1/main acl setuser tester '%R~other' >/dev/null 2>&1
echo "maxmemory 1mb" >>"$dir/current/valkey.conf"
chmod 666 "$dir/current/users.acl"
rm "$dir/current/extra/a"
rm "$dir/current/extra/b" && ln -s /etc/hostname "$dir/current/extra/b"
chmod 600 "$dir/current/extra/c"
printf 'D' >"$dir/current/extra/d"
printf 'E' >"$dir/current/extra/e"
pull db1
is "$STATUS" 0 "a run that finds all of this succeeds"
found=$(drifts)
expected="acl app reverted
acl default reverted
acl job reverted
acl web report
file extra/a reverted
file extra/b reverted
file extra/c reverted
file extra/d reverted
file extra/e alert
file users.acl reverted
file valkey.conf reverted
value appendfsync reverted
value hash-max-listpack-entries reverted
value hz report
value latency-monitor-threshold alert
value lazyfree-lazy-eviction reverted
value lfu-decay-time reverted
value lfu-log-factor reverted
value list-compress-depth reverted
value loglevel reverted
value maxmemory reverted
value maxmemory-policy reverted
value maxmemory-samples reverted
value notify-keyspace-events reverted
value repl-timeout reverted
value save reverted
value set-max-intset-entries reverted
value tcp-keepalive reverted
value timeout reverted
value zset-max-listpack-entries reverted"
is "$(grep -v log-slow <<<"$found" | grep -v 'log-.*max-len')" "$expected" "30 are found, named, and treated as the role says"
is "$(grep -cE 'value (slowlog|commandlog)-.* reverted$' <<<"$found")" 2 "and the 2 that are called otherwise in other versions"
unlike "$OUT$(by carol drift --json)" geheim "no secret is shown"
pull db1
is "$(drifts)" "acl web report
file extra/e alert
value hz report
value latency-monitor-threshold alert" "what was put right is gone, what is only reported stays"
valkey db1/main config set hz 10 latency-monitor-threshold 0 >/dev/null
valkey db1/main acl setuser web on >/dev/null
printf e >"$dir/current/extra/e"
pull db1
is "$(drifts)" "command config|set report" "what a person puts back is no drift; that somebody did it is told"

# Commands whose effect is gone, and those that rewrite our files: 8
sed -i 's/drift-of: {/&"commands.acl|*": alert, /' "$TREE/roles/cache.yaml"
release prod "watch who makes users"
pull db1
pull db1
is "$(drifts)" "" "an install begins counting anew"
valkey db1/main config set timeout 9 >/dev/null
valkey db1/main config set timeout 0 >/dev/null
valkey db1/main acl setuser ghost on nopass +@all '~*' >/dev/null
valkey db1/main acl deluser ghost >/dev/null
pull db1
is "$(drifts)" "command acl|deluser alert
command acl|setuser alert
command config|set report" "commands are found whose effect is gone"
valkey db1/main config resetstat >/dev/null
valkey db1/main acl load >/dev/null
pull db1
like "$(drifts)" "command acl\|load alert" "one that loads the users again, too"
like "$(drifts)" "command config\|resetstat report" "and one that hides the others"
valkey db1/main config rewrite >/dev/null
valkey db1/main acl save >/dev/null
pull db1
like "$(drifts)" "file valkey.conf reverted" "a file that Valkey has rewritten is put back"
unlike "$(drifts)" "command config.rewrite" "of which the command is not named once more"
like "$(drifts)" "command acl\|save alert" "users that were written as they are leave only the command to be named"

# Somebody who does it again and again
for i in 1 2 3 4; do
	valkey db1/main config set repl-timeout "7$i" >/dev/null
	pull db1
done
like "$(drifts)" "value repl-timeout too-often" "what is changed again and again is left alone after three times"
like "$OUT" 'error.*drift.*repl-timeout|drift.*repl-timeout.*too-often' "and that is an error in the log"
done_testing
