/* SPDX-License-Identifier: BSD-3-Clause */
/* Values of variables as lines of a configuration file. Used by import_vars.c. */
#ifndef VK_CONFIG_IMPORT_VARS_LINE_H
#define VK_CONFIG_IMPORT_VARS_LINE_H

#include <stdbool.h>

#include "common/config/import_internal.h"
#include "common/config/import_vars.h"
#include "common/vkyaml.h"

/* What stands for a value that Ansible Vault has encrypted. */
#define IMPORT_VAULT "{{vault}}"

/* A value that is found out elsewhere: with an expression of Jinja, or encrypted. */
bool import_vars_is_open(const struct vkyaml_node *value);

/* The lines that a variable stands for, as the templates of roles write them. place is that of the
 * variable. */
void import_vars_lines(struct cfg_import *import, const struct import_place *place,
	const struct cfg_directive *d, const struct import_variable *variable,
	const struct vkyaml_node *value);

/* Lines of a configuration file: a block of text, or a list of lines. */
void import_vars_text(struct cfg_import *import, const struct import_place *place,
	const struct vkyaml_node *value, const char *before);

#endif
