/* SPDX-License-Identifier: BSD-3-Clause */
/* The files of one instance, and the bundle that holds them. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/bundle.h"
#include "common/config/acl.h"
#include "common/config/conf.h"
#include "common/config/fleet_internal.h"
#include "common/config/value.h"
#include "common/mem.h"
#include "common/placeholder.h"

#include "common/banned.h"

enum { OWN_FILES = 3, MODE_OWN_FILES = 0640 };

/* What a value of the form @{generation}/PATH names must be a file of the bundle. */
static bool check_generation_path(struct cfg_fleet *fleet, const struct cfg_effective *effective,
	const struct cfg_resolved *resolved, const char *path)
{
	size_t len = path != NULL ? strlen(path) : 0;

	if (path == NULL || cfg_list_find(&effective->files, path) != NULL)
		return true;
	for (size_t i = 0; i < effective->files.count; i++) { /* a directory will do */
		const char *name = effective->files.items[i].name;

		if (strncmp(name, path, len) == 0 && name[len] == '/')
			return true;
	}
	cfg_report(fleet, &resolved->entry->place, path,
		"add it under 'files', or name a file of the host with @{instance}/",
		"%s: no layer adds a file '%s'", resolved->directive->name, path);
	return false;
}

static bool add_directive(struct cfg_fleet *fleet, const struct cfg_effective *effective,
	const struct cfg_resolved *resolved, struct vk_buf *out)
{
	struct vk_buf value;
	bool is_good;

	if (resolved->line != NULL) {
		vk_buf_adds(out, resolved->line);
		return check_generation_path(fleet, effective, resolved, resolved->generation_path);
	}
	vk_buf_init(&value, 2 * CFG_VALUE_MAX_BYTES);
	is_good = cfg_conf_line_of(fleet, effective, resolved, out, &value) &&
		  check_generation_path(fleet, effective, resolved,
			  cfg_policy_generation_path(resolved->directive, value.data));
	vk_buf_release(&value);
	return is_good;
}

static bool add_directives(
	struct cfg_fleet *fleet, const struct cfg_effective *effective, struct vk_buf *out)
{
	bool is_good = true;

	for (size_t i = 0; i < effective->config.count; i++) {
		const struct cfg_resolved *resolved = effective->config.items[i].what;

		if (resolved->entry->secret == NULL &&
			!add_directive(fleet, effective, resolved, out))
			is_good = false;
	}
	return is_good;
}

/* The placeholder of the version in force; false after a finding. */
static bool add_secret(struct cfg_fleet *fleet, const struct cfg_effective *effective,
	const struct cfg_secret_ref *ref, struct vk_buf *out)
{
	const char *name;
	const struct cfg_pins *pins = cfg_secret_resolve(fleet, effective, ref, &name);

	if (pins != NULL)
		vk_placeholder_format(VK_PLACEHOLDER_SECRET, name, pins->current.version, out);
	return pins != NULL;
}

/* secrets.conf; empty where no directive is a secret. */
static bool render_secrets(
	struct cfg_fleet *fleet, const struct cfg_effective *effective, struct vk_buf *out)
{
	bool is_good = true;

	for (size_t i = 0; i < effective->config.count; i++) {
		const struct cfg_resolved *resolved = effective->config.items[i].what;

		if (resolved->entry->secret == NULL)
			continue;
		vk_buf_addf(out, "%s \"", resolved->directive->name);
		if (!add_secret(fleet, effective, resolved->entry->secret, out))
			is_good = false;
		vk_buf_adds(out, "\"\n");
	}
	return is_good;
}

/* There is no runtime.conf: what a Sentinel learns, it writes into its own copy of this file. */
static void end_sentinel_conf(bool has_secrets, const char *groups, struct vk_buf *out)
{
	vk_buf_adds(out, "aclfile \"@{generation}/users.acl\"\n"
			 "dir \"@{data}\"\n");
	vk_buf_adds(out, groups);
	if (has_secrets)
		vk_buf_adds(out, "include \"@{generation}/" VK_BUNDLE_SECRETS "\"\n");
}

