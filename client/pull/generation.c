/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/generation.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/pull/fill.h"
#include "client/pull/secrets.h"
#include "client/pull/wipe.h"
#include "common/fault.h"
#include "common/file.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/num.h"

#include "common/banned.h"

enum {
	DIRECTORY_MODE = 0750,
	FILLED_MAX_BYTES = 4 * VK_BUNDLE_MAX_TEXT_BYTES, /* placeholders may grow a text */
	LINK_MAX_BYTES = 256,
	PRUNE_MAX = 1024,
};

#define LINK_PREFIX "generations/"

enum vk_rc generation_bundle_parse(
	const char *bytes, size_t len, struct generation_bundle *out, struct vk_err *err)
{
	struct generation_bundle parsed = {.len = len};
	enum vk_rc rc = vk_bundle_parse(bytes, len, &parsed.bundle, err);

	if (rc != VK_OK)
		return rc;
	parsed.bytes = xmemdup(bytes, len);
	vk_sha256_hex(bytes, len, parsed.digest);
	*out = parsed;
	return VK_OK;
}

void generation_bundle_release(struct generation_bundle *bundle)
{
	vk_bundle_free(bundle->bundle);
	free(bundle->bytes);
	*bundle = (struct generation_bundle){.len = 0};
}

void generation_name(int64_t release, const char *digest, char out[GENERATION_NAME_BYTES])
{
	snprintf(out, GENERATION_NAME_BYTES, "%06lld-%.6s", (long long)release, digest);
}

bool generation_name_is_valid(const char *name)
{
	size_t digits = strspn(name, "0123456789");

	return digits >= 6 && digits < GENERATION_NAME_BYTES - 8 && name[digits] == '-' &&
	       strspn(name + digits + 1, "0123456789abcdef") == 6 && name[digits + 7] == '\0';
}

int64_t generation_release(const char *name)
{
	char digits[GENERATION_NAME_BYTES];
	uint64_t number = 0;

	snprintf(digits, sizeof(digits), "%.*s", (int)strspn(name, "0123456789"), name);
	return vk_parse_uint(digits, 1, INT64_MAX, &number) ? (int64_t)number : 0;
}

static const char *home_of(const struct instance *instance)
{
	return instance->staging != NULL ? instance->staging : instance->directory;
}

static char *link_path(const struct instance *instance)
{
	return xasprintf("%s/current", home_of(instance));
}

char *generation_path(const struct instance *instance, const char *name)
{
	return xasprintf("%s/" LINK_PREFIX "%s", home_of(instance), name);
}

enum vk_rc generation_prepare(const struct instance *instance, struct vk_err *err)
{
	char *generations = generation_path(instance, "");
	char *runtime = fill_runtime_path(instance);
	enum vk_rc rc = VK_OK;

	if (access(generations, F_OK) != 0)
		rc = vk_file_mkdirs(AT_FDCWD, generations, DIRECTORY_MODE, err);
	if (rc == VK_OK && access(runtime, F_OK) != 0) {
		rc = vk_file_create(AT_FDCWD, runtime, 0640, "", 0, err);
		if (rc == VK_ECONFLICT)
			rc = VK_OK;
	}
	free(generations);
	free(runtime);
	return rc;
}

/* Makes the directories on the way to a file, and their own entries durable. */
static enum vk_rc make_parents(int dirfd, const char *path, struct vk_err *err)
{
	char *copy = xstrdup(path);
	enum vk_rc rc = VK_OK;

	for (char *slash = strchr(copy, '/'); rc == VK_OK && slash != NULL;
		slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		rc = vk_file_mkdirs(dirfd, copy, DIRECTORY_MODE, err);
		if (rc == VK_OK)
			rc = vk_file_sync_dir(dirfd, copy, err);
		*slash = '/';
	}
	free(copy);
	return rc;
}

static enum vk_rc write_file(const struct instance *instance, int dirfd, const char *current,
	const struct vk_bundle_file *file, const struct secrets *secrets, struct vk_err *err)
{
	struct vk_buf text;
	enum vk_rc rc;

	vk_buf_init(&text, FILLED_MAX_BYTES);
	rc = fill_text(instance, file, current, secrets, &text, err);
	if (rc == VK_OK)
		rc = make_parents(dirfd, file->path, err);
	if (rc == VK_OK)
		rc = vk_file_create(dirfd, file->path, file->mode, text.data, text.len, err);
	vk_buf_release_wiped(&text);
	return rc;
}

