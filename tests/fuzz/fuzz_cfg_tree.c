/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any bytes as one file of a tree: validation ends, rendering succeeds exactly
 * where there is no error, and no rendered line is a directive that a tree may
 * not set. The first byte chooses the file.
 */
#include "config.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/bundle.h"
#include "common/config/conf.h"
#include "common/config/directive.h"
#include "common/config/fleet.h"
#include "common/config/render.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FILE_OF(path, text)                                                                        \
	{                                                                                          \
		path, text, sizeof(text) - 1                                                       \
	}

#define DIGEST "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct cfg_tree_file good[] = {
	FILE_OF("fleet.yaml", "fleet: f\nenvironments: [prod]\nvalkey: \"8.0\"\n"),
	FILE_OF("environments/prod.yaml", "config: {port: 1}\n"),
	FILE_OF("roles/r.yaml",
		"template: baseline@1\nparameters: {p: {type: string, default: x}}\n"),
	FILE_OF("hosts/h.yaml", "hosts: {h: {environment: prod, instances: {i: {role: r}}}}\n"),
	FILE_OF("secrets/prod/s.yaml", "version: 1\nsha256: " DIGEST "\n"),
};

enum { FILES = sizeof(good) / sizeof(good[0]), OWN_LINES = 3 };

/* The last own lines are the renderer's. Directives are known; sealed ones stand in secrets.conf,
 * and there nothing else does. */
static size_t check_conf(
	const struct vk_bundle *bundle, const char *path, size_t own, bool is_sealed)
{
	const struct vk_bundle_file *file = vk_bundle_find(bundle, path);
	struct vk_err err = VK_ERR_INIT;
	struct cfg_conf *conf;
	size_t count;

	if (file == NULL)
		return 0;
	if (cfg_conf_parse(path, file->text, strlen(file->text), &conf, &err) != VK_OK)
		abort();
	count = cfg_conf_count(conf);
	for (size_t i = 0; i + own < count; i++) {
		const struct cfg_directive *d =
			cfg_directive_find(cfg_conf_at(conf, i)->name, bundle->valkey);

		if (d == NULL || (d->type == CFG_TYPE_REFUSED) != is_sealed ||
			((d->flags & CFG_SEALED) != 0) != is_sealed)
			abort();
	}
	cfg_conf_free(conf);
	return count;
}

/* aclfile, dir and one or two includes are the renderer's own, and come last. */
static void check_bundle(const struct cfg_rendered_bundle *rendered)
{
	struct vk_err err = VK_ERR_INIT;
	struct vk_bundle *bundle;
	size_t sealed;

	if (vk_bundle_parse(rendered->text, rendered->len, &bundle, &err) != VK_OK)
		abort();
	sealed = check_conf(bundle, VK_BUNDLE_SECRETS, 0, true);
	(void)check_conf(bundle, VK_BUNDLE_CONF, OWN_LINES + (sealed > 0), false);
	vk_bundle_free(bundle);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cfg_findings *findings;
	struct cfg_rendered *rendered;
	struct cfg_tree_file files[FILES];
	struct vk_err err = VK_ERR_INIT;
	struct cfg_tree *tree;
	bool has_errors;

	if (size == 0)
		return 0;
	memcpy(files, good, sizeof(files));
	files[data[0] % FILES].text = (const char *)data + 1;
	files[data[0] % FILES].len = size - 1;
	if (cfg_tree_from_files(files, FILES, &tree, &err) != VK_OK)
		return 0;
	findings = cfg_findings_new();
	if (cfg_validate(tree, findings, &err) != VK_OK)
		abort();
	has_errors = cfg_findings_errors(findings) > 0;
	cfg_findings_free(findings);
	if (cfg_render(tree, "prod", NULL, &rendered, &err) == VK_OK) {
		for (size_t i = 0; i < cfg_rendered_count(rendered); i++)
			check_bundle(cfg_rendered_at(rendered, i));
		cfg_rendered_free(rendered);
	} else if (!has_errors && err.rc != VK_ENOTFOUND) {
		abort();
	}
	cfg_tree_free(tree);
	return 0;
}
