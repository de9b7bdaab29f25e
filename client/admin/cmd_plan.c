/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/cmd.h"

#include <stdlib.h>
#include <string.h>

#include "client/admin/diff_side.h"
#include "client/admin/fleet_plan.h"
#include "common/mem.h"
#include "common/vkjson.h"

#include "common/banned.h"

/* A number alone is a change. */
static char *word_of(const char *text)
{
	if (*text != '\0' && text[strspn(text, "0123456789")] == '\0')
		return xasprintf("change:%s", text);
	return xstrdup(text);
}

static enum vk_rc load(const struct cli *cli, const struct args *args, const char *word,
	struct diff_side *side, struct vk_err *err)
{
	bool has_tree = args_has(args, "tree") || args_has(args, "release");
	enum vk_rc rc = diff_side_parse(word, side, err);

	if (rc == VK_OK && side->kind != DIFF_SIDE_CHANGE && side->kind != DIFF_SIDE_ENVIRONMENT &&
		side->kind != DIFF_SIDE_RELEASE) {
		rc = vk_err_set(
			err, VK_EINPUT, "'%s' is neither a change nor an environment", word);
		vk_err_hint(err, "vkcfg plan CHANGE, ENV or ENV/N");
	}
	if (rc == VK_OK && has_tree && side->kind != DIFF_SIDE_ENVIRONMENT)
		rc = vk_err_set(err, VK_EINPUT, "--tree and --release go with an environment");
	if (rc != VK_OK)
		return rc;
	return has_tree ? diff_side_load_options(cli, args, side, err)
			: diff_side_load(cli, side, err);
}

enum vk_rc cmd_plan(struct cli *cli, const struct args *args, struct vk_err *err)
{
	char *word = word_of(args_at(args, 0));
	struct vkjson *plan = NULL;
	struct diff_side side;
	enum vk_rc rc;

	diff_side_init(&side);
	rc = load(cli, args, word, &side, err);
	if (rc == VK_OK)
		rc = fleet_plan_make(cli, &side, &plan, err);
	if (rc == VK_OK) {
		cli->is_answer_no = !fleet_plan_is_empty(plan);
		if (!cli_print_json(cli, plan))
			fleet_plan_print(cli, plan);
	}
	vkjson_free(plan);
	diff_side_release(&side);
	free(word);
	return rc;
}
