/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a doctor has looked at: one line for each check, in the order of looking,
 * with what is right or wrong, and for what is wrong what to do about it.
 */
#ifndef VK_PULL_CHECKUP_H
#define VK_PULL_CHECKUP_H

#include <stddef.h>

#include "common/buf.h"
#include "common/err.h"

enum checkup_verdict {
	CHECKUP_OK,
	CHECKUP_WARNING, /* works, and somebody should look */
	CHECKUP_PROBLEM, /* vkcfg-pull cannot do its work, or not all of it */
};

struct checkup;

struct checkup *checkup_new(void);
void checkup_free(struct checkup *checkup);

/* What the next additions are about: an instance's name, or NULL for the host. Borrowed. */
void checkup_set_subject(struct checkup *checkup, const char *subject);

/* check: a stable name ("state-directory"); remedy: NULL for what is right. */
void checkup_add(struct checkup *checkup, enum checkup_verdict verdict, const char *check,
	const char *remedy, const char *fmt, ...) VK_PRINTF(5, 6);

/* What a function failed at. Its hint is the remedy, or else `remedy`. */
void checkup_add_failure(struct checkup *checkup, enum checkup_verdict verdict, const char *check,
	const char *remedy, const struct vk_err *err);

size_t checkup_count(const struct checkup *checkup, enum checkup_verdict verdict);

/* Appends all of it, and a sentence that counts. */
void checkup_format(const struct checkup *checkup, struct vk_buf *out);
void checkup_format_json(const struct checkup *checkup, struct vk_buf *out);

#endif
