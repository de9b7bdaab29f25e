/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What becomes of a change: submitted, approved, rejected, stale, released. All
 * functions are called inside a writer command and write the audit entries
 * themselves. Every document and signature is verified here again with the keys
 * of the current targets metadata, whatever was checked before.
 */
#ifndef VK_SERVER_CHANGE_H
#define VK_SERVER_CHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "server/sealed.h"
#include "server/store/store_bundle.h"
#include "server/store/store_change.h"
#include "server/writer.h"

struct change_submission {
	const char *user; /* the author: must be the one in the document */
	const char *environment;
	const char *document; /* canonical JSON of the release */
	size_t document_len;
	const char *metadata; /* canonical `signed` part of the role's next version */
	size_t metadata_len;
	/* As rendered by the server itself from the tree in the document, for comparison: */
	const char *renderer;
	const struct store_bundle *bundles; /* by instance, bytewise */
	size_t bundle_count;
	struct sealed_pins pins; /* of those bundles */
};

/* Stores a change. VK_ENOTFOUND: no such environment or tree (409 and 404 as usual); VK_ECONFLICT
 * ("stale", with what to do): base or role version is not current; VK_EUNTRUSTED: something
 * differs from what the server has rendered or from what it must be, or a secret that the bundles
 * pin is not there (422). */
VK_CHECKED enum vk_rc change_submit(struct writer_tx *tx,
	const struct change_submission *submission, int64_t *id, struct vk_err *err);

struct change_outcome {
	enum change_state state;
	size_t approvals;
	unsigned threshold;
	int64_t release; /* 0: not released yet */
};

/* Verifies and stores an approval; with the last one that is needed, publishes the release in the
 * same transaction. VK_EDENIED: the key is not one of this user in the environment's role, or the
 * user is the author and may not; VK_EUNTRUSTED: the signature is wrong; VK_ECONFLICT: not open,
 * stale, or approved by this user before. */
VK_CHECKED enum vk_rc change_approve(struct writer_tx *tx, int64_t id, const char *user,
	const char *keyid, const char *sig_hex, struct change_outcome *out, struct vk_err *err);

/* is_author_only: the caller is no approver and may reject only what is his own (VK_EDENIED).
 * VK_ECONFLICT: not open. */
VK_CHECKED enum vk_rc change_reject(struct writer_tx *tx, int64_t id, const char *user,
	bool is_author_only, const char *message, struct vk_err *err);

#endif
