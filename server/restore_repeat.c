/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/restore_repeat.h"

#include <string.h>

#include "common/arena.h"
#include "server/grants.h"
#include "server/store/store_host.h"
#include "server/store/store_user.h"

#include "common/banned.h"

/* What this user may do in an environment. */
static unsigned roles_in(const struct store_user *user, const char *environment)
{
	for (size_t i = 0; i < user->scope_count; i++) {
		if (strcmp(user->scopes[i].environment, environment) == 0)
			return user->roles | user->scopes[i].roles;
	}
	return user->roles;
}

/* Keeps of the grants what the user has. */
static void restrict_to(struct grants *grants, const struct store_user *user)
{
	size_t kept = 0;

	grants->roles &= user->roles;
	for (size_t i = 0; i < grants->count; i++) {
		struct identity_scope scope = grants->scopes[i];

		scope.roles &= roles_in(user, scope.environment);
		if (scope.roles != 0)
			grants->scopes[kept++] = scope;
	}
	grants->count = kept;
}

static enum vk_rc repeat_roles(struct store *store, const char *name,
	const struct vk_audit_entry *entry, struct vk_err *err)
{
	struct arena *arena = arena_new();
	struct grants grants = {.roles = 0};
	struct store_user user;
	enum vk_rc rc = store_get_user(store, name, arena, &user, err);

	if (rc == VK_OK)
		rc = grants_parse(entry->detail, arena, &grants, err);
	if (rc == VK_OK) {
		restrict_to(&grants, &user);
		rc = store_set_user_roles(
			store, name, grants.roles, grants.scopes, grants.count, err);
	}
	arena_free(arena);
	return rc;
}

enum vk_rc restore_repeat(struct store *store, const struct vk_audit_entry *entry, int64_t now,
	bool *is_whole, struct vk_err *err)
{
	const char *slash = strchr(entry->object, '/');
	enum vk_rc rc = VK_OK;

	*is_whole = false;
	if (slash == NULL || strcmp(entry->result, "ok") != 0)
		return VK_OK;
	if (strcmp(entry->action, "host.revoke") == 0) {
		rc = store_revoke_host(store, slash + 1, now, err);
		*is_whole = true;
	} else if (strcmp(entry->action, "user.revoke") == 0) {
		rc = store_revoke_user(store, slash + 1, now, err);
		*is_whole = true;
	} else if (strcmp(entry->action, "user.roles") == 0) {
		rc = repeat_roles(store, slash + 1, entry, err);
	}
	return rc == VK_ENOTFOUND || rc == VK_ECONFLICT ? VK_OK : rc;
}
