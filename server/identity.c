/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/identity.h"

#include <string.h>

#include "common/banned.h"

enum { ROLES_TEXT_MAX = 128 };

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

enum vk_rc identity_roles_parse(const char *text, unsigned *out, struct vk_err *err)
{
	unsigned roles = ROLE_NONE;

	if (strlen(text) > ROLES_TEXT_MAX)
		return vk_err_set(err, VK_ELIMIT, "the list of roles is too long");
	while (*text != '\0') {
		size_t len = strcspn(text, ",");
		unsigned role;

		if (!find_role(text, len, &role)) {
			vk_err_set(err, VK_EINPUT, "'%.*s' is not a role", (int)len, text);
			vk_err_hint(err,
				"roles are viewer, author, approver, operator, auditor and admin");
			return VK_EINPUT;
		}
		roles |= role;
		text += len;
		text += *text == ',';
	}
	*out = roles;
	return VK_OK;
}

void identity_roles_format(unsigned roles, struct vk_buf *out)
{
	const char *comma = "";

	for (int i = 0; i < IDENTITY_ROLE_COUNT; i++) {
		if ((roles & (1u << i)) == 0)
			continue;
		vk_buf_addf(out, "%s%s", comma, role_names[i]);
		comma = ",";
	}
}
