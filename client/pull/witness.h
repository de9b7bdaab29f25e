/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * This host as a witness of the audit log: it keeps the newest checkpoint that
 * it has verified (STATE/checkpoint) and accepts another one only with the
 * proof that the log has grown and nothing before has changed. A log that
 * shrank or forked is refused, and says so loudly: somebody rewrote history.
 */
#ifndef VK_PULL_WITNESS_H
#define VK_PULL_WITNESS_H

#include <stdbool.h>

#include "common/err.h"
#include "common/note.h"
#include "common/tuf/tuf_fleet.h"

struct vkjson;

/* The last checkpoint that was accepted; size 0 where there is none yet. */
VK_CHECKED enum vk_rc witness_read(
	const char *state, struct note_checkpoint *out, struct vk_err *err);

/* Which log that checkpoint is of: its first line; empty where there is none yet. */
VK_CHECKED enum vk_rc witness_read_origin(
	const char *state, char out[NOTE_NAME_MAX_BYTES + 1], struct vk_err *err);

/* Verifies a checkpoint against the log's key from the root, and its consistency with the last one
 * (`consistency` as in GET /v1/agent/desired, NULL where the reply has none). Nothing is written.
 */
VK_CHECKED enum vk_rc witness_verify(const struct tuf_fleet *fleet, const char *note,
	const struct vkjson *consistency, const struct note_checkpoint *last,
	struct note_checkpoint *out, struct vk_err *err);

/* Another log has taken the place of the one that this host knows: the root says so, and with which
 * entries it begins. They take the place of the last checkpoint; what was seen after them, if
 * anything, was lost, and counts no longer because the holders of root keys say so. consistency:
 * from the start of the log. *is_lost: the new log does not go on from `last` (from_last is the proof
 * that it would, or NULL). Nothing is written. */
VK_CHECKED enum vk_rc witness_verify_new_log(const struct tuf_fleet *fleet, const char *note,
	const struct vkjson *from_start, const struct vkjson *from_last,
	const struct note_checkpoint *last, struct note_checkpoint *out, bool *is_lost,
	struct vk_err *err);

/* Puts the checkpoint of the log before aside, as evidence; *kept_as is its path, the caller's. */
VK_CHECKED enum vk_rc witness_put_aside(const char *state, char **kept_as, struct vk_err *err);

/* Keeps a verified checkpoint. */
VK_CHECKED enum vk_rc witness_write(const char *state, const char *note, struct vk_err *err);

#endif
