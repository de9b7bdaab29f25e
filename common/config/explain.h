/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which line of which file set a value of an instance, and what it overrode.
 */
#ifndef VK_CONFIG_EXPLAIN_H
#define VK_CONFIG_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "common/config/directive.h"
#include "common/config/template.h"
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

enum { CFG_EXPLAINED_LAYERS = CFG_TEMPLATE_MAX_DEPTH + 4 };

/* The layer that keeps later ones from saying anything about it. */
struct cfg_explained_lock {
	const char *layer; /* NULL: nobody locks it */
	const char *file;
	unsigned line;
};

struct cfg_explained {
	const char
		*word; /* "maxmemory", "users.app", "files.PATH", "apply.KEY", "parameters.NAME" */
	const struct cfg_directive
		*directive; /* of the role's version of Valkey; NULL: no directive */
	/* Of a directive in CONFIG GET form, the server's default where no layer sets it; of a user
	 * the line of users.acl, without hashes. */
	const char *value;
	struct cfg_explained_lock lock;
	size_t count; /* layers that name it, weakest first; 0: the server's default holds */
	struct cfg_origin origins[CFG_EXPLAINED_LAYERS];
};

struct cfg_explanation;

/* Explains a word of instance "HOST/INSTANCE": a directive (any of its names), users.NAME,
 * files.PATH, apply.KEY or parameters.NAME; with NULL all that a layer sets. VK_ENOTFOUND: no such
 * instance or word. Never shows the value of a sensitive one. */
VK_CHECKED enum vk_rc cfg_explain(const struct cfg_tree *tree, const char *id, const char *word,
	struct cfg_explanation **out, struct vk_err *err);
void cfg_explanation_free(struct cfg_explanation *explanation);

/* The group of the instance, NULL: it is in none. */
struct cfg_explained_group {
	const char *name;
	const char *kind; /* "replicated" or "cluster" */
	const char *file;
	size_t shard, shard_count;
	size_t count;
	const char *const *members; /* of the shard, "HOST/INSTANCE (ADDRESS:PORT)" */
};
const struct cfg_explained_group *cfg_explanation_group(const struct cfg_explanation *explanation);

/* Directives by name, then users, files, apply and parameters by theirs. */
size_t cfg_explanation_count(const struct cfg_explanation *explanation);
const struct cfg_explained *cfg_explanation_at(const struct cfg_explanation *explanation, size_t i);

#endif
