/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What validation finds in a tree: all of it, not the first. Each finding says
 * where, what is wrong with which value, and what would be right.
 */
#ifndef VK_CONFIG_FINDINGS_H
#define VK_CONFIG_FINDINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/buf.h"
#include "common/err.h"

enum { CFG_FINDINGS_MAX = 1000 }; /* what comes after is counted, not kept */

enum cfg_severity {
	CFG_ERROR,   /* the tree cannot be rendered */
	CFG_WARNING, /* it can, but someone should look */
};

struct cfg_finding {
	enum cfg_severity severity;
	const char *file; /* path in the tree; "" where no file is meant */
	unsigned line;	  /* from 1; 0: the file as a whole */
	unsigned column;
	const char *message; /* one sentence without a dot; names key and value */
	const char *hint;    /* what would be right; may be "" */
	const char *value;   /* the offending value, "" where none or where it is a secret */
};

struct cfg_findings;

struct cfg_findings *cfg_findings_new(void);
void cfg_findings_free(struct cfg_findings *findings);

/* Findings sorted by file, line, column; without duplicates. Borrowed until the next addition. */
size_t cfg_findings_count(const struct cfg_findings *findings);
const struct cfg_finding *cfg_findings_at(struct cfg_findings *findings, size_t i);

/* How many are errors, those beyond CFG_FINDINGS_MAX included. */
size_t cfg_findings_errors(const struct cfg_findings *findings);

/* "FILE:LINE:COLUMN: message" of one finding, without the hint. */
void cfg_finding_format(const struct cfg_finding *finding, struct vk_buf *out);

/* Adds a finding; all texts are copied. value and hint may be NULL. */
void cfg_findings_add(struct cfg_findings *findings, const struct cfg_finding *finding);

/* VK_OK where there is no error; else VK_EINPUT with the first error as message ("... (and 3
 * more)") and its hint. */
VK_CHECKED enum vk_rc cfg_findings_check(struct cfg_findings *findings, struct vk_err *err);

#endif
