/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Why an instance has what it has: which line of which file set it, what that overrode, who locks
 * it, and of what it is made.
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
	const char *layer; /* "template", "role", "environment", "host", "instance"; "acl-role" */
	const char *file;  /* path in the tree; templates: "templates/NAME.yaml" of vkcfg itself */
	unsigned line;
	unsigned column;
	const char *text; /* as written, before substitution; "null" where it takes the key away */
	const char *reason; /* why a template says so; NULL: it does not tell, or is none */
	bool is_effective;  /* the one that counts */
};

enum { CFG_EXPLAINED_LAYERS = CFG_TEMPLATE_MAX_DEPTH + 4 };

struct cfg_explained {
	const char *section; /* "config", "users", "files", "apply", "parameters", "group" */
	const char *word;    /* by which it is asked for: "maxmemory", "users.app" */
	const struct cfg_directive *directive; /* of the role's version; NULL: it is none */
	/* What is in force. Directives: CONFIG GET form, the server's default where no layer sets
	 * it. Users: rules in normal form. NULL: taken away, or never there. */
	const char *value;
	const char *fallback;	       /* what holds where no layer says anything, or NULL */
	bool is_fallback;	       /* the value says the same */
	const char *help;	       /* one sentence, or NULL */
	const char *share;	       /* of which memory the value is a part, or NULL */
	const struct cfg_origin *lock; /* who forbids later layers to say anything; NULL: nobody */
	size_t count;		       /* layers that name it, weakest first; 0: no layer does */
	struct cfg_origin origins[CFG_EXPLAINED_LAYERS];
	size_t acl_role_count; /* of a user; their texts are part of its rules */
	const struct cfg_origin *acl_roles;
	size_t secret_count;
	const char *const *secrets; /* "secret:NAME (version 2)" */
	size_t hash_count;	    /* passwords that the tree has as hashes, which are not shown */
	size_t used_count; /* parameters and built-in variables that the value is made of */
	const struct cfg_explained *used;
};

struct cfg_explanation;

/* Explains a word of instance "HOST/INSTANCE": a directive (any of its names), users.NAME,
 * files.PATH, apply.KEY, parameters.NAME or group; with NULL all that there is, by section and
 * name. VK_ENOTFOUND: no such instance or word. Never shows the value of a sensitive one. */
VK_CHECKED enum vk_rc cfg_explain(const struct cfg_tree *tree, const char *id, const char *word,
	struct cfg_explanation **out, struct vk_err *err);
void cfg_explanation_free(struct cfg_explanation *explanation);

/* Of the instance. */
const char *cfg_explanation_environment(const struct cfg_explanation *explanation);

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

/* By section, then by name. */
size_t cfg_explanation_count(const struct cfg_explanation *explanation);
const struct cfg_explained *cfg_explanation_at(const struct cfg_explanation *explanation, size_t i);

#endif
