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

#include "common/banned.h"

enum { OWN_FILES = 2, MODE_OWN_FILES = 0640 };

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
		if (!add_directive(fleet, effective, effective->config.items[i].what, out))
			is_good = false;
	}
	return is_good;
}

static bool render_conf(struct cfg_fleet *fleet, const struct cfg_instance *instance,
	const struct cfg_effective *effective, struct vk_buf *out)
{
	bool is_good;

	vk_buf_addf(out, "# %s in %s, written by vkcfg: what is changed here is drift.\n",
		instance->id, effective->environment->name);
	is_good = add_directives(fleet, effective, out);
	/* What topology owns comes last and wins. */
	vk_buf_adds(out, "aclfile \"@{generation}/users.acl\"\n"
			 "dir \"@{data}\"\n"
			 "include \"@{instance}/runtime.conf\"\n");
	return is_good;
}

static bool add_user(struct cfg_fleet *fleet, const struct cfg_effective *effective,
	const struct cfg_user *user, struct vk_buf *out)
{
	struct vk_buf rules;
	bool is_good;

	if (user->line != NULL) {
		vk_buf_adds(out, user->line);
		return true;
	}
	vk_buf_init(&rules, CFG_ACL_RULES_MAX_BYTES);
	is_good = cfg_substitute(fleet, effective->role, effective->values, &user->place, " ()",
			  user->rules, &rules) &&
		  cfg_user_line(fleet, user, rules.data, out);
	if (is_good && rules.is_overflowed) {
		cfg_report(fleet, &user->place, NULL, NULL, "user '%s': its rules are too long",
			user->name);
		is_good = false;
	}
	vk_buf_release(&rules);
	return is_good;
}

static bool render_acl(struct cfg_fleet *fleet, const struct cfg_effective *effective,
	struct arena *arena, struct vk_buf *out)
{
	struct cfg_list users = cfg_merge_lists(arena, &cfg_own_users, &effective->users);
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

	if (!file->has_parameters)
		return file->text;
	vk_buf_init(&text, VK_BUNDLE_MAX_TEXT_BYTES);
	if (cfg_substitute(fleet, effective->role, effective->values, &file->place, "", file->text,
		    &text) &&
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

/* All files of the bundle, sorted; NULL after a finding. */
static struct vk_bundle_file *collect_files(struct cfg_fleet *fleet,
	const struct cfg_effective *effective, const char *conf, const char *acl,
	struct arena *arena, size_t *count)
{
	const struct cfg_list *list = &effective->files;
	struct vk_bundle_file *files = arena_calloc(arena, list->count + OWN_FILES, sizeof(*files));
	bool is_good = true;

	files[0] = (struct vk_bundle_file){"users.acl", acl, MODE_OWN_FILES};
	files[1] = (struct vk_bundle_file){"valkey.conf", conf, MODE_OWN_FILES};
	for (size_t i = 0; i < list->count; i++) {
		const struct cfg_file *file = list->items[i].what;
		const char *text = file_text(fleet, effective, file, arena);

		files[OWN_FILES + i] = (struct vk_bundle_file){file->path, text, file->mode};
		is_good = is_good && text != NULL;
	}
	*count = list->count + OWN_FILES;
	qsort(files, *count, sizeof(*files), compare_files);
	return is_good ? files : NULL;
}

static bool format_bundle(struct cfg_fleet *fleet, const struct cfg_instance *instance,
	const struct cfg_effective *effective, const struct vk_bundle_file *files, size_t count,
	struct vk_buf *out)
{
	const struct vk_bundle bundle = {
		.environment = effective->environment->name,
		.instance = instance->id,
		.kind = VK_KIND_VALKEY,
		.valkey = effective->role->version,
		.drift = effective->apply[CFG_APPLY_DRIFT] != 0 ? VK_DRIFT_REVERT : VK_DRIFT_REPORT,
		.restart = effective->apply[CFG_APPLY_RESTART] != 0 ? VK_RESTART_NEVER
								    : VK_RESTART_ALLOWED,
		.unmanaged_users = effective->apply[CFG_APPLY_UNMANAGED] != 0 ? VK_UNMANAGED_REMOVE
									      : VK_UNMANAGED_KEEP,
		.file_count = count,
		.files = files,
	};
	struct vk_err err = VK_ERR_INIT;

	if (vk_bundle_format(&bundle, out, &err) == VK_OK)
		return true;
	cfg_report(fleet, &instance->place, NULL, err.hint, "instance '%s': %s", instance->id,
		err.msg);
	return false;
}

bool cfg_render_instance(struct cfg_fleet *fleet, struct cfg_host *host,
	struct cfg_instance *instance, struct vk_buf *out)
{
	struct arena *arena = arena_new();
	struct cfg_effective effective;
	struct vk_bundle_file *files;
	struct vk_buf conf, acl;
	bool is_good;
	size_t count;

	vk_buf_init(&conf, VK_BUNDLE_MAX_TEXT_BYTES);
	vk_buf_init(&acl, VK_BUNDLE_MAX_TEXT_BYTES);
	cfg_merge(fleet, host, instance, arena, &effective);
	is_good = render_conf(fleet, instance, &effective, &conf);
	is_good = render_acl(fleet, &effective, arena, &acl) && is_good;
	if (conf.is_overflowed || acl.is_overflowed) {
		cfg_report(fleet, &instance->place, NULL, NULL,
			"instance '%s': its files are too large", instance->id);
		is_good = false;
	}
	files = collect_files(fleet, &effective, conf.data, acl.data, arena, &count);
	is_good = is_good && files != NULL &&
		  format_bundle(fleet, instance, &effective, files, count, out);
	vk_buf_release(&conf);
	vk_buf_release(&acl);
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
	(void)render_acl(fleet, &effective, arena, &text);
	for (size_t i = 0; i < effective.files.count; i++)
		(void)file_text(fleet, &effective, effective.files.items[i].what, arena);
	vk_buf_release(&text);
	arena_free(arena);
}
