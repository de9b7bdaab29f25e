/* SPDX-License-Identifier: BSD-3-Clause */
/* The parts of diff.c: one compares directives, one users, one the rest of a bundle. */
#ifndef VK_CONFIG_DIFF_INTERNAL_H
#define VK_CONFIG_DIFF_INTERNAL_H

#include "common/arena.h"
#include "common/bundle.h"
#include "common/config/acl.h"
#include "common/config/conf.h"
#include "common/config/diff.h"
#include "common/digest.h"

struct cfg_diff {
	struct arena *arena;
	const char *instance;
	unsigned flags; /* enum cfg_diff_flags */
	enum cfg_way way;
	struct vk_sha256_stream stream; /* of what is compared, secrets included */
	uint8_t digest[VK_SHA256_BYTES];
	struct cfg_change *changes;
	size_t count;
};

/* One side. What there is not is NULL: the bundle, or a file of it. */
struct cfg_diff_side {
	struct vk_bundle *bundle;
	const char *version;		/* of Valkey; NULL: there is no such side */
	struct cfg_conf_values *values; /* of a bundle's valkey.conf */
	struct cfg_conf_values *sealed; /* directives that are secrets */
	struct cfg_acl *acl;
	const struct cfg_running *running; /* instead of a bundle */
};

/* Texts are copied. raw: what the texts stand for where they hide something; NULL: the texts. */
/* Texts are copied. */
struct cfg_change *cfg_diff_add(struct cfg_diff *diff, enum cfg_change_kind kind, const char *name,
	const char *old_text, const char *new_text);

/* For the digest: what the texts stand for where they hide something. */
void cfg_diff_add_raw(struct cfg_diff *diff, const char *old_raw, const char *new_raw);

/* "secret:replication" for the placeholder of whichever version; NULL: the text is something else.
 */
const char *cfg_diff_secret_name(struct cfg_diff *diff, const char *text);

void cfg_diff_values(
	struct cfg_diff *diff, const struct cfg_diff_side *a, const struct cfg_diff_side *b);
void cfg_diff_running_values(
	struct cfg_diff *diff, const struct cfg_diff_side *a, const struct cfg_diff_side *b);
void cfg_diff_users(
	struct cfg_diff *diff, const struct cfg_diff_side *a, const struct cfg_diff_side *b);
void cfg_diff_files(struct cfg_diff *diff, const struct vk_bundle *a, const struct vk_bundle *b);
void cfg_diff_secrets(struct cfg_diff *diff, const struct vk_bundle *a, const struct vk_bundle *b);

/* ---- diff_group.c ---- */

/* Either may be NULL. */
void cfg_diff_group(
	struct cfg_diff *diff, const struct vk_bundle_group *a, const struct vk_bundle_group *b);

#endif
