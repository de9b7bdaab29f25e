/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/cmd.h"

#include <stdlib.h>
#include <string.h>

#include "client/admin/change.h"
#include "client/admin/current.h"
#include "client/admin/difference.h"
#include "client/admin/findings_show.h"
#include "client/admin/gate.h"
#include "client/admin/list.h"
#include "client/admin/session.h"
#include "client/admin/source.h"
#include "client/admin/submit.h"
#include "client/admin/table.h"
#include "common/config/findings.h"
#include "common/config/fleet.h"
#include "common/config/tree.h"
#include "common/mem.h"

#include "common/banned.h"

/* Shows every finding, not only the one in the error. */
static enum vk_rc check_findings(
	const struct cli *cli, const struct cfg_tree *tree, struct vk_err *err)
{
	struct cfg_findings *findings = cfg_findings_new();
	enum vk_rc rc = cfg_validate(tree, findings, err);

	if (rc == VK_OK)
		findings_print(cli, findings, tree);
	if (rc == VK_OK)
		rc = cfg_findings_check(findings, err);
	cfg_findings_free(findings);
	return rc;
}

enum vk_rc cmd_submit(struct cli *cli, const struct args *args, struct vk_err *err)
{
	const char *message = NULL;
	char commit[SOURCE_COMMIT_BYTES];
	bool is_dirty = false;
	struct session *session = NULL;
	struct cfg_tree *tree = NULL;
	struct current current;
	enum vk_rc rc;

	current_init(&current);
	rc = submit_message(args, &message, err);
	if (rc == VK_OK)
		rc = source_load(args, &tree, err);
	if (rc == VK_OK)
		rc = check_findings(cli, tree, err);
	if (rc == VK_OK)
		rc = session_open(cli, &session, err);
	if (rc == VK_OK)
		rc = current_load(session, args_at(args, 0), &current, err);
	if (rc != VK_OK)
		goto out;
	source_git_commit(source_directory(args), commit, &is_dirty);
	if (is_dirty)
		cli_note(cli, "note: the tree differs from its git commit, so no commit is recorded");
	rc = submit_tree(cli, session, &current, tree, message, commit[0] != '\0' ? commit : NULL,
		err);
out:
	current_release(&current);
	cfg_tree_free(tree);
	session_free(session);
	return rc;
}

enum vk_rc cmd_changes(struct cli *cli, const struct args *args, struct vk_err *err)
{
	static const struct table_column columns[] = {
		{"CHANGE", "id", TABLE_NUMBER},
		{"ENVIRONMENT", "environment", TABLE_TEXT},
		{"RELEASE", "number", TABLE_NUMBER},
		{"STATE", "state", TABLE_STATE},
		{"AUTHOR", "author", TABLE_TEXT},
		{"APPROVALS", "approvals", TABLE_COUNT},
		{"OF", "threshold", TABLE_NUMBER},
		{"CREATED", "created", TABLE_TIME},
		{"MESSAGE", "message", TABLE_TEXT},
		{NULL, NULL, TABLE_TEXT},
	};
	struct vk_buf target;
	enum vk_rc rc;

	vk_buf_init(&target, LIST_TARGET_MAX_BYTES);
	vk_buf_adds(&target, "/v1/changes");
	session_add_query(&target, "environment", args_get(args, "env"));
	session_add_query(&target, "state", args_get(args, "state"));
	rc = list_show(cli, args, &target, columns, "no changes", err);
	vk_buf_release(&target);
	return rc;
}

static void print_details(const struct cli *cli, const struct vkjson *object)
{
	static const struct table_column columns[] = {
		{"Change", "id", TABLE_TEXT},
		{"Environment", "environment", TABLE_TEXT},
		{"Release", "number", TABLE_TEXT},
		{"Made from", "base", TABLE_TEXT},
		{"State", "state", TABLE_STATE},
		{"Author", "author", TABLE_TEXT},
		{"Created", "created", TABLE_TIME},
		{"Message", "message", TABLE_TEXT},
		{"Git commit", "commit", TABLE_TEXT},
		{"Tree", "tree", TABLE_TEXT},
		{"Threshold", "threshold", TABLE_TEXT},
		{NULL, NULL, TABLE_TEXT},
	};
	static const struct table_column approvals[] = {
		{"APPROVED BY", "user", TABLE_TEXT},
		{"KEY ID", "keyid", TABLE_DIGEST},
		{"AT", "at", TABLE_TIME},
		{"IN FORCE", "in_force", TABLE_TEXT},
		{NULL, NULL, TABLE_TEXT},
	};
	static const struct table_column rejection[] = {
		{"Rejected by", "user", TABLE_TEXT},
		{"At", "at", TABLE_TIME},
		{"Because", "message", TABLE_TEXT},
		{NULL, NULL, TABLE_TEXT},
	};

	table_print_object(cli, columns, object);
	cli_say(cli, "\n");
	table_print(cli, approvals, vkjson_get(object, "approvals"), "approved by nobody yet");
	if (vkjson_get(object, "rejection") != NULL)
		table_print_object(cli, rejection, vkjson_get(object, "rejection"));
}

/* An open change is shown with what it would do, verified; a closed one as it stands. */
enum vk_rc cmd_show(struct cli *cli, const struct args *args, struct vk_err *err)
{
	struct session *session = NULL;
	struct vkjson *result = NULL;
	struct change change;
	enum vk_rc rc;

	change_init(&change);
	rc = session_open(cli, &session, err);
	if (rc == VK_OK)
		rc = change_fetch(session, args_at(args, 0), &change, err);
	if (rc != VK_OK)
		goto out;
	if (strcmp(change.state, "open") == 0)
		rc = change_verify(session, &change, err);
	if (rc != VK_OK)
		goto out;
	result = vkjson_copy(change.object);
	if (change.difference != NULL)
		vkjson_set(result, "difference", vkjson_ref(change.difference));
	if (change.baseline != NULL)
		vkjson_set(result, "baseline", vkjson_ref(change.baseline));
	if (!cli_print_json(cli, result)) {
		print_details(cli, change.object);
		if (change.difference != NULL) {
			cli_say(cli, "\n");
			difference_print(cli, change.difference);
			gate_print(cli, change.baseline);
			if (change.judgement.rc != VK_OK)
				cli_note(cli, "note: %s", change.judgement.msg);
		}
	}
out:
	vkjson_free(result);
	change_release(&change);
	session_free(session);
	return rc;
}

enum vk_rc cmd_reject(struct cli *cli, const struct args *args, struct vk_err *err)
{
	struct session *session = NULL;
	struct vkjson *body = vkjson_object();
	struct vkjson *reply = NULL;
	struct change change;
	const char *message = NULL;
	char *target = NULL;
	enum vk_rc rc;

	change_init(&change);
	rc = submit_message(args, &message, err);
	if (rc == VK_OK)
		rc = session_open(cli, &session, err);
	if (rc == VK_OK)
		rc = change_fetch(session, args_at(args, 0), &change, err);
	if (rc == VK_OK) {
		vkjson_set(body, "message", vkjson_string(message));
		target = xasprintf("/v1/changes/%lld/reject", (long long)change.id);
		rc = session_post(session, target, body, &reply, err);
	}
	if (rc == VK_OK && !cli_print_json(cli, reply))
		cli_say(cli, "change %lld is rejected\n", (long long)change.id);
	free(target);
	vkjson_free(reply);
	vkjson_free(body);
	change_release(&change);
	session_free(session);
	return rc;
}
