/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/config/secret_use.h"

#include <stdlib.h>
#include <string.h>

#include "common/config/fleet_internal.h"
#include "common/mem.h"

#include "common/banned.h"

/* A secret with its uses; info is first, so that accessors find the rest behind it. */
struct secret {
	struct cfg_secret_info info;
	struct cfg_secret_use *uses;
	struct cfg_recipient *hosts;
};

struct cfg_secrets {
	struct arena *arena;
	const char *fleet;
	struct secret **secrets; /* sorted by name */
	size_t count;
	struct cfg_recipient *keepers;
	size_t keeper_count;
};

/* What is being walked. */
struct walk {
	struct cfg_fleet *fleet;
	struct cfg_secrets *out;
	const struct cfg_host *host;
	const struct cfg_instance *instance;
};

void cfg_secrets_free(struct cfg_secrets *secrets)
{
	if (secrets == NULL)
		return;
	for (size_t i = 0; i < secrets->count; i++) {
		free(secrets->secrets[i]->uses);
		free(secrets->secrets[i]->hosts);
	}
	free(secrets->secrets);
	arena_free(secrets->arena);
	free(secrets);
}

/* ---- building ---- */

static struct secret *find(const struct cfg_secrets *secrets, const char *name)
{
	for (size_t i = 0; i < secrets->count; i++) {
		if (strcmp(secrets->secrets[i]->info.name, name) == 0)
			return secrets->secrets[i];
	}
	return NULL;
}

static struct secret *add(struct cfg_secrets *out, const char *environment, const char *name)
{
	struct secret *secret = arena_calloc(out->arena, 1, sizeof(*secret));
	char path[CFG_PINS_PATH_BYTES];

	cfg_pins_path(environment, name, path);
	secret->info.name = arena_strdup(out->arena, name);
	secret->info.file = arena_strdup(out->arena, path);
	if (out->count % 16 == 0)
		out->secrets =
			xreallocarray(out->secrets, out->count + 16, sizeof(struct secret *));
	out->secrets[out->count++] = secret;
	return secret;
}

static struct cfg_recipient make_recipient(
	struct arena *arena, const char *kind, const char *name, const char *digits)
{
	return (struct cfg_recipient){
		.label = arena_printf(arena, "%s/%s", kind, name),
		.name = arena_strdup(arena, name),
		.public_key = digits[0] != '\0' ? arena_printf(arena, "ed25519:%s", digits) : "",
	};
}

/* Hosts are walked in order: it can only be the last one. */
static void add_host(struct walk *walk, struct secret *secret)
{
	size_t count = secret->info.host_count;

	if (count > 0 && strcmp(secret->hosts[count - 1].name, walk->host->name) == 0)
		return;
	if (count % 16 == 0)
		secret->hosts = xreallocarray(secret->hosts, count + 16, sizeof(*secret->hosts));
	secret->hosts[secret->info.host_count++] =
		make_recipient(walk->out->arena, "host", walk->host->name, walk->host->public_key);
}

static void add_use(struct walk *walk, const struct cfg_effective *effective,
	const struct cfg_secret_ref *ref, enum cfg_secret_place place, const char *name)
{
	const char *secret_name = cfg_secret_ref_resolve(walk->fleet, effective, ref);
	struct arena *arena = walk->out->arena;
	struct secret *secret;

	if (secret_name == NULL)
		return;
	secret = find(walk->out, secret_name);
	if (secret == NULL)
		secret = add(walk->out, walk->host->environment->name, secret_name);
	if (secret->info.use_count % 16 == 0)
		secret->uses = xreallocarray(
			secret->uses, secret->info.use_count + 16, sizeof(*secret->uses));
	secret->uses[secret->info.use_count++] = (struct cfg_secret_use){
		.instance = arena_strdup(arena, walk->instance->id),
		.place = place,
		.name = arena_strdup(arena, name),
		.file = arena_strdup(arena, ref->place.file),
		.line = ref->place.line,
	};
	add_host(walk, secret);
}

static void walk_effective(struct walk *walk, const struct cfg_effective *effective)
{
	for (size_t i = 0; i < effective->users.count; i++) {
		const struct cfg_user *user = effective->users.items[i].what;

		for (size_t k = 0; k < user->secret_count; k++)
			add_use(walk, effective, user->secrets[k], CFG_SECRET_USER, user->name);
	}
	for (size_t i = 0; i < effective->config.count; i++) {
		const struct cfg_resolved *resolved = effective->config.items[i].what;

		if (resolved->entry->secret != NULL)
			add_use(walk, effective, resolved->entry->secret, CFG_SECRET_DIRECTIVE,
				resolved->directive->name);
	}
	for (size_t i = 0; i < effective->files.count; i++) {
		const struct cfg_file *file = effective->files.items[i].what;

		if (file->secret != NULL)
			add_use(walk, effective, file->secret, CFG_SECRET_FILE, file->path);
	}
}

/* What the groups that a Sentinel watches tell it. */
static void walk_watched(
	struct cfg_fleet *fleet, struct walk *walk, const struct cfg_effective *effective)
{
	for (const struct cfg_watch *watch = walk->instance->watched; watch != NULL;
		watch = watch->next) {
		const struct cfg_resolved_layer *layer;

		if (watch->group->watch == NULL)
			continue;
		layer = cfg_layer_resolve(fleet, watch->group->watch, effective->role->schema);
		for (size_t i = 0; i < layer->config.count; i++) {
			const struct cfg_resolved *resolved = layer->config.items[i].what;

			if (resolved != NULL && resolved->entry->secret != NULL)
				add_use(walk, effective, resolved->entry->secret,
					CFG_SECRET_DIRECTIVE, resolved->directive->name);
		}
	}
}

