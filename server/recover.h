/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A release that a rebuilt server has lost and people or hosts have kept: its
 * document, the environment's role that lists it with the approvers' signatures,
 * and the tree. Nothing of it is believed but what the signatures cover, by the
 * keys of the current targets metadata; so it does not matter who brings it.
 */
#ifndef VK_SERVER_RECOVER_H
#define VK_SERVER_RECOVER_H

#include <stddef.h>

#include "common/err.h"
#include "common/release.h"
#include "server/store/store_bundle.h"
#include "server/store/store_tree.h"
#include "server/writer.h"

struct recovered {
	const struct vk_release *release; /* the document, parsed */
	const char *document;
	size_t document_len;
	const char *role; /* the TUF file */
	size_t role_len;
	const struct store_tree_file *files; /* of the tree, whose digest the document has */
	size_t file_count;
	const struct store_bundle *bundles; /* as rendered here from the tree */
	size_t bundle_count;
};

/* Makes it the environment's current release. VK_ECONFLICT: the server has this release, or a newer
 * one; VK_EUNTRUSTED: not signed by enough approvers, or something does not fit together. */
VK_CHECKED enum vk_rc recover_release(struct writer_tx *tx, const char *actor,
	const struct recovered *recovered, struct vk_err *err);

#endif
