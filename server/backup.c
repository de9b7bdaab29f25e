/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/backup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/file.h"
#include "common/mem.h"
#include "common/vkjson.h"
#include "server/state_dir.h"
#include "server/store/store.h"
#include "server/store/store_log.h"

#include "common/banned.h"

static const char type[] = "vkcfg-backup";

/* Made anew, or of a running server only. */
static const char *const left_out[] = {
	STATE_DATABASE,
	STATE_DATABASE "-wal",
	STATE_DATABASE "-shm",
	STATE_LOCK,
	BACKUP_MANIFEST,
	BACKUP_SETTINGS,
};

static bool is_left_out(const char *name)
{
	for (size_t i = 0; i < sizeof(left_out) / sizeof(left_out[0]); i++) {
		if (strcmp(name, left_out[i]) == 0)
			return true;
	}
	return name[0] == '.';
}

static bool has_suffix(const char *name, const char *suffix)
{
	size_t len = strlen(name), suffix_len = strlen(suffix);

	return len > suffix_len && strcmp(name + len - suffix_len, suffix) == 0;
}

static enum vk_rc add_file(struct backup_files *files, struct arena *arena, const char *prefix,
	const char *name, struct vk_err *err)
{
	size_t size = strlen(prefix) + strlen(name) + 1;
	char *path = arena_alloc(arena, size);

	if (files->count == BACKUP_MAX_FILES)
		return vk_err_set(err, VK_ELIMIT,
			"more than %d files in the state directory: what are they?",
			BACKUP_MAX_FILES);
	memcpy(path, prefix, strlen(prefix));
	memcpy(path + strlen(prefix), name, strlen(name) + 1);
	files->items[files->count++] =
		(struct backup_file){.path = path, .is_private = has_suffix(name, ".key")};
	return VK_OK;
}

/* The regular files of one directory; prefix is "" or ends with a slash. */
static enum vk_rc list_directory(int dir, const char *prefix, struct arena *arena,
	struct backup_files *files, struct vk_err *err)
{
	int fd = openat(dir, *prefix == '\0' ? "." : prefix, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;
	enum vk_rc rc = VK_OK;

	if (stream == NULL) {
		rc = errno == ENOENT ? VK_OK
				     : vk_err_errno(err, VK_EIO, errno, "cannot list %s",
					       *prefix == '\0' ? "the directory" : prefix);
		if (fd >= 0)
			close(fd);
		return rc;
	}
	for (struct dirent *entry; rc == VK_OK && (entry = readdir(stream)) != NULL;) {
		struct stat st;

		if (!is_left_out(entry->d_name) &&
			fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
			S_ISREG(st.st_mode))
			rc = add_file(files, arena, prefix, entry->d_name, err);
	}
	closedir(stream);
	return rc;
}

static int compare_files(const void *a, const void *b)
{
	return strcmp(((const struct backup_file *)a)->path, ((const struct backup_file *)b)->path);
}

enum vk_rc backup_list_files(
	int dir, struct arena *arena, struct backup_files *out, struct vk_err *err)
{
	enum vk_rc rc;

	out->count = 0;
	rc = list_directory(dir, "", arena, out, err);
	if (rc == VK_OK)
		rc = list_directory(dir, STATE_ONLINE "/", arena, out, err);
	qsort(out->items, out->count, sizeof(out->items[0]), compare_files);
	return rc;
}

enum vk_rc backup_copy_file(int from, int to, const struct backup_file *file, struct vk_err *err)
{
	enum vk_file_flags flags =
		file->is_private ? VK_FILE_NOFOLLOW | VK_FILE_PRIVATE : VK_FILE_NOFOLLOW;
	struct vk_buf text;
	enum vk_rc rc;

