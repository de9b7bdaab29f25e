/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/cmd.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "client/admin/example.h"
#include "client/admin/findings_show.h"
#include "client/admin/printable.h"
#include "client/admin/released.h"
#include "client/admin/render_filled.h"
#include "client/admin/source.h"
#include "common/bundle.h"
#include "common/config/findings.h"
#include "common/config/fleet.h"
#include "common/config/render.h"
#include "common/config/tree.h"
#include "common/file.h"
#include "common/mem.h"
#include "common/name.h"

#include "common/banned.h"

enum { JUNIT_MAX_BYTES = 16 * 1024 * 1024 };

/* Writes text to DIRECTORY/PATH, making the directories on the way. */
static enum vk_rc write_below(const char *directory, const char *path, mode_t mode,
	const char *text, bool may_replace, struct vk_err *err)
{
	char *full = xasprintf("%s/%s", directory, path);
	char *slash = strrchr(full, '/');
	enum vk_rc rc;

	*slash = '\0';
	rc = vk_file_mkdirs(AT_FDCWD, full, 0755, err);
	*slash = '/';
	if (rc == VK_OK && may_replace)
		rc = vk_file_replace(AT_FDCWD, full, mode, text, strlen(text), err);
	else if (rc == VK_OK)
		rc = vk_file_create(AT_FDCWD, full, mode, text, strlen(text), err);
	free(full);
	return rc;
}

enum vk_rc cmd_new(struct cli *cli, const struct args *args, struct vk_err *err)
{
	const char *directory = args_at(args, 0);
	struct vkjson *result = vkjson_object();
	struct vkjson *files = vkjson_array();
	enum vk_rc rc = VK_OK;

	for (const struct example_file *file = example_files; rc == VK_OK && file->path != NULL;
		file++) {
		rc = write_below(directory, file->path, 0644, file->text, false, err);
		vkjson_append(files, vkjson_string(file->path));
	}
	if (rc == VK_ECONFLICT)
		vk_err_hint(err, "choose a directory without a tree");
	vkjson_set(result, "directory", vkjson_string(directory));
	vkjson_set(result, "files", files);
	if (rc == VK_OK && !cli_print_json(cli, result)) {
		for (size_t i = 0; i < vkjson_count(files); i++)
			cli_say(cli, "%s/%s\n", directory, vkjson_text(vkjson_at(files, i)));
		cli_say(cli, "next: vkcfg validate --tree %s\n", directory);
	}
	vkjson_free(result);
	return rc;
}

static void print_summary(
	const struct cli *cli, struct cfg_findings *findings, const struct cfg_tree *tree)
{
	size_t count = cfg_findings_count(findings);

	findings_print(cli, findings, tree);
	if (count == 0)
		cli_say_in(cli, CLI_GOOD, "no findings");
	else
		cli_say(cli, "findings: %zu, of them errors: %zu", count,
			cfg_findings_errors(findings));
	cli_say(cli, " (tree %.12s, %zu files)\n", cfg_tree_digest(tree),
		cfg_tree_file_count(tree));
}

static void print_junit(const struct cli *cli, struct cfg_findings *findings)
{
	struct vk_buf text;

	vk_buf_init(&text, JUNIT_MAX_BYTES);
	findings_junit(findings, &text);
	cli_say(cli, "%s", text.data);
	vk_buf_release(&text);
}

static void print_findings(struct cli *cli, enum findings_format format,
	struct cfg_findings *findings, const struct cfg_tree *tree)
{
	struct vkjson *result = NULL;

	switch (format) {
	case FINDINGS_TEXT:
		print_summary(cli, findings, tree);
		break;
	case FINDINGS_JSON:
		result = findings_json(findings);
		vkjson_set(result, "tree", vkjson_string(cfg_tree_digest(tree)));
		break;
	case FINDINGS_SARIF:
		result = findings_sarif(findings);
		break;
	case FINDINGS_JUNIT:
		print_junit(cli, findings);
		break;
	}
	if (result != NULL) {
		cli->is_json = true;
		(void)cli_print_json(cli, result);
	}
	vkjson_free(result);
}

enum vk_rc cmd_validate(struct cli *cli, const struct args *args, struct vk_err *err)
{
	enum findings_format format = cli->is_json ? FINDINGS_JSON : FINDINGS_TEXT;
	struct cfg_findings *findings = cfg_findings_new();
	struct cfg_tree *tree = NULL;
	enum vk_rc rc = VK_OK;

