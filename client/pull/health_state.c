/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/health_state.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "common/num.h"
#include "common/valkey/info.h"
#include "common/vkjson.h"

#include "common/banned.h"

enum { LINE_BYTES = 512, NUMBER_BYTES = 24, CLUSTER_SLOTS = 16384, NODE_FIELDS = 8 };

/* No server counts further; sums and shares of such numbers do not overflow. */
static const int64_t number_max = INT64_C(1) << 53;

static int64_t number_of(const char *info, const char *name, int64_t fallback)
{
	int64_t number = info_int(info, name, fallback);

	return number >= 0 && number <= number_max ? number : fallback;
}

/* Answers to commands that were fine until the configuration was another. */
static const char *const error_kinds[] = {
	"OOM", "MISCONF", "NOREPLICAS", "MASTERDOWN", "CLUSTERDOWN"};

static int64_t part_number(const char *line, const char *name, int64_t fallback)
{
	char text[NUMBER_BYTES];
	int64_t number;

	return info_part(line, name, text, sizeof(text)) &&
			       vk_parse_int(text, 0, number_max, &number)
		       ? number
		       : fallback;
}

static void take_errors(const char *info, struct health_state *out)
{
	char name[32], line[LINE_BYTES];

	for (size_t i = 0; i < sizeof(error_kinds) / sizeof(error_kinds[0]); i++) {
		snprintf(name, sizeof(name), "errorstat_%s", error_kinds[i]);
		if (info_text(info, name, line, sizeof(line)))
			out->errors += part_number(line, "count", 0);
	}
}

/* "cmdstat_config|get:calls=1,usec=20,..": into the next place. */
static void take_command(const char *line, size_t len, struct health_state *out)
{
	static const char mark[] = "cmdstat_";
	size_t skip = strlen(mark);
	size_t name_len = strcspn(line, ":");
	struct health_command *command = &out->commands[out->command_count];
	char text[LINE_BYTES];

	if (out->command_count == HEALTH_MAX_COMMANDS || strncmp(line, mark, skip) != 0 ||
		name_len >= len || name_len <= skip || name_len - skip >= sizeof(command->name) ||
		len - name_len >= sizeof(text))
		return;
	memcpy(command->name, line + skip, name_len - skip);
	command->name[name_len - skip] = '\0';
	memcpy(text, line + name_len + 1, len - name_len - 1);
	text[len - name_len - 1] = '\0';
	command->calls = part_number(text, "calls", 0);
	command->usec = part_number(text, "usec", 0);
	if (command->calls > 0)
		out->command_count++;
}

static void take_commands(const char *info, struct health_state *out)
{
	for (const char *line = info; *line != '\0';) {
		size_t len = strcspn(line, "\r\n");

		take_command(line, len, out);
		line += len;
		line += strspn(line, "\r\n");
	}
}

/* Replicas of a primary; of one that is in a full sync no lag is known. */
static void take_replicas(const char *info, struct health_state *out)
{
	int64_t count = number_of(info, "connected_slaves", 0);
	char name[NUMBER_BYTES], line[LINE_BYTES], state[16];

	for (int64_t i = 0; i < count && i < 64; i++) {
		int64_t lag;

		snprintf(name, sizeof(name), "slave%" PRId64, i);
		if (!info_text(info, name, line, sizeof(line)) ||
			!info_part(line, "state", state, sizeof(state)) ||
			strcmp(state, "online") != 0)
			continue;
		out->replicas++;
		lag = part_number(line, "lag", HEALTH_UNKNOWN);
		if (lag > out->lag_s)
			out->lag_s = lag;
	}
}

/* True unless the field says that all is well. */
static bool is_bad(const char *info, const char *name)
{
	char text[16] = "ok";

	(void)info_text(info, name, text, sizeof(text));
	return strcmp(text, "ok") != 0;
}

