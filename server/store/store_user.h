/* SPDX-License-Identifier: BSD-3-Clause */
/* People: names and roles. Their certificates are in store_certificate.h. */
#ifndef VK_STORE_USER_H
#define VK_STORE_USER_H

#include "server/identity.h"
#include "server/store/store.h"

struct store_user {
	const char *name;
	unsigned roles; /* in all environments: enum identity_roles */
	const struct identity_scope *scopes; /* in single environments; by these */
	size_t scope_count;
	int64_t created;
	int64_t enrolled; /* 0: the token is still unused */
	int64_t revoked;  /* 0: not */
};

/* Adds a user with roles in all environments. Where one of that name exists: VK_ECONFLICT, unless
 * it is revoked or has not enrolled yet, when it gets the roles given here and no others, and may
 * enrol (again); old certificates stay revoked. */
VK_CHECKED enum vk_rc store_add_user(
	struct store *store, const char *name, unsigned roles, int64_t now, struct vk_err *err);

/* Replaces the roles of a user, everywhere and in single environments (each once). VK_ENOTFOUND */
VK_CHECKED enum vk_rc store_set_user_roles(struct store *store, const char *name, unsigned roles,
	const struct identity_scope *scopes, size_t count, struct vk_err *err);

/* Whether somebody else is an admin, who has enrolled and is not revoked. */
VK_CHECKED enum vk_rc store_has_other_admin(
	struct store *store, const char *name, bool *out, struct vk_err *err);

VK_CHECKED enum vk_rc store_set_user_enrolled(
	struct store *store, const char *name, int64_t now, struct vk_err *err);

/* Revokes the user, all certificates and unused tokens. VK_ENOTFOUND; VK_ECONFLICT if revoked
 * already. */
VK_CHECKED enum vk_rc store_revoke_user(
	struct store *store, const char *name, int64_t now, struct vk_err *err);

/* VK_ENOTFOUND */
VK_CHECKED enum vk_rc store_get_user(struct store *store, const char *name, struct arena *arena,
	struct store_user *out, struct vk_err *err);

struct store_user_list {
	const struct store_user *items;
	size_t count;
	const char *next;
};

/* By name. */
VK_CHECKED enum vk_rc store_list_users(struct store *store, const struct store_page *page,
	struct arena *arena, struct store_user_list *out, struct vk_err *err);

#endif
