/* SPDX-License-Identifier: BSD-3-Clause */
/* What is to become of drift, name by name. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/bundle_internal.h"
#include "common/mem.h"

#include "common/banned.h"

static const char *const words[] = {"report", "revert", "alert"};

enum { WORDS = sizeof(words) / sizeof(words[0]) };

const char *vk_bundle_drift_name(enum vk_bundle_drift drift)
{
	return words[drift];
}

bool vk_bundle_drift_parse(const char *text, enum vk_bundle_drift *out)
{
	for (int i = 0; i < WORDS; i++) {
		if (strcmp(words[i], text) != 0)
			continue;
		*out = (enum vk_bundle_drift)i;
		return true;
	}
	return false;
}

/* The name itself comes first, then the pattern that says most. */
enum vk_bundle_drift vk_bundle_drift_of(const struct vk_bundle *bundle, const char *name)
{
	const struct vk_bundle_drift_rule *best = NULL;

	for (size_t i = 0; i < bundle->drift_rule_count; i++) {
		const struct vk_bundle_drift_rule *rule = &bundle->drift_rules[i];

		if (strcmp(rule->pattern, name) == 0)
			return rule->drift;
		if (vk_bundle_pattern_matches(rule->pattern, name) &&
			(best == NULL || strlen(rule->pattern) > strlen(best->pattern)))
			best = rule;
	}
	return best != NULL ? best->drift : bundle->drift;
}

void vk_bundle_drift_rules_format(const struct vk_bundle *bundle, struct vk_buf *out)
{
	for (size_t i = 0; i < bundle->drift_rule_count; i++)
		vk_buf_addf(out, "%s%s: %s", i > 0 ? ", " : "", bundle->drift_rules[i].pattern,
			words[bundle->drift_rules[i].drift]);
}

enum vk_rc bundle_check_drift_rules(const struct vk_bundle *bundle, struct vk_err *err)
{
	const struct vk_bundle_drift_rule *rules = bundle->drift_rules;

	if (bundle->drift_rule_count > VK_BUNDLE_MAX_DRIFT_RULES)
		return vk_err_set(
			err, VK_ELIMIT, "drift-of: more than %d names", VK_BUNDLE_MAX_DRIFT_RULES);
	for (size_t i = 0; i < bundle->drift_rule_count; i++) {
		if (!vk_bundle_pattern_is_valid(rules[i].pattern))
			return vk_err_set(
				err, VK_EINPUT, "drift-of: name %zu is no pattern of names", i);
		if (i > 0 && strcmp(rules[i - 1].pattern, rules[i].pattern) >= 0)
			return vk_err_set(
				err, VK_EINPUT, "drift-of: names must be sorted, each only once");
	}
	return VK_OK;
}

static int compare_rules(const void *a, const void *b)
{
	const struct vk_bundle_drift_rule *x = a, *y = b;

	return strcmp(x->pattern, y->pattern);
}

enum vk_rc bundle_parse_drift_rules(
	const struct vkjson *apply, struct vk_bundle *out, struct vk_err *err)
{
	const struct vkjson *object = NULL;
	struct vk_bundle_drift_rule *rules;
	enum vk_rc rc = VK_OK;

	if (vkjson_get(apply, "drift-of") == NULL)
		return VK_OK;
	rc = vkjson_get_object(apply, "drift-of", &object, err);
	if (rc != VK_OK)
		return rc;
	if (vkjson_count(object) == 0 || vkjson_count(object) > VK_BUNDLE_MAX_DRIFT_RULES)
		return vk_err_set(err, VK_EINPUT, "drift-of: expected 1 to %d names",
			VK_BUNDLE_MAX_DRIFT_RULES);
	rules = xcalloc(vkjson_count(object), sizeof(*rules));
	out->drift_rules = rules;
	for (struct vkjson_iter it = vkjson_iter(object); vkjson_next(&it);) {
		struct vk_bundle_drift_rule *rule = &rules[out->drift_rule_count++];

		rule->pattern = it.name;
		if (vkjson_type(it.value) != VKJSON_STRING ||
			!vk_bundle_drift_parse(vkjson_text(it.value), &rule->drift))
			return vk_err_set(err, VK_EINPUT,
				"drift-of: '%.100s': expected report, alert or revert", it.name);
	}
	qsort(rules, out->drift_rule_count, sizeof(*rules), compare_rules);
	return VK_OK;
}

struct vkjson *bundle_drift_rules_to_json(const struct vk_bundle *bundle)
{
	struct vkjson *object = vkjson_object();

	for (size_t i = 0; i < bundle->drift_rule_count; i++)
		vkjson_set(object, bundle->drift_rules[i].pattern,
			vkjson_string(words[bundle->drift_rules[i].drift]));
	return object;
}
