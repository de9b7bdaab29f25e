/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The checkpoint of this person's last verification (home/checkpoint), and what it
 * demands of the log now: that it has only grown. Its signature counts by the key
 * that the root of its time names; the log that took its place, if one did, must
 * begin as the root says.
 */
#ifndef ADMIN_AUDIT_BEFORE_H
#define ADMIN_AUDIT_BEFORE_H

#include <stdbool.h>
#include <stdint.h>

#include "client/admin/audit_leaves.h"
#include "common/buf.h"
#include "common/err.h"
#include "common/note.h"
#include "common/tuf/tuf_fleet.h"

struct audit_before {
	bool is_there; /* false: this is the first verification */
	bool is_lost;  /* audit_before_check(): entries of then are gone, as the root says */
	struct note_checkpoint checkpoint;
	char origin[NOTE_NAME_MAX_BYTES + 1];
	struct vk_buf note;
};

/* Embedded: audit_before_init() ... audit_before_release(). */
void audit_before_init(struct audit_before *before);
void audit_before_release(struct audit_before *before);

/* Reads and verifies it; newest_root is the version of the root that `fleet` is from. */
VK_CHECKED enum vk_rc audit_before_load(struct audit_before *before, const char *home,
	const struct tuf_fleet *fleet, int64_t newest_root, struct vk_err *err);

/* Marks what audit_before_check() will ask for, before the entries are gone over. */
void audit_before_mark(const struct audit_before *before, const struct tuf_fleet *fleet,
	struct audit_leaves *leaves);

/* How many entries may be left out at the most for this to be checked. */
uint64_t audit_before_first(const struct audit_before *before, const struct tuf_fleet *fleet);

/* Whether the leaves make `now`, and go on from then. VK_EUNTRUSTED if not. */
VK_CHECKED enum vk_rc audit_before_check(struct audit_before *before, const struct tuf_fleet *fleet,
	const struct audit_leaves *leaves, const struct note_checkpoint *now, struct vk_err *err);

/* Keeps the note of a log that was replaced, as evidence, before a newer one takes its place. */
VK_CHECKED enum vk_rc audit_before_put_aside(
	const struct audit_before *before, const char *home, struct vk_err *err);

#endif
