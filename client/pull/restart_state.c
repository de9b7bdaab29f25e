/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/restart_state.h"

#include <stdio.h>
#include <string.h>

#include "common/num.h"
#include "common/valkey/info.h"

#include "common/banned.h"

enum { LINE_BYTES = 512, NUMBER_BYTES = 24 };

static int64_t part_int(const char *line, const char *name)
{
	char text[NUMBER_BYTES];
	int64_t number;

	if (!info_part(line, name, text, sizeof(text)) ||
		!vk_parse_int(text, 0, INT64_MAX, &number))
		return 0;
	return number;
}

/* "slave0:ip=10.0.0.2,port=6379,state=online,offset=42,lag=0" */
static void take_replicas(const char *info, struct restart_state *out)
{
	char name[NUMBER_BYTES], line[LINE_BYTES], state[NUMBER_BYTES];

	for (size_t i = 0; i < RESTART_MAX_REPLICAS; i++) {
		struct restart_replica *replica = &out->replicas[out->replica_count];

		snprintf(name, sizeof(name), "slave%zu", i);
		if (!info_text(info, name, line, sizeof(line)))
			return;
		state[0] = '\0';
		(void)info_part(line, "ip", replica->address, sizeof(replica->address));
		(void)info_part(line, "state", state, sizeof(state));
		replica->port = part_int(line, "port");
		replica->offset = part_int(line, "offset");
		replica->is_online = strcmp(state, "online") == 0;
		out->replica_count++;
	}
}

static void take_replication(const char *info, struct restart_state *out)
{
	char word[LINE_BYTES] = "";

	(void)info_text(info, "role", word, sizeof(word));
	out->is_replica = strcmp(word, "slave") == 0;
	(void)info_text(info, "master_host", out->primary, sizeof(out->primary));
	out->primary_port = info_int(info, "master_port", 0);
	word[0] = '\0';
	(void)info_text(info, "master_link_status", word, sizeof(word));
	out->is_link_down = out->is_replica && strcmp(word, "up") != 0;
	out->is_syncing = info_int(info, "master_sync_in_progress", 0) != 0;
	out->sync_left_bytes = info_int(info, "master_sync_left_bytes", 0);
	out->offset = out->is_replica ? info_int(info, "slave_repl_offset", 0)
				      : info_int(info, "master_repl_offset", 0);
	snprintf(word, sizeof(word), "no-failover");
	(void)info_text(info, "master_failover_state", word, sizeof(word));
	out->is_failing_over = strcmp(word, "no-failover") != 0;
	take_replicas(info, out);
}

/* "db0:keys=..." */
static bool has_keys(const char *info)
{
	const char *at = strstr(info, "\ndb");

	for (; at != NULL; at = strstr(at + 1, "\ndb")) {
		size_t digits = strspn(at + 3, "0123456789");

		if (digits > 0 && strncmp(at + 3 + digits, ":keys=", 6) == 0)
			return true;
	}
	return false;
}

void restart_state_take_info(const char *info, struct restart_state *out)
{
	char word[NUMBER_BYTES] = "ok";

	(void)info_text(info, "run_id", out->run_id, sizeof(out->run_id));
	(void)info_text(info, "config_file", out->config_file, sizeof(out->config_file));
	take_replication(info, out);
	out->is_loading = info_int(info, "loading", 0) != 0;
	if (info_text(info, "loading_loaded_perc", word, sizeof(word)))
		word[strcspn(word, ".")] = '\0';
	(void)vk_parse_int(word, 0, 100, &out->loaded_percent);
	out->loading_left_s = info_int(info, "loading_eta_seconds", 0);
	out->is_saving = info_int(info, "rdb_bgsave_in_progress", 0) != 0;
	out->is_rewriting = info_int(info, "aof_rewrite_in_progress", 0) != 0 ||
			    info_int(info, "aof_rewrite_scheduled", 0) != 0;
	snprintf(word, sizeof(word), "ok");
	(void)info_text(info, "rdb_last_bgsave_status", word, sizeof(word));
	out->is_save_failed = strcmp(word, "ok") != 0;
	snprintf(word, sizeof(word), "ok");
	(void)info_text(info, "aof_last_write_status", word, sizeof(word));
	out->is_append_failed = strcmp(word, "ok") != 0;
	snprintf(word, sizeof(word), "ok");
	(void)info_text(info, "aof_last_bgrewrite_status", word, sizeof(word));
	out->is_append_failed = out->is_append_failed || strcmp(word, "ok") != 0;
	out->unsaved = info_int(info, "rdb_changes_since_last_save", 0);
	out->has_keys = has_keys(info);
	out->is_cluster = info_int(info, "cluster_enabled", 0) != 0;
	out->is_migrating = info_int(info, "mem_cluster_slot_export", 0) != 0 ||
			    info_int(info, "mem_cluster_slot_import", 0) != 0 ||
			    info_int(info, "slot_migration_fork_in_progress", 0) != 0;
}

