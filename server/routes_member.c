/* SPDX-License-Identifier: BSD-3-Clause */
/* Where members of a shard differ that run the same release with the same Valkey. */
#include "config.h"

#include <string.h>

#include "common/vkjson.h"
#include "server/query.h"
#include "server/routes.h"
#include "server/store/store_member.h"

#include "common/banned.h"

enum { DIFFERENCES_MAX = 10000 };

struct shard {
	const struct store_member *members;
	struct vkjson *const *facts; /* of each member: name to digest */
	size_t count;
};

static const char *digest_of(const struct shard *shard, size_t i, const char *name)
{
	const char *text = vkjson_text(vkjson_get(shard->facts[i], name));

	return text != NULL ? text : "";
}

static struct vkjson *describe(const struct shard *shard, const char *name)
{
	struct vkjson *item = vkjson_object(), *members = vkjson_array();

	vkjson_set(item, "environment", vkjson_string(shard->members[0].environment));
	vkjson_set(item, "shard", vkjson_string(shard->members[0].shard));
	vkjson_set(item, "name", vkjson_string(name));
	for (size_t i = 0; i < shard->count; i++) {
		struct vkjson *member = vkjson_object();

		vkjson_set(member, "instance", vkjson_string(shard->members[i].instance));
		vkjson_set(member, "digest", vkjson_string(digest_of(shard, i, name)));
		vkjson_append(members, member);
	}
	vkjson_set(item, "members", members);
	return item;
}

static bool differs(const struct shard *shard, const char *name)
{
	for (size_t i = 1; i < shard->count; i++) {
		if (strcmp(digest_of(shard, 0, name), digest_of(shard, i, name)) != 0)
			return true;
	}
	return false;
}

/* A name that the first member lacks, too, is one that differs: from the last that has it. */
static void compare(const struct shard *shard, struct vkjson *items)
{
	for (size_t i = 0; shard->count > 1 && i < shard->count; i++) {
		for (struct vkjson_iter it = vkjson_iter(shard->facts[i]); vkjson_next(&it);) {
			bool is_new = true;

			for (size_t k = 0; is_new && k < i; k++)
				is_new = vkjson_get(shard->facts[k], it.name) == NULL;
			if (is_new && differs(shard, it.name) &&
				vkjson_count(items) < DIFFERENCES_MAX)
				vkjson_append(items, describe(shard, it.name));
		}
	}
}

static bool is_same_shard(const struct store_member *a, const struct store_member *b)
{
	return strcmp(a->environment, b->environment) == 0 && strcmp(a->shard, b->shard) == 0 &&
	       strcmp(a->valkey, b->valkey) == 0 && a->release == b->release;
}

static enum vk_rc list_members(struct query *query, struct vkjson **answer, struct vk_err *err)
{
	const struct store_filter filter = query_filter(query);
	const struct store_member *members = NULL;
	struct vkjson **facts, *items;
	size_t count = 0, end;
	enum vk_rc rc =
		store_list_members(query->store, &filter, query->arena, &members, &count, err);

	if (rc != VK_OK)
		return rc;
	facts = arena_calloc(query->arena, count + 1, sizeof(struct vkjson *));
	for (size_t i = 0; rc == VK_OK && i < count; i++)
		rc = vkjson_parse(members[i].facts, strlen(members[i].facts), &facts[i], err);
	items = vkjson_array();
	for (size_t i = 0; rc == VK_OK && i < count; i = end) {
		for (end = i + 1; end < count && is_same_shard(&members[i], &members[end]);)
			end++;
		compare(&(struct shard){&members[i], &facts[i], end - i}, items);
	}
	for (size_t i = 0; i < count; i++)
		vkjson_free(facts[i]);
	if (rc == VK_OK)
		*answer = query_list(items, NULL);
	else
		vkjson_free(items);
	return rc;
}

void route_list_members(struct request *req)
{
	query_run(req, list_members);
}
