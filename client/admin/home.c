/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/home.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/file.h"
#include "common/keyholder.h"
#include "common/mem.h"
#include "common/vkjson.h"

#include "common/banned.h"

enum { IDENTITY_MAX_BYTES = 8192 };

char *home_path(const char *home, const char *file)
{
	return xasprintf("%s/%s", home, file);
}

char *home_tls_path(const char *home, const struct home_identity *identity, const char *file)
{
	if (identity->ca[0] == '\0')
		return home_path(home, file);
	if (strcmp(file, "ca.crt") == 0)
		return xstrdup(identity->ca);
	return xstrdup(strcmp(file, "tls.crt") == 0 ? identity->certificate : identity->key);
}

/* Without this, an empty name would be the root directory. */
static enum vk_rc check_home(const char *home, struct vk_err *err)
{
	if (home[0] != '\0')
		return VK_OK;
	vk_err_set(err, VK_EINPUT, "no place for your keys: HOME is not set");
	vk_err_hint(err, "give --home DIR or set VKCFG_HOME");
	return VK_EINPUT;
}

enum vk_rc home_prepare(const char *home, const char *directory, struct vk_err *err)
{
	enum vk_rc rc = check_home(home, err);
	char *path;

	if (rc == VK_OK)
		rc = vk_file_mkdirs(AT_FDCWD, home, 0700, err);
	if (rc != VK_OK || directory == NULL)
		return rc;
	path = home_path(home, directory);
	rc = vk_file_mkdirs(AT_FDCWD, path, 0700, err);
	free(path);
	return rc;
}

static enum vk_rc copy_member(
	const struct vkjson *object, const char *member, char *out, size_t size, struct vk_err *err)
{
	const char *text;
	enum vk_rc rc = vkjson_get_string(object, member, &text, err);

	if (rc != VK_OK)
		return rc;
	if (strlen(text) >= size)
		return vk_err_set(err, VK_ELIMIT, "member '%s' is too long", member);
	memcpy(out, text, strlen(text) + 1);
	return VK_OK;
}

/* All three paths, or none. */
static enum vk_rc parse_own_pki(
	const struct vkjson *object, struct home_identity *out, struct vk_err *err)
{
	enum vk_rc rc;

	if (vkjson_get(object, "ca") == NULL)
		return VK_OK;
	rc = copy_member(object, "ca", out->ca, sizeof(out->ca), err);
	if (rc == VK_OK)
		rc = copy_member(
			object, "certificate", out->certificate, sizeof(out->certificate), err);
	if (rc == VK_OK)
		rc = copy_member(object, "key", out->key, sizeof(out->key), err);
	return rc;
}

static enum vk_rc parse_identity(
	const struct vk_buf *text, struct home_identity *out, struct vk_err *err)
{
	struct home_identity identity = {.fleet = ""};
	struct vkjson *object = NULL;
	enum vk_rc rc = vkjson_parse(text->data, text->len, &object, err);

	if (rc == VK_OK)
		rc = copy_member(object, "fleet", identity.fleet, sizeof(identity.fleet), err);
	if (rc == VK_OK)
		rc = copy_member(object, "user", identity.user, sizeof(identity.user), err);
	if (rc == VK_OK)
		rc = copy_member(object, "server", identity.server, sizeof(identity.server), err);
	if (rc == VK_OK && (!vk_name_is_valid(identity.fleet) || !vk_name_is_valid(identity.user)))
		rc = vk_err_set(err, VK_EINPUT, "members 'fleet' and 'user' must be names");
	if (rc == VK_OK)
		rc = parse_own_pki(object, &identity, err);
	if (rc == VK_OK)
		*out = identity;
	vkjson_free(object);
	return rc;
}

enum vk_rc home_load_identity(const char *home, struct home_identity *out, struct vk_err *err)
{
	char *path = home_path(home, "fleet.json");
	enum vk_rc rc = check_home(home, err);
	struct vk_buf text;

	vk_buf_init(&text, IDENTITY_MAX_BYTES);
	if (rc == VK_OK)
		rc = vk_file_read(AT_FDCWD, path, VK_FILE_NOFOLLOW, &text, err);
	if (rc == VK_ENOTFOUND) {
		vk_err_set(err, VK_ENOTFOUND, "you are not enrolled: there is no %s", path);
		vk_err_hint(err, "'vkcfg enrol' with the token that your administrator gave you");
	} else if (rc == VK_OK) {
		rc = parse_identity(&text, out, err);
		if (rc != VK_OK)
			vk_err_prefix(err, rc, "%s", path);
	}
	vk_buf_release(&text);
	free(path);
	return rc;
}