	if (args_has(args, "format"))
		rc = findings_format_parse(args_get(args, "format"), &format, err);
	if (rc == VK_OK)
		rc = released_or_source(cli, args, &tree, err);
	if (rc == VK_OK)
		rc = cfg_validate(tree, findings, err);
	if (rc == VK_OK) {
		/* Warnings are for people: a tree with them can be released. */
		cli->is_answer_no = cfg_findings_errors(findings) > 0;
		print_findings(cli, format, findings, tree);
	}
	cfg_tree_free(tree);
	cfg_findings_free(findings);
	return rc;
}

/* The environment of "HOST/INSTANCE"; borrowed from fleet. */
static enum vk_rc find_environment(
	const struct cfg_fleet *fleet, const char *id, const char **environment, struct vk_err *err)
{
	char host[VK_NAME_BYTES];
	char instance[VK_NAME_BYTES];
	struct cfg_host_info info;

	if (!vk_instance_id_parse(id, host, instance)) {
		vk_err_set(err, VK_EINPUT, "'%s' is no instance", id);
		vk_err_hint(err, "HOST/INSTANCE, as in db1/main");
		return VK_EINPUT;
	}
	if (!cfg_fleet_host_find(fleet, host, &info))
		return vk_err_set(err, VK_ENOTFOUND, "the tree has no host '%s'", host);
	*environment = info.environment;
	return VK_OK;
}

static void print_bundle(const struct cli *cli, const struct vk_bundle *bundle)
{
	struct vk_buf text;

	vk_buf_init(&text, 4 * (size_t)VK_BUNDLE_MAX_BYTES);
	for (size_t i = 0; i < bundle->file_count; i++) {
		const struct vk_bundle_file *file = &bundle->files[i];

		vk_buf_reset(&text);
		printable_add(&text, file->text, strlen(file->text), true);
		cli_say_in(cli, CLI_BOLD, "==> %s (%04o)\n", file->path, file->mode);
		cli_say(cli, "%s%s", text.data, i + 1 < bundle->file_count ? "\n" : "");
	}
	vk_buf_release(&text);
}

static enum vk_rc write_bundle(const struct cli *cli, const struct vk_bundle *bundle,
	const char *directory, struct vk_err *err)
{
	enum vk_rc rc = VK_OK;

	for (size_t i = 0; rc == VK_OK && i < bundle->file_count; i++) {
		const struct vk_bundle_file *file = &bundle->files[i];

		rc = write_below(directory, file->path, file->mode, file->text, true, err);
		if (rc == VK_OK)
			cli_say(cli, "%s/%s\n", directory, file->path);
	}
	return rc;
}

static enum vk_rc show_bundle(const struct cli *cli, const struct cfg_rendered_bundle *rendered,
	const char *directory, struct vk_err *err)
{
	struct vk_bundle *bundle = NULL;
	struct vkjson *object = NULL;
	enum vk_rc rc = vk_bundle_parse(rendered->text, rendered->len, &bundle, err);

	if (rc == VK_OK)
		rc = vkjson_parse_canonical(rendered->text, rendered->len, &object, err);
	if (rc == VK_OK && directory != NULL)
		rc = write_bundle(cli, bundle, directory, err);
	if (rc == VK_OK && !cli_print_json(cli, object) && directory == NULL)
		print_bundle(cli, bundle);
	vkjson_free(object);
	vk_bundle_free(bundle);
	return rc;
}

enum vk_rc cmd_render(struct cli *cli, const struct args *args, struct vk_err *err)
{
	const struct cfg_rendered_bundle *bundle = NULL;
	const char *environment = NULL;
	struct cfg_tree *tree = NULL;
	struct cfg_fleet *fleet = NULL;
	struct cfg_rendered *rendered = NULL;
	enum vk_rc rc = released_or_source(cli, args, &tree, err);

	if (rc == VK_OK)
		rc = cfg_fleet_parse(tree, NULL, &fleet, err);
	if (rc == VK_OK)
		rc = find_environment(fleet, args_at(args, 0), &environment, err);
	if (rc == VK_OK && args_has(args, "secrets")) {
		rc = render_filled(cli, tree, environment, args_at(args, 0),
			args_get(args, "secrets"), args_get(args, "out"), err);
		goto out;
	}
	if (rc == VK_OK)
		rc = cfg_render(tree, environment, NULL, &rendered, err);
	if (rc != VK_OK)
		goto out;
	bundle = cfg_rendered_find(rendered, args_at(args, 0), NULL);
	if (bundle == NULL)
		rc = vk_err_set(
			err, VK_ENOTFOUND, "the tree has no instance '%s'", args_at(args, 0));
	else
		rc = show_bundle(cli, bundle, args_get(args, "out"), err);
out:
	cfg_rendered_free(rendered);
	cfg_fleet_free(fleet);
	cfg_tree_free(tree);
	return rc;
}
