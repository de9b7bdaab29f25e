/* SPDX-License-Identifier: BSD-3-Clause */
/* The templates that vkcfg carries: roles that embed the security baseline (schema/templates/). */
#ifndef VK_CONFIG_TEMPLATE_H
#define VK_CONFIG_TEMPLATE_H

#include <stddef.h>

struct cfg_template {
	const char *name; /* "baseline@1": a published one never changes, it gets a successor */
	const char *text; /* YAML, in the form of a role */
};

extern const struct cfg_template cfg_templates[];
extern const size_t cfg_template_count;

#endif
