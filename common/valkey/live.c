/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/valkey/live.h"

#include <string.h>

#include "common/valkey/info.h"

#include "common/banned.h"

void live_init(struct live *live)
{
	memset(live, 0, sizeof(*live));
	values_init(&live->values);
	users_init(&live->users);
}

void live_release(struct live *live)
{
	values_release(&live->values);
	users_release(&live->users);
}

static void read_fields(const char *info, struct live *live)
{
	char flag[8] = "0";
	char link[8] = "up";

	(void)info_text(info, "redis_version", live->version, sizeof(live->version));
	(void)info_text(info, "valkey_version", live->version, sizeof(live->version));
	(void)info_text(info, "run_id", live->run_id, sizeof(live->run_id));
	(void)info_text(info, "config_file", live->config_file, sizeof(live->config_file));
	(void)info_text(info, "role", live->role, sizeof(live->role));
	(void)info_text(info, "loading", flag, sizeof(flag));
	(void)info_text(info, "master_link_status", link, sizeof(link));
	live->is_loading = strcmp(flag, "0") != 0;
	live->is_link_down = strcmp(link, "up") != 0;
}

enum vk_rc live_read_info(struct valkey *valkey, struct live *live, struct vk_err *err)
{
	struct reply *reply = NULL;
	enum vk_rc rc = valkey_demand(
		valkey, VALKEY_ARGV("INFO", "server", "persistence", "replication"), &reply, err);

	if (rc != VK_OK)
		return rc;
	if (reply->kind == REPLY_STRING)
		read_fields(reply->text, live);
	else
		rc = vk_err_set(err, VK_EUNAVAIL, "INFO answers no text");
	if (rc == VK_OK && live->run_id[0] == '\0')
		rc = vk_err_set(err, VK_EUNAVAIL, "INFO names no run_id");
	reply_free(reply);
	return rc;
}

static enum vk_rc read_values(struct valkey *valkey, const struct live_query *query,
	struct live *live, struct vk_err *err)
{
	const char *argv[LIVE_MAX_NAMES + 3] = {"CONFIG", "GET", "*"};
	const char *const *extra = query->extra;
	struct reply *reply = NULL;
	size_t argc = 3;
	enum vk_rc rc;

	while (extra != NULL && *extra != NULL && argc < LIVE_MAX_NAMES + 3)
		argv[argc++] = *extra++;
	rc = valkey_demand(valkey, argc, argv, &reply, err);
	if (rc == VK_OK)
		rc = values_add_reply(&live->values, query->mask_key, query->schema, reply, err);
	reply_free(reply);
	return rc;
}

enum vk_rc live_read(struct valkey *valkey, const struct live_query *query, struct live *live,
	struct vk_err *err)
{
	struct reply *reply = NULL;
	enum vk_rc rc = live_read_info(valkey, live, err);

	if (rc == VK_OK)
		rc = read_values(valkey, query, live, err);
	if (rc == VK_OK)
		rc = valkey_demand(valkey, VALKEY_ARGV("ACL", "LIST"), &reply, err);
	if (rc == VK_OK)
		rc = users_add_reply(&live->users, reply, err);
	reply_free(reply);
	return rc;
}

const char *live_health(const struct live *live)
{
	return live->is_loading || live->is_link_down ? "degraded" : "ok";
}
