/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/difference.h"

#include <string.h>

#include "client/admin/diff_memo.h"
#include "client/admin/difference_part.h"
#include "client/admin/grouping.h"
#include "common/config/diff.h"
#include "common/config/render.h"
#include "common/vkjson.h"

#include "common/banned.h"

/* Either bundle may be NULL. */
static enum vk_rc add_instance(struct grouping *grouping, struct diff_memo *memo,
	const struct cfg_rendered_bundle *before, const struct cfg_rendered_bundle *after,
	struct vk_err *err)
{
	const struct cfg_diff *diff = NULL;
	enum vk_rc rc;

	if (before != NULL && after != NULL && before->len == after->len &&
		memcmp(before->text, after->text, after->len) == 0) {
		grouping_add_unchanged(grouping);
		return VK_OK;
	}
	rc = diff_memo_get(memo, before, after, &diff, err);
	if (rc == VK_OK)
		grouping_add(grouping, diff, before, after);
	return rc;
}

static const struct cfg_rendered_bundle *bundle_at(const struct cfg_rendered *rendered, size_t i)
{
	if (rendered == NULL || i >= cfg_rendered_count(rendered))
		return NULL;
	return cfg_rendered_at(rendered, i);
}

/* Both are sorted by instance id: walked side by side. */
static enum vk_rc group_instances(struct grouping *grouping, const struct cfg_rendered *before,
	const struct cfg_rendered *after, struct vk_err *err)
{
	struct diff_memo memo;
	enum vk_rc rc = VK_OK;
	size_t b = 0;
	size_t a = 0;

	diff_memo_init(&memo, 0);
	while (rc == VK_OK) {
		const struct cfg_rendered_bundle *old = bundle_at(before, b);
		const struct cfg_rendered_bundle *new = bundle_at(after, a);
		int order;

		if (old == NULL && new == NULL)
			break;
		order = old == NULL ? 1 : new == NULL ? -1 : strcmp(old->id, new->id);
		rc = add_instance(
			grouping, &memo, order <= 0 ? old : NULL, order >= 0 ? new : NULL, err);
		b += order <= 0;
		a += order >= 0;
	}
	diff_memo_release(&memo);
	return rc;
}

/* A difference in which nothing but bundles was looked at yet. */
static struct vkjson *make_json(const struct grouping *grouping, const char *environment)
{
	struct vkjson *object = grouping_json(grouping, environment);

	for (size_t i = 0; difference_parts[i].member != NULL; i++)
		vkjson_set(object, difference_parts[i].member, vkjson_array());
	return object;
}

enum vk_rc difference_of(const struct cfg_rendered *before, const struct cfg_rendered *after,
	struct vkjson **out, struct vk_err *err)
{
	struct grouping *grouping = grouping_new(before, after);
	enum vk_rc rc = group_instances(grouping, before, after, err);

	if (rc == VK_OK)
		*out = make_json(
			grouping, cfg_rendered_environment(after != NULL ? after : before));
	grouping_free(grouping);
	return rc;
}

enum vk_rc difference_of_instance(const char *environment, const struct cfg_rendered_bundle *before,
	const struct cfg_rendered_bundle *after, struct vkjson **out, struct vk_err *err)
{
	struct grouping *grouping = grouping_new(NULL, NULL);
	struct diff_memo memo;
	enum vk_rc rc;

	diff_memo_init(&memo, 0);
	rc = add_instance(grouping, &memo, before, after, err);
	diff_memo_release(&memo);
	if (rc == VK_OK)
		*out = make_json(grouping, environment);
	grouping_free(grouping);
	return rc;
}

struct vkjson *difference_of_diff(
	const char *environment, const struct cfg_diff *diff, const char *from, const char *to)
{
	struct grouping *grouping = grouping_new(NULL, NULL);
	struct vkjson *object = make_json(grouping, environment);
	struct vkjson *groups = vkjson_array();

	if (cfg_diff_count(diff) > 0) {
		struct vkjson *group = grouping_diff_json(diff, "changed");

		vkjson_set(group, "from", vkjson_string(from));
		vkjson_set(group, "to", vkjson_string(to));
		vkjson_append(groups, group);
	}
	vkjson_set(object, "groups", groups);
	grouping_free(grouping);
	return object;
}

bool difference_is_empty(const struct vkjson *difference)
{
	for (size_t i = 0; difference_parts[i].member != NULL; i++) {
		if (vkjson_count(vkjson_get(difference, difference_parts[i].member)) > 0)
			return false;
	}
	return vkjson_count(vkjson_get(difference, "groups")) == 0;
}
