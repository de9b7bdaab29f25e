/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/uncommitted.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/name.h"
#include "common/vkjson.h"

#include "common/banned.h"

enum { TARGET_MAX_BYTES = 1024 };

/* What hosts have last said of their instances, by HOST/INSTANCE. */
struct reported {
	char id[VK_INSTANCE_ID_BYTES];
	const struct vkjson *report; /* borrowed from the server's list */
	bool is_revoked;
};

static int compare_reported(const void *a, const void *b)
{
	const struct reported *left = a, *right = b;

	return strcmp(left->id, right->id);
}

static size_t count_reports(const struct vkjson *hosts)
{
	size_t count = 0;

	for (size_t h = 0; h < vkjson_count(hosts); h++)
		count += vkjson_count(vkjson_get(vkjson_at(hosts, h), "instances"));
	return count;
}

/* Sorted; freed by the caller. */
static struct reported *index_reports(const struct vkjson *hosts, size_t *count)
{
	struct reported *all = xcalloc(count_reports(hosts) + 1, sizeof(*all));

	*count = 0;
	for (size_t h = 0; h < vkjson_count(hosts); h++) {
		const char *host = vkjson_text(vkjson_get(vkjson_at(hosts, h), "name"));
		const struct vkjson *list = vkjson_get(vkjson_at(hosts, h), "instances");

		for (size_t i = 0; host != NULL && i < vkjson_count(list); i++) {
			const char *name = vkjson_text(vkjson_get(vkjson_at(list, i), "name"));
			struct reported *one = &all[*count];

			if (name == NULL)
				continue;
			snprintf(one->id, sizeof(one->id), "%s/%s", host, name);
			one->report = vkjson_at(list, i);
			one->is_revoked =
				vkjson_text(vkjson_get(vkjson_at(hosts, h), "revoked")) != NULL;
			(*count)++;
		}
	}
	qsort(all, *count, sizeof(*all), compare_reported);
	return all;
}

/* NULL: it has said nothing. */
static const struct reported *find_report(const struct reported *all, size_t count, const char *id)
{
	struct reported key = {.report = NULL};

	snprintf(key.id, sizeof(key.id), "%s", id);
	return bsearch(&key, all, count, sizeof(*all), compare_reported);
}

static bool has_committed(const struct reported *reported, int64_t release)
{
	const struct vkjson *report = reported != NULL ? reported->report : NULL;
	const char *state = vkjson_text(vkjson_get(report, "state"));

	return state != NULL && vkjson_integer(vkjson_get(report, "release")) >= release &&
	       (strcmp(state, "committed") == 0 || strcmp(state, "unchanged") == 0);
}

static void add(struct vkjson *out, const char *id, const struct reported *reported)
{
	const struct vkjson *report = reported != NULL ? reported->report : NULL;
	const char *state = reported != NULL && reported->is_revoked
				    ? "revoked"
				    : vkjson_text(vkjson_get(report, "state"));
	struct vkjson *item = vkjson_object();

	vkjson_set(item, "instance", vkjson_string(id));
	vkjson_set(item, "release", vkjson_int(vkjson_integer(vkjson_get(report, "release"))));
	vkjson_set(item, "state", vkjson_string(state != NULL ? state : "unknown"));
	vkjson_append(out, item);
}

static void compare_with(const struct vkjson *hosts, const struct cfg_secret_info *info,
	int64_t release, struct vkjson *out)
{
	size_t count = 0;
	struct reported *all = index_reports(hosts, &count);
	const char *last = "";

	for (size_t i = 0; i < info->use_count; i++) {
		const char *id = cfg_secret_use_at(info, i)->instance;
		const struct reported *reported = find_report(all, count, id);

		if (strcmp(id, last) != 0 && !has_committed(reported, release))
			add(out, id, reported);
		last = id;
	}
	free(all);
}

enum vk_rc uncommitted_list(struct session *session, const char *environment,
	const struct cfg_secret_info *info, int64_t release, struct vkjson *out, struct vk_err *err)
{
	struct vkjson *hosts = NULL;
	struct vk_buf target;
	enum vk_rc rc;

	vk_buf_init(&target, TARGET_MAX_BYTES);
	vk_buf_adds(&target, "/v1/hosts");
	session_add_query(&target, "environment", environment);
	rc = session_list(session, target.data, SESSION_LIST_MAX_ITEMS, &hosts, err);
	if (rc == VK_OK)
		compare_with(hosts, info, release, out);
	vkjson_free(hosts);
	vk_buf_release(&target);
	return rc;
}