void health_state_take_info(const char *info, struct health_state *out)
{
	char text[32] = "up";

	memset(out, 0, sizeof(*out));
	out->slots = HEALTH_UNKNOWN;
	out->lag_s = HEALTH_UNKNOWN;
	(void)info_text(info, "run_id", out->run_id, sizeof(out->run_id));
	(void)info_text(info, "role", out->role, sizeof(out->role));
	(void)info_text(info, "master_link_status", text, sizeof(text));
	out->is_link_down = strcmp(text, "up") != 0;
	out->is_loading = number_of(info, "loading", 0) != 0;
	out->is_save_failed = is_bad(info, "rdb_last_bgsave_status");
	out->is_append_failed = is_bad(info, "aof_last_write_status");
	if (strcmp(out->role, "slave") == 0)
		out->lag_s = number_of(info, "master_last_io_seconds_ago", HEALTH_UNKNOWN);
	take_replicas(info, out);
	out->uptime_s = number_of(info, "uptime_in_seconds", 0);
	out->used_memory = number_of(info, "used_memory", 0);
	out->maxmemory = number_of(info, "maxmemory", 0);
	(void)info_text(info, "maxmemory_policy", text, sizeof(text));
	out->may_evict = strcmp(text, "noeviction") != 0;
	out->rejected = number_of(info, "rejected_connections", 0);
	out->evicted = number_of(info, "evicted_keys", 0);
	take_errors(info, out);
	take_commands(info, out);
}

/* "0-5460" or "7", as a count; slots that migrate ("[..]") stand among them as well. */
static int64_t slots_of(const char *word)
{
	char text[NUMBER_BYTES];
	size_t len = strcspn(word, "-");
	int64_t first, last;

	if (word[0] == '[' || len == 0 || len >= sizeof(text))
		return 0;
	memcpy(text, word, len);
	text[len] = '\0';
	if (!vk_parse_int(text, 0, CLUSTER_SLOTS - 1, &first))
		return 0;
	if (word[len] == '\0')
		return 1;
	if (!vk_parse_int(word + len + 1, first, CLUSTER_SLOTS - 1, &last))
		return 0;
	return last - first + 1;
}

/* A flag of a list; "fail?" is the suspicion of this node alone, and no "fail". */
static bool has_flag(const char *flags, const char *flag)
{
	size_t len = strlen(flag);

	for (; *flags != '\0'; flags += *flags == ',') {
		size_t own = strcspn(flags, ",");

		if (own == len && strncmp(flags, flag, len) == 0)
			return true;
		flags += own;
	}
	return false;
}

/* ID ADDRESS FLAGS PRIMARY PING PONG EPOCH LINK SLOT... */
static void take_node(const char *line, size_t len, struct health_state *out)
{
	bool is_failed = false;
	int64_t slots = 0;
	char word[LINE_BYTES];
	size_t at = 0;

	for (size_t field = 0; at < len; field++) {
		size_t word_len = strcspn(line + at, " \r\n");
		size_t kept = word_len < sizeof(word) ? word_len : sizeof(word) - 1;

		memcpy(word, line + at, kept);
		word[kept] = '\0';
		if (field == 2)
			is_failed = has_flag(word, "fail");
		else if (field >= NODE_FIELDS)
			slots += slots_of(word);
		at += word_len + 1;
	}
	out->failed_nodes += is_failed;
	out->slots += is_failed ? 0 : slots;
}

void health_state_take_nodes(const char *nodes, struct health_state *out)
{
	out->slots = 0;
	out->failed_nodes = 0;
	while (*nodes != '\0') {
		size_t len = strcspn(nodes, "\r\n");

		take_node(nodes, len, out);
		nodes += len;
		nodes += strspn(nodes, "\r\n");
	}
}

enum vk_rc health_state_read(struct valkey *valkey, struct health_state *out, struct vk_err *err)
{
	struct reply *reply = NULL;
	bool is_cluster = false;
	enum vk_rc rc = valkey_demand(valkey,
		VALKEY_ARGV("INFO", "server", "memory", "persistence", "stats", "replication",
			"commandstats", "errorstats", "cluster"),
		&reply, err);

	if (rc == VK_OK && reply->kind == REPLY_STRING) {
		health_state_take_info(reply->text, out);
		is_cluster = info_int(reply->text, "cluster_enabled", 0) != 0;
	} else if (rc == VK_OK) {
		rc = vk_err_set(err, VK_EUNAVAIL, "INFO answers no text");
	}
	reply_free(reply);
	if (rc != VK_OK || !is_cluster)
		return rc;
	reply = NULL;
	rc = valkey_command(valkey, VALKEY_ARGV("CLUSTER", "NODES"), &reply, err);
	if (rc == VK_OK && reply->kind == REPLY_STRING)
		health_state_take_nodes(reply->text, out);
	reply_free(reply);
	return rc;
}

const struct health_command *health_state_command(
	const struct health_state *state, const char *name)
{
	for (size_t i = 0; i < state->command_count; i++) {
		if (strcmp(state->commands[i].name, name) == 0)
			return &state->commands[i];
	}
	return NULL;
}

