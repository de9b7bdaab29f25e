/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The files that were imported against the server that runs from them: where it
 * answers something else than they say, somebody has changed it since, or them.
 * Which of the two counts is for a person to say, for each of them or for all.
 */
#ifndef VK_CONFIG_IMPORT_RUNNING_H
#define VK_CONFIG_IMPORT_RUNNING_H

#include <stdbool.h>
#include <stddef.h>

#include "common/config/conf.h"
#include "common/config/import.h"

enum { CFG_IMPORT_MAX_DIFFERENCES = 10 * 1000 };

enum cfg_import_keep {
	CFG_IMPORT_KEEP_NONE, /* nobody has said it */
	CFG_IMPORT_KEEP_FILE,
	CFG_IMPORT_KEEP_RUNNING,
};

struct cfg_import_difference {
	const char *subject; /* the directive, or "user NAME" */
	const char *in_file; /* NULL: no such user; a secret's is "(secret)" */
	const char *running; /* the same */
	const char *file;    /* whose line it is; "" where none says it: the default */
	unsigned line;
	bool is_secret;
	enum cfg_import_keep keep;
};

/* What the server answers. */
struct cfg_import_running {
	const struct cfg_conf_value *values; /* CONFIG GET *, under canonical names */
	size_t value_count;
	const struct cfg_conf_value *users; /* ACL LIST: names and rules */
	size_t user_count;
	/* Whether a sensitive directive has this value there. */
	bool (*has_secret)(void *context, const char *directive, const char *value);
	void *context;
};

/* To be called once, between the last file and cfg_import_finish(). */
void cfg_import_compare(struct cfg_import *import, const struct cfg_import_running *running);

size_t cfg_import_difference_count(const struct cfg_import *import);
const struct cfg_import_difference *cfg_import_difference_at(
	const struct cfg_import *import, size_t i);

/* Decides one difference; false where none has that subject. Passwords of a running server are not
 * read: of a secret the file's is the only one that can be kept. */
bool cfg_import_decide(struct cfg_import *import, const char *subject, enum cfg_import_keep keep);

/* How many are not decided. */
size_t cfg_import_undecided_count(const struct cfg_import *import);

/* Takes over what runs where that was decided, as if a file had said it. */
VK_CHECKED enum vk_rc cfg_import_keep_running(struct cfg_import *import, struct vk_err *err);

#endif
