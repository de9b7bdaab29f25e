/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/expected.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "client/pull/fill.h"
#include "client/pull/generation.h"
#include "common/file.h"
#include "common/mem.h"
#include "common/vkjson.h"

#include "common/banned.h"

enum { EXPECTED_FORMAT = 2, RUNTIME_MAX_BYTES = 1024 * 1024 };

void expected_init(struct expected *expected)
{
	memset(expected, 0, sizeof(*expected));
	values_init(&expected->values);
	users_init(&expected->users);
}

void expected_release(struct expected *expected)
{
	for (size_t i = 0; i < expected->extra_count; i++)
		free(expected->extra[i]);
	values_release(&expected->values);
	users_release(&expected->users);
	expected_init(expected);
}

enum vk_rc expected_basis_now(
	const struct instance *instance, struct expected_basis *out, struct vk_err *err)
{
	char *path = fill_runtime_path(instance);
	struct expected_basis basis;
	struct vk_buf text;
	struct stat st;
	enum vk_rc rc;

	memset(&basis, 0, sizeof(basis));
	vk_buf_init(&text, RUNTIME_MAX_BYTES);
	rc = vk_file_read(AT_FDCWD, path, VK_FILE_DEFAULT, &text, err);
	if (rc == VK_OK && stat(instance->binary, &st) != 0)
		rc = vk_err_errno(err, VK_EIO, errno, "%s", instance->binary);
	if (rc == VK_OK) {
		basis.binary_size = st.st_size;
		basis.binary_mtime = st.st_mtime;
		vk_sha256_hex(text.data, text.len, basis.runtime);
		vk_sha256_hex(
			instance->agent_password, strlen(instance->agent_password), basis.agent);
		vk_sha256_hex(basis.agent, strlen(basis.agent), basis.agent);
		*out = basis;
	}
	vk_buf_release(&text);
	free(path);
	return rc;
}

bool expected_basis_equal(const struct expected_basis *a, const struct expected_basis *b)
{
	return a->binary_size == b->binary_size && a->binary_mtime == b->binary_mtime &&
	       strcmp(a->runtime, b->runtime) == 0 && strcmp(a->agent, b->agent) == 0;
}

static char *file_path(const struct instance *instance, const char *generation)
{
	char *directory = generation_path(instance, generation);
	char *path = xasprintf("%s/" GENERATION_EXPECTED, directory);

	free(directory);
	return path;
}

static enum vk_rc get_digest(const struct vkjson *json, const char *member,
	char out[VK_SHA256_HEX_BYTES], struct vk_err *err)
{
	uint8_t digest[VK_SHA256_BYTES];
	enum vk_rc rc = vkjson_get_hex(json, member, digest, sizeof(digest), err);

	if (rc == VK_OK)
		vk_digest_format(digest, out);
	return rc;
}

static enum vk_rc parse_basis(
	const struct vkjson *json, struct expected_basis *out, struct vk_err *err)
{
	enum vk_rc rc = vkjson_get_int(json, "binary-size", 0, INT64_MAX, &out->binary_size, err);

	if (rc == VK_OK)
		rc = vkjson_get_int(
			json, "binary-mtime", INT64_MIN, INT64_MAX, &out->binary_mtime, err);
	if (rc == VK_OK)
		rc = get_digest(json, "runtime", out->runtime, err);
	if (rc == VK_OK)
		rc = get_digest(json, "agent", out->agent, err);
	return rc;
}

static enum vk_rc parse_values(const struct vkjson *json, struct values *out, struct vk_err *err)
{
	for (struct vkjson_iter it = vkjson_iter(json); vkjson_next(&it);) {
		const char *text = vkjson_text(it.value);

		if (text == NULL || out->count >= VALUES_MAX)
			return vk_err_set(err, VK_EINPUT, "value '%s' is no text", it.name);
		values_add(out, it.name, text);
	}
	values_sort(out);
	return VK_OK;
}

static enum vk_rc parse_users(const struct vkjson *json, struct users *out, struct vk_err *err)
{
	for (struct vkjson_iter it = vkjson_iter(json); vkjson_next(&it);) {
		const char *text = vkjson_text(it.value);

		if (text == NULL || out->count >= USERS_MAX)
			return vk_err_set(err, VK_EINPUT, "user '%s' has no rules", it.name);
		users_add(out, it.name, text);
	}
	users_sort(out);
	return VK_OK;
}

static enum vk_rc parse_extra(const struct vkjson *json, struct expected *out, struct vk_err *err)
{
	size_t count = vkjson_count(json);

