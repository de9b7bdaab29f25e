/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes as users.acl: what is accepted has a normal form, which is its own normal form. */
#include "config.h"

#include "common/config/acl.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_user(const struct cfg_acl_user *user)
{
	struct vk_err err = VK_ERR_INIT;
	struct cfg_acl_rules *rules;
	struct vk_buf text;

	/* The normal form may be longer than what it was made of. */
	if (strlen(user->rules) > CFG_ACL_RULES_MAX_BYTES)
		return;
	vk_buf_init(&text, 8 * CFG_ACL_RULES_MAX_BYTES);
	if (cfg_acl_rules_parse(user->rules, NULL, NULL, 0, &rules, &err) != VK_OK)
		abort();
	cfg_acl_rules_format(rules, &text);
	if (strcmp(text.data, user->rules) != 0 || strchr(user->rules, '\n') != NULL)
		abort();
	cfg_acl_rules_free(rules);
	vk_buf_release(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vk_err err = VK_ERR_INIT;
	struct cfg_acl *acl;

	if (cfg_acl_parse("fuzz.acl", (const char *)data, size, &acl, &err) != VK_OK)
		return 0;
	for (size_t i = 0; i < cfg_acl_count(acl); i++)
		check_user(cfg_acl_at(acl, i));
	cfg_acl_free(acl);
	return 0;
}
