/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <string.h>

#include "tests/unit/differential/generate.h"

#define HASH_A "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
#define HASH_B "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752"

/* Words without an argument, of the user as a whole and of permissions. */
static const char *const user_words[] = {"on", "off", "nopass", "resetpass", "reset", "ON", "Off",
	"sanitize-payload", "skip-sanitize-payload", "clearselectors", "enabled", "resetall", NULL};
static const char *const passwords[] = {">secret", ">", ">test", "<test", "<unknown", "#" HASH_A,
	"#" HASH_B, "!" HASH_A, "!" HASH_B, "#abc", "#" HASH_A "0", ">a>b", NULL};
static const char *const keys[] = {"~*", "~app:*", "~a", "~", "~app:*", "%R~r:*", "%W~w:*",
	"%RW~rw:*", "%wr~b", "%rw~x", "%~x", "%Rx~y", "%RR~z", "%R~*", "allkeys", "resetkeys",
	"ALLKEYS", NULL};
static const char *const channels[] = {
	"&*", "&news", "&", "&news.*", "allchannels", "resetchannels", "AllChannels", NULL};
static const char *const commands[] = {"+@all", "-@all", "allcommands", "nocommands", "+get",
	"-get", "+GET", "+@read", "-@write", "+@dangerous", "-@dangerous", "+@keyspace", "+@Read",
	"+@nothing", "+config", "+config|get", "-config|get", "-config", "+config|nothing",
	"+client|id", "-client", "+acl|whoami", "+nothing", "-nothing", "+get|x", "+select|0",
	"+select|1", "-select|0", "+", "-", "+@", "+get|", "+|get", "+config|get|x", "+@all",
	"+xinfo|stream", "+object|help", "+set", "+mget", "+hgetall", "-flushall", "-flushdb",
	"+ping", "+info", NULL};
static const char *const databases[] = {"alldbs", "resetdbs", "db=0", "db=1,0", "db=3,3",
	"db=", "db=x", "db=0,", "DB=2", "db=-1", "db=2147483647", "db=2147483648", "AllDbs", NULL};

static const char *any_permission(struct dice *dice)
{
	size_t roll = dice_roll(dice, 20);

	if (roll < 5)
		return dice_pick(dice, keys);
	if (roll < 8)
		return dice_pick(dice, channels);
	return dice_pick(dice, roll < 19 ? commands : databases);
}

static void selector(struct dice *dice, struct vk_buf *out)
{
	size_t count = dice_roll(dice, 4);

	vk_buf_addc(out, '(');
	for (size_t i = 0; i < count; i++)
		vk_buf_addf(out, "%s%s", i > 0 ? " " : "",
			dice_once_in(dice, 20) ? dice_pick(dice, user_words)
					       : any_permission(dice));
	if (!dice_once_in(dice, 20))
		vk_buf_addc(out, ')');
}

void generate_rules(struct dice *dice, struct vk_buf *out)
{
	size_t count = dice_roll(dice, 8);

	for (size_t i = 0; i < count; i++) {
		size_t roll = dice_roll(dice, 20);

		vk_buf_adds(out, i > 0 ? " " : "");
		if (roll < 3)
			vk_buf_adds(out, dice_pick(dice, user_words));
		else if (roll < 6)
			vk_buf_adds(out, dice_pick(dice, passwords));
		else if (roll < 8)
			selector(dice, out);
		else
			vk_buf_adds(out, any_permission(dice));
	}
}

static void user(struct dice *dice, struct vk_buf *out)
{
	static const char *const names[] = {
		"default", "app", "app", "App", "worker", "w.1", "\xc3\xa9", NULL};
	static const char *const gaps[] = {" ", "  ", "\t", "", NULL};

	vk_buf_adds(out, dice_once_in(dice, 30) ? dice_pick(dice, gaps) : "");
	vk_buf_adds(out, dice_once_in(dice, 30) ? "USER" : "user");
	vk_buf_adds(out, dice_once_in(dice, 15) ? dice_pick(dice, gaps) : " ");
	vk_buf_adds(out, dice_pick(dice, names));
	vk_buf_adds(out, dice_once_in(dice, 15) ? dice_pick(dice, gaps) : " ");
	generate_rules(dice, out);
	vk_buf_adds(out, dice_once_in(dice, 30) ? dice_pick(dice, gaps) : "");
}

void generate_acl(struct dice *dice, struct vk_buf *out)
{
	static const char *const others[] = {"", " ", "\t", "# a comment", "user", "user ",
		"users x on", "port 1", "\xef\xbb\xbfuser b on", "\"user\" c on", NULL};
	size_t count = dice_roll(dice, 5);

	for (size_t i = 0; i < count; i++) {
		if (dice_once_in(dice, 12))
			vk_buf_adds(out, dice_pick(dice, others));
		else
			user(dice, out);
		vk_buf_adds(out, dice_once_in(dice, 12) ? "\r\n" : "\n");
	}
	vk_buf_adds(out, "user probe " PROBE_RULES);
	vk_buf_adds(out, dice_once_in(dice, 3) ? "" : "\n");
}
