/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/sentinel_live.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/pull/sentinel_file.h"
#include "client/pull/sentinel_values.h"
#include "common/config/acl.h"
#include "common/config/conf.h"
#include "common/config/directive.h"
#include "common/fault.h"
#include "common/log.h"
#include "common/mem.h"

#include "common/banned.h"

static const char monitor[] = "sentinel monitor ";

static enum vk_rc read_groups(struct valkey *valkey, struct live *live, struct vk_err *err)
{
	struct reply *reply = NULL;
	enum vk_rc rc = valkey_demand(valkey, VALKEY_ARGV("SENTINEL", "MASTERS"), &reply, err);

	if (rc == VK_OK)
		rc = sentinel_values_add_masters(&live->values, reply, err);
	reply_free(reply);
	return rc;
}

static enum vk_rc read_users(struct valkey *valkey, struct live *live, struct vk_err *err)
{
	struct reply *reply = NULL;
	enum vk_rc rc = valkey_demand(valkey, VALKEY_ARGV("ACL", "LIST"), &reply, err);

	if (rc == VK_OK)
		rc = users_add_reply(&live->users, reply, err);
	reply_free(reply);
	return rc;
}

/* A group that cannot be failed over is a matter for people; no release is to blame. */
static enum vk_rc check_quorums(struct valkey *valkey, struct live *live, struct vk_err *err)
{
	for (size_t i = 0; i < live->values.count; i++) {
		const char *name = live->values.items[i].name;
		struct reply *reply = NULL;
		enum vk_rc rc;

		if (strncmp(name, monitor, strlen(monitor)) != 0)
			continue;
		name += strlen(monitor);
		rc = valkey_command(valkey, VALKEY_ARGV("SENTINEL", "CKQUORUM", name), &reply, err);
		if (rc != VK_OK)
			return rc;
		if (reply->kind == REPLY_ERROR) {
			live->is_link_down = true;
			vk_log(VK_LOG_WARN, "sentinel-quorum", VK_KV("group", name),
				VK_KV("answer", reply->text));
		}
		reply_free(reply);
	}
	return VK_OK;
}

static bool is_our_file(const char *ours, const char *theirs)
{
	char a[PATH_MAX], b[PATH_MAX];

	return strcmp(ours, theirs) == 0 ||
	       (realpath(ours, a) != NULL && realpath(theirs, b) != NULL && strcmp(a, b) == 0);
}

static enum vk_rc read_file(const struct instance *instance, const struct live_query *query,
	struct live *live, struct vk_err *err)
{
	struct vk_buf text;
	enum vk_rc rc;

	vk_buf_init(&text, CFG_CONF_MAX_BYTES);
	rc = sentinel_file_read(instance, &text, err);
	if (rc == VK_OK)
		rc = sentinel_values_read(text.data != NULL ? text.data : "", text.len,
			query->schema, query->mask_key, &live->values, err);
	vk_buf_release_wiped(&text);
	return rc;
}

/* What is compared besides the groups: the file, if it is the one that this process runs from. */
static enum vk_rc read_rest(const struct instance *instance, const struct live_query *query,
	struct live *live, struct vk_err *err)
{
	char *path = sentinel_file_path(instance);
	bool is_ours = is_our_file(path, live->config_file);
	enum vk_rc rc = VK_OK;

	free(path);
	if (!is_ours) {
		values_put(&live->values, SENTINEL_FOREIGN, live->config_file);
		return VK_OK;
	}
	rc = read_file(instance, query, live, err);
	if (rc != VK_OK && rc != VK_EIO) {
		/* Missing or damaged: Sentinel would not start again. */
		values_put(&live->values, SENTINEL_PROCESS, "its file is missing or damaged");
		rc = VK_OK;
	} else if (rc == VK_OK && sentinel_file_is_newer(instance, live->run_id)) {
		values_put(&live->values, SENTINEL_PROCESS, "started before its file was written");
	}
	return rc;
}

enum vk_rc sentinel_live_read(const struct instance *instance, struct valkey *valkey,
	const struct live_query *query, struct live *live, struct vk_err *err)
{
	enum vk_rc rc;

	if (!cfg_version_is_sentinel(query->schema))
		return live_read(valkey, query, live, err);
	rc = live_read_info(valkey, live, err);
	snprintf(live->role, sizeof(live->role), "sentinel");
	if (rc == VK_OK)
		rc = read_groups(valkey, live, err);
	if (rc == VK_OK)
		rc = check_quorums(valkey, live, err);
	if (rc == VK_OK)
		rc = read_rest(instance, query, live, err);
	return rc == VK_OK ? read_users(valkey, live, err) : rc;
}

/* "sentinel rename-command GROUP OLD" -> words, as pointers into name, which is changed. */
enum { NAME_WORDS = 4 };

