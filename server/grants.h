/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a user may do and where, as the API writes it: a list of words, "author" for all
 * environments, "author@dev" for one.
 */
#ifndef VK_SERVER_GRANTS_H
#define VK_SERVER_GRANTS_H

#include "common/arena.h"
#include "server/identity.h"
#include "server/writer.h"

struct vkjson;

struct grants {
	unsigned roles;		       /* in all environments */
	struct identity_scope *scopes; /* in single ones; by environment, each once */
	size_t count;
};

/* Parses the member "roles" of a body. An empty list is a viewer everywhere. VK_EINPUT; VK_ELIMIT
 * beyond IDENTITY_SCOPES_MAX environments. The result stands in the arena. */
VK_CHECKED enum vk_rc grants_parse(
	const struct vkjson *body, struct arena *arena, struct grants *out, struct vk_err *err);

/* Each environment must be one of the fleet's. VK_ENOTFOUND, with what may have been meant. */
VK_CHECKED enum vk_rc grants_check(
	struct writer_tx *tx, const struct grants *grants, struct vk_err *err);

/* The list of words; whoever has a role is a viewer there, which is said for all environments
 * only. */
struct vkjson *grants_to_json(unsigned roles, const struct identity_scope *scopes, size_t count);

#endif