static enum vk_rc write_files(const struct instance *instance, int dirfd,
	const struct generation_bundle *bundle, struct vk_err *err)
{
	char *current = fill_current_path(instance);
	struct secrets *secrets = NULL;
	enum vk_rc rc = secrets_open(instance, bundle->bundle, &secrets, err);

	for (size_t i = 0; rc == VK_OK && i < bundle->bundle->file_count; i++) {
		rc = write_file(instance, dirfd, current, &bundle->bundle->files[i], secrets, err);
		fault_point("pull.stage-file");
	}
	secrets_free(secrets);
	if (rc == VK_OK)
		rc = vk_file_create(
			dirfd, GENERATION_BUNDLE, 0600, bundle->bytes, bundle->len, err);
	free(current);
	return rc;
}

enum vk_rc generation_write(const struct instance *instance, const char *name,
	const struct generation_bundle *bundle, struct vk_err *err)
{
	char *path = generation_path(instance, name);
	char *generations = generation_path(instance, "");
	int dirfd = -1;
	enum vk_rc rc = wipe_tree(path, err);

	if (rc == VK_OK && (mkdir(path, DIRECTORY_MODE) != 0 ||
				   (dirfd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0))
		rc = vk_err_errno(err, VK_EIO, errno, "cannot make %s", path);
	if (rc == VK_OK)
		rc = write_files(instance, dirfd, bundle, err);
	if (rc == VK_OK)
		rc = vk_file_sync_dir(AT_FDCWD, generations, err);
	if (rc != VK_OK) {
		struct vk_err ignored = VK_ERR_INIT; /* the first failure is the one to report */

		if (wipe_tree(path, &ignored) != VK_OK)
			vk_err_hint(err, "remove %s", path);
	}
	if (dirfd >= 0)
		close(dirfd);
	free(generations);
	free(path);
	return rc;
}

static enum vk_rc mend_file(const struct instance *instance, int dirfd, const char *current,
	const struct vk_bundle_file *file, const struct secrets *secrets, struct vk_err *err)
{
	struct vk_buf want, have;
	enum vk_rc rc;

	vk_buf_init(&want, FILLED_MAX_BYTES);
	vk_buf_init(&have, FILLED_MAX_BYTES);
	rc = fill_text(instance, file, current, secrets, &want, err);
	if (rc == VK_OK &&
		(vk_file_read(dirfd, file->path, VK_FILE_NOFOLLOW, &have, err) != VK_OK ||
			have.len != want.len || memcmp(have.data, want.data, want.len) != 0)) {
		rc = vk_file_replace(dirfd, file->path, file->mode, want.data, want.len, err);
		vk_log(VK_LOG_INFO, "file-mended", VK_KV("instance", instance->name),
			VK_KV("file", file->path));
	}
	vk_buf_release_wiped(&want);
	vk_buf_release_wiped(&have);
	return rc;
}

enum vk_rc generation_mend(
	const struct instance *instance, const struct vk_bundle *bundle, struct vk_err *err)
{
	char *current = fill_current_path(instance);
	struct secrets *secrets = NULL;
	enum vk_rc rc = secrets_open(instance, bundle, &secrets, err);
	int dirfd = open(current, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (rc == VK_OK && dirfd < 0)
		rc = vk_err_errno(err, VK_EIO, errno, "cannot open %s", current);
	for (size_t i = 0; rc == VK_OK && i < bundle->file_count; i++)
		rc = mend_file(instance, dirfd, current, &bundle->files[i], secrets, err);
	if (dirfd >= 0)
		close(dirfd);
	secrets_free(secrets);
	free(current);
	return rc;
}

enum vk_rc generation_read_bundle(const struct instance *instance, const char *name,
	struct generation_bundle *out, struct vk_err *err)
{
	char *path = xasprintf("%s/" LINK_PREFIX "%s/" GENERATION_BUNDLE, home_of(instance), name);
	struct vk_buf bytes;
	enum vk_rc rc;

	vk_buf_init(&bytes, VK_BUNDLE_MAX_BYTES);
	rc = vk_file_read(AT_FDCWD, path, VK_FILE_NOFOLLOW, &bytes, err);
	if (rc == VK_OK)
		rc = generation_bundle_parse(bytes.data, bytes.len, out, err);
	vk_buf_release(&bytes);
	free(path);
	return rc;
}

enum vk_rc generation_current(
	const struct instance *instance, char out[GENERATION_NAME_BYTES], struct vk_err *err)
{
	char *path = link_path(instance);
	char target[LINK_MAX_BYTES] = "";
	ssize_t len = readlink(path, target, sizeof(target) - 1);
	const char *name = target + strlen(LINK_PREFIX);
	enum vk_rc rc = VK_OK;

	if (len < 0 && errno == ENOENT) {
		out[0] = '\0';
	} else if (len > (ssize_t)strlen(LINK_PREFIX) &&
		   strncmp(target, LINK_PREFIX, strlen(LINK_PREFIX)) == 0 &&
		   generation_name_is_valid(name)) {
		memcpy(out, name, strlen(name) + 1); /* valid: shorter than GENERATION_NAME_BYTES */
	} else {
		rc = vk_err_set(err, VK_EINPUT, "%s is no symlink of vkcfg-pull", path);
		vk_err_hint(err, "move it away; the agent makes its own");
	}
	free(path);
	return rc;
}

static enum vk_rc replace_link(
	const char *path, const char *target, const char *temp, struct vk_err *err)
{
	unlink(temp);
	if (symlink(target, temp) != 0 || rename(temp, path) != 0) {
		int reason = errno;

		unlink(temp);
		return vk_err_errno(err, VK_EIO, reason, "cannot point %s to %s", path, target);
	}
	return VK_OK;
}

enum vk_rc generation_switch(const struct instance *instance, const char *name, struct vk_err *err)
{
	char *path = link_path(instance);
	char *temp = xasprintf("%s.new~", path);
	char *target = xasprintf(LINK_PREFIX "%s", name);
	enum vk_rc rc;

	if (*name == '\0')
		rc = vk_file_remove(AT_FDCWD, path, err);
	else
		rc = replace_link(path, target, temp, err);
	fault_point("pull.linked");
	if (rc == VK_OK)
		rc = vk_file_sync_dir(AT_FDCWD, home_of(instance), err);
	free(target);
	free(temp);
	free(path);
	return rc;
}

enum vk_rc generation_remove(const struct instance *instance, const char *name, struct vk_err *err)
{
	char *path = generation_path(instance, name);
	enum vk_rc rc = wipe_tree(path, err);

	free(path);
	return rc;
}

static int newest_first(const void *a, const void *b)
{
	return strcmp(*(char *const *)b, *(char *const *)a);
}

/* Names of generations, at most PRUNE_MAX. */
static size_t list_names(const char *generations, char **names)
{
	DIR *dir = opendir(generations);
	struct dirent *entry;
	size_t count = 0;

	while (dir != NULL && count < PRUNE_MAX && (entry = readdir(dir)) != NULL) {
		if (generation_name_is_valid(entry->d_name))
			names[count++] = xstrdup(entry->d_name);
	}
	if (dir != NULL)
		closedir(dir);
	qsort(names, count, sizeof(*names), newest_first);
	return count;
}

/* Old files may stay for people to look at, but not old secrets; nor what a crash left half
 * written, of which nobody knows what it holds. */
static bool may_stay(const struct instance *instance, const char *name)
{
	struct generation_bundle bundle = {.len = 0};
	struct vk_err ignored = VK_ERR_INIT;
	bool may = generation_read_bundle(instance, name, &bundle, &ignored) == VK_OK &&
		   bundle.bundle->secret_count == 0;

	generation_bundle_release(&bundle);
	return may;
}

void generation_prune(const struct instance *instance, const char *keep)
{
	char *generations = generation_path(instance, "");
	char **names = xcalloc(PRUNE_MAX, sizeof(*names));
	char current[GENERATION_NAME_BYTES] = "";
	size_t count = list_names(generations, names);
	struct vk_err ignored = VK_ERR_INIT;
	bool is_known = generation_current(instance, current, &ignored) == VK_OK;
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		bool is_used = strcmp(names[i], current) == 0 || strcmp(names[i], keep) == 0;

		if (is_known && !is_used &&
			(!may_stay(instance, names[i]) || kept++ >= GENERATION_KEEP) &&
			generation_remove(instance, names[i], &ignored) != VK_OK)
			is_known = false; /* a disk that fails is not asked again */
		free(names[i]);
	}
	free(names);
	free(generations);
}

bool generation_has_other_files(const struct vk_bundle *bundle, const struct vk_bundle *former)
{
	for (size_t i = 0; i < bundle->file_count; i++) {
		const struct vk_bundle_file *file = &bundle->files[i];
		const struct vk_bundle_file *other = vk_bundle_find(former, file->path);

		if (strcmp(file->path, FILL_CONF) == 0 || strcmp(file->path, FILL_ACL) == 0 ||
			strcmp(file->path, FILL_SECRETS) == 0)
			continue;
		if (other == NULL || strcmp(file->text, other->text) != 0)
			return true;
	}
	return false;
}
