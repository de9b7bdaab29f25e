/* SPDX-License-Identifier: BSD-3-Clause */
/* Shared by explain.c and explain_words.c; nobody else includes it. */
#ifndef VK_CONFIG_EXPLAIN_INTERNAL_H
#define VK_CONFIG_EXPLAIN_INTERNAL_H

#include "common/config/explain.h"
#include "common/config/fleet_internal.h"

/* The instance that is explained, and what it gets. */
struct cfg_explaining {
	struct cfg_fleet *fleet;
	struct cfg_host *host;
	struct cfg_instance *instance;
	struct cfg_effective effective;
	struct arena *arena; /* all that is handed out */
	size_t layer_count;
	const struct cfg_layer *layers[CFG_EXPLAINED_LAYERS]; /* weakest first */
};

/* ---- explain_words.c ---- */

/* What is no directive, by its name within the section. False: there is no such thing. */
bool cfg_explain_word(const struct cfg_explaining *x, enum cfg_section section, const char *name,
	struct cfg_explained *out);

/* The names of a section that are in force, or could be. */
struct cfg_list cfg_explain_names(const struct cfg_explaining *x, enum cfg_section section);

/* ---- explain.c ---- */

/* The next layer that speaks, stronger than those before. */
struct cfg_origin *cfg_explain_add(const struct cfg_explaining *x, const struct cfg_layer *layer,
	struct cfg_place place, const char *text, struct cfg_explained *out);

/* A template's reason for what it says about a name; NULL: none. */
const char *cfg_explain_reason(const struct cfg_explaining *x, const struct cfg_layer *layer,
	enum cfg_section section, const char *name);

/* Who locks out->word. */
void cfg_explain_lock(const struct cfg_explaining *x, struct cfg_explained *out);

/* The parameters and variables that stand in texts. */
void cfg_explain_used(const struct cfg_explaining *x, const char *const *texts, size_t count,
	struct cfg_explained *out);

/* Which secret it is and in which version; never its value, which nobody here knows. */
const char *cfg_explain_secret(const struct cfg_explaining *x, const struct cfg_secret_ref *ref);

/* "60% of ..." where the text is a share of the host's memory. */
const char *cfg_explain_share(const struct cfg_explaining *x, const char *text);

#endif
