/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/import_tree.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/admin/clear_secrets.h"
#include "common/config/fleet.h"
#include "common/config/lint.h"
#include "common/config/render.h"
#include "common/file.h"
#include "common/mem.h"

#include "common/banned.h"

void import_tree_release(struct import_tree *tree)
{
	for (size_t i = 0; i < tree->count; i++) {
		free(tree->files[i].path);
		free(tree->files[i].text);
	}
	cfg_tree_free(tree->whole);
	cfg_lint_free(tree->lint);
	free(tree->environment);
	memset(tree, 0, sizeof(*tree));
}

static void add_file(struct import_tree *tree, char *path, char *text, bool is_new)
{
	tree->files[tree->count++] = (struct import_file){path, text, is_new};
}

/* The tree as it is; without files where there is none. */
static enum vk_rc load_base(const char *directory, struct cfg_tree **out, struct vk_err *err)
{
	char *path = xasprintf("%s/fleet.yaml", directory);
	bool is_there = access(path, F_OK) == 0;

	free(path);
	return is_there ? cfg_tree_load_dir(directory, out, err)
			: cfg_tree_from_files(NULL, 0, out, err);
}

/* ---- the environment and the fleet ---- */

static enum vk_rc choose_environment(const struct cfg_fleet *fleet,
	const struct import_target *target, struct import_tree *out, struct vk_err *err)
{
	const char *wanted = target->environment;

	if (wanted == NULL && cfg_fleet_environment_count(fleet) != 1) {
		vk_err_set(err, VK_EINPUT, "the fleet has several environments");
		vk_err_hint(err, "name one with --env");
		return VK_EINPUT;
	}
	if (wanted == NULL)
		wanted = cfg_fleet_environment_at(fleet, 0);
	if (!cfg_fleet_has_environment(fleet, wanted))
		return vk_err_set(err, VK_ENOTFOUND, "the tree has no environment '%s'", wanted);
	out->environment = xstrdup(wanted);
	return VK_OK;
}

static void found_fleet(const struct cfg_import *import, const struct import_target *target,
	struct import_tree *out)
{
	out->environment = xstrdup(target->environment != NULL ? target->environment : "prod");
	add_file(out, xstrdup("fleet.yaml"),
		xasprintf("# The name is the one that was given to 'vkcfgd init'.\n"
			  "fleet: %s\nenvironments: [%s]\nvalkey: \"%s\"\n",
			target->fleet != NULL ? target->fleet : "fleet", out->environment,
			cfg_import_version(import)),
		true);
}

/* ---- the instance ---- */

static char *instance_text(const struct cfg_import *import, const struct import_target *target)
{
	return xasprintf(
		"      %s:\n        role: %s\n", target->instance, cfg_import_role_name(import));
}

static char *new_host_text(const struct cfg_import *import, const struct import_target *target,
	const char *environment)
{
	char *instance = instance_text(import, target);
	char *out = xasprintf(
		"hosts:\n  %s:\n    environment: %s\n"
		"    # public-key: \"ed25519:...\"   from 'vkcfg hosts', for sealed secrets\n"
		"    instances:\n%s",
		target->host, environment, instance);

	free(instance);
	return out;
}

/* One more instance of a host that is in the tree: behind the last one of its own file. */
static enum vk_rc add_instance(const struct cfg_import *import, const struct cfg_tree *base,
	const struct import_target *target, const struct cfg_host_info *info,
	struct import_tree *out, struct vk_err *err)
{
	const struct cfg_tree_file *file = cfg_tree_file_find(base, info->file);
	char *path = xasprintf("hosts/%s.yaml", target->host);
	char *instance;

	if (strcmp(info->environment, out->environment) != 0) {
		free(path);
		return vk_err_set(err, VK_ECONFLICT, "host '%s' is of environment '%s'",
			target->host, info->environment);
	}
	if (file == NULL || strcmp(path, info->file) != 0) {
		free(path);
		vk_err_set(err, VK_ECONFLICT, "host '%s' is in %s", target->host, info->file);
		vk_err_hint(err, "import with the name of a new host, and move its instance there");
		return VK_ECONFLICT;
	}
	instance = instance_text(import, target);
	add_file(out, path,
		xasprintf("%s%s%s", file->text,
			file->len > 0 && file->text[file->len - 1] != '\n' ? "\n" : "", instance),
		false);
	free(instance);
	return VK_OK;
}

static enum vk_rc add_host(const struct cfg_import *import, const struct cfg_tree *base,
	const struct cfg_fleet *fleet, const struct import_target *target, struct import_tree *out,
	struct vk_err *err)
{
	struct cfg_host_info info;

	if (fleet != NULL && cfg_fleet_host_find(fleet, target->host, &info))
		return add_instance(import, base, target, &info, out, err);
	add_file(out, xasprintf("hosts/%s.yaml", target->host),
		new_host_text(import, target, out->environment), true);
	return VK_OK;
}

static enum vk_rc add_role(
	const struct cfg_import *import, struct import_tree *out, struct vk_err *err)
{
	struct vk_buf text;
	enum vk_rc rc;

	vk_buf_init(&text, CFG_TREE_MAX_FILE_BYTES);
	cfg_import_format_role(import, &text);
	rc = vk_buf_check(&text, "the role", err);
	if (rc == VK_OK)
		add_file(out, xasprintf("roles/%s.yaml", cfg_import_role_name(import)),
			vk_buf_detach(&text, NULL), true);
	vk_buf_release(&text);
	return rc;
}

/* ---- all together ---- */

