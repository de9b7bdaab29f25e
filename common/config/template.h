/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The templates that vkcfg carries: roles that embed the security baseline (schema/templates/).
 * One may extend another; what it says itself wins. A published one never changes a byte, because
 * trees that were signed render with it: it gets a successor (cache@1, cache@2).
 */
#ifndef VK_CONFIG_TEMPLATE_H
#define VK_CONFIG_TEMPLATE_H

#include <stddef.h>

struct cfg_template {
	const char *name; /* "baseline@1" */
	const char *text; /* YAML, in the form of a role; see docs/templates.md */
};

enum { CFG_TEMPLATE_MAX_DEPTH = 4 }; /* that extend each other */

extern const struct cfg_template cfg_templates[]; /* sorted by name */
extern const size_t cfg_template_count;

/* NULL: there is no such template. */
const struct cfg_template *cfg_template_find(const char *name);

/* The next version of the same template, or NULL. */
const struct cfg_template *cfg_template_successor(const struct cfg_template *template);

/* For somebody who named one that is not there: "did you mean 'cache@1'?", or the list. */
void cfg_template_hint(const char *name, char *hint, size_t size);

#endif
