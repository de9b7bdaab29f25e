/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `vkcfgd restore`: a fleet's server, rebuilt from a backup. What is restored is
 * older than what hosts have seen, and hosts refuse to go back; so snapshot and
 * timestamp are signed anew with versions that no server can have reached (the
 * seconds since 1970: more than one signature a second), and the audit log is
 * completed, compared with what was seen, or consciously begun anew.
 */
#ifndef VK_SERVER_RESTORE_H
#define VK_SERVER_RESTORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"
#include "common/name.h"

enum { RESTORE_MAX_CHECKPOINTS = 64 };

struct restore_options {
	const char *from;				  /* a backup's directory */
	const char *state;				  /* made, or empty but for settings */
	const char *user;				  /* setting 'user'; NULL: the caller */
	const char *log;				  /* an export of the audit log, or NULL */
	const char *checkpoints[RESTORE_MAX_CHECKPOINTS]; /* that hosts and people have kept */
	size_t checkpoint_count;
	bool is_new_log;
};

struct restored {
	char fleet[VK_NAME_BYTES];
	int64_t backup_created;
	uint64_t log_size;  /* entries in the backup */
	uint64_t recovered; /* entries that came after it */
	struct vk_buf lost; /* a line for each thing that they tell of and the database lacks */
	bool has_new_keys;  /* snapshot, timestamp and log keys were not in the backup */
	bool is_signed; /* snapshot and timestamp are signed; false: a root must name the keys */
	bool is_new_log;
	bool is_compared; /* with something that hosts or people have seen */
};

/* Embedded: restored_init() ... restored_release(). */
void restored_init(struct restored *restored);
void restored_release(struct restored *restored);

/* Started as root, becomes the user. A failed restore takes back what it has written. */
VK_CHECKED enum vk_rc restore_fleet(
	const struct restore_options *options, struct restored *out, struct vk_err *err);

#endif
