/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which line of which file set a value of an instance, and what it overrode.
 */
#ifndef VK_CONFIG_EXPLAIN_H
#define VK_CONFIG_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "common/config/tree.h"
#include "common/err.h"

struct cfg_origin {
	const char *layer; /* "template", "role", "environment", "host", "instance" */
	const char *file;  /* path in the tree; templates: "templates/NAME.yaml" of vkcfg itself */
	unsigned line;
	unsigned column;
	const char *text;  /* as written, before substitution; "null" where it takes the key away */
	bool is_effective; /* the one that counts */
};

struct cfg_explanation;

/* Explains directive (any of its names) of instance "HOST/INSTANCE". VK_ENOTFOUND: no such
 * instance or directive. Never shows the value of a sensitive directive. */
VK_CHECKED enum vk_rc cfg_explain(const struct cfg_tree *tree, const char *id,
	const char *directive, struct cfg_explanation **out, struct vk_err *err);
void cfg_explanation_free(struct cfg_explanation *explanation);

/* What the instance gets, in CONFIG GET form; the server's default where no layer sets it. */
const char *cfg_explanation_value(const struct cfg_explanation *explanation);

/* Layers that name the directive, weakest first; 0: the server's default holds. */
size_t cfg_explanation_count(const struct cfg_explanation *explanation);
const struct cfg_origin *cfg_explanation_at(const struct cfg_explanation *explanation, size_t i);

#endif
