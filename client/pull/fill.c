/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/fill.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/digest.h"
#include "common/mem.h"
#include "common/placeholder.h"

#include "common/banned.h"

struct filling {
	const struct instance *instance;
	const struct vk_bundle_file *file;
	const char *generation;
	const struct secrets *secrets;
};

static bool is_name(const char *name, size_t len, const char *wanted)
{
	return strlen(wanted) == len && strncmp(name, wanted, len) == 0;
}

static bool add_value(
	const struct filling *filling, const char *name, size_t len, struct vk_buf *out)
{
	const struct instance *instance = filling->instance;
	char hash[VK_SHA256_HEX_BYTES];

	if (is_name(name, len, "instance")) {
		vk_buf_adds(out, instance->directory);
	} else if (is_name(name, len, "generation")) {
		vk_buf_adds(out, filling->generation);
	} else if (is_name(name, len, "data")) {
		vk_buf_adds(out, instance->data);
	} else if (is_name(name, len, "agent-password") &&
		   strcmp(filling->file->path, FILL_ACL) == 0) {
		vk_sha256_hex(instance->agent_password, strlen(instance->agent_password), hash);
		vk_buf_adds(out, hash);
	} else {
		return false;
	}
	return true;
}

static bool is_file(const struct filling *filling, const char *path)
{
	return strcmp(filling->file->path, path) == 0;
}

/* Files in which each placeholder must be known. */
static bool is_strict(const struct filling *filling)
{
	return is_file(filling, FILL_CONF) || is_file(filling, VK_BUNDLE_SENTINEL) ||
	       is_file(filling, FILL_ACL) || is_file(filling, FILL_SECRETS);
}

bool fill_has_secret(const struct vk_bundle_file *file)
{
	struct vk_placeholder found;

	return vk_placeholder_find(file->text, &found);
}

/* Between two quotes, as Valkey reads them. */
static void add_quoted(const char *text, size_t len, struct vk_buf *out)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '"' || text[i] == '\\')
			vk_buf_addc(out, '\\');
		vk_buf_addc(out, text[i]);
	}
}

static enum vk_rc add_secret(const struct filling *filling, const struct vk_placeholder *found,
	struct vk_buf *out, struct vk_err *err)
{
	const struct vk_secret_value *value =
		found->is_valid ? secrets_get(filling->secrets, found->name, found->version) : NULL;
	const char *text = value != NULL ? vk_secret_value_text(value) : NULL;
	size_t len = value != NULL ? vk_secret_value_len(value) : 0;
	char hash[VK_SHA256_HEX_BYTES];

	if (value == NULL)
		return vk_err_set(err, VK_EINPUT, "%s: a secret that the bundle does not pin",
			filling->file->path);
	if (is_strict(filling) && !vk_secret_is_word(text, len)) {
		vk_err_set(err, VK_EINPUT,
			"secret %s version %lld cannot be a password: it is too long, or holds "
			"control or non-ASCII characters",
			found->name, (long long)found->version);
		vk_err_hint(err, "a keeper sets it anew: vkcfg secret set");
		return VK_EINPUT;
	}
	if (found->form == VK_PLACEHOLDER_SHA256) {
		vk_sha256_hex(text, len, hash);
		vk_buf_adds(out, hash);
	} else if (is_file(filling, FILL_SECRETS)) {
		add_quoted(text, len, out);
	} else {
		vk_buf_add(out, text, len);
	}
	return VK_OK;
}

/* The placeholder at `at`, of which only the text up to it has been added. *end is where to go on.
 */
static enum vk_rc add_placeholder(const struct filling *filling, const char *at, const char **end,
	struct vk_buf *out, struct vk_err *err)
{
	const char *name = at + strlen("@{");
	size_t len = strcspn(name, "}\n");
	struct vk_placeholder found;

	*end = name + len + 1;
	if (vk_placeholder_find(at, &found) && found.start == at) {
		*end = at + found.len;
		return add_secret(filling, &found, out, err);
	}
	if (name[len] == '}' && add_value(filling, name, len, out))
		return VK_OK;
	if (is_strict(filling))
		return vk_err_set(err, VK_EINPUT, "%s: nobody knows the placeholder @{%.*s}",
			filling->file->path, len < 40 ? (int)len : 40, name);
	vk_buf_adds(out, "@{");
	*end = name;
	return VK_OK;
}

enum vk_rc fill_text(const struct instance *instance, const struct vk_bundle_file *file,
	const char *generation, const struct secrets *secrets, struct vk_buf *out,
	struct vk_err *err)
{
	const struct filling filling = {instance, file, generation, secrets};
	const char *at = file->text;
	const char *open;

	while ((open = strstr(at, "@{")) != NULL) {
		enum vk_rc rc;

		vk_buf_add(out, at, (size_t)(open - at));
		rc = add_placeholder(&filling, open, &at, out, err);
		if (rc != VK_OK)
			return rc;
	}
	vk_buf_adds(out, at);
	return vk_buf_check(out, file->path, err);
}

char *fill_runtime_path(const struct instance *instance)
{
	char *path = xasprintf("%s/" FILL_RUNTIME, instance->directory);

	if (instance->staging == NULL || access(path, F_OK) == 0)
		return path;
	free(path);
	return xasprintf("%s/" FILL_RUNTIME, instance->staging);
}

char *fill_current_path(const struct instance *instance)
{
	return xasprintf("%s/current", instance->directory);
}
