/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The tree whose word counts on who may open a secret: the one that the current
 * release of the environment signs, or consciously one's own (--tree).
 */
#ifndef ADMIN_SECRET_SOURCE_H
#define ADMIN_SECRET_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "client/admin/session.h"
#include "common/config/secret_use.h"
#include "common/err.h"
#include "common/secret.h"

struct args;

/* Embedded: secret_source_init() ... secret_source_release(). */
struct secret_source {
	struct cfg_tree *tree;
	struct cfg_secrets *secrets;
	int64_t release; /* 0: one's own tree */
};

void secret_source_init(struct secret_source *source);
void secret_source_release(struct secret_source *source);

/* With --tree one's own, else that of the current release, verified. VK_ENOTFOUND: there is no
 * release yet, or no such environment. */
VK_CHECKED enum vk_rc secret_source_load(struct session *session, const struct args *args,
	const char *environment, struct secret_source *out, struct vk_err *err);

/* The tree of the current release; VK_OK with tree NULL where there is none yet. */
VK_CHECKED enum vk_rc secret_source_load_released(struct session *session, const char *environment,
	struct secret_source *out, struct vk_err *err);

/* A secret that the source pins. VK_ENOTFOUND. */
VK_CHECKED enum vk_rc secret_source_find(const struct secret_source *source,
	const char *environment, const char *name, const struct cfg_secret_info **out,
	struct vk_err *err);

/* What a version of this secret must be. */
struct vk_secret_id secret_source_id(const struct secret_source *source, const char *environment,
	const char *name, int64_t version);

#endif
