/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The holders of root keys have begun another audit log, because entries of the
 * one before were lost for good. This host follows, once for each log: the new
 * one must go on from the entries that the root names, and what the host had seen
 * of the old one is kept as evidence.
 */
#ifndef VK_PULL_NEW_LOG_H
#define VK_PULL_NEW_LOG_H

#include "client/pull/update.h"
#include "common/err.h"
#include "common/note.h"
#include "common/tuf/tuf_fleet.h"

struct vkjson;

/* Verifies the note of the log that the root names against what the root says of its beginning,
 * which is asked for; then makes it the log that this host witnesses. last: what it has seen of the
 * log before; from_last: the server's proof that the new one goes on from there, or NULL.
 * VK_EUNTRUSTED. */
VK_CHECKED enum vk_rc new_log_accept(struct update *update, const struct tuf_fleet *fleet,
	const char *note, const struct vkjson *from_last, const struct note_checkpoint *last,
	struct vk_err *err);

#endif
