/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of schema/import/variables.tsv: what variables of other tools set. */
#ifndef VK_CONFIG_IMPORT_VARS_H
#define VK_CONFIG_IMPORT_VARS_H

#include <stddef.h>

enum import_variable_form {
	IMPORT_VAR_VALUE,
	IMPORT_VAR_CLASS,
	IMPORT_VAR_RENAME,
	IMPORT_VAR_USERS,
	IMPORT_VAR_IF_YES,
	IMPORT_VAR_IF_NO,
	IMPORT_VAR_TEXT,
	IMPORT_VAR_MAP,
	IMPORT_VAR_INSTANCES,
	IMPORT_VAR_NONE,
};

struct import_variable {
	const char *name;      /* "bind-interface", "package*" */
	const char *directive; /* or "" */
	enum import_variable_form form;
	const char *word; /* of IMPORT_VAR_CLASS */
	const char *hint;
};

extern const struct import_variable import_variables[]; /* sorted by name */
extern const size_t import_variable_count;

#endif
