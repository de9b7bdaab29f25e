/* SPDX-License-Identifier: BSD-3-Clause */
/* SARIF 2.1.0 (OASIS): results of a check in the form that editors and code review read. */
#ifndef ADMIN_SARIF_H
#define ADMIN_SARIF_H

struct vkjson;

struct sarif_result {
	const char *rule;
	const char *level; /* "error", "warning" or "note" */
	const char *text;
	const char *file;	   /* relative; "" or NULL where none is meant */
	unsigned line;		   /* from 1; 0: the file as a whole */
	unsigned column;	   /* from 1; 0: the line as a whole */
	const char *justification; /* why it is accepted; NULL: it is not */
};

/* A log with one run of this program and no results. */
struct vkjson *sarif_new(void);

/* A rule that results refer to; help may be NULL. */
void sarif_add_rule(struct vkjson *log, const char *id, const char *what, const char *help);
void sarif_add_result(struct vkjson *log, const struct sarif_result *result);

#endif
