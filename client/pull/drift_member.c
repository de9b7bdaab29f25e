/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/drift_member.h"

#include <stdlib.h>
#include <string.h>

#include "client/pull/complaint.h"
#include "common/config/directive.h"
#include "common/digest.h"
#include "common/mem.h"
#include "common/vkjson.h"

#include "common/banned.h"

enum { MEMBER_DIGITS = 16, MEMBER_MAX_NAMES = 256, MEMBER_NAME_BYTES = 256 };

static void add(struct outcome *outcome, const char *name, const char *text)
{
	char digest[VK_SHA256_HEX_BYTES];

	if (vkjson_count(outcome->member) >= MEMBER_MAX_NAMES || strlen(name) >= MEMBER_NAME_BYTES)
		return;
	vk_sha256_hex(text, strlen(text), digest);
	digest[MEMBER_DIGITS] = '\0';
	vkjson_set(outcome->member, name, vkjson_string(digest));
}

static void add_values(const char *schema, const struct live *live, struct outcome *outcome)
{
	for (size_t i = 0; i < live->values.count; i++) {
		const struct value *value = &live->values.items[i];
		const struct cfg_directive *directive = cfg_directive_find(value->name, schema);

		if (directive != NULL && directive->owner == CFG_OWNER_EQUAL &&
			!value_is_secret(schema, value->name))
			add(outcome, value->name, value->text);
	}
}

static void add_users(
	const struct expected *expected, const struct live *live, struct outcome *outcome)
{
	for (size_t i = 0; i < expected->users.count; i++) {
		const struct user *user = users_find(&live->users, expected->users.items[i].name);
		char *rules = xstrdup(user != NULL ? user->rules : "");
		char *name = xasprintf("users.%s", expected->users.items[i].name);

		complaint_hide_hashes(rules);
		add(outcome, name, rules);
		free(name);
		free(rules);
	}
}

void drift_member_take(const char *schema, const struct expected *expected, const struct live *live,
	struct outcome *outcome)
{
	vkjson_free(outcome->member);
	outcome->member = vkjson_object();
	add_values(schema, live, outcome);
	add_users(expected, live, outcome);
}
