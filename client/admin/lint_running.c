/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdlib.h>

#include "client/admin/args.h"
#include "client/admin/lint_sources.h"
#include "client/admin/running.h"
#include "common/config/acl.h"
#include "common/mem.h"

#include "common/banned.h"

static enum vk_rc check(struct cfg_lint *lint, const char *where, const struct running *running,
	const struct vk_buf *users, struct vk_err *err)
{
	const struct values *values = &running->live.values;
	struct cfg_conf_value *items = xcalloc(values->count + 1, sizeof(*items));
	const struct cfg_subject subject = {.version = running->schema,
		.conf = "",
		.acl = users->data,
		.acl_len = users->len,
		.values = items,
		.value_count = values->count};
	enum vk_rc rc;

	for (size_t i = 0; i < values->count; i++)
		items[i] = (struct cfg_conf_value){values->items[i].name, values->items[i].text};
	rc = cfg_lint_add(lint, where, &subject, NULL, err);
	free(items);
	if (rc == VK_OK && running->has_uid && running->uid == 0)
		cfg_lint_note(lint, where, "host-not-root", 0, "the process has uid 0");
	return rc;
}

enum vk_rc lint_running(
	struct cfg_lint *lint, const struct cli *cli, const struct args *args, struct vk_err *err)
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
		rc = check(lint, args_get(args, "running"), &running, &users, err);
	vk_buf_release_wiped(&users);
	running_release(&running);
	return rc;
}