	vk_buf_init(&text, BACKUP_FILE_MAX_BYTES);
	rc = vk_file_read(from, file->path, flags, &text, err);
	if (rc == VK_OK)
		rc = vk_file_create(
			to, file->path, file->is_private ? 0600 : 0644, text.data, text.len, err);
	vk_buf_release_wiped(&text);
	return rc;
}

enum vk_rc backup_read_manifest(int dir, struct backup_manifest *out, struct vk_err *err)
{
	struct backup_manifest manifest = {.log_size = 0};
	struct vkjson *json = NULL;
	const char *text = NULL;
	struct vk_buf file;
	int64_t format;
	enum vk_rc rc;

	vk_buf_init(&file, BACKUP_FILE_MAX_BYTES);
	rc = vk_file_read(dir, BACKUP_MANIFEST, VK_FILE_NOFOLLOW, &file, err);
	if (rc == VK_ENOTFOUND)
		vk_err_set(err, rc, "this is no complete backup: it has no " BACKUP_MANIFEST);
	if (rc == VK_OK)
		rc = vkjson_parse(file.data, file.len, &json, err);
	if (rc == VK_OK)
		rc = vkjson_get_string(json, "_type", &text, err);
	if (rc == VK_OK && strcmp(text, type) != 0)
		rc = vk_err_set(err, VK_EINPUT, "member '_type': expected '%s'", type);
	if (rc == VK_OK)
		rc = vkjson_get_int(json, "format", 1, 1, &format, err);
	if (rc == VK_OK)
		rc = vkjson_get_string(json, "fleet", &text, err);
	if (rc == VK_OK && !vk_name_is_valid(text))
		rc = vk_err_set(err, VK_EINPUT, "member 'fleet': expected a name");
	if (rc == VK_OK) {
		memcpy(manifest.fleet, text, strlen(text) + 1);
		rc = vkjson_get_time(json, "created", &manifest.created, err);
	}
	if (rc == VK_OK)
		rc = vkjson_get_int(json, "log-size", 0, INT64_MAX, &manifest.log_size, err);
	if (rc == VK_OK) {
		manifest.has_keys = vkjson_count(vkjson_get(json, "private-keys")) > 0;
		*out = manifest;
	}
	vkjson_free(json);
	vk_buf_release(&file);
	return rc;
}

static enum vk_rc write_manifest(int dir, const struct backup_manifest *manifest,
	const struct backup_files *files, struct vk_err *err)
{
	struct vkjson *json = vkjson_object(), *keys = vkjson_array();
	struct vk_buf text;
	enum vk_rc rc;

	for (size_t i = 0; i < files->count; i++) {
		if (files->items[i].is_private)
			vkjson_append(keys, vkjson_string(files->items[i].path));
	}
	vkjson_set(json, "_type", vkjson_string(type));
	vkjson_set(json, "format", vkjson_int(1));
	vkjson_set(json, "fleet", vkjson_string(manifest->fleet));
	vkjson_set(json, "created", vkjson_time(manifest->created));
	vkjson_set(json, "version", vkjson_string(PACKAGE_VERSION));
	vkjson_set(json, "log-size", vkjson_int(manifest->log_size));
	vkjson_set(json, "private-keys", keys);
	vk_buf_init(&text, BACKUP_FILE_MAX_BYTES);
	vkjson_format(json, true, &text);
	vk_buf_addc(&text, '\n');
	rc = vk_file_create(dir, BACKUP_MANIFEST, 0600, text.data, text.len, err);
	vk_buf_release(&text);
	vkjson_free(json);
	return rc;
}

/* What the copy holds, not what the server holds by now. */
static enum vk_rc read_copy(const char *path, struct backup_manifest *manifest, struct vk_err *err)
{
	struct arena *arena = arena_new();
	struct store *store = NULL;
	const char *fleet = NULL;
	uint64_t size = 0;
	enum vk_rc rc = store_open(path, STORE_READ, &store, err);