static bool render_conf(struct cfg_fleet *fleet, const struct cfg_instance *instance,
	const struct cfg_effective *effective, bool has_secrets, const char *own_groups,
	struct vk_buf *out)
{
	bool is_good;

	vk_buf_addf(out, "# %s in %s, written by vkcfg: what is changed here is drift.\n",
		instance->id, effective->environment->name);
	is_good = add_directives(fleet, effective, out);
	if (effective->role->kind == VK_KIND_SENTINEL) {
		end_sentinel_conf(has_secrets, own_groups, out);
		return is_good;
	}
	/* What topology owns comes last and wins. */
	vk_buf_adds(out, "aclfile \"@{generation}/users.acl\"\n"
			 "dir \"@{data}\"\n");
	if (has_secrets)
		vk_buf_adds(out, "include \"@{generation}/" VK_BUNDLE_SECRETS "\"\n");
	vk_buf_adds(out, "include \"@{instance}/runtime.conf\"\n");
	return is_good;
}

static bool add_user(struct cfg_fleet *fleet, const struct cfg_effective *effective,
	const struct cfg_user *user, struct vk_buf *out)
{
	const char *version = effective->role->schema;
	size_t start = out->len;
	struct vk_buf rules;
	bool is_good;

	if (user->line != NULL) {
		vk_buf_adds(out, user->line);
		return cfg_user_check_commands(fleet, user, user->line, version);
	}
	vk_buf_init(&rules, CFG_ACL_RULES_MAX_BYTES);
	is_good = cfg_substitute(fleet, effective, &user->place, " ()", user->rules, &rules) &&
		  cfg_user_line(fleet, effective, user, rules.data, out);
	if (is_good && rules.is_overflowed) {
		cfg_report(fleet, &user->place, NULL, NULL, "user '%s': its rules are too long",
			user->name);
		is_good = false;
	}
	vk_buf_release(&rules);
	return is_good && (out->is_overflowed ||
				  cfg_user_check_commands(fleet, user, out->data + start, version));
}

static bool render_acl(struct cfg_fleet *fleet, const struct cfg_effective *effective,
	struct arena *arena, struct vk_buf *out)
{
	struct cfg_list users =
		cfg_merge_lists(arena, cfg_own_users(effective->role->kind), &effective->users);
	bool is_good = true;

	for (size_t i = 0; i < users.count; i++) {
		if (!add_user(fleet, effective, users.items[i].what, out))
			is_good = false;
	}
	return is_good;
}

/* The text of a file with its parameters replaced; NULL after a finding. */
static const char *file_text(struct cfg_fleet *fleet, const struct cfg_effective *effective,
	const struct cfg_file *file, struct arena *arena)
{
	const char *out = NULL;
	struct vk_buf text;

	if (!file->has_parameters && file->secret == NULL && file->client == NULL)
		return file->text;
	if (file->client != NULL && effective->host == NULL)
		return ""; /* a role on its own: there is nobody to reach */
	vk_buf_init(&text, VK_BUNDLE_MAX_TEXT_BYTES);
	if (file->client != NULL) {
		if (cfg_client_file_text(fleet, effective, file->client, arena, &text))
			out = arena_dup(arena, text.data, text.len);
	} else if (file->secret != NULL) {
		if (add_secret(fleet, effective, file->secret, &text))
			out = arena_dup(arena, text.data, text.len);
	} else if (cfg_substitute(fleet, effective, &file->place, "", file->text, &text) &&
		   cfg_policy_check_text(fleet, &file->place, file->path, text.data, false))
		out = arena_dup(arena, text.data, text.len);
	if (text.is_overflowed) {
		cfg_report(fleet, &file->place, NULL, NULL, "file '%s' is too large", file->path);
		out = NULL;
	}
	vk_buf_release(&text);
	return out;
}

static int compare_files(const void *a, const void *b)
{
	const struct vk_bundle_file *x = a, *y = b;

	return strcmp(x->path, y->path);
}

