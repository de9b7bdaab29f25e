/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/diff_running.h"

#include <stdlib.h>

#include "client/admin/running.h"
#include "common/config/acl.h"
#include "common/config/diff.h"
#include "common/config/render.h"
#include "common/mem.h"

#include "common/banned.h"

static enum vk_rc compare(const struct running *running, const struct vk_buf *users,
	const struct cfg_rendered_bundle *bundle, struct cfg_diff **out, struct vk_err *err)
{
	const struct values *values = &running->live.values;
	struct cfg_conf_value *items = xcalloc(values->count + 1, sizeof(*items));
	const struct cfg_running input = {.version = running->schema,
		.count = values->count,
		.values = items,
		.acl = users->data};
	enum vk_rc rc;

	for (size_t i = 0; i < values->count; i++)
		items[i] = (struct cfg_conf_value){values->items[i].name, values->items[i].text};
	rc = cfg_diff_running(&input, bundle->text, bundle->len, out, err);
	free(items);
	return rc;
}

enum vk_rc diff_running(const struct cli *cli, const struct args *args,
	const struct cfg_rendered_bundle *bundle, struct cfg_diff **out, struct vk_err *err)
{
	struct running running;
	struct vk_buf users;
	enum vk_rc rc;

	running_init(&running);
	vk_buf_init(&users, CFG_ACL_MAX_BYTES);
	rc = running_read(cli, args, &running, err);
	if (rc == VK_OK) {
		running_format_users(&running, &users);
		rc = vk_buf_check(&users, "the users", err);
	}
	if (rc == VK_OK)
		rc = compare(&running, &users, bundle, out, err);
	vk_buf_release_wiped(&users);
	running_release(&running);
	return rc;
}
