/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a template sets, piece by piece, and why: for people who choose one.
 */
#ifndef VK_CONFIG_TEMPLATE_SHOW_H
#define VK_CONFIG_TEMPLATE_SHOW_H

#include <stddef.h>

#include "common/config/template.h"
#include "common/err.h"

/* One thing that it decides; of templates that extend each other the last word. */
struct cfg_template_choice {
	const char *section; /* "config", "users", "apply" */
	const char *name;
	const char *value;  /* as written, lists joined by ", "; "null": taken away again */
	const char *origin; /* the template that says so */
	const char *reason; /* NULL: none, which a test refuses */
};

/* One thing that a role or a layer above may decide. Texts as written, NULL: none. */
struct cfg_template_parameter {
	const char *name, *type, *fallback, *min, *max, *values, *help;
	const char *origin;
};

/* All texts live as long as it does. */
struct cfg_template_shown {
	const char *name;
	const char *summary, *use, *extends, *kind; /* as written, or NULL */
	const struct cfg_template_parameter *parameters;
	size_t parameter_count;
	const struct cfg_template_choice *choices;
	size_t choice_count;
	struct arena *arena;
	struct vkyaml *docs[CFG_TEMPLATE_MAX_DEPTH];
	size_t doc_count;
};

/* Freed with cfg_template_shown_free(). Fails for a template that does not parse: our bug. */
VK_CHECKED enum vk_rc cfg_template_show(
	const struct cfg_template *template, struct cfg_template_shown **out, struct vk_err *err);
void cfg_template_shown_free(struct cfg_template_shown *shown);

#endif