	if (rc == VK_OK)
		rc = store_get_fleet(store, arena, &fleet, err);
	if (rc == VK_OK)
		rc = store_get_log_size(store, &size, err);
	if (rc == VK_OK) {
		memcpy(manifest->fleet, fleet, strlen(fleet) + 1);
		manifest->log_size = (int64_t)size;
	}
	store_close(store);
	arena_free(arena);
	return rc;
}

static enum vk_rc copy_database(
	const char *state, const char *to, struct backup_manifest *manifest, struct vk_err *err)
{
	char *from_path = xasprintf("%s/%s", state, STATE_DATABASE);
	char *to_path = xasprintf("%s/%s", to, STATE_DATABASE);
	enum vk_rc rc = store_copy(from_path, to_path, err);

	if (rc == VK_OK)
		rc = read_copy(to_path, manifest, err);
	free(to_path);
	free(from_path);
	return rc;
}

static enum vk_rc copy_settings(int dir, const char *path, struct vk_err *err)
{
	struct vk_buf text;
	enum vk_rc rc;

	vk_buf_init(&text, BACKUP_FILE_MAX_BYTES);
	rc = vk_file_read(AT_FDCWD, path, VK_FILE_DEFAULT, &text, err);
	if (rc == VK_OK)
		rc = vk_file_create(dir, BACKUP_SETTINGS, 0600, text.data, text.len, err);
	vk_buf_release(&text);
	return rc;
}

static void drop_keys(struct backup_files *files)
{
	size_t kept = 0;

	for (size_t i = 0; i < files->count; i++) {
		if (!files->items[i].is_private)
			files->items[kept++] = files->items[i];
	}
	files->count = kept;
}

static enum vk_rc fill(int from, int to, const struct backup_options *options, struct arena *arena,
	struct backup_manifest *manifest, struct backup_files *files, struct vk_err *err)
{
	enum vk_rc rc = backup_list_files(from, arena, files, err);

	if (options->is_without_keys)
		drop_keys(files);
	if (rc == VK_OK && mkdirat(to, STATE_ONLINE, 0700) != 0)
		rc = vk_err_errno(err, VK_EIO, errno, "cannot make %s/online", options->to);
	if (rc == VK_OK)
		rc = copy_database(options->state, options->to, manifest, err);
	for (size_t i = 0; rc == VK_OK && i < files->count; i++)
		rc = backup_copy_file(from, to, &files->items[i], err);
	if (rc == VK_OK)
		rc = copy_settings(to, options->settings, err);
	manifest->created = vk_clock_now();
	manifest->has_keys = !options->is_without_keys;
	return rc == VK_OK ? write_manifest(to, manifest, files, err) : rc;
}

static enum vk_rc make_directory(const char *path, int *out, struct vk_err *err)
{
	enum vk_rc rc = VK_OK;

	if (mkdir(path, 0700) != 0) {
		rc = vk_err_errno(err, errno == EEXIST ? VK_ECONFLICT : VK_EIO, errno,
			"cannot make %s", path);
		vk_err_hint(err,
			rc == VK_ECONFLICT ? "name a directory that is not there yet"
					   : "uid %u makes it: it needs the right to write "
					     "in the directory above",
			(unsigned)geteuid());
		return rc;
	}
	*out = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *out >= 0 ? VK_OK : vk_err_errno(err, VK_EIO, errno, "cannot open %s", path);
}

enum vk_rc backup_make(const struct backup_options *options, struct arena *arena,
	struct backup_manifest *manifest, struct backup_files *files, struct vk_err *err)
{
	struct vk_err ignored = VK_ERR_INIT;
	int from = open(options->state, O_RDONLY | O_DIRECTORY | O_CLOEXEC), to = -1;
	enum vk_rc rc;

	if (from < 0)
		return vk_err_errno(err, errno == ENOENT ? VK_ENOTFOUND : VK_EIO, errno,
			"state directory %s", options->state);
	rc = make_directory(options->to, &to, err);
	if (rc == VK_OK) {
		rc = fill(from, to, options, arena, manifest, files, err);
		if (rc == VK_OK)
			rc = vk_file_sync_dir(AT_FDCWD, options->to, err);
		if (rc != VK_OK && vk_file_remove_tree(AT_FDCWD, options->to, &ignored) != VK_OK)
			vk_err_hint(err, "remove what there is of %s", options->to);
	}
	if (to >= 0)
		close(to);
	close(from);
	return rc;
}
