/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/secrets_cache.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/pull/generation.h"
#include "common/file.h"
#include "common/mem.h"

#include "common/banned.h"

enum {
	FILE_NAME_BYTES = VK_SHA256_HEX_BYTES + sizeof(".json") - 1,
	NEEDED_MAX = 64 * 1024,
};

static char *file_path(const char *state, const uint8_t digest[VK_SHA256_BYTES])
{
	char hex[VK_SHA256_HEX_BYTES];

	vk_digest_format(digest, hex);
	return xasprintf("%s/secrets/%s.json", state, hex);
}

enum vk_rc secrets_cache_read(const char *state, const uint8_t digest[VK_SHA256_BYTES],
	struct envelope *out, struct vk_err *err)
{
	char *path = file_path(state, digest);
	struct vk_buf text;
	enum vk_rc rc;

	vk_buf_init(&text, ENVELOPE_MAX_BYTES);
	rc = vk_file_read(AT_FDCWD, path, VK_FILE_NOFOLLOW | VK_FILE_PRIVATE, &text, err);
	if (rc == VK_OK)
		rc = envelope_parse(text.data, text.len, out, err);
	else if (rc != VK_ENOTFOUND && rc != VK_EIO)
		rc = err->rc = VK_EUNTRUSTED;
	vk_buf_release(&text);
	free(path);
	return rc;
}

enum vk_rc secrets_cache_write(const char *state, const uint8_t digest[VK_SHA256_BYTES],
	const struct envelope *envelope, struct vk_err *err)
{
	char *directory = xasprintf("%s/secrets", state);
	char *path = file_path(state, digest);
	struct vk_buf text;
	enum vk_rc rc;

	vk_buf_init(&text, ENVELOPE_MAX_BYTES);
	rc = envelope_format(envelope, &text, err);
	if (rc == VK_OK)
		rc = vk_file_mkdirs(AT_FDCWD, directory, 0700, err);
	if (rc == VK_OK)
		rc = vk_file_replace(AT_FDCWD, path, 0600, text.data, text.len, err);
	vk_buf_release(&text);
	free(path);
	free(directory);
	return rc;
}

/* Names of files that something needs. */
struct needed {
	char (*names)[FILE_NAME_BYTES];
	size_t count;
};

static bool need_bundle(struct needed *needed, const struct vk_bundle *bundle)
{
	if (bundle->secret_count > NEEDED_MAX - needed->count)
		return false;
	needed->names = xreallocarray(
		needed->names, needed->count + bundle->secret_count + 1, sizeof(*needed->names));
	for (size_t i = 0; i < bundle->secret_count; i++) {
		char *name = needed->names[needed->count++];

		vk_digest_format(bundle->secrets[i].sha256, name);
		memcpy(name + VK_SHA256_HEX_BYTES - 1, ".json", sizeof(".json"));
	}
	return true;
}

static bool need_generation(
	struct needed *needed, const struct instance *instance, const char *name)
{
	struct generation_bundle bundle = {.len = 0};
	struct vk_err ignored = VK_ERR_INIT;
	bool is_read = generation_read_bundle(instance, name, &bundle, &ignored) == VK_OK &&
		       need_bundle(needed, bundle.bundle);

	generation_bundle_release(&bundle);
	return is_read;
}

static bool need_instance(struct needed *needed, const struct instance *instance)
{
	char *path = generation_path(instance, "");
	DIR *dir = opendir(path);
	bool is_read = dir != NULL;
	struct dirent *entry;

	while (is_read && (entry = readdir(dir)) != NULL) {
		if (generation_name_is_valid(entry->d_name))
			is_read = need_generation(needed, instance, entry->d_name);
	}
	if (dir != NULL)
		closedir(dir);
	free(path);
	return is_read;
}

static bool is_needed(const struct needed *needed, const char *name)
{
	for (size_t i = 0; i < needed->count; i++) {
		if (strcmp(needed->names[i], name) == 0)
			return true;
	}
	return false;
}

static void remove_others(const struct needed *needed, DIR *dir)
{
	struct dirent *entry;

	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] != '.' && !is_needed(needed, entry->d_name) &&
			unlinkat(dirfd(dir), entry->d_name, 0) != 0)
			return; /* a disk that fails is not asked again */
	}
}

void secrets_cache_prune(const struct pull_settings *settings)
{
	char *path = xasprintf("%s/secrets", settings->state);
	struct needed needed = {.names = NULL};
	DIR *dir = opendir(path);
	bool is_known = dir != NULL;

	for (size_t i = 0; is_known && i < settings->count; i++)
		is_known = need_instance(&needed, &settings->instances[i]);
	if (is_known)
		remove_others(&needed, dir);
	if (dir != NULL)
		closedir(dir);
	free(needed.names);
	free(path);
}