/* The texts of the files that vkcfg writes itself. */
struct own_files {
	struct vk_buf conf, acl, secrets;
	struct vk_buf groups; /* the part of conf about what a Sentinel watches */
};

static void own_files_init(struct own_files *own)
{
	vk_buf_init(&own->conf, VK_BUNDLE_MAX_TEXT_BYTES);
	vk_buf_init(&own->acl, VK_BUNDLE_MAX_TEXT_BYTES);
	vk_buf_init(&own->secrets, VK_BUNDLE_MAX_TEXT_BYTES);
	vk_buf_init(&own->groups, VK_BUNDLE_MAX_TEXT_BYTES);
}

static void own_files_release(struct own_files *own)
{
	vk_buf_release(&own->conf);
	vk_buf_release(&own->acl);
	vk_buf_release(&own->secrets);
	vk_buf_release(&own->groups);
}

static bool render_own_files(struct cfg_fleet *fleet, const struct cfg_instance *instance,
	const struct cfg_effective *effective, struct arena *arena, struct own_files *own)
{
	bool is_good = render_secrets(fleet, effective, &own->secrets);

	if (effective->role->kind == VK_KIND_SENTINEL)
		is_good =
			cfg_sentinel_render(fleet, effective, arena, &own->groups, &own->secrets) &&
			is_good;
	is_good = render_conf(fleet, instance, effective, own->secrets.len > 0, own->groups.data,
			  &own->conf) &&
		  is_good;
	is_good = render_acl(fleet, effective, arena, &own->acl) && is_good;
	if (own->groups.is_overflowed || own->conf.is_overflowed || own->acl.is_overflowed ||
		own->secrets.is_overflowed) {
		cfg_report(fleet, &instance->place, NULL, NULL,
			"instance '%s': its files are too large", instance->id);
		is_good = false;
	}
	return is_good;
}

/* All files of the bundle, sorted; NULL after a finding. */
static struct vk_bundle_file *collect_files(struct cfg_fleet *fleet,
	const struct cfg_effective *effective, const struct own_files *own, struct arena *arena,
	size_t *count)
{
	const struct cfg_list *list = &effective->files;
	struct vk_bundle_file *files = arena_calloc(arena, list->count + OWN_FILES, sizeof(*files));
	bool is_good = true;
	size_t used = 0;

	files[used++] = (struct vk_bundle_file){VK_BUNDLE_ACL, own->acl.data, MODE_OWN_FILES};
	files[used++] = (struct vk_bundle_file){
		effective->role->kind == VK_KIND_SENTINEL ? VK_BUNDLE_SENTINEL : VK_BUNDLE_CONF,
		own->conf.data, MODE_OWN_FILES};
	if (own->secrets.len > 0)
		files[used++] = (struct vk_bundle_file){
			VK_BUNDLE_SECRETS, own->secrets.data, MODE_OWN_FILES};
	for (size_t i = 0; i < list->count; i++) {
		const struct cfg_file *file = list->items[i].what;
		const char *text = file_text(fleet, effective, file, arena);

		files[used++] = (struct vk_bundle_file){file->path, text, file->mode};
		is_good = is_good && text != NULL;
	}
	*count = used;
	qsort(files, used, sizeof(*files), compare_files);
	return is_good ? files : NULL;
}