	if (count > EXPECTED_MAX_EXTRA)
		return vk_err_set(err, VK_EINPUT, "too many hidden names");
	for (size_t i = 0; i < count; i++) {
		const char *name = vkjson_text(vkjson_at(json, i));

		if (name == NULL)
			return vk_err_set(err, VK_EINPUT, "hidden name %zu is no text", i);
		out->extra[out->extra_count++] = xstrdup(name);
	}
	return VK_OK;
}

static enum vk_rc parse(const struct vkjson *json, struct expected *out, struct vk_err *err)
{
	const struct vkjson *part = NULL;
	int64_t format;
	enum vk_rc rc =
		vkjson_get_int(json, "format", EXPECTED_FORMAT, EXPECTED_FORMAT, &format, err);

	if (rc == VK_OK)
		rc = get_digest(json, "bundle", out->bundle, err);
	if (rc == VK_OK)
		rc = vkjson_get_opt_int(
			json, "maxclients-asked", 0, INT64_MAX, 0, &out->maxclients_asked, err);
	if (rc == VK_OK)
		rc = vkjson_get_object(json, "basis", &part, err);
	if (rc == VK_OK)
		rc = parse_basis(part, &out->basis, err);
	if (rc == VK_OK)
		rc = vkjson_get_array(json, "extra", &part, err);
	if (rc == VK_OK)
		rc = parse_extra(part, out, err);
	if (rc == VK_OK)
		rc = vkjson_get_object(json, "values", &part, err);
	if (rc == VK_OK)
		rc = parse_values(part, &out->values, err);
	if (rc == VK_OK)
		rc = vkjson_get_object(json, "users", &part, err);
	if (rc == VK_OK)
		rc = parse_users(part, &out->users, err);
	return rc;
}

enum vk_rc expected_read(const struct instance *instance, const char *generation,
	struct expected *out, struct vk_err *err)
{
	char *path = file_path(instance, generation);
	struct vkjson *json = NULL;
	struct vk_buf text;
	enum vk_rc rc;

	expected_init(out);
	vk_buf_init(&text, EXPECTED_MAX_BYTES);
	rc = vk_file_read(AT_FDCWD, path, VK_FILE_NOFOLLOW, &text, err);
	if (rc == VK_OK) {
		rc = vkjson_parse(text.data, text.len, &json, err);
		if (rc == VK_OK)
			rc = parse(json, out, err);
		if (rc != VK_OK)
			rc = vk_err_prefix(err, rc, "%s", path);
	}
	vkjson_free(json);
	vk_buf_release(&text);
	free(path);
	return rc;
}

static struct vkjson *basis_to_json(const struct expected_basis *basis)
{
	struct vkjson *json = vkjson_object();

	vkjson_set(json, "binary-size", vkjson_int(basis->binary_size));
	vkjson_set(json, "binary-mtime", vkjson_int(basis->binary_mtime));
	vkjson_set(json, "runtime", vkjson_string(basis->runtime));
	vkjson_set(json, "agent", vkjson_string(basis->agent));
	return json;
}

static struct vkjson *to_json(const struct expected *expected)
{
	struct vkjson *json = vkjson_object();
	struct vkjson *extra = vkjson_array();
	struct vkjson *values = vkjson_object();
	struct vkjson *users = vkjson_object();

	for (size_t i = 0; i < expected->extra_count; i++)
		vkjson_append(extra, vkjson_string(expected->extra[i]));
	for (size_t i = 0; i < expected->values.count; i++)
		vkjson_set(values, expected->values.items[i].name,
			vkjson_string(expected->values.items[i].text));
	for (size_t i = 0; i < expected->users.count; i++)
		vkjson_set(users, expected->users.items[i].name,
			vkjson_string(expected->users.items[i].rules));
	vkjson_set(json, "format", vkjson_int(EXPECTED_FORMAT));
	vkjson_set(json, "bundle", vkjson_string(expected->bundle));
	vkjson_set(json, "basis", basis_to_json(&expected->basis));
	vkjson_set(json, "maxclients-asked", vkjson_int(expected->maxclients_asked));
	vkjson_set(json, "extra", extra);
	vkjson_set(json, "values", values);
	vkjson_set(json, "users", users);
	return json;
}

enum vk_rc expected_write(const struct instance *instance, const char *generation,
	const struct expected *expected, struct vk_err *err)
{
	struct vkjson *json = to_json(expected);
	char *path = file_path(instance, generation);
	struct vk_buf text;
	enum vk_rc rc;

	vk_buf_init(&text, EXPECTED_MAX_BYTES);
	vkjson_format(json, false, &text);
	vk_buf_addc(&text, '\n');
	rc = vk_buf_check(&text, GENERATION_EXPECTED, err);
	if (rc == VK_OK)
		rc = vk_file_replace(AT_FDCWD, path, 0600, text.data, text.len, err);
	vk_buf_release(&text);
	free(path);
	vkjson_free(json);
	return rc;
}
