/* SPDX-License-Identifier: BSD-3-Clause */
/* Between tuf_meta.c and tuf_meta_parse.c only: what a metadata file is made of. */
#ifndef VK_TUF_META_PARTS_H
#define VK_TUF_META_PARTS_H

#include "common/buf.h"
#include "common/tuf/tuf_meta.h"
#include "common/vkjson.h"

struct tuf_meta {
	enum tuf_type type;
	struct vkjson *doc; /* owns all text below */
	const struct vkjson *signed_part;
	const struct vkjson *signatures;
	struct vk_buf bytes;
	struct vk_buf signed_bytes;
	int64_t version;
	int64_t expires;

	struct tuf_keyring *keys;		/* root, targets; NULL without delegations */
	struct tuf_role *roles[TUF_TYPE_COUNT]; /* root */
	bool is_consistent;			/* root */

	struct tuf_file *files; /* timestamp, snapshot: sorted by name */
	size_t file_count;

	struct tuf_target *targets; /* targets: sorted by path */
	size_t target_count;
	struct tuf_delegation *delegations; /* targets: in their order */
	size_t delegation_count;
	struct tuf_bins *bins; /* targets: instead of delegations */
};

/* Fills in what the type has; errors are VK_EINPUT or VK_ELIMIT. */
VK_CHECKED enum vk_rc tuf_meta_parse_root(struct tuf_meta *meta, struct vk_err *err);
VK_CHECKED enum vk_rc tuf_meta_parse_files(struct tuf_meta *meta, struct vk_err *err);
VK_CHECKED enum vk_rc tuf_meta_parse_targets(struct tuf_meta *meta, struct vk_err *err);

#endif
