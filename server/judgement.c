/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/judgement.h"

#include "common/config/lint.h"
#include "common/config/render.h"
#include "common/vkjson.h"

#include "common/banned.h"

static struct vkjson *finding(const struct cfg_lint_item *item)
{
	struct vkjson *object = vkjson_object();
	struct vkjson *where = vkjson_array();

	for (size_t i = 0; i < item->where_count && i < JUDGEMENT_MAX_PLACES; i++)
		vkjson_append(where, vkjson_string(item->where[i]));
	vkjson_set(object, "rule", vkjson_string(item->rule->id));
	vkjson_set(object, "severity", vkjson_string(cfg_risk_name(item->rule->risk)));
	vkjson_set(object, "what", vkjson_string(item->rule->what));
	vkjson_set(object, "detail", vkjson_string(item->detail));
	vkjson_set(object, "where", where);
	vkjson_set(object, "count", vkjson_int((int64_t)item->where_count));
	return object;
}

/* They come sorted by risk: those that block are the first of the open ones. */
static struct vkjson *first_findings(struct cfg_lint *lint, enum cfg_risk block)
{
	struct vkjson *list = vkjson_array();

	for (size_t i = 0; i < cfg_lint_count(lint); i++) {
		const struct cfg_lint_item *item = cfg_lint_at(lint, i);

		if (vkjson_count(list) == JUDGEMENT_MAX_FINDINGS || item->rule->risk < block)
			break;
		if (item->waiver == NULL)
			vkjson_append(list, finding(item));
	}
	return list;
}

enum vk_rc judgement_of(const struct cfg_rendered *rendered, int64_t now, struct vkjson **findings,
	struct vk_err *err)
{
	const struct cfg_rules_policy *policy = cfg_rendered_policy(rendered);
	struct cfg_lint *lint;
	enum vk_rc rc;

	if (!policy->has_block)
		return VK_OK;
	lint = cfg_lint_new();
	rc = cfg_lint_add_rendered(lint, rendered, now, err);
	if (rc == VK_OK) {
		rc = cfg_lint_judge(lint, rendered, err);
		if (rc != VK_OK)
			*findings = first_findings(lint, policy->block);
	}
	cfg_lint_free(lint);
	return rc;
}
