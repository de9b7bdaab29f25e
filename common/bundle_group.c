/* SPDX-License-Identifier: BSD-3-Clause */
/* With whom an instance shares its data, as its bundle says it. */
#include "config.h"

#include "common/bundle_internal.h"

#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/name.h"

#include "common/banned.h"

static const char *const kinds[] = {"replicated", "cluster"};

const char *vk_bundle_group_kind_name(enum vk_bundle_group_kind kind)
{
	return kinds[kind];
}

bool vk_bundle_group_kind_parse(const char *text, enum vk_bundle_group_kind *out)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i], text) != 0)
			continue;
		*out = (enum vk_bundle_group_kind)i;
		return true;
	}
	return false;
}

/* ---- parsing ---- */

static enum vk_rc parse_member(
	const struct vkjson *obj, struct vk_bundle_member *out, struct vk_err *err)
{
	static const char *const names[] = {"address", "instance", "port", "tls-port", NULL};
	enum vk_rc rc = vkjson_check_members(obj, names, err);

	if (rc == VK_OK)
		rc = vkjson_get_string(obj, "address", &out->address, err);
	if (rc == VK_OK)
		rc = vkjson_get_string(obj, "instance", &out->instance, err);
	if (rc == VK_OK)
		rc = vkjson_get_int(obj, "port", 0, UINT16_MAX, &out->port, err);
	if (rc == VK_OK)
		rc = vkjson_get_int(obj, "tls-port", 0, UINT16_MAX, &out->tls_port, err);
	return rc;
}

static enum vk_rc parse_list(const struct vkjson *group, const char *name, size_t max,
	const struct vk_bundle_member **out, size_t *count, struct vk_err *err)
{
	const struct vkjson *array = NULL;
	struct vk_bundle_member *list;
	enum vk_rc rc = vkjson_get_array(group, name, &array, err);

	if (rc != VK_OK)
		return rc;
	if (vkjson_count(array) > max)
		return vk_err_set(err, VK_ELIMIT, "more than %zu %s", max, name);
	list = xcalloc(vkjson_count(array) + 1, sizeof(*list));
	*out = list;
	for (size_t i = 0; i < vkjson_count(array) && rc == VK_OK; i++) {
		rc = parse_member(vkjson_at(array, i), &list[i], err);
		if (rc != VK_OK)
			vk_err_prefix(err, rc, "%s: %zu", name, i);
	}
	*count = vkjson_count(array);
	return rc;
}

static enum vk_rc parse_group(
	const struct vkjson *doc, struct vk_bundle_group *out, struct vk_err *err)
{
	static const char *const names[] = {
		"kind", "max-unavailable", "members", "name", "seeds", "sentinels", "shard", NULL};
	const char *kind = NULL;
	enum vk_rc rc = vkjson_check_members(doc, names, err);

	if (rc == VK_OK)
		rc = vkjson_get_string(doc, "name", &out->name, err);
	if (rc == VK_OK)
		rc = vkjson_get_string(doc, "kind", &kind, err);
	if (rc == VK_OK && !vk_bundle_group_kind_parse(kind, &out->kind))
		rc = vk_err_set(err, VK_EINPUT, "member 'kind': expected replicated or cluster");
	if (rc == VK_OK)
		rc = vkjson_get_int(doc, "shard", 0, VK_BUNDLE_MAX_SHARDS - 1, &out->shard, err);
	if (rc == VK_OK)
		rc = vkjson_get_opt_int(doc, "max-unavailable", 1, VK_BUNDLE_MAX_UNAVAILABLE, 0,
			&out->max_unavailable, err);
	if (rc == VK_OK)
		rc = parse_list(doc, "members", VK_BUNDLE_MAX_MEMBERS, &out->members,
			&out->member_count, err);
	if (rc == VK_OK)
		rc = parse_list(
			doc, "seeds", VK_BUNDLE_MAX_SEEDS, &out->seeds, &out->seed_count, err);
	if (rc == VK_OK)
		rc = parse_list(doc, "sentinels", VK_BUNDLE_MAX_SENTINELS, &out->sentinels,
			&out->sentinel_count, err);
	return rc;
}

enum vk_rc bundle_parse_group(const struct vkjson *doc, struct vk_bundle *out, struct vk_err *err)
{
	const struct vkjson *object = NULL;
	struct vk_bundle_group *group;
	enum vk_rc rc = vkjson_get_opt_object(doc, "group", &object, err);

	if (rc != VK_OK || object == NULL)
		return rc;
	group = xcalloc(1, sizeof(*group));
	out->group = group;
	rc = parse_group(object, group, err);
	if (rc != VK_OK)
		vk_err_prefix(err, rc, "group");
	return rc;
}

