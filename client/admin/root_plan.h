/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The next version of a root, being planned: taken over from the present one,
 * changed, formatted. root and targets have the same keys in a vkcfg fleet, and
 * a change is made to both.
 */
#ifndef ADMIN_ROOT_PLAN_H
#define ADMIN_ROOT_PLAN_H

#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/ca_set.h"
#include "common/err.h"
#include "common/signkey.h"
#include "common/tuf/tuf_fleet.h"
#include "common/tuf/tuf_meta.h"

struct tuf_key;

enum { ROOT_PLAN_MAX_KEYS = 64 }; /* of one role */

struct root_plan_role {
	struct tuf_key *keys[ROOT_PLAN_MAX_KEYS]; /* owned */
	size_t count;
	unsigned threshold;
};

/* Embedded: root_plan_init() ... root_plan_release(). */
struct root_plan {
	struct root_plan_role roles[TUF_TYPE_COUNT]; /* by enum tuf_type */
	char *fleet;
	char *log_name;
	uint8_t log_public[VK_PUBLIC_KEY_BYTES];
	struct tuf_log_start log_start;
	struct ca_list ca;
};

void root_plan_init(struct root_plan *plan);
void root_plan_release(struct root_plan *plan);

/* Takes over all that a root says but its version and expiry. */
VK_CHECKED enum vk_rc root_plan_load(
	struct root_plan *plan, const struct tuf_meta *root, struct vk_err *err);

/* Adds the key of a NAME.pub file to root and targets. VK_ECONFLICT if both have it. */
VK_CHECKED enum vk_rc root_plan_add_key_file(
	struct root_plan *plan, const char *path, struct vk_err *err);

/* Removes a key by its id, or all keys of a user, from root and targets. VK_ENOTFOUND. */
VK_CHECKED enum vk_rc root_plan_remove(
	struct root_plan *plan, const char *who, struct vk_err *err);

/* The threshold of root and targets; it must be reachable when the plan is formatted. */
void root_plan_set_threshold(struct root_plan *plan, unsigned threshold);

/* One of the server's keys (TUF_SNAPSHOT, TUF_TIMESTAMP) in the place of those before. */
void root_plan_set_online(struct root_plan *plan, enum tuf_type role,
	const uint8_t public_key[VK_PUBLIC_KEY_BYTES]);

/* The audit log that the server keeps now: its key, and which log it is. VK_EUNTRUSTED unless that is
 * the one so far, or a later one that says with what it begins. */
VK_CHECKED enum vk_rc root_plan_set_log(struct root_plan *plan, const char *name,
	const uint8_t public_key[VK_PUBLIC_KEY_BYTES], const struct tuf_log_start *start,
	struct vk_err *err);
/* Names one more CA, as the newest. VK_ECONFLICT if it is named. */
VK_CHECKED enum vk_rc root_plan_add_ca(struct root_plan *plan,
	const uint8_t digest[VK_SHA256_BYTES], struct vk_err *err);

/* Names a CA no longer. VK_ENOTFOUND; VK_EINPUT if no other would be left. */
VK_CHECKED enum vk_rc root_plan_drop_ca(struct root_plan *plan,
	const uint8_t digest[VK_SHA256_BYTES], struct vk_err *err);

/* Appends the signed part. VK_EINPUT if a threshold is more than its keys. */
VK_CHECKED enum vk_rc root_plan_format(const struct root_plan *plan, int64_t version,
	int64_t expires, struct vk_buf *out, struct vk_err *err);

#endif
