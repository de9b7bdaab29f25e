/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/config/render.h"

#include <stdlib.h>
#include <string.h>

#include "common/bundle.h"
#include "common/config/fleet_internal.h"
#include "common/mem.h"
#include "common/merkle.h"

#include "common/banned.h"

struct cfg_rendered {
	struct arena *arena;
	const char *fleet;
	const char *environment;
	struct cfg_rules_policy policy;
	struct cfg_rendered_bundle *bundles; /* sorted by id */
	size_t count;
	uint8_t (*leaves)[MERKLE_HASH_BYTES];
	uint8_t root[MERKLE_HASH_BYTES];
};

void cfg_rendered_free(struct cfg_rendered *rendered)
{
	if (rendered == NULL)
		return;
	free(rendered->bundles);
	free(rendered->leaves);
	arena_free(rendered->arena);
	free(rendered);
}

static void add_bundle(struct cfg_rendered *rendered, const struct cfg_host *host,
	const struct cfg_instance *instance, const struct vk_buf *text)
{
	if (rendered->count % 256 == 0)
		rendered->bundles = xreallocarray(
			rendered->bundles, rendered->count + 256, sizeof(*rendered->bundles));
	rendered->bundles[rendered->count++] = (struct cfg_rendered_bundle){
		.id = arena_strdup(rendered->arena, instance->id),
		.host = arena_strdup(rendered->arena, host->name),
		.instance = arena_strdup(rendered->arena, instance->name),
		.role = arena_strdup(rendered->arena, instance->role->name),
		.text = arena_dup(rendered->arena, text->data, text->len),
		.len = text->len,
	};
}

static void render_host(
	struct cfg_fleet *fleet, struct cfg_host *host, struct cfg_rendered *rendered)
{
	size_t first = rendered->count;
	struct vk_buf text;

	vk_buf_init(&text, VK_BUNDLE_MAX_BYTES);
	for (size_t i = 0; i < host->instance_count; i++) {
		struct cfg_instance *instance = &host->instances[i];

		if (instance->role == NULL)
			continue; /* reported when it was read */
		vk_buf_reset(&text);
		if (cfg_render_instance(fleet, host, instance, &text))
			add_bundle(rendered, host, instance, &text);
	}
	for (size_t i = first; host->memory > 0 && i < rendered->count; i++) {
		rendered->bundles[i].host_memory = host->memory;
		rendered->bundles[i].host_memory_needed = host->memory_needed;
	}
	cfg_host_memory_warn(fleet, host);
	vk_buf_release(&text);
}

static int compare_bundles(const void *a, const void *b)
{
	const struct cfg_rendered_bundle *x = a, *y = b;

	return strcmp(x->id, y->id);
}

/* Sorts the bundles and grows the tree over them. Not the order of hosts: "a-b/x" comes before
 * "a/x", since '-' is less than '/'. */
static void finish(struct cfg_rendered *rendered)
{
	if (rendered->count > 1)
		qsort(rendered->bundles, rendered->count, sizeof(*rendered->bundles),
			compare_bundles);
	rendered->leaves = xcalloc(rendered->count + 1, sizeof(*rendered->leaves));
	for (size_t i = 0; i < rendered->count; i++)
		vk_bundle_leaf_hash(
			rendered->bundles[i].text, rendered->bundles[i].len, rendered->leaves[i]);
	merkle_root((const uint8_t(*)[MERKLE_HASH_BYTES])rendered->leaves, rendered->count,
		rendered->root);
}

static enum vk_rc render_fleet(struct cfg_fleet *fleet, const char *environment,
	struct cfg_rendered *rendered, struct vk_err *err)
{
	if (cfg_findings_errors(fleet->findings) == 0 &&
		!cfg_fleet_has_environment(fleet, environment)) {
		vk_err_set(err, VK_ENOTFOUND, "the tree has no environment '%.100s'", environment);
		vk_err_hint(err, "'environments' in fleet.yaml lists them");
		return VK_ENOTFOUND;
	}
	for (size_t i = 0; i < fleet->host_count; i++) {
		struct cfg_host *host = &fleet->hosts[i];

		if (host->environment != NULL && strcmp(host->environment->name, environment) == 0)
			render_host(fleet, host, rendered);
	}
	for (size_t i = 0; i < fleet->environment_count; i++) {
		if (strcmp(fleet->environments[i].name, environment) != 0)
			continue;
		cfg_secrets_warn(fleet, &fleet->environments[i]);
		cfg_policy_copy(rendered->arena, &fleet->environments[i].policy, &rendered->policy);
	}
	finish(rendered);
	return cfg_findings_check(fleet->findings, err);
}

enum vk_rc cfg_render(const struct cfg_tree *tree, const char *environment,
	struct cfg_findings *findings, struct cfg_rendered **out, struct vk_err *err)
{
	struct cfg_findings *own = findings == NULL ? cfg_findings_new() : NULL;
	struct cfg_rendered *rendered = xcalloc(1, sizeof(*rendered));
	struct cfg_fleet *fleet;
	enum vk_rc rc;

	rendered->arena = arena_new();
	rendered->environment = arena_strdup(rendered->arena, environment);
	fleet = cfg_fleet_read(tree, findings != NULL ? findings : own);
	rc = render_fleet(fleet, environment, rendered, err);
	if (rc == VK_OK)
		rendered->fleet = arena_strdup(rendered->arena, fleet->name);
	cfg_fleet_free(fleet);
	cfg_findings_free(own);
	if (rc == VK_OK)
		*out = rendered;
	else
		cfg_rendered_free(rendered);
	return rc;
}

size_t cfg_rendered_count(const struct cfg_rendered *rendered)
{
	return rendered->count;
}

const struct cfg_rendered_bundle *cfg_rendered_at(const struct cfg_rendered *rendered, size_t i)
{
	return &rendered->bundles[i];
}

const struct cfg_rendered_bundle *cfg_rendered_find(
	const struct cfg_rendered *rendered, const char *id, size_t *index_out)
{
	const struct cfg_rendered_bundle wanted = {.id = id}, *found;

	if (rendered->count == 0)
		return NULL;
	found = bsearch(&wanted, rendered->bundles, rendered->count, sizeof(*rendered->bundles),
		compare_bundles);
	if (found != NULL && index_out != NULL)
		*index_out = (size_t)(found - rendered->bundles);
	return found;
}

const uint8_t (*cfg_rendered_leaves(const struct cfg_rendered *rendered))[32]
{
	return (const uint8_t(*)[32])rendered->leaves;
}

const uint8_t *cfg_rendered_root(const struct cfg_rendered *rendered)
{
	return rendered->root;
}

enum vk_rc cfg_rendered_check_fleet(
	const struct cfg_rendered *rendered, const char *fleet, struct vk_err *err)
{
	if (strcmp(rendered->fleet, fleet) == 0)
		return VK_OK;
	vk_err_set(err, VK_EINPUT, "fleet.yaml: the tree is of fleet '%s', not of '%s'",
		rendered->fleet, fleet);
	vk_err_hint(err, "submit to the fleet that it is of, or write: fleet: %s", fleet);
	return VK_EINPUT;
}

const char *cfg_rendered_environment(const struct cfg_rendered *rendered)
{
	return rendered->environment;
}

const struct cfg_rules_policy *cfg_rendered_policy(const struct cfg_rendered *rendered)
{
	return &rendered->policy;
}