/* The tree with the new files. */
static enum vk_rc join(const struct cfg_tree *base, const struct import_tree *added,
	struct cfg_tree **out, struct vk_err *err)
{
	size_t used = 0, had = cfg_tree_file_count(base);
	struct cfg_tree_file *files = xcalloc(had + IMPORT_TREE_FILES, sizeof(*files));
	enum vk_rc rc = VK_OK;

	for (size_t i = 0; i < had; i++) {
		files[used] = *cfg_tree_file_at(base, i);
		for (size_t k = 0; k < added->count; k++) {
			if (strcmp(added->files[k].path, files[used].path) != 0)
				continue;
			if (added->files[k].is_new)
				rc = vk_err_set(
					err, VK_ECONFLICT, "%s: exists already", files[used].path);
			used--; /* the new text comes below */
			break;
		}
		used++;
	}
	for (size_t k = 0; k < added->count; k++)
		files[used++] = (struct cfg_tree_file){
			added->files[k].path, added->files[k].text, strlen(added->files[k].text)};
	if (rc == VK_OK)
		rc = cfg_tree_from_files(files, used, out, err);
	free(files);
	return rc;
}

/* The template to which the instance is nearest. */
static enum vk_rc find_nearest(const struct cfg_rendered *rendered, const char *id,
	struct cfg_template_match *out, struct vk_err *err)
{
	const struct cfg_rendered_bundle *text = cfg_rendered_find(rendered, id, NULL);
	const struct vk_bundle_file *conf;
	struct vk_bundle *bundle = NULL;
	enum vk_rc rc;

	if (text == NULL)
		return vk_err_set(err, VK_ENOTFOUND, "no instance '%.200s'", id);
	rc = vk_bundle_parse(text->text, text->len, &bundle, err);
	if (rc != VK_OK)
		return rc;
	conf = vk_bundle_find(bundle, VK_BUNDLE_CONF);
	if (conf != NULL)
		rc = cfg_template_nearest(bundle->valkey, conf->text, strlen(conf->text), out, err);
	vk_bundle_free(bundle);
	return rc;
}

/* The baseline, held against the instance as it will be. */
static enum vk_rc judge(const struct cfg_tree *pinned, const struct import_target *target,
	struct import_tree *added, struct vk_err *err)
{
	char *id = xasprintf("%s/%s", target->host, target->instance);
	struct cfg_rendered *rendered = NULL;
	enum vk_rc rc = cfg_render(pinned, added->environment, NULL, &rendered, err);

	if (rc == VK_OK) {
		added->lint = cfg_lint_new();
		rc = cfg_lint_add_instance(added->lint, rendered, id, err);
	}
	if (rc == VK_OK)
		rc = find_nearest(rendered, id, &added->nearest, err);
	cfg_rendered_free(rendered);
	free(id);
	return rc;
}

static enum vk_rc validate(const struct cfg_tree *base, const struct import_target *target,
	struct import_tree *added, struct cfg_findings *findings, struct vk_err *err)
{
	struct cfg_tree *pinned = NULL;
	enum vk_rc rc = join(base, added, &added->whole, err);

	if (rc == VK_OK)
		rc = clear_secrets_pin(added->whole, added->environment, &pinned, err);
	if (rc == VK_OK)
		rc = cfg_validate(pinned, findings, err);
	if (rc == VK_OK && cfg_findings_errors(findings) == 0)
		rc = judge(pinned, target, added, err);
	cfg_tree_free(pinned);
	return rc;
}

enum vk_rc import_tree_make(const struct cfg_import *import, const struct import_target *target,
	struct cfg_findings *findings, struct import_tree *out, struct vk_err *err)
{
	struct import_tree made = {.environment = NULL};
	struct cfg_tree *base = NULL;
	struct cfg_fleet *fleet = NULL;
	enum vk_rc rc = load_base(target->directory, &base, err);

	if (rc == VK_OK && cfg_tree_file_count(base) == 0)
		found_fleet(import, target, &made);
	else if (rc == VK_OK) {
		rc = cfg_fleet_parse(base, NULL, &fleet, err);
		if (rc == VK_OK)
			rc = choose_environment(fleet, target, &made, err);
	}
	if (rc == VK_OK)
		rc = add_role(import, &made, err);
	if (rc == VK_OK)
		rc = add_host(import, base, fleet, target, &made, err);
	if (rc == VK_OK)
		rc = validate(base, target, &made, findings, err);
	cfg_fleet_free(fleet);
	cfg_tree_free(base);
	if (rc == VK_OK)
		*out = made;
	else
		import_tree_release(&made);
	return rc;
}

static enum vk_rc write_file(
	const struct import_file *file, const char *directory, struct vk_err *err)
{
	char *full = xasprintf("%s/%s", directory, file->path);
	char *slash = strrchr(full, '/');
	enum vk_rc rc;

	*slash = '\0';
	rc = vk_file_mkdirs(AT_FDCWD, full, 0755, err);
	*slash = '/';
	if (rc == VK_OK && file->is_new)
		rc = vk_file_create(AT_FDCWD, full, 0644, file->text, strlen(file->text), err);
	else if (rc == VK_OK)
		rc = vk_file_replace(AT_FDCWD, full, 0644, file->text, strlen(file->text), err);
	free(full);
	return rc;
}

enum vk_rc import_tree_write(
	const struct import_tree *tree, const char *directory, struct vk_err *err)
{
	enum vk_rc rc = VK_OK;

	for (size_t i = 0; rc == VK_OK && i < tree->count; i++)
		rc = write_file(&tree->files[i], directory, err);
	return rc;
}
