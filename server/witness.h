/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What hosts vouch for: a cosignature that came with a report is verified with
 * the key that the host enrolled with, over the checkpoint that this server
 * signed at that size. People verify it again, with the key in the signed tree.
 */
#ifndef VK_SERVER_WITNESS_H
#define VK_SERVER_WITNESS_H

#include "common/err.h"
#include "server/store/store.h"

/* Verifies and keeps it; in a transaction. VK_EINPUT: no cosignature, or of a size at which no
 * checkpoint was signed; VK_EUNTRUSTED: by another key, or of another history than this log's. */
VK_CHECKED enum vk_rc witness_accept(struct store *store, const char *fleet, const char *host,
	int64_t size, const char *line, struct vk_err *err);

#endif