static bool format_bundle(struct cfg_fleet *fleet, const struct cfg_instance *instance,
	const struct cfg_effective *effective, const struct vk_bundle_file *files, size_t count,
	const struct vk_bundle_group *group, struct vk_buf *out)
{
	const struct cfg_apply *unmanaged = &effective->apply[CFG_APPLY_UNMANAGED];
	const struct vk_bundle_health *health = effective->apply[CFG_APPLY_HEALTH].health;
	struct cfg_bundle_secrets secrets = {.count = 0};
	struct vk_bundle bundle = {
		.environment = effective->environment->name,
		.instance = instance->id,
		.kind = effective->role->kind,
		.valkey = effective->role->version,
		.bake_s = effective->apply[CFG_APPLY_BAKE].seconds,
		.drift = (enum vk_bundle_drift)effective->apply[CFG_APPLY_DRIFT].choice,
		.drift_rule_count = effective->apply[CFG_APPLY_DRIFT_OF].rule_count,
		.drift_rules = effective->apply[CFG_APPLY_DRIFT_OF].rules,
		.restart = effective->apply[CFG_APPLY_RESTART].choice != 0 ? VK_RESTART_NEVER
									   : VK_RESTART_ALLOWED,
		.window_count = effective->apply[CFG_APPLY_WINDOW].window_count,
		.windows = effective->apply[CFG_APPLY_WINDOW].windows,
		.allows_data_loss = effective->apply[CFG_APPLY_DATA_LOSS].choice != 0,
		.unmanaged_users = unmanaged->choice != 0 ? VK_UNMANAGED_REMOVE : VK_UNMANAGED_KEEP,
		.kept_count = unmanaged->kept_count,
		.kept = unmanaged->kept,
		.file_count = count,
		.files = files,
		.secrets = secrets.items,
		.group = group,
	};
	struct vk_err err = VK_ERR_INIT;
	enum vk_rc rc = cfg_collect_secrets(effective->environment, files, count, &secrets, &err);

	if (health != NULL)
		bundle.health = *health;
	bundle.secret_count = secrets.count;
	if (rc == VK_OK)
		rc = vk_bundle_format(&bundle, out, &err);
	if (rc != VK_OK)
		cfg_report(fleet, &instance->place, NULL, err.hint, "instance '%s': %s",
			instance->id, err.msg);
	return rc == VK_OK;
}

static bool uses_secrets(
	const struct cfg_environment *environment, const struct vk_bundle_file *files, size_t count)
{
	struct vk_placeholder found;

	for (size_t i = 0; environment->secret_count > 0 && i < count; i++) {
		if (vk_placeholder_find(files[i].text, &found))
			return true;
	}
	return false;
}

bool cfg_render_instance(struct cfg_fleet *fleet, struct cfg_host *host,
	struct cfg_instance *instance, struct vk_buf *out)
{
	struct arena *arena = arena_new();
	const struct vk_bundle_group *group = NULL;
	struct cfg_effective effective;
	struct vk_bundle_file *files;
	struct own_files own;
	size_t count = 0;
	bool is_good;

	own_files_init(&own);
	cfg_merge(fleet, host, instance, arena, &effective);
	is_good = render_own_files(fleet, instance, &effective, arena, &own);
	files = collect_files(fleet, &effective, &own, arena, &count);
	cfg_host_memory_add(fleet, host, &effective);
	if (instance->group != NULL && !cfg_group_resolve(fleet, instance->group))
		is_good = false;
	if (instance->group != NULL && is_good)
		group = cfg_group_for_bundle(instance, arena);
	is_good = is_good && files != NULL &&
		  format_bundle(fleet, instance, &effective, files, count, group, out);
	if (is_good && !host->uses_secrets)
		host->uses_secrets = uses_secrets(host->environment, files, count);
	own_files_release(&own);
	arena_free(arena);
	return is_good;
}

void cfg_check_role(struct cfg_fleet *fleet, struct cfg_role *role)
{
	struct arena *arena = arena_new();
	struct cfg_effective effective;
	struct vk_buf text;

	vk_buf_init(&text, VK_BUNDLE_MAX_TEXT_BYTES);
	cfg_merge_role(fleet, role, arena, &effective);
	(void)add_directives(fleet, &effective, &text); /* findings are the result */
	(void)render_secrets(fleet, &effective, &text);
	(void)render_acl(fleet, &effective, arena, &text);
	for (size_t i = 0; i < effective.files.count; i++)
		(void)file_text(fleet, &effective, effective.files.items[i].what, arena);
	vk_buf_release(&text);
	arena_free(arena);
}