static size_t split_name(char *name, const char *words[NAME_WORDS])
{
	size_t count = 0;

	while (count < NAME_WORDS) {
		char *blank = strchr(name, ' ');

		words[count++] = name;
		if (blank == NULL || count == NAME_WORDS)
			break;
		*blank = '\0';
		name = blank + 1;
	}
	return count;
}

static enum vk_rc set_value(struct valkey *valkey, const char *value_name, const char *text,
	bool is_wanted, struct vk_err *err)
{
	char *name = xstrdup(value_name);
	const char *words[NAME_WORDS];
	size_t count = split_name(name, words);
	enum vk_rc rc;

	if (count == 1)
		rc = valkey_demand(valkey, VALKEY_ARGV("SENTINEL", "CONFIG", "SET", words[0], text),
			NULL, err);
	else if (count == 2)
		rc = valkey_demand(valkey, VALKEY_ARGV("SENTINEL", "CONFIG", "SET", words[1], text),
			NULL, err);
	else if (count == 3)
		rc = valkey_demand(valkey, VALKEY_ARGV("SENTINEL", "SET", words[2], words[1], text),
			NULL, err);
	else /* a name that stays the same takes a renaming away */
		rc = valkey_demand(valkey,
			VALKEY_ARGV("SENTINEL", "SET", words[2], words[1], words[3],
				is_wanted ? text : words[3]),
			NULL, err);
	free(name);
	fault_point("sentinel.set");
	return rc == VK_OK ? rc : vk_err_prefix(err, rc, "%s", value_name);
}

/* The values of a bundle as they are, passwords in clear text; release them at once. */
static enum vk_rc read_plain(const struct instance *instance, const struct vk_bundle *bundle,
	const struct converge_options *options, struct values *out, struct vk_err *err)
{
	char schema[SENTINEL_SCHEMA_BYTES];
	struct vk_buf text;
	enum vk_rc rc;

	vk_buf_init(&text, CFG_CONF_MAX_BYTES);
	rc = sentinel_file_text(
		instance, bundle, options->current, options->secrets, false, &text, err);
	if (rc == VK_OK)
		rc = sentinel_values_read(
			text.data, text.len, sentinel_schema(bundle, schema), NULL, out, err);
	vk_buf_release_wiped(&text);
	return rc;
}

enum vk_rc sentinel_converge(const struct instance *instance, struct valkey *valkey,
	const struct vk_bundle *bundle, struct difference *difference,
	const struct expected *expected, const struct converge_options *options, struct vk_err *err)
{
	struct values plain;
	enum vk_rc rc = VK_OK;

	if (bundle->kind != VK_KIND_SENTINEL)
		return converge_values(valkey, difference, expected, options, err);
	values_init(&plain);
	if (difference_has_secret(difference))
		rc = read_plain(instance, bundle, options, &plain, err);
	for (size_t i = 0; rc == VK_OK && i < difference->count; i++) {
		const struct difference_item *item = &difference->items[i];
		const char *text = item->is_secret ? values_get(&plain, item->name)
						   : values_get(&expected->values, item->name);

		if (converge_covers(item, options))
			rc = set_value(
				valkey, item->name, text != NULL ? text : "", text != NULL, err);
	}
	values_release(&plain);
	return rc;
}

/* All that the agent does with a running Sentinel must work under the candidate ACL. */
static enum vk_rc check_agent(struct valkey *valkey, struct vk_err *err)
{
	enum vk_rc rc = valkey_demand(valkey, VALKEY_ARGV("SENTINEL", "MASTERS"), NULL, err);

	if (rc == VK_OK)
		rc = valkey_demand(valkey, VALKEY_ARGV("PING"), NULL, err);
	if (rc == VK_OK)
		rc = valkey_demand(valkey,
			VALKEY_ARGV("SENTINEL", "CONFIG", "SET", "announce-port", "0"), NULL, err);
	if (rc == VK_OK)
		rc = valkey_demand(
			valkey, VALKEY_ARGV("ACL", "SETUSER", CFG_AGENT_USER), NULL, err);
	if (rc == VK_OK)
		rc = valkey_demand(
			valkey, VALKEY_ARGV("ACL", "DELUSER", "vkcfg-nobody"), NULL, err);
	if (rc == VK_EDENIED || rc == VK_EINPUT) {
		vk_err_prefix(err, rc, "the new ACL would lock the agent out");
		rc = err->rc = VK_EINPUT;
	}
	return rc;
}

enum vk_rc sentinel_learn(struct valkey *valkey, struct live *live, struct vk_err *err)
{
	enum vk_rc rc = check_agent(valkey, err);

	return rc == VK_OK ? read_users(valkey, live, err) : rc;
}
