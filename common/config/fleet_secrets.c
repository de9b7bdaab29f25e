/* SPDX-License-Identifier: BSD-3-Clause */
/* Secrets of a tree: the files that pin them, the keepers, and references to them. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/config/fleet_internal.h"
#include "common/mem.h"
#include "common/name.h"
#include "common/nearest.h"
#include "common/num.h"
#include "common/placeholder.h"

#include "common/banned.h"

#define REFERENCE "secret:"

/* ---- secrets/ENV/NAME.yaml ---- */

static int compare_secret(const void *key, const void *element)
{
	return strcmp(key, ((const struct cfg_secret *)element)->name);
}

static int compare_secrets(const void *a, const void *b)
{
	return compare_secret(((const struct cfg_secret *)a)->name, b);
}

struct cfg_secret *cfg_secret_find(const struct cfg_environment *environment, const char *name)
{
	if (environment->secret_count == 0)
		return NULL;
	return bsearch(name, environment->secrets, environment->secret_count,
		sizeof(*environment->secrets), compare_secret);
}

/* The environment that "secrets/ENV/" in a path names; NULL after a finding. */
static struct cfg_environment *environment_of_path(struct cfg_fleet *fleet, const char *path)
{
	const char *directory = path + strlen("secrets/");
	const char *name = arena_dup(fleet->arena, directory, strcspn(directory, "/"));
	struct cfg_environment *environment = cfg_fleet_find_environment(fleet, name);
	const struct cfg_place place = {.file = path};

	if (environment == NULL)
		cfg_report_unknown_environment(fleet, &place, name);
	return environment;
}

static void add_secret(struct cfg_fleet *fleet, struct cfg_environment *environment,
	const char *name, const char *file, const struct vkyaml_node *root)
{
	struct cfg_pins pins;

	if (!cfg_pins_read(fleet, file, root, &pins))
		return;
	if (environment->secret_count % 16 == 0)
		environment->secrets = xreallocarray(environment->secrets,
			environment->secret_count + 16, sizeof(*environment->secrets));
	environment->secrets[environment->secret_count++] = (struct cfg_secret){
		.name = name, .place = {.file = file, .line = 1, .column = 1}, .pins = pins};
}

void cfg_secrets_read_files(struct cfg_fleet *fleet)
{
	size_t end;

	for (size_t i = cfg_fleet_first_file(fleet->tree, "secrets/", &end); i < end; i++) {
		const struct cfg_tree_file *file = cfg_tree_file_at(fleet->tree, i);
		const struct vkyaml_node *root = cfg_fleet_open_file(fleet, file, "secret");
		const char *name = cfg_fleet_name_of_file(fleet, file->path);
		struct cfg_environment *environment = environment_of_path(fleet, file->path);

		if (name != NULL && environment != NULL)
			add_secret(fleet, environment, name, file->path, root);
	}
	/* By name, not by path: '-' comes before the '.' of ".yaml". */
	for (size_t i = 0; i < fleet->environment_count; i++) {
		if (fleet->environments[i].secret_count > 1)
			qsort(fleet->environments[i].secrets, fleet->environments[i].secret_count,
				sizeof(struct cfg_secret), compare_secrets);
	}
}

/* ---- keepers ---- */

static void check_keeper(
	struct cfg_fleet *fleet, const struct cfg_environment *environment, size_t i)
{
	const struct cfg_keeper *keeper = &environment->keepers[i];

	for (size_t k = 0; k < i; k++) {
		if (strcmp(environment->keepers[k].public_key, keeper->public_key) == 0)
			cfg_report(fleet, &keeper->place, keeper->public_key,
				"each keeper has a key of his own: vkcfg key new",
				"keepers '%s' and '%s' have the same public key",
				environment->keepers[k].name, keeper->name);
	}
}

static int compare_keepers(const void *a, const void *b)
{
	const struct cfg_keeper *x = a, *y = b;

	return strcmp(x->name, y->name);
}

void cfg_keepers_read(struct cfg_fleet *fleet, const char *file, const struct vkyaml_node *node,
	struct cfg_environment *environment)
{
	const struct vkyaml_node *map = cfg_expect_map(fleet, file, node, "keepers");

