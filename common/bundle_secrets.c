/* SPDX-License-Identifier: BSD-3-Clause */
/* Which secrets a bundle pins, and where its files want them. */
#include "config.h"

#include "common/bundle_internal.h"

#include <string.h>

#include "common/mem.h"
#include "common/name.h"
#include "common/placeholder.h"
#include "common/secret.h"

#include "common/banned.h"

/* ---- the list ---- */

static enum vk_rc parse_secret(
	const struct vkjson *obj, struct vk_bundle_secret *out, struct vk_err *err)
{
	static const char *const names[] = {"name", "sha256", "version", NULL};
	enum vk_rc rc = vkjson_check_members(obj, names, err);

	if (rc == VK_OK)
		rc = vkjson_get_string(obj, "name", &out->name, err);
	if (rc == VK_OK)
		rc = vkjson_get_hex(obj, "sha256", out->sha256, sizeof(out->sha256), err);
	if (rc == VK_OK)
		rc = vkjson_get_int(obj, "version", 1, VK_SECRET_VERSION_MAX, &out->version, err);
	return rc;
}

enum vk_rc bundle_parse_secrets(const struct vkjson *doc, struct vk_bundle *out, struct vk_err *err)
{
	const struct vkjson *array = NULL;
	struct vk_bundle_secret *secrets;
	enum vk_rc rc = vkjson_get_array(doc, "secrets", &array, err);

	if (rc != VK_OK)
		return rc;
	if (vkjson_count(array) > VK_BUNDLE_MAX_SECRETS)
		return vk_err_set(err, VK_ELIMIT, "more than %d secrets", VK_BUNDLE_MAX_SECRETS);
	secrets = xcalloc(vkjson_count(array) + 1, sizeof(*secrets));
	out->secrets = secrets;
	for (size_t i = 0; i < vkjson_count(array) && rc == VK_OK; i++) {
		rc = parse_secret(vkjson_at(array, i), &secrets[i], err);
		if (rc != VK_OK)
			vk_err_prefix(err, rc, "secret %zu", i);
	}
	out->secret_count = vkjson_count(array);
	return rc;
}

struct vkjson *bundle_secrets_to_json(const struct vk_bundle *bundle)
{
	struct vkjson *array = vkjson_array();

	for (size_t i = 0; i < bundle->secret_count; i++) {
		const struct vk_bundle_secret *secret = &bundle->secrets[i];
		struct vkjson *obj = vkjson_object();

		vkjson_set(obj, "name", vkjson_string(secret->name));
		vkjson_set(obj, "sha256", vkjson_hex(secret->sha256, sizeof(secret->sha256)));
		vkjson_set(obj, "version", vkjson_int(secret->version));
		vkjson_append(array, obj);
	}
	return array;
}

/* By name, then version. */
static int compare(const struct vk_bundle_secret *a, const struct vk_bundle_secret *b)
{
	int order = strcmp(a->name, b->name);

	return order != 0 ? order : (a->version > b->version) - (a->version < b->version);
}

static enum vk_rc check_list(const struct vk_bundle *bundle, struct vk_err *err)
{
	if (bundle->secret_count > VK_BUNDLE_MAX_SECRETS)
		return vk_err_set(err, VK_ELIMIT, "more than %d secrets", VK_BUNDLE_MAX_SECRETS);
	for (size_t i = 0; i < bundle->secret_count; i++) {
		const struct vk_bundle_secret *secret = &bundle->secrets[i];

		if (!vk_name_is_valid(secret->name) || secret->version < 1 ||
			secret->version > VK_SECRET_VERSION_MAX)
			return vk_err_set(err, VK_EINPUT,
				"secret %zu: not the name and version of a secret", i);
		if (i > 0 && compare(&bundle->secrets[i - 1], secret) >= 0)
			return vk_err_set(err, VK_EINPUT,
				"secret '%s': secrets must be sorted by name and version, each "
				"only once",
				secret->name);
	}
	return VK_OK;
}

const struct vk_bundle_secret *vk_bundle_find_secret(
	const struct vk_bundle *bundle, const char *name, int64_t version)
{
	const struct vk_bundle_secret wanted = {.name = name, .version = version};

	for (size_t i = 0; i < bundle->secret_count; i++) {
		if (compare(&bundle->secrets[i], &wanted) == 0)
			return &bundle->secrets[i];
	}
	return NULL;
}

/* ---- placeholders ---- */

/* A digest in users.acl, a value as the text between two quotes of secrets.conf, or a value as the
 * whole of another file. */
static bool is_in_its_place(const struct vk_bundle_file *file, const struct vk_placeholder *found)
{
	const char *before = found->start, *after = found->start + found->len;
	bool is_first = before == file->text;

	if (strcmp(file->path, VK_BUNDLE_ACL) == 0)
		return found->form == VK_PLACEHOLDER_SHA256 && !is_first && before[-1] == '#';
	if (found->form != VK_PLACEHOLDER_SECRET || strcmp(file->path, VK_BUNDLE_CONF) == 0)
		return false;
	if (strcmp(file->path, VK_BUNDLE_SECRETS) == 0)
		return !is_first && before[-1] == '"' && after[0] == '"';
	return is_first && after[0] == '\0';
}

static enum vk_rc check_file(const struct vk_bundle *bundle, const struct vk_bundle_file *file,
	bool *used, struct vk_err *err)
{
	const char *text = file->text;
	struct vk_placeholder found;

	while (vk_placeholder_find(text, &found)) {
		const struct vk_bundle_secret *secret;

		if (!found.is_valid)
			return vk_err_set(err, VK_EINPUT,
				"file '%s': a placeholder that names no version of a secret",
				file->path);
		if (!is_in_its_place(file, &found))
			return vk_err_set(err, VK_EINPUT,
				"file '%s': secret '%s' cannot stand there", file->path,
				found.name);
		secret = vk_bundle_find_secret(bundle, found.name, found.version);
		if (secret == NULL)
			return vk_err_set(err, VK_EINPUT,
				"file '%s': no secret '%s' version %lld in 'secrets'", file->path,
				found.name, (long long)found.version);
		used[secret - bundle->secrets] = true;
		text = found.start + found.len;
	}
	return VK_OK;
}

enum vk_rc bundle_check_secrets(const struct vk_bundle *bundle, struct vk_err *err)
{
	bool used[VK_BUNDLE_MAX_SECRETS] = {false};
	enum vk_rc rc = check_list(bundle, err);

	for (size_t i = 0; rc == VK_OK && i < bundle->file_count; i++)
		rc = check_file(bundle, &bundle->files[i], used, err);
	for (size_t i = 0; rc == VK_OK && i < bundle->secret_count; i++) {
		if (!used[i])
			rc = vk_err_set(err, VK_EINPUT, "secret '%s': no file uses version %lld",
				bundle->secrets[i].name, (long long)bundle->secrets[i].version);
	}
	return rc;
}
