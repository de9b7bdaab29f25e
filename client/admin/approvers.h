/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Environments and who may approve in them, on their way into the next version
 * of targets: taken over from the present one, or read from public key files.
 */
#ifndef ADMIN_APPROVERS_H
#define ADMIN_APPROVERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"
#include "common/name.h"

struct tuf_key;
struct tuf_meta;

enum {
	APPROVERS_MAX_ENVIRONMENTS = 256,
	APPROVERS_MAX_KEYS = 256, /* of one environment */
};

struct environment_approvers {
	char name[VK_NAME_BYTES];
	unsigned threshold; /* 0: all */
	bool author_may_approve;
	struct tuf_key **keys; /* owned */
	size_t key_count;
};

/* Embedded: approvers_init() ... approvers_release(). */
struct approvers {
	struct environment_approvers *environments;
	size_t count;
};

void approvers_init(struct approvers *approvers);
void approvers_release(struct approvers *approvers);

/* Takes over all environments of verified targets. */
VK_CHECKED enum vk_rc approvers_load(
	struct approvers *approvers, const struct tuf_meta *targets, struct vk_err *err);

/* The environment of that name, or NULL. */
struct environment_approvers *approvers_find(struct approvers *approvers, const char *name);

/* A new environment without keys; VK_ECONFLICT if there is one, VK_EINPUT for a wrong name. */
VK_CHECKED enum vk_rc approvers_add(struct approvers *approvers, const char *name,
	struct environment_approvers **out, struct vk_err *err);

/* Forgets an environment's keys. */
void approvers_clear_keys(struct environment_approvers *environment);

/* Reads a NAME.pub file (freed with tuf_key_free()). The key must say whose it is. */
VK_CHECKED enum vk_rc approvers_read_key(
	const char *path, struct tuf_key **out, struct vk_err *err);

/* Reads a NAME.pub file and adds its key; VK_EINPUT if its user has another one there already. */
VK_CHECKED enum vk_rc approvers_add_key_file(
	struct environment_approvers *environment, const char *path, struct vk_err *err);

/* Removes a key by its id, or that of a user. VK_ENOTFOUND. */
VK_CHECKED enum vk_rc approvers_remove(
	struct environment_approvers *environment, const char *who, struct vk_err *err);

/* Understands "ENV:THRESHOLD:PUBFILE,PUBFILE..." and adds that environment. */
VK_CHECKED enum vk_rc approvers_add_spec(
	struct approvers *approvers, const char *spec, struct vk_err *err);

/* Appends the signed part of targets with these environments. */
VK_CHECKED enum vk_rc approvers_format_targets(const struct approvers *approvers, int64_t version,
	int64_t expires, struct vk_buf *out, struct vk_err *err);

#endif