	if (map == NULL)
		return;
	environment->keepers =
		arena_calloc(fleet->arena, vkyaml_count(map), sizeof(*environment->keepers));
	for (size_t i = 0; i < vkyaml_count(map); i++) {
		struct cfg_keeper *keeper = &environment->keepers[environment->keeper_count];

		*keeper = (struct cfg_keeper){.name = vkyaml_key(map, i),
			.place = cfg_place_of(file, vkyaml_key_mark(map, i))};
		if (!vk_name_is_valid(keeper->name)) {
			cfg_report(fleet, &keeper->place, keeper->name, CFG_NAME_HINT,
				"'%.100s' cannot be the name of a keeper", keeper->name);
			continue;
		}
		keeper->public_key = cfg_read_public_key(fleet, file, vkyaml_at(map, i), "keepers",
			"the public half of a key of 'vkcfg key new', as 'vkcfg key show' prints "
			"it");
		if (keeper->public_key[0] != '\0')
			check_keeper(fleet, environment, environment->keeper_count++);
	}
	qsort(environment->keepers, environment->keeper_count, sizeof(*environment->keepers),
		compare_keepers);
}

/* A keeper with the key of a host: that host could open everything. */
static void check_keeper_is_no_host(struct cfg_fleet *fleet, const struct cfg_keeper *keeper)
{
	for (size_t i = 0; i < fleet->host_count; i++) {
		if (strcmp(fleet->hosts[i].public_key, keeper->public_key) == 0)
			cfg_report(fleet, &keeper->place, keeper->public_key,
				"keepers are people: vkcfg key new",
				"keeper '%s' has the public key of host '%s'", keeper->name,
				fleet->hosts[i].name);
	}
}

void cfg_keepers_check(struct cfg_fleet *fleet)
{
	for (size_t i = 0; i < fleet->environment_count; i++) {
		for (size_t k = 0; k < fleet->environments[i].keeper_count; k++)
			check_keeper_is_no_host(fleet, &fleet->environments[i].keepers[k]);
	}
}

/* ---- references ---- */

const char *cfg_secret_ref_name(const char *text)
{
	size_t len = strlen(REFERENCE);

	return strncmp(text, REFERENCE, len) == 0 ? text + len : NULL;
}

const struct cfg_secret_ref *cfg_secret_ref_read(
	struct cfg_fleet *fleet, const struct cfg_place *place, const char *name)
{
	struct cfg_secret_ref *ref;

	bool is_parameter = strncmp(name, "${", 2) == 0 && name[strlen(name) - 1] == '}';

	if (is_parameter)
		name = arena_dup(fleet->arena, name + 2, strlen(name) - 3);
	if (!vk_name_is_valid(name)) { /* not shown: it may be a password */
		cfg_report(fleet, place, NULL,
			CFG_NAME_HINT "; or as a whole a parameter of type secret: ${name}",
			"a reference to a secret without the name of one");
		return NULL;
	}
	ref = arena_calloc(fleet->arena, 1, sizeof(*ref));
	*ref = (struct cfg_secret_ref){name, is_parameter, *place};
	return ref;
}

const char *cfg_secret_ref_resolve(struct cfg_fleet *fleet, const struct cfg_effective *effective,
	const struct cfg_secret_ref *ref)
{
	const struct cfg_role *role = effective->role;
	const struct cfg_parameter *p;

	if (!ref->is_parameter)
		return ref->name;
	p = cfg_parameter_find(role->parameters, role->parameter_count, ref->name);
	if (p == NULL) {
		cfg_report_no_parameter(fleet, &ref->place, role, ref->name);
		return NULL;
	}
	if (p->type != CFG_PARAMETER_SECRET) {
		cfg_report(fleet, &ref->place, ref->name, "type: secret",
			"parameter '%s' is not of type secret", ref->name);
		return NULL;
	}
	return effective->values[p - role->parameters]; /* a missing one has been reported */
}

static void report_unknown(struct cfg_fleet *fleet, const struct cfg_environment *environment,
	const struct cfg_secret_ref *ref, const char *name)
{
	struct vk_nearest nearest = vk_nearest_init(name);
	char hint[256];

	for (size_t i = 0; i < environment->secret_count; i++)
		vk_nearest_offer(&nearest, environment->secrets[i].name);
	if (nearest.word != NULL)
		snprintf(hint, sizeof(hint), "did you mean '%s'?", nearest.word);
	else
		snprintf(hint, sizeof(hint), "vkcfg secret set %s %s", environment->name, name);
	cfg_report(fleet, &ref->place, name, hint, "environment '%s' has no secret '%s'",
		environment->name, name);
}

const struct cfg_pins *cfg_secret_resolve(struct cfg_fleet *fleet,
	const struct cfg_effective *effective, const struct cfg_secret_ref *ref, const char **name)
{
	/* A role on its own: which versions there are is another environment's business. */
	static const struct cfg_pins any = {.current = {.version = 1}};
	struct cfg_secret *secret;

	*name = cfg_secret_ref_resolve(fleet, effective, ref);
	if (*name == NULL)
		return NULL;
	if (effective->environment == NULL)
		return &any;
	secret = cfg_secret_find(effective->environment, *name);
	if (secret == NULL) {
		report_unknown(fleet, effective->environment, ref, *name);
		return NULL;
	}
	secret->is_used = true;
	return &secret->pins;
}

