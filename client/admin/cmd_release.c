/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/cmd.h"

#include <stdlib.h>
#include <string.h>

#include "client/admin/current.h"
#include "client/admin/list.h"
#include "client/admin/released.h"
#include "client/admin/session.h"
#include "client/admin/submit.h"
#include "client/admin/table.h"
#include "common/config/render.h"
#include "common/config/tree.h"
#include "common/release.h"

#include "common/banned.h"

enum vk_rc cmd_releases(struct cli *cli, const struct args *args, struct vk_err *err)
{
	static const struct table_column columns[] = {
		{"RELEASE", "number", TABLE_NUMBER},
		{"CURRENT", "current", TABLE_TEXT},
		{"CHANGE", "change", TABLE_TEXT},
		{"AUTHOR", "author", TABLE_TEXT},
		{"APPROVED BY", "approvers", TABLE_TEXT},
		{"RELEASED", "released", TABLE_TIME},
		{"MESSAGE", "message", TABLE_TEXT},
		{NULL, NULL, TABLE_TEXT},
	};
	struct vk_buf target;
	enum vk_rc rc;

	vk_buf_init(&target, LIST_TARGET_MAX_BYTES);
	vk_buf_adds(&target, "/v1/releases");
	session_add_query(&target, "environment", args_at(args, 0));
	rc = list_show(cli, args, &target, columns, "no releases yet", err);
	vk_buf_release(&target);
	return rc;
}

/* --to, or the release before the current one. */
static enum vk_rc choose_number(const struct args *args, const struct current *current,
	int64_t *number, struct vk_err *err)
{
	uint64_t wanted = 0;
	enum vk_rc rc;

	if (current->base.number < 2) {
		vk_err_set(err, VK_ENOTFOUND, "%s has no older release", current->environment);
		vk_err_hint(err, "'vkcfg releases %s' lists them", current->environment);
		return VK_ENOTFOUND;
	}
	rc = args_get_uint(args, "to", 1, INT64_MAX, (uint64_t)current->base.number - 1, &wanted,
		err);
	if (rc == VK_OK && (int64_t)wanted >= current->base.number) {
		vk_err_set(err, VK_EINPUT, "release %s/%llu is not older than the current one, %lld",
			current->environment, (unsigned long long)wanted,
			(long long)current->base.number);
		rc = VK_EINPUT;
	}
	*number = (int64_t)wanted;
	return rc;
}

enum vk_rc cmd_rollback(struct cli *cli, const struct args *args, struct vk_err *err)
{
	const char *message = NULL;
	struct session *session = NULL;
	struct cfg_tree *tree = NULL;
	struct cfg_rendered *rendered = NULL;
	struct vk_release *older = NULL;
	struct current current;
	int64_t number = 0;
	enum vk_rc rc;

	current_init(&current);
	rc = submit_message(args, &message, err);
	if (rc == VK_OK)
		rc = session_open(cli, &session, err);
	if (rc == VK_OK)
		rc = current_load(session, args_at(args, 0), &current, err);
	if (rc == VK_OK)
		rc = choose_number(args, &current, &number, err);
	if (rc == VK_OK)
		rc = released_document(session, &current, number, &older, err);
	if (rc == VK_OK)
		rc = current_render_release(session, older, &tree, &rendered, err);
	if (rc == VK_OK)
		rc = submit_tree(cli, session, &current, tree, message, older->commit, err);
	vk_release_free(older);
	cfg_rendered_free(rendered);
	cfg_tree_free(tree);
	current_release(&current);
	session_free(session);
	return rc;
}
