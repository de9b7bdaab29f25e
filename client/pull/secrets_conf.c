/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/secrets_conf.h"

#include <string.h>

#include "common/banned.h"

static const char *const directives[] = {
	"primaryauth", "requirepass", "tls-client-key-file-pass", "tls-key-file-pass"};

enum { DIRECTIVE_COUNT = sizeof(directives) / sizeof(directives[0]) };

/* One of the directives at the start of text, followed by a blank and a quote; -1 if none is. */
static int match(const char *text)
{
	for (int i = 0; i < DIRECTIVE_COUNT; i++) {
		size_t len = strlen(directives[i]);

		if (strncmp(text, directives[i], len) == 0 && strncmp(text + len, " \"", 2) == 0)
			return i;
	}
	return -1;
}

/* Reads one line: which directive, and its placeholder. NULL if it is no such line, else the start
 * of the next. */
static const char *read_line(const char *line, int *directive, struct vk_placeholder *out)
{
	const char *value;

	*directive = match(line);
	if (*directive < 0)
		return NULL;
	value = line + strlen(directives[*directive]) + strlen(" \"");
	if (!vk_placeholder_find(value, out) || out->start != value || !out->is_valid ||
		out->form != VK_PLACEHOLDER_SECRET || strncmp(value + out->len, "\"\n", 2) != 0)
		return NULL;
	return value + out->len + strlen("\"\n");
}

static enum vk_rc check_lines(const char *text, struct vk_err *err)
{
	bool seen[DIRECTIVE_COUNT] = {false};

	for (unsigned number = 1; *text != '\0'; number++) {
		struct vk_placeholder found;
		int directive;

		text = read_line(text, &directive, &found);
		if (text == NULL || seen[directive])
			return vk_err_set(err, VK_EINPUT,
				VK_BUNDLE_SECRETS
				":%u: this host accepts only one line for each of requirepass, "
				"primaryauth and the passwords of TLS keys, with a secret",
				number);
		seen[directive] = true;
	}
	return VK_OK;
}

/* On a line of its own. */
static bool is_included(const struct vk_bundle *bundle)
{
	const struct vk_bundle_file *conf = vk_bundle_find(bundle, VK_BUNDLE_CONF);
	const char *found = conf != NULL ? strstr(conf->text, SECRETS_CONF_INCLUDE) : NULL;

	return found != NULL && (found == conf->text || found[-1] == '\n');
}

enum vk_rc secrets_conf_check(const struct vk_bundle *bundle, struct vk_err *err)
{
	const struct vk_bundle_file *file = vk_bundle_find(bundle, VK_BUNDLE_SECRETS);

	if ((file != NULL) != is_included(bundle))
		return vk_err_set(err, VK_EINPUT,
			VK_BUNDLE_SECRETS " and its include in " VK_BUNDLE_CONF
					  " must be there together, or neither");
	if (file == NULL)
		return VK_OK;
	return check_lines(file->text, err);
}

bool secrets_conf_find(
	const struct vk_bundle *bundle, const char *directive, struct vk_placeholder *out)
{
	const struct vk_bundle_file *file = vk_bundle_find(bundle, VK_BUNDLE_SECRETS);
	const char *text = file != NULL ? file->text : "";

	while (text != NULL && *text != '\0') {
		int found;

		text = read_line(text, &found, out);
		if (text != NULL && strcmp(directives[found], directive) == 0)
			return true;
	}
	return false;
}
