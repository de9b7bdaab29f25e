/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/identity.h"

#include <string.h>

#include "common/banned.h"

static const char *const role_names[IDENTITY_ROLE_COUNT] = {
	"viewer",
	"author",
	"approver",
	"operator",
	"auditor",
	"admin",
};

const char *identity_kind_name(enum identity_kind kind)
{
	switch (kind) {
	case IDENTITY_STRANGER:
		return "stranger";
	case IDENTITY_HOST:
		return "host";
	case IDENTITY_USER:
		return "user";
	}
	return "stranger";
}

bool identity_kind_parse(const char *text, enum identity_kind *out)
{
	if (strcmp(text, "host") == 0)
		*out = IDENTITY_HOST;
	else if (strcmp(text, "user") == 0)
		*out = IDENTITY_USER;
	else
		return false;
	return true;
}

const char *identity_role_name(enum identity_roles role)
{
	for (int i = 0; i < IDENTITY_ROLE_COUNT; i++) {
		if ((unsigned)role == 1u << i)
			return role_names[i];
	}
	return "none";
}

static bool find_role(const char *text, size_t len, unsigned *out)
{
	for (int i = 0; i < IDENTITY_ROLE_COUNT; i++) {
		if (strlen(role_names[i]) == len && memcmp(role_names[i], text, len) == 0) {
			*out = 1u << i;
			return true;
		}
	}
	return false;
}

bool identity_role_parse(const char *text, enum identity_roles *out)
{
	unsigned role;

	if (!find_role(text, strlen(text), &role))
		return false;
	*out = (enum identity_roles)role;
	return true;
}

static enum vk_rc parse_environment(const char *word, const char *text, unsigned role,
	char environment[VK_NAME_BYTES], struct vk_err *err)
{
	if ((role & ROLE_FLEET_ONLY) != 0) {
		vk_err_set(err, VK_EINPUT, "'%.80s': the role %s is for the whole fleet", word,
			identity_role_name((enum identity_roles)role));
		vk_err_hint(err, "write %s", identity_role_name((enum identity_roles)role));
		return VK_EINPUT;
	}
	if (!vk_environment_is_valid(text))
		return vk_err_set(
			err, VK_EINPUT, "'%.80s': '%.64s' is no name of an environment", word, text);
	memcpy(environment, text, strlen(text) + 1);
	return VK_OK;
}

enum vk_rc identity_grant_parse(const char *text, enum identity_roles *role,
	char environment[VK_NAME_BYTES], struct vk_err *err)
{
	size_t len = strcspn(text, "@");
	char where[VK_NAME_BYTES] = "";
	enum vk_rc rc = VK_OK;
	unsigned bit;

	if (!find_role(text, len, &bit)) {
		vk_err_set(err, VK_EINPUT, "'%.*s' is not a role", len < 64 ? (int)len : 64, text);
		vk_err_hint(err, "roles are viewer, author, approver, operator, auditor and admin");
		return VK_EINPUT;
	}
	if (text[len] == '@')
		rc = parse_environment(text, text + len + 1, bit, where, err);
	if (rc != VK_OK)
		return rc;
	*role = (enum identity_roles)bit;
	memcpy(environment, where, sizeof(where));
	return VK_OK;
}
