/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two environments with each other. Their instances have other names and other numbers, so roles
 * are compared: for each, the configuration that most of its instances have. What differs from host
 * to host (addresses, ports, CPUs) and which versions of secrets are in force is left out.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "client/admin/diff_memo.h"
#include "client/admin/difference.h"
#include "client/admin/difference_part.h"
#include "client/admin/grouping.h"
#include "common/config/diff.h"
#include "common/config/render.h"
#include "common/mem.h"
#include "common/vkjson.h"

#include "common/banned.h"

struct item {
	const struct cfg_rendered_bundle *bundle;
	uint8_t digest[VK_SHA256_BYTES]; /* of all that it says */
};

/* What most instances of a role have, and the first of them. */
struct typical {
	const struct cfg_rendered_bundle *bundle;
	size_t count;
	size_t of;
};

struct environment {
	const char *name;
	struct typical *roles; /* sorted by name */
	size_t count;
};

static int compare_items(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	int order = strcmp(x->bundle->role, y->bundle->role);

	if (order == 0)
		order = memcmp(x->digest, y->digest, sizeof(x->digest));
	return order != 0 ? order : strcmp(x->bundle->id, y->bundle->id);
}

static enum vk_rc read_item(struct diff_memo *memo, const struct cfg_rendered_bundle *bundle,
	struct item *out, struct vk_err *err)
{
	const struct cfg_diff *diff = NULL;
	enum vk_rc rc = diff_memo_get(memo, NULL, bundle, &diff, err);

	if (rc == VK_OK) {
		out->bundle = bundle;
		memcpy(out->digest, cfg_diff_digest(diff), sizeof(out->digest));
	}
	return rc;
}

/* Of the items of one role: the longest run of equal ones. */
static struct typical typical_of(const struct item *items, size_t count)
{
	struct typical out = {.of = count};
	size_t same;

	for (size_t i = 0; i < count; i += same) {
		for (same = 1; i + same < count; same++) {
			if (memcmp(items[i].digest, items[i + same].digest, VK_SHA256_BYTES) != 0)
				break;
		}
		if (same > out.count ||
			(same == out.count && strcmp(items[i].bundle->id, out.bundle->id) < 0)) {
			out.bundle = items[i].bundle;
			out.count = same;
		}
	}
	return out;
}

static void read_roles(struct environment *environment, const struct item *items, size_t count)
{
	size_t same;

	environment->roles = xcalloc(count + 1, sizeof(*environment->roles));
	for (size_t i = 0; i < count; i += same) {
		for (same = 1; i + same < count; same++) {
			if (strcmp(items[i].bundle->role, items[i + same].bundle->role) != 0)
				break;
		}
		environment->roles[environment->count++] = typical_of(items + i, same);
	}
}

static enum vk_rc read_environment(
	const struct cfg_rendered *rendered, struct environment *out, struct vk_err *err)
{
	size_t count = cfg_rendered_count(rendered);
	struct item *items = xcalloc(count + 1, sizeof(*items));
	struct diff_memo memo;
	enum vk_rc rc = VK_OK;

	diff_memo_init(&memo, CFG_DIFF_ROLE);
	out->name = cfg_rendered_environment(rendered);
	for (size_t i = 0; rc == VK_OK && i < count; i++)
		rc = read_item(&memo, cfg_rendered_at(rendered, i), &items[i], err);
	if (rc == VK_OK) {
		qsort(items, count, sizeof(*items), compare_items);
		read_roles(out, items, count);
	}
	diff_memo_release(&memo);
	free(items);
	return rc;
}

/* ---- the result ---- */

static void set_side(
	struct vkjson *group, const char *side, const char *environment, const struct typical *role)
{
	struct vkjson *object = vkjson_object();
	char *text = role != NULL ? xasprintf("role %s of %s (%s, %zu of %zu)", role->bundle->role,
					    environment, role->bundle->id, role->count, role->of)
				  : xasprintf("%s has none", environment);
	char *member = xasprintf("%s_role", side);

	vkjson_set(group, side, vkjson_string(text));
	vkjson_set(object, "environment", vkjson_string(environment));
	if (role != NULL) {
		vkjson_set(object, "instance", vkjson_string(role->bundle->id));
		vkjson_set(object, "count", vkjson_int((int64_t)role->count));
		vkjson_set(object, "of", vkjson_int((int64_t)role->of));
	}
	vkjson_set(group, member, object);
	free(member);
	free(text);
}

/* Either role may be NULL. A role that the other side lacks is not spelt out. */
static enum vk_rc compare_role(struct vkjson *groups, const struct environment *a,
	const struct typical *before, const struct environment *b, const struct typical *after,
	struct vk_err *err)
{
	const char *presence = before == NULL ? "added" : after == NULL ? "removed" : "changed";
	const struct cfg_rendered_bundle *x = (before != NULL ? before : after)->bundle;
	const struct cfg_rendered_bundle *y = (after != NULL ? after : before)->bundle;
	struct cfg_diff *diff = NULL;
	struct vkjson *group;
	enum vk_rc rc =
		cfg_diff_bundles(x->text, x->len, y->text, y->len, CFG_DIFF_ROLE, &diff, err);

	if (rc != VK_OK)
		return rc;
	if (cfg_diff_count(diff) > 0 || before == NULL || after == NULL) {
		group = grouping_diff_json(diff, presence);
		vkjson_set(group, "role", vkjson_string(x->role));
		set_side(group, "from", a->name, before);
		set_side(group, "to", b->name, after);
		vkjson_append(groups, group);
	}
	cfg_diff_free(diff);
	return VK_OK;
}

static enum vk_rc compare_roles(struct vkjson *groups, const struct environment *a,
	const struct environment *b, int64_t *all, struct vk_err *err)
{
	enum vk_rc rc = VK_OK;

	for (size_t i = 0, k = 0; rc == VK_OK && (i < a->count || k < b->count);) {
		const struct typical *x = i < a->count ? &a->roles[i] : NULL;
		const struct typical *y = k < b->count ? &b->roles[k] : NULL;
		int order = x == NULL	? 1
			    : y == NULL ? -1
					: strcmp(x->bundle->role, y->bundle->role);

		rc = compare_role(groups, a, order <= 0 ? x : NULL, b, order >= 0 ? y : NULL, err);
		(*all)++;
		i += order <= 0;
		k += order >= 0;
	}
	return rc;
}

enum vk_rc difference_of_roles(const struct cfg_rendered *before, const struct cfg_rendered *after,
	struct vkjson **out, struct vk_err *err)
{
	struct environment a = {.count = 0}, b = {.count = 0};
	struct vkjson *groups = vkjson_array();
	int64_t all = 0;
	enum vk_rc rc = read_environment(before, &a, err);

	if (rc == VK_OK)
		rc = read_environment(after, &b, err);
	if (rc == VK_OK)
		rc = compare_roles(groups, &a, &b, &all, err);
	if (rc == VK_OK) {
		const int64_t different = (int64_t)vkjson_count(groups);
		struct vkjson *object = vkjson_object();

		vkjson_set(object, "environment", vkjson_string(b.name));
		vkjson_set(object, "from_environment", vkjson_string(a.name));
		vkjson_set(object, "roles", vkjson_int(different));
		vkjson_set(object, "unchanged_roles", vkjson_int(all - different));
		vkjson_set(object, "groups", vkjson_ref(groups));
		for (size_t i = 0; difference_parts[i].member != NULL; i++)
			vkjson_set(object, difference_parts[i].member, vkjson_array());
		*out = object;
	}
	free(a.roles);
	free(b.roles);
	vkjson_free(groups);
	return rc;
}