/* The members of the file that are numbers, and those that are flags. */
struct member {
	const char *name;
	size_t offset;
};

static const struct member numbers[] = {
	{"errors", offsetof(struct health_state, errors)},
	{"evicted", offsetof(struct health_state, evicted)},
	{"failed-nodes", offsetof(struct health_state, failed_nodes)},
	{"lag", offsetof(struct health_state, lag_s)},
	{"maxmemory", offsetof(struct health_state, maxmemory)},
	{"rejected", offsetof(struct health_state, rejected)},
	{"replicas", offsetof(struct health_state, replicas)},
	{"slots", offsetof(struct health_state, slots)},
	{"uptime", offsetof(struct health_state, uptime_s)},
	{"used-memory", offsetof(struct health_state, used_memory)},
};

static const struct member flags[] = {
	{"append-failed", offsetof(struct health_state, is_append_failed)},
	{"link-down", offsetof(struct health_state, is_link_down)},
	{"loading", offsetof(struct health_state, is_loading)},
	{"may-evict", offsetof(struct health_state, may_evict)},
	{"save-failed", offsetof(struct health_state, is_save_failed)},
};

enum {
	NUMBERS = sizeof(numbers) / sizeof(numbers[0]),
	FLAGS = sizeof(flags) / sizeof(flags[0]),
};

struct vkjson *health_state_to_json(const struct health_state *state)
{
	struct vkjson *json = vkjson_object(), *commands = vkjson_object();

	vkjson_set(json, "run-id", vkjson_string(state->run_id));
	vkjson_set(json, "role", vkjson_string(state->role));
	for (size_t i = 0; i < NUMBERS; i++) {
		int64_t number;

		memcpy(&number, (const char *)state + numbers[i].offset, sizeof(number));
		vkjson_set(json, numbers[i].name, vkjson_int(number));
	}
	for (size_t i = 0; i < FLAGS; i++) {
		bool flag;

		memcpy(&flag, (const char *)state + flags[i].offset, sizeof(flag));
		vkjson_set(json, flags[i].name, vkjson_bool(flag));
	}
	for (size_t i = 0; i < state->command_count; i++) {
		struct vkjson *pair = vkjson_array();

		vkjson_append(pair, vkjson_int(state->commands[i].calls));
		vkjson_append(pair, vkjson_int(state->commands[i].usec));
		vkjson_set(commands, state->commands[i].name, pair);
	}
	vkjson_set(json, "commands", commands);
	return json;
}

static int64_t count_at(const struct vkjson *pair, size_t i)
{
	int64_t number = vkjson_integer(vkjson_at(pair, i));

	return number >= 0 && number <= number_max ? number : 0;
}

static void commands_from_json(const struct vkjson *object, struct health_state *out)
{
	for (struct vkjson_iter it = vkjson_iter(object);
		out->command_count < HEALTH_MAX_COMMANDS && vkjson_next(&it);) {
		struct health_command *command = &out->commands[out->command_count++];

		snprintf(command->name, sizeof(command->name), "%s", it.name);
		command->calls = count_at(it.value, 0);
		command->usec = count_at(it.value, 1);
	}
}

enum vk_rc health_state_from_json(
	const struct vkjson *json, struct health_state *out, struct vk_err *err)
{
	const struct vkjson *commands = NULL;
	const char *run_id = "", *role = "";
	enum vk_rc rc = vkjson_get_string(json, "run-id", &run_id, err);

	memset(out, 0, sizeof(*out));
	if (rc == VK_OK)
		rc = vkjson_get_string(json, "role", &role, err);
	for (size_t i = 0; rc == VK_OK && i < NUMBERS; i++) {
		int64_t number = 0;

		rc = vkjson_get_int(
			json, numbers[i].name, HEALTH_UNKNOWN, number_max, &number, err);
		memcpy((char *)out + numbers[i].offset, &number, sizeof(number));
	}
	for (size_t i = 0; rc == VK_OK && i < FLAGS; i++) {
		bool flag = false;

		rc = vkjson_get_bool(json, flags[i].name, &flag, err);
		memcpy((char *)out + flags[i].offset, &flag, sizeof(flag));
	}
	if (rc == VK_OK)
		rc = vkjson_get_object(json, "commands", &commands, err);
	if (rc != VK_OK)
		return rc;
	snprintf(out->run_id, sizeof(out->run_id), "%s", run_id);
	snprintf(out->role, sizeof(out->role), "%s", role);
	commands_from_json(commands, out);
	return VK_OK;
}
