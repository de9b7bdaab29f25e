/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/pins.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/file.h"
#include "common/mem.h"
#include "common/num.h"
#include "common/settings.h"

#include "common/banned.h"

enum { PINS_MAX_BYTES = 16384 };

static const struct setting rows[] = {
	{.name = "fleet", .type = SETTING_STRING, .flags = SETTING_REQUIRED, .help = "fleet"},
	{.name = "host", .type = SETTING_STRING, .flags = SETTING_REQUIRED, .help = "own name"},
	{.name = "environment",
		.type = SETTING_STRING,
		.flags = SETTING_REQUIRED,
		.help = "whose releases are for this host"},
	{.name = "instances",
		.type = SETTING_LIST,
		.min = 0,
		.max = PINS_MAX_INSTANCES,
		.help = "which Valkeys it may be told to configure"},
	{.name = "root",
		.type = SETTING_STRING,
		.flags = SETTING_REQUIRED,
		.help = "SHA-256 of the first trusted root.json"},
	{.name = "root-version",
		.type = SETTING_INT,
		.min = 1,
		.max = INT32_MAX,
		.fallback = "1",
		.help = "its version"},
};

static enum vk_rc take_name(const struct settings *settings, const char *setting,
	char out[VK_NAME_BYTES], struct vk_err *err)
{
	const char *text = settings_string(settings, setting);

	if (!vk_name_is_valid(text))
		return vk_err_set(err, VK_EINPUT, "pins.yaml: '%s' is no valid name", setting);
	snprintf(out, VK_NAME_BYTES, "%s", text);
	return VK_OK;
}

static enum vk_rc take_instances(
	const struct settings *settings, struct pins *out, struct vk_err *err)
{
	const char *const *names = NULL;
	size_t count = settings_list(settings, "instances", &names);

	for (size_t i = 0; i < count; i++) {
		if (!vk_name_is_valid(names[i]))
			return vk_err_set(
				err, VK_EINPUT, "pins.yaml: '%s' is no valid name", names[i]);
		snprintf(out->instances[out->count++], VK_NAME_BYTES, "%s", names[i]);
	}
	return VK_OK;
}

static enum vk_rc take(const struct settings *settings, struct pins *out, struct vk_err *err)
{
	const char *root = settings_string(settings, "root");
	uint8_t digest[VK_SHA256_BYTES];
	enum vk_rc rc = take_name(settings, "fleet", out->fleet, err);

	if (rc == VK_OK)
		rc = take_name(settings, "host", out->host, err);
	if (rc == VK_OK)
		rc = take_name(settings, "environment", out->environment, err);
	if (rc == VK_OK)
		rc = take_instances(settings, out, err);
	if (rc == VK_OK && !vk_parse_hex(root, strlen(root), digest, sizeof(digest)))
		rc = vk_err_set(err, VK_EINPUT, "pins.yaml: root is no SHA-256 digest");
	if (rc != VK_OK)
		return rc;
	vk_digest_format(digest, out->root);
	out->root_version = settings_int(settings, "root-version");
	return VK_OK;
}

enum vk_rc pins_read(const char *state, struct pins *out, struct vk_err *err)
{
	char *path = xasprintf("%s/pins.yaml", state);
	struct settings *settings = NULL;
	struct pins pins = {.count = 0};
	enum vk_rc rc = settings_load(path, rows, sizeof(rows) / sizeof(rows[0]), &settings, err);

	if (rc == VK_ENOTFOUND) {
		vk_err_set(err, VK_ENOTFOUND, "this host is not enrolled: there is no %s", path);
		vk_err_hint(err, "vkcfg-pull enrol, with a token from: vkcfg host token NAME");
	}
	if (rc == VK_OK)
		rc = take(settings, &pins, err);
	if (rc == VK_OK)
		*out = pins;
	settings_free(settings);
	free(path);
	return rc;
}

enum vk_rc pins_write(const char *state, const struct pins *pins, struct vk_err *err)
{
	char *path = xasprintf("%s/pins.yaml", state);
	struct vk_buf text;
	enum vk_rc rc;

	vk_buf_init(&text, PINS_MAX_BYTES);
	vk_buf_adds(
		&text, "# What this host believes whatever its server says; see vkcfg-pull(8).\n");
	vk_buf_addf(&text, "fleet: \"%s\"\nhost: \"%s\"\nenvironment: \"%s\"\ninstances: [",
		pins->fleet, pins->host, pins->environment);
	for (size_t i = 0; i < pins->count; i++)
		vk_buf_addf(&text, "%s\"%s\"", i > 0 ? ", " : "", pins->instances[i]);
	vk_buf_addf(&text, "]\nroot: \"%s\"\nroot-version: %lld\n", pins->root,
		(long long)pins->root_version);
	rc = vk_buf_check(&text, "pins.yaml", err);
	if (rc == VK_OK)
		rc = vk_file_replace(AT_FDCWD, path, 0600, text.data, text.len, err);
	vk_buf_release(&text);
	free(path);
	return rc;
}

bool pins_has_instance(const struct pins *pins, const char *name)
{
	for (size_t i = 0; i < pins->count; i++) {
		if (strcmp(pins->instances[i], name) == 0)
			return true;
	}
	return false;
}