void bundle_free_group(const struct vk_bundle_group *group)
{
	if (group == NULL)
		return;
	free((void *)(uintptr_t)group->members);
	free((void *)(uintptr_t)group->seeds);
	free((void *)(uintptr_t)group->sentinels);
	free((void *)(uintptr_t)group);
}

/* ---- formatting ---- */

static struct vkjson *list_to_json(const struct vk_bundle_member *list, size_t count)
{
	struct vkjson *array = vkjson_array();

	for (size_t i = 0; i < count; i++) {
		struct vkjson *obj = vkjson_object();

		vkjson_set(obj, "address", vkjson_string(list[i].address));
		vkjson_set(obj, "instance", vkjson_string(list[i].instance));
		vkjson_set(obj, "port", vkjson_int(list[i].port));
		vkjson_set(obj, "tls-port", vkjson_int(list[i].tls_port));
		vkjson_append(array, obj);
	}
	return array;
}

struct vkjson *bundle_group_to_json(const struct vk_bundle_group *group)
{
	struct vkjson *obj = vkjson_object();

	vkjson_set(obj, "kind", vkjson_string(kinds[group->kind]));
	if (group->max_unavailable != 0)
		vkjson_set(obj, "max-unavailable", vkjson_int(group->max_unavailable));
	vkjson_set(obj, "members", list_to_json(group->members, group->member_count));
	vkjson_set(obj, "name", vkjson_string(group->name));
	vkjson_set(obj, "seeds", list_to_json(group->seeds, group->seed_count));
	vkjson_set(obj, "sentinels", list_to_json(group->sentinels, group->sentinel_count));
	vkjson_set(obj, "shard", vkjson_int(group->shard));
	return obj;
}

/* ---- checks ---- */

/* Everything of it may end up behind a directive: no word of it can be two. */
static enum vk_rc check_list(const struct vk_bundle_member *list, size_t count, size_t max,
	const char *name, struct vk_err *err)
{
	char host[VK_NAME_BYTES], instance[VK_NAME_BYTES];

	if (count > max)
		return vk_err_set(err, VK_ELIMIT, "group: more than %zu %s", max, name);
	for (size_t i = 0; i < count; i++) {
		const struct vk_bundle_member *member = &list[i];

		if (!vk_instance_id_parse(member->instance, host, instance) ||
			!vk_address_is_valid(member->address) || member->port < 0 ||
			member->port > UINT16_MAX || member->tls_port < 0 ||
			member->tls_port > UINT16_MAX ||
			(member->port == 0 && member->tls_port == 0))
			return vk_err_set(err, VK_EINPUT,
				"group: %s: %zu is no instance with an address and a port", name,
				i);
		for (size_t k = 0; k < i; k++) {
			if (strcmp(list[k].instance, member->instance) == 0)
				return vk_err_set(err, VK_EINPUT, "group: %s: '%s' is there twice",
					name, member->instance);
		}
	}
	return VK_OK;
}

static bool has_member(const struct vk_bundle_group *group, const char *instance)
{
	for (size_t i = 0; i < group->member_count; i++) {
		if (strcmp(group->members[i].instance, instance) == 0)
			return true;
	}
	return false;
}

enum vk_rc bundle_check_group(const struct vk_bundle *bundle, struct vk_err *err)
{
	const struct vk_bundle_group *group = bundle->group;
	enum vk_rc rc;

	if (group == NULL)
		return VK_OK;
	if (!vk_name_is_valid(group->name))
		return vk_err_set(err, VK_EINPUT, "group: its name is none");
	rc = check_list(group->members, group->member_count, VK_BUNDLE_MAX_MEMBERS, "members", err);
	if (rc == VK_OK)
		rc = check_list(group->seeds, group->seed_count, VK_BUNDLE_MAX_SEEDS, "seeds", err);
	if (rc == VK_OK)
		rc = check_list(group->sentinels, group->sentinel_count, VK_BUNDLE_MAX_SENTINELS,
			"sentinels", err);
	if (rc != VK_OK)
		return rc;
	if (!has_member(group, bundle->instance))
		return vk_err_set(
			err, VK_EINPUT, "group: '%s' is none of its members", bundle->instance);
	if (group->kind == VK_GROUP_REPLICATED && (group->shard != 0 || group->seed_count > 0))
		return vk_err_set(err, VK_EINPUT, "group: shards and seeds are a cluster's");
	if (group->kind == VK_GROUP_CLUSTER && group->sentinel_count > 0)
		return vk_err_set(err, VK_EINPUT, "group: a cluster has no Sentinels");
	return VK_OK;
}