static void walk_hosts(
	struct cfg_fleet *fleet, const struct cfg_environment *environment, struct cfg_secrets *out)
{
	for (size_t h = 0; h < fleet->host_count; h++) {
		struct cfg_host *host = &fleet->hosts[h];

		for (size_t i = 0; host->environment == environment && i < host->instance_count;
			i++) {
			struct walk walk = {fleet, out, host, &host->instances[i]};
			struct arena *arena = arena_new();
			struct cfg_effective effective;

			if (host->instances[i].role != NULL) {
				cfg_merge(fleet, host, &host->instances[i], arena, &effective);
				walk_effective(&walk, &effective);
				walk_watched(fleet, &walk, &effective);
			}
			arena_free(arena);
		}
	}
}

static int compare_secrets(const void *a, const void *b)
{
	const struct secret *const *x = a, *const *y = b;

	return strcmp((*x)->info.name, (*y)->info.name);
}

static void collect(
	struct cfg_fleet *fleet, const struct cfg_environment *environment, struct cfg_secrets *out)
{
	out->fleet = arena_strdup(out->arena, fleet->name);
	for (size_t i = 0; i < environment->secret_count; i++)
		add(out, environment->name, environment->secrets[i].name)->info.pins =
			environment->secrets[i].pins;
	walk_hosts(fleet, environment, out);
	if (out->count > 1)
		qsort(out->secrets, out->count, sizeof(struct secret *), compare_secrets);
	out->keepers = arena_calloc(out->arena, environment->keeper_count, sizeof(*out->keepers));
	for (size_t i = 0; i < environment->keeper_count; i++) {
		const struct cfg_keeper *keeper = &environment->keepers[i];

		out->keepers[out->keeper_count++] =
			make_recipient(out->arena, "keeper", keeper->name, keeper->public_key);
	}
}

static enum vk_rc read_fleet(
	struct cfg_fleet *fleet, const char *name, struct cfg_secrets *out, struct vk_err *err)
{
	const struct cfg_environment *environment = cfg_fleet_find_environment(fleet, name);
	enum vk_rc rc = cfg_findings_check(fleet->findings, err);

	if (rc != VK_OK)
		return rc;
	if (environment == NULL) {
		vk_err_set(err, VK_ENOTFOUND, "the tree has no environment '%.100s'", name);
		vk_err_hint(err, "'environments' in fleet.yaml lists them");
		return VK_ENOTFOUND;
	}
	collect(fleet, environment, out);
	return cfg_findings_check(fleet->findings, err);
}

enum vk_rc cfg_secrets_read(const struct cfg_tree *tree, const char *environment,
	struct cfg_findings *findings, struct cfg_secrets **out, struct vk_err *err)
{
	struct cfg_findings *own = findings == NULL ? cfg_findings_new() : NULL;
	struct cfg_fleet *fleet = cfg_fleet_read(tree, findings != NULL ? findings : own);
	struct cfg_secrets *secrets = xcalloc(1, sizeof(*secrets));
	enum vk_rc rc;

	secrets->arena = arena_new();
	rc = read_fleet(fleet, environment, secrets, err);
	cfg_fleet_free(fleet);
	cfg_findings_free(own);
	if (rc == VK_OK)
		*out = secrets;
	else
		cfg_secrets_free(secrets);
	return rc;
}

/* ---- reading out ---- */

const char *cfg_secrets_fleet(const struct cfg_secrets *secrets)
{
	return secrets->fleet;
}

size_t cfg_secrets_count(const struct cfg_secrets *secrets)
{
	return secrets->count;
}

const struct cfg_secret_info *cfg_secrets_at(const struct cfg_secrets *secrets, size_t i)
{
	return &secrets->secrets[i]->info;
}

const struct cfg_secret_info *cfg_secrets_find(const struct cfg_secrets *secrets, const char *name)
{
	const struct secret *found = find(secrets, name);

	return found != NULL ? &found->info : NULL;
}

const struct cfg_secret_use *cfg_secret_use_at(const struct cfg_secret_info *info, size_t i)
{
	return &((const struct secret *)info)->uses[i];
}

const struct cfg_recipient *cfg_secret_host_at(const struct cfg_secret_info *info, size_t i)
{
	return &((const struct secret *)info)->hosts[i];
}

size_t cfg_keeper_count(const struct cfg_secrets *secrets)
{
	return secrets->keeper_count;
}

const struct cfg_recipient *cfg_keeper_at(const struct cfg_secrets *secrets, size_t i)
{
	return &secrets->keepers[i];
}

void cfg_secret_use_format(const struct cfg_secret_use *use, struct vk_buf *out)
{
	switch (use->place) {
	case CFG_SECRET_USER:
		vk_buf_addf(out, "user %s", use->name);
		break;
	case CFG_SECRET_DIRECTIVE:
		vk_buf_addf(out, "directive %s", use->name);
		break;
	case CFG_SECRET_FILE:
		vk_buf_addf(out, "file %s", use->name);
		break;
	}
}
