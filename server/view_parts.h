/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The inside of a view, shared by view.c (reading) and view_builder.c (building)
 * and by nobody else. The two parts are counted by themselves, so that a view
 * whose checkpoint alone has changed shares both with its predecessor.
 */
#ifndef VK_VIEW_PARTS_H
#define VK_VIEW_PARTS_H

#include <stdatomic.h>

#include "server/view.h"

struct view_entry {
	uint8_t fingerprint[VIEW_FINGERPRINT_BYTES];
	struct view_identity identity; /* owns its texts and scopes */
};

/* Identities: an array and an open-addressing table of index + 1 into it. */
struct view_directory {
	atomic_size_t refs;
	size_t count, cap;
	struct view_entry *entries;
	size_t table_size; /* a power of two, at least twice count; 0: empty */
	uint32_t *table;
};

/* What hosts fetch; files are sorted by name once finished. */
struct view_publication {
	atomic_size_t refs;
	size_t file_count, file_cap;
	struct view_file *files;
	size_t environment_count, environment_cap;
	struct view_environment *environments;
	size_t expiry_count, expiry_cap;
	struct view_expiry *expiries;
};

struct view {
	atomic_size_t refs;
	char *fleet;
	struct view_directory *directory;
	struct view_publication *publication;
	struct view_log log;
};

size_t view_hash(const uint8_t fingerprint[VIEW_FINGERPRINT_BYTES]);
void view_directory_unref(struct view_directory *part);
void view_publication_unref(struct view_publication *part);

#endif
