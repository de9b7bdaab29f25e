/* SPDX-License-Identifier: BSD-3-Clause */
/* What changes in an instance's group: whom it follows, and who watches it. */
#include "config.h"

#include <inttypes.h>
#include <string.h>

#include "common/bundle.h"
#include "common/config/diff_internal.h"

#include "common/banned.h"

enum { LIST_MAX_BYTES = 64 * 1024 };

/* "db1/main (db1.example.com 6379 tls 6380), ..." in the order that counts. */
static void add_members(const struct vk_bundle_member *members, size_t count, struct vk_buf *out)
{
	for (size_t i = 0; i < count; i++) {
		const struct vk_bundle_member *m = &members[i];

		vk_buf_addf(out, "%s%s (%s", i > 0 ? ", " : "", m->instance, m->address);
		if (m->port != 0)
			vk_buf_addf(out, " %" PRId64, m->port);
		if (m->tls_port != 0)
			vk_buf_addf(out, " tls %" PRId64, m->tls_port);
		vk_buf_addc(out, ')');
	}
}

static void compare_lists(struct cfg_diff *diff, const char *name, const struct vk_bundle_member *a,
	size_t a_count, const struct vk_bundle_member *b, size_t b_count)
{
	struct vk_buf old_text, new_text;

	vk_buf_init(&old_text, LIST_MAX_BYTES);
	vk_buf_init(&new_text, LIST_MAX_BYTES);
	add_members(a, a_count, &old_text);
	add_members(b, b_count, &new_text);
	if (strcmp(old_text.data, new_text.data) != 0)
		cfg_diff_add(diff, CFG_CHANGE_GROUP, name, a_count > 0 ? old_text.data : NULL,
			b_count > 0 ? new_text.data : NULL);
	vk_buf_release(&old_text);
	vk_buf_release(&new_text);
}

static void add_name(const struct vk_bundle_group *group, struct vk_buf *out)
{
	vk_buf_addf(out, "%s (%s", group->name, vk_bundle_group_kind_name(group->kind));
	if (group->kind == VK_GROUP_CLUSTER)
		vk_buf_addf(out, ", shard %" PRId64, group->shard);
	if (group->max_unavailable != 0)
		vk_buf_addf(out, ", max-unavailable %" PRId64, group->max_unavailable);
	vk_buf_addc(out, ')');
}

void cfg_diff_group(
	struct cfg_diff *diff, const struct vk_bundle_group *a, const struct vk_bundle_group *b)
{
	static const struct vk_bundle_group none;
	struct vk_buf old_text, new_text;

	vk_buf_init(&old_text, LIST_MAX_BYTES);
	vk_buf_init(&new_text, LIST_MAX_BYTES);
	if (a != NULL)
		add_name(a, &old_text);
	if (b != NULL)
		add_name(b, &new_text);
	if ((a == NULL) != (b == NULL) || strcmp(old_text.data, new_text.data) != 0)
		cfg_diff_add(diff, CFG_CHANGE_GROUP, "group", a != NULL ? old_text.data : NULL,
			b != NULL ? new_text.data : NULL);
	vk_buf_release(&old_text);
	vk_buf_release(&new_text);
	a = a != NULL ? a : &none;
	b = b != NULL ? b : &none;
	compare_lists(diff, "members", a->members, a->member_count, b->members, b->member_count);
	compare_lists(diff, "other shards", a->seeds, a->seed_count, b->seeds, b->seed_count);
	compare_lists(diff, "sentinels", a->sentinels, a->sentinel_count, b->sentinels,
		b->sentinel_count);
}
