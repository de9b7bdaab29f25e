/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * This host's cosignatures of the audit log (C2SP tlog-cosignature): made with
 * the host's own key, over a checkpoint that client/pull/witness.h has verified
 * and written, so that the host never vouches for two histories. STATE/cosigned
 * says what the server took last: the size, and when.
 */
#ifndef VK_PULL_COSIGN_H
#define VK_PULL_COSIGN_H

#include <stdbool.h>
#include <stdint.h>

#include "client/pull/pins.h"
#include "common/buf.h"
#include "common/err.h"
#include "common/note.h"

enum { COSIGN_PAUSE_SECONDS = 86400 };

/* Whether the server lacks this host's word for the checkpoint: it is larger than the one that was
 * cosigned last, and a report goes out anyway or that was a day ago. Writes nothing. */
bool cosign_is_due(const char *state, const struct note_checkpoint *checkpoint, bool is_reporting,
	int64_t now);

/* Appends the line, without a newline. VK_EINPUT, VK_EIO and others if the host's key cannot be
 * read. */
VK_CHECKED enum vk_rc cosign_make(const char *state, const struct pins *pins,
	const struct note_checkpoint *checkpoint, int64_t now, struct vk_buf *out,
	struct vk_err *err);

/* Another log has begun: nothing of it was cosigned yet. */
VK_CHECKED enum vk_rc cosign_forget(const char *state, struct vk_err *err);

/* The server has taken it. */
VK_CHECKED enum vk_rc cosign_keep(const char *state, const struct note_checkpoint *checkpoint,
	int64_t now, struct vk_err *err);

#endif
