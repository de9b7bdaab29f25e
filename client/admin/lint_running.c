/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/args.h"
#include "client/admin/lint_sources.h"
#include "client/admin/running.h"

#include "common/banned.h"

static enum vk_rc check(
	struct cfg_lint *lint, const char *where, const struct running *running, struct vk_err *err)
{
	const struct cfg_subject subject = {.version = running->schema,
		.conf = "",
		.acl = running->acl.data,
		.acl_len = running->acl.len,
		.values = running->values,
		.value_count = running->value_count};
	enum vk_rc rc = cfg_lint_add(lint, where, &subject, NULL, err);

	if (rc == VK_OK && running->has_uid && running->uid == 0)
		cfg_lint_note(lint, where, "host-not-root", 0, "the process has uid 0");
	return rc;
}

enum vk_rc lint_running(
	struct cfg_lint *lint, const struct cli *cli, const struct args *args, struct vk_err *err)
{
	struct running running;
	enum vk_rc rc;

	running_init(&running);
	rc = running_read(cli, args, &running, err);
	if (rc == VK_OK)
		rc = check(lint, args_get(args, "running"), &running, err);
	running_release(&running);
	return rc;
}