enum vk_rc home_save_identity(
	const char *home, const struct home_identity *identity, struct vk_err *err)
{
	struct vkjson *object = vkjson_object();
	struct vk_buf text;
	enum vk_rc rc;

	vkjson_set(object, "fleet", vkjson_string(identity->fleet));
	vkjson_set(object, "user", vkjson_string(identity->user));
	vkjson_set(object, "server", vkjson_string(identity->server));
	if (identity->ca[0] != '\0') {
		vkjson_set(object, "ca", vkjson_string(identity->ca));
		vkjson_set(object, "certificate", vkjson_string(identity->certificate));
		vkjson_set(object, "key", vkjson_string(identity->key));
	}
	vk_buf_init(&text, IDENTITY_MAX_BYTES);
	vkjson_format(object, true, &text);
	rc = home_write(home, "fleet.json", text.data, text.len, err);
	vk_buf_release(&text);
	vkjson_free(object);
	return rc;
}

enum vk_rc home_write(
	const char *home, const char *file, const char *text, size_t len, struct vk_err *err)
{
	char *path = home_path(home, file);
	enum vk_rc rc = home_prepare(home, NULL, err);

	if (rc == VK_OK)
		rc = vk_file_replace(AT_FDCWD, path, 0600, text, len, err);
	free(path);
	return rc;
}

enum vk_rc home_key_path(
	const char *home, const char *name, const char *suffix, char **out, struct vk_err *err)
{
	if (!vk_name_is_valid(name)) {
		vk_err_set(err, VK_EINPUT, "'%s' is no name for a key", name);
		vk_err_hint(err, "lower-case letters, digits, '.', '_' and '-', at most 63");
		return VK_EINPUT;
	}
	if (check_home(home, err) != VK_OK)
		return VK_EINPUT;
	*out = xasprintf("%s/keys/%s.%s", home, name, suffix);
	return VK_OK;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* The NAME of NAME.key, or false. */
static bool key_name_of(const char *file, char *out)
{
	size_t len = strlen(file);

	if (len < 5 || len - 4 >= VK_NAME_BYTES || strcmp(file + len - 4, ".key") != 0)
		return false;
	memcpy(out, file, len - 4);
	out[len - 4] = '\0';
	return vk_name_is_valid(out);
}

enum vk_rc home_list_keys(
	const char *home, char (*out)[VK_NAME_BYTES], size_t *count, struct vk_err *err)
{
	enum vk_rc rc = check_home(home, err);
	char *path = home_path(home, "keys");
	DIR *directory = rc == VK_OK ? opendir(path) : NULL;

	*count = 0;
	if (rc == VK_OK && directory == NULL && errno != ENOENT)
		rc = vk_err_errno(err, VK_EIO, errno, "%s", path);
	for (struct dirent *entry; directory != NULL && (entry = readdir(directory)) != NULL;) {
		char name[VK_NAME_BYTES];

		if (!key_name_of(entry->d_name, name))
			continue;
		if (*count == HOME_MAX_KEYS) {
			rc = vk_err_set(
				err, VK_ELIMIT, "%s: more than %d keys", path, HOME_MAX_KEYS);
			break;
		}
		memcpy(out[(*count)++], name, VK_NAME_BYTES);
	}
	if (directory != NULL)
		closedir(directory);
	qsort(out, *count, sizeof(*out), compare_names);
	free(path);
	return rc;
}

enum vk_rc home_load_key(
	const char *home, const char *name, struct keyholder **out, struct vk_err *err)
{
	struct keyholder *holder = NULL;
	char *path = NULL;
	enum vk_rc rc = home_key_path(home, name, "key", &path, err);

	if (rc != VK_OK)
		return rc;
	rc = keyholder_load(AT_FDCWD, path, &holder, err);
	if (rc == VK_ENOTFOUND) {
		vk_err_set(err, VK_ENOTFOUND, "you have no key '%s'", name);
		vk_err_hint(err, "'vkcfg key list' lists your keys, 'vkcfg key new' makes one");
	} else if (rc == VK_OK && strcmp(keyholder_name(holder), name) != 0) {
		rc = vk_err_set(err, VK_EINPUT, "%s holds a key of another name, '%s'", path,
			keyholder_name(holder));
	}
	if (rc == VK_OK) {
		*out = holder;
		holder = NULL;
	}
	keyholder_free(holder);
	free(path);
	return rc;
}