/* ---- what a bundle names ---- */

static int compare_named(const void *a, const void *b)
{
	const struct vk_bundle_secret *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order != 0 ? order : (x->version > y->version) - (x->version < y->version);
}

static bool has_secret(const struct cfg_bundle_secrets *list, const struct vk_bundle_secret *secret)
{
	for (size_t i = 0; i < list->count; i++) {
		if (compare_named(&list->items[i], secret) == 0)
			return true;
	}
	return false;
}

/* Adds the version that a placeholder of our own making names. */
static enum vk_rc add_named(const struct cfg_environment *environment,
	const struct vk_placeholder *found, struct cfg_bundle_secrets *out, struct vk_err *err)
{
	const struct cfg_secret *secret = cfg_secret_find(environment, found->name);
	struct vk_bundle_secret item = {.version = found->version};
	struct cfg_pin valid[CFG_PINS_MAX];
	size_t count = secret != NULL ? cfg_pins_valid(&secret->pins, valid) : 0;

	for (size_t i = 0; i < count; i++) {
		if (valid[i].version != found->version)
			continue;
		item.name = secret->name;
		vk_parse_hex(
			valid[i].sha256, strlen(valid[i].sha256), item.sha256, sizeof(item.sha256));
	}
	if (item.name == NULL) /* vk_bundle_format() refuses what is left of it */
		return VK_OK;
	if (has_secret(out, &item))
		return VK_OK;
	if (out->count == VK_BUNDLE_MAX_SECRETS)
		return vk_err_set(
			err, VK_ELIMIT, "more than %d versions of secrets", VK_BUNDLE_MAX_SECRETS);
	out->items[out->count++] = item;
	return VK_OK;
}

enum vk_rc cfg_collect_secrets(const struct cfg_environment *environment,
	const struct vk_bundle_file *files, size_t count, struct cfg_bundle_secrets *out,
	struct vk_err *err)
{
	enum vk_rc rc = VK_OK;

	for (size_t i = 0; environment->secret_count > 0 && i < count; i++) {
		const char *text = files[i].text;
		struct vk_placeholder found;

		while (rc == VK_OK && vk_placeholder_find(text, &found)) {
			rc = add_named(environment, &found, out, err);
			text = found.start + found.len;
		}
	}
	qsort(out->items, out->count, sizeof(*out->items), compare_named);
	return rc;
}

/* ---- what somebody should look at ---- */

static void warn_unused(struct cfg_fleet *fleet, const struct cfg_environment *environment)
{
	char hint[256];

	for (size_t i = 0; i < environment->secret_count; i++) {
		const struct cfg_secret *secret = &environment->secrets[i];

		if (secret->is_used)
			continue;
		snprintf(hint, sizeof(hint), "vkcfg secret remove %s %s", environment->name,
			secret->name);
		cfg_report_warning(fleet, &secret->place, secret->name, hint,
			"no instance of environment '%s' uses secret '%s'", environment->name,
			secret->name);
	}
}

static void warn_hosts(struct cfg_fleet *fleet, const struct cfg_environment *environment)
{
	for (size_t i = 0; i < fleet->host_count; i++) {
		const struct cfg_host *host = &fleet->hosts[i];

		if (host->environment == environment && host->uses_secrets &&
			host->public_key[0] == '\0')
			cfg_report_warning(fleet, &host->place, host->name,
				"'vkcfg host add NAME' writes the key of an enrolled host",
				"host '%s' uses secrets and has no public-key: nothing can be "
				"sealed "
				"to it",
				host->name);
	}
}

void cfg_secrets_warn(struct cfg_fleet *fleet, const struct cfg_environment *environment)
{
	const struct cfg_place place = {
		.file = arena_printf(fleet->arena, "environments/%s.yaml", environment->name)};

	if (cfg_findings_errors(fleet->findings) > 0)
		return; /* what was not rendered may use them */
	warn_unused(fleet, environment);
	warn_hosts(fleet, environment);
	if (environment->secret_count > 0 && environment->keeper_count == 0)
		cfg_report_warning(fleet, &place, environment->name,
			"keepers: {alice: \"ed25519:...\"}",
			"environment '%s' has secrets and no keepers: nobody can seal them to a "
			"new "
			"host",
			environment->name);
}
