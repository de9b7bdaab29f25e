/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/cmd.h"

#include <fcntl.h>
#include <string.h>

#include "client/admin/findings_show.h"
#include "client/admin/lint.h"
#include "client/admin/released.h"
#include "common/config/acl.h"
#include "common/config/conf.h"
#include "common/config/directive.h"
#include "common/config/fleet.h"
#include "common/config/render.h"
#include "common/config/tree.h"
#include "common/file.h"
#include "common/vkjson.h"

#include "common/banned.h"

/* ---- what is looked at ---- */

static enum vk_rc lint_file(struct lint *lint, const struct args *args, struct vk_err *err)
{
	const char *acl_path = args_get(args, "acl"), *version = args_get(args, "valkey");
	struct vk_buf conf, acl;
	enum vk_rc rc;

	vk_buf_init(&conf, CFG_CONF_MAX_BYTES);
	vk_buf_init(&acl, CFG_ACL_MAX_BYTES);
	rc = vk_file_read(AT_FDCWD, args_at(args, 0), VK_FILE_DEFAULT, &conf, err);
	if (rc == VK_OK && acl_path != NULL)
		rc = vk_file_read(AT_FDCWD, acl_path, VK_FILE_DEFAULT, &acl, err);
	if (rc == VK_OK)
		rc = lint_add(lint, args_at(args, 0),
			&(struct cfg_subject){
				.version = version != NULL ? version : cfg_version_default(),
				.conf = conf.data,
				.conf_len = conf.len,
				.acl = acl_path != NULL ? acl.data : NULL,
				.acl_len = acl.len},
			err);
	vk_buf_release_wiped(&acl);
	vk_buf_release_wiped(&conf);
	return rc;
}

static enum vk_rc lint_environment(
	struct lint *lint, const struct cfg_tree *tree, const char *environment, struct vk_err *err)
{
	struct cfg_rendered *rendered = NULL;
	enum vk_rc rc = cfg_render(tree, environment, NULL, &rendered, err);

	if (rc == VK_OK)
		rc = lint_add_rendered(lint, rendered, err);
	cfg_rendered_free(rendered);
	return rc;
}

/* One environment, or all. */
static enum vk_rc lint_tree(
	struct lint *lint, struct cli *cli, const struct args *args, struct vk_err *err)
{
	struct cfg_tree *tree = NULL;
	struct cfg_fleet *fleet = NULL;
	enum vk_rc rc = released_or_source(cli, args, &tree, err);

	if (rc == VK_OK && args_has(args, "env")) {
		rc = lint_environment(lint, tree, args_get(args, "env"), err);
	} else if (rc == VK_OK) {
		rc = cfg_fleet_parse(tree, NULL, &fleet, err);
		for (size_t i = 0; rc == VK_OK && i < cfg_fleet_environment_count(fleet); i++)
			rc = lint_environment(lint, tree, cfg_fleet_environment_at(fleet, i), err);
	}
	cfg_fleet_free(fleet);
	cfg_tree_free(tree);
	return rc;
}

/* ---- the command ---- */

static enum vk_rc show(
	struct cli *cli, enum findings_format format, const struct lint *lint, struct vk_err *err)
{
	struct vkjson *result = NULL;

	switch (format) {
	case FINDINGS_TEXT:
		lint_print(cli, lint);
		return VK_OK;
	case FINDINGS_JSON:
		result = lint_json(lint);
		break;
	case FINDINGS_SARIF:
		result = lint_sarif(lint);
		break;
	case FINDINGS_JUNIT:
		vk_err_set(err, VK_EINPUT, "--format junit is for 'vkcfg validate'");
		vk_err_hint(err, "text, json or sarif");
		return VK_EINPUT;
	}
	cli->is_json = true;
	(void)cli_print_json(cli, result);
	vkjson_free(result);
	return VK_OK;
}

enum vk_rc cmd_lint(struct cli *cli, const struct args *args, struct vk_err *err)
{
	enum findings_format format = cli->is_json ? FINDINGS_JSON : FINDINGS_TEXT;
	enum cfg_risk limit = CFG_RISK_HIGH;
	struct lint *lint = lint_new();
	enum vk_rc rc = VK_OK;

	if (args_has(args, "format"))
		rc = findings_format_parse(args_get(args, "format"), &format, err);
	if (rc == VK_OK && args_has(args, "fail-on"))
		rc = cfg_risk_parse(args_get(args, "fail-on"), &limit, err);
	if (rc == VK_OK)
		rc = args_count(args) > 0 ? lint_file(lint, args, err)
					  : lint_tree(lint, cli, args, err);
	if (rc == VK_OK)
		rc = show(cli, format, lint, err);
	if (rc == VK_OK)
		cli->is_answer_no = lint_count(lint, limit) > 0;
	lint_free(lint);
	return rc;
}