static bool has_word(const char *text, const char *word)
{
	size_t len = strlen(word);

	for (; *text != '\0'; text += strspn(text, " ")) {
		size_t end = strcspn(text, " ");

		if (end == len && strncmp(text, word, len) == 0)
			return true;
		text += end;
	}
	return false;
}

void restart_state_take_config(const char *save, const char *appendonly,
	const char *shutdown_on_sigterm, struct restart_state *out)
{
	out->has_save_points = *save != '\0';
	out->has_append = strcmp(appendonly, "yes") == 0;
	out->is_saved_at_stop = has_word(shutdown_on_sigterm, "save") ||
				(out->has_save_points && !has_word(shutdown_on_sigterm, "nosave"));
	out->is_failed_over_at_stop = has_word(shutdown_on_sigterm, "failover");
}

bool restart_state_is_migrating(const char *nodes)
{
	const char *line = nodes;

	while (*line != '\0') {
		size_t len = strcspn(line, "\n");
		const char *self = strstr(line, "myself");

		if (self != NULL && self < line + len)
			return memchr(self, '[', (size_t)(line + len - self)) != NULL;
		line += len;
		line += strspn(line, "\n");
	}
	return true; /* a list without the node itself says nothing */
}

static enum vk_rc read_config(struct valkey *valkey, struct restart_state *out, struct vk_err *err)
{
	static const char *const names[] = {"save", "appendonly", "shutdown-on-sigterm"};
	const char *texts[] = {"", "", ""};
	struct reply *reply = NULL;
	enum vk_rc rc = valkey_demand(
		valkey, VALKEY_ARGV("CONFIG", "GET", names[0], names[1], names[2]), &reply, err);

	if (rc != VK_OK)
		return rc;
	for (size_t i = 0; reply->kind == REPLY_ARRAY && i + 1 < reply->count; i += 2) {
		for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
			if (reply->items[i]->kind == REPLY_STRING &&
				reply->items[i + 1]->kind == REPLY_STRING &&
				strcmp(reply->items[i]->text, names[k]) == 0)
				texts[k] = reply->items[i + 1]->text;
		}
	}
	restart_state_take_config(texts[0], texts[1], texts[2], out);
	reply_free(reply);
	return VK_OK;
}

static void read_nodes(struct valkey *valkey, struct restart_state *out)
{
	struct vk_err ignored = VK_ERR_INIT;
	struct reply *reply = NULL;

	out->is_migrating =
		out->is_migrating ||
		valkey_demand(valkey, VALKEY_ARGV("CLUSTER", "NODES"), &reply, &ignored) != VK_OK ||
		reply->kind != REPLY_STRING || restart_state_is_migrating(reply->text);
	reply_free(reply);
}

enum vk_rc restart_state_read(struct valkey *valkey, struct restart_state *out, struct vk_err *err)
{
	struct reply *reply = NULL;
	enum vk_rc rc = valkey_demand(valkey,
		VALKEY_ARGV("INFO", "server", "memory", "persistence", "replication", "keyspace",
			"cluster"),
		&reply, err);

	memset(out, 0, sizeof(*out));
	if (rc == VK_OK && reply->kind != REPLY_STRING)
		rc = vk_err_set(err, VK_EUNAVAIL, "INFO answers no text");
	if (rc == VK_OK) {
		restart_state_take_info(reply->text, out);
		rc = read_config(valkey, out, err);
	}
	reply_free(reply);
	if (rc == VK_OK && out->is_cluster)
		read_nodes(valkey, out);
	return rc;
}
