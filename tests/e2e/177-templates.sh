#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Templates on real servers: who should work works, and everybody else is tried in vain.
. "${0%/*}/templates.sh"
templates_start
SINGLES=(baseline cache session durable queue)

# What people see
exits 0 "the templates are listed" "$VKCFG" template list
like "$OUT" '^cache@1 +baseline@2 +A cache' "with what they are for"
exits 0 "one is shown" "$VKCFG" template show cache@1
like "$OUT" 'memory  memory 16mb to 4096gb, default 256mb' "with its parameters"
like "$OUT" 'maxmemory-policy: .*eviction' "what it sets"
like "$OUT" 'forgets what is used least' "and why"
exits 3 "one that is not there" "$VKCFG" template show cahce@1
like "$OUT" "did you mean 'cache@1'" "is another one, misspelt"
cp "$abs_top_srcdir/docs/templates.md" "$WORK/templates.md"
must sh "$abs_top_srcdir/docs/templates.sh" "$VKCFG" "$WORK/templates.md"
ok "docs/templates.md says what the templates say (make templates-page)" \
	cmp "$abs_top_srcdir/docs/templates.md" "$WORK/templates.md"

role baseline baseline@2
role cache cache@1 "memory: 16mb"
role session session@1 "memory: 64mb"
role durable durable@1 "memory: 16mb"
role queue queue@1 "memory: 64mb"
role development development@1
for name in "${SINGLES[@]}" development; do instance "$name"; done
for name in "${SINGLES[@]}" development; do server "$name"; done
servers_ready "${SINGLES[@]}" development

# The doors
for name in "${SINGLES[@]}"; do
	is "$(listening "$name")" "${PORTS[$name]} " "$name: nothing listens but the TLS port"
	unlike "$(timeout 5 valkey-cli -p "${PORTS[$name]}" ping 2>&1)" 'PONG|NOAUTH' "$name: it does not speak plaintext"
	unlike "$(over_tls "$name" ping)" 'PONG|NOAUTH' "$name: nobody gets in without a certificate"
	unlike "$(over_tls "$name" --cert "$WORK/pki/stranger.crt" --key "$WORK/pki/stranger.key" ping)" 'PONG|NOAUTH' \
		"$name: nor with one of another CA"
	like "$(with_certificate "$name" ping)" '^NOAUTH' "$name: a certificate alone is not enough"
	like "$(REDISCLI_AUTH=word with_certificate "$name" --user app ping)" 'WRONGPASS' "$name: nor a wrong password"
	like "$(REDISCLI_AUTH=$(word_of "$name" app) with_certificate "$name" --user default ping)" 'WRONGPASS' \
		"$name: nor the user default"
	like "$(REDISCLI_AUTH=$(word_of "$name" app) with_certificate "$name" --user monitoring ping)" 'WRONGPASS' \
		"$name: nor another user's password"
	like "$(valkey-cli -s "$WORK/$name/data/valkey.sock" ping 2>&1)" '^NOAUTH' "$name: the socket wants a user too"
	is "$(stat -c %a "$WORK/$name/data/valkey.sock")" 770 "$name: and is for the group alone"
	is "$(find "$WORK/$name" -maxdepth 1 -type f -perm /027)" "" "$name: no file of vkcfg can be read by others"
done

# The users
prefix_of() { case $1 in session | queue) echo "$1" ;; *) echo app ;; esac }
denied_to_all='config get maxmemory
config set dir /tmp
config set maxmemory 0
config rewrite
debug sleep 0
module load /tmp/x.so
module list
eval "return 1" 0
script load "return 1"
function list
fcall x 0
flushall
flushdb
keys *
scan 0
randomkey
sort x
replicaof no one
shutdown nosave
acl setuser app +@all
acl list
client list
client kill type normal
monitor
migrate h 1 k 0 1
restore k 0 x
swapdb 0 1
save
bgsave
slowlog get
latency reset
failover'
for name in "${SINGLES[@]}"; do
	p=$(prefix_of "$name")
	is "$(printf 'set %s:1 one\nget %s:1\nmulti\nincr %s:n\nexec\nping\nclient setname x\n' "$p" "$p" "$p" | cli "$name" app | tr -s '\n' ' ')" \
		"OK one OK QUEUED 1 PONG OK " "$name: the application works"
	all_denied "$name" app "what governs, stalls or drops the server is not the application's" <<<"$denied_to_all
info"
	all_denied "$name" app "nor are keys and channels of others" <<-'END'
		get other:1
		set other:1 x
		mset other:1 x
		del other
		publish other:1 x
		spublish other:1 x
		pubsub channels
	END
	like "$(cli "$name" monitoring info server)" 'tcp_port' "$name: monitoring sees numbers"
	all_denied "$name" monitoring "and neither data nor secrets" <<<"$denied_to_all
get $p:1
set $p:1 x
publish $p:1 x
select 1"
done
is "$(printf 'xadd queue:s * a b\npublish queue:c x\nlpush queue:l j\nbrpop queue:l 1\n' | cli queue app | sed 1d | tr -s '\n' ' ')" \
	"0 1 queue:l j " "queue: streams, waiting and the application's own channels work"

# Memory
{ for i in {1..100}; do printf 'set app:%d %0262144d\n' "$i" 0; done; } >"$WORK/load"
used() { cli "$1" monitoring info memory | tr -d '\r' | sed -n 's/^used_memory:\([0-9]*\)$/\1/p'; }
is "$(cli cache app <"$WORK/load" | sort -u | tr -s '\n' ' ')" "OK " "cache: it takes more than fits"
ok "cache: and stays inside its memory" test "$(used cache)" -lt $((20 * 1024 * 1024))
like "$(cli cache monitoring info stats)" 'evicted_keys:[1-9]' "cache: by forgetting"
like "$(cli durable app <"$WORK/load" | sort -u)" 'OOM command not allowed' "durable: it refuses writes instead"
is "$(cli durable app strlen app:1)" 262144 "durable: and forgets nothing"

# Restarts
must cli session app set session:kept yes ex 1000
must cli queue app lpush queue:jobs one
for name in session durable queue; do end_background "$name" KILL; done
end_background cache
is "$(ls -A "$WORK/cache/data")" "" "cache: it leaves no data behind"
for name in session durable queue; do launch "$name"; done
servers_ready session durable queue
is "$(cli session app get session:kept)" yes "session: a killed server has its sessions"
is "$(cli durable app strlen app:1)" 262144 "durable: and its data"
is "$(cli queue app llen queue:jobs)" 1 "queue: and its jobs"

# A developer's machine
dev() { valkey-cli -p "${PORTS[development]}" "$@" 2>&1; }
as_dev() { REDISCLI_AUTH=$(word_of development app) dev --user app "$@"; }
like "$(dev ping)" '^NOAUTH' "development: it wants a password"
is "$(as_dev eval 'return redis.call("set", KEYS[1], 1)' 1 any)" OK "development: and then nearly all is allowed"
is "$(as_dev keys '*')" any "development: KEYS too"
is "$(printf 'config set dir /tmp\ndebug sleep 0\nmodule load /x\nflushall\nacl setuser x on\nreplicaof no one\nshutdown\n' |
	as_dev | grep -v '^$' | grep -vcE '^NOPERM|^ERR (DEBUG|MODULE) command not allowed')" 0 "development: but what governs the server"
is "$(awk -v port="$(printf %04X "${PORTS[development]}")" '$4 == "0A" && $2 ~ ":" port "$" { print $2 }' /proc/net/tcp)" \
	"0100007F:$(printf %04X "${PORTS[development]}")" "development: it listens on loopback alone"
done_testing
