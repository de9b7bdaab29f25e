/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/config/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/arena.h"
#include "common/buf.h"
#include "common/digest.h"
#include "common/file.h"
#include "common/mem.h"

#include "common/banned.h"

enum { PATH_MAX_BYTES = 255, PATH_MAX_PARTS = 8 };

struct cfg_tree {
	struct arena *arena;
	struct cfg_tree_file *files; /* sorted by path */
	size_t count;
	size_t total_bytes;
	char digest[VK_SHA256_HEX_BYTES];
};

void cfg_tree_free(struct cfg_tree *tree)
{
	if (tree == NULL)
		return;
	free(tree->files);
	arena_free(tree->arena);
	free(tree);
}

/* ---- paths ---- */

static bool is_path_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '.' || c == '_' || c == '-';
}

/* Components of [A-Za-z0-9._-] that do not begin with a dot. */
static bool is_relative_path(const char *path)
{
	size_t parts = 0;

	if (strlen(path) > PATH_MAX_BYTES)
		return false;
	for (;;) {
		size_t len = 0;

		while (is_path_char(path[len]))
			len++;
		if (len == 0 || path[0] == '.' || ++parts > PATH_MAX_PARTS)
			return false;
		if (path[len] == '\0')
			return true;
		if (path[len] != '/')
			return false;
		path += len + 1;
	}
}

static bool has_yaml_suffix(const char *name)
{
	size_t len = strlen(name);

	return len > 5 && strcmp(name + len - 5, ".yaml") == 0;
}

/* secrets/ENV/NAME.yaml */
static bool is_secret_path(const char *path)
{
	const char *name = strncmp(path, "secrets/", 8) == 0 ? strchr(path + 8, '/') : NULL;

	return name != NULL && strchr(name + 1, '/') == NULL && has_yaml_suffix(name + 1);
}

static bool is_tree_path(const char *path)
{
	static const char *const directories[] = {"environments/", "roles/", "hosts/", "groups/"};

	if (!is_relative_path(path))
		return false;
	if (strcmp(path, "fleet.yaml") == 0 || strcmp(path, "acl.yaml") == 0)
		return true;
	for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++) {
		size_t len = strlen(directories[i]);

		if (strncmp(path, directories[i], len) == 0)
			return strchr(path + len, '/') == NULL && has_yaml_suffix(path + len);
	}
	return strncmp(path, "files/", 6) == 0 || is_secret_path(path);
}

/* ---- adding files ---- */

/* Strict UTF-8 (RFC 3629) without NUL. Returns the offset of the first wrong byte, or len. */
static size_t valid_text_length(const char *text, size_t len)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t i = 0;

	while (i < len) {
		unsigned char lead = s[i];
		size_t extra = lead < 0x80 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
		unsigned char low = 0x80, high = 0xbf;

		if (lead == 0 || (lead >= 0x80 && lead < 0xc2) || lead > 0xf4 || extra >= len - i)
			return i;
		if (lead == 0xe0)
			low = 0xa0;
		else if (lead == 0xed)
			high = 0x9f;
		else if (lead == 0xf0)
			low = 0x90;
		else if (lead == 0xf4)
			high = 0x8f;
		for (size_t k = 1; k <= extra; k++) {
			if (s[i + k] < low || s[i + k] > high)
				return i;
			low = 0x80;
			high = 0xbf;
		}
		i += extra + 1;
	}
	return len;
}

static enum vk_rc add_file(
	struct cfg_tree *tree, const char *path, const char *text, size_t len, struct vk_err *err)
{
	size_t valid = valid_text_length(text, len);
	struct cfg_tree_file *file;
	unsigned line = 1;

	if (tree->count == CFG_TREE_MAX_FILES)
		return vk_err_set(
			err, VK_ELIMIT, "a tree of more than %d files", CFG_TREE_MAX_FILES);
	if (len > CFG_TREE_MAX_FILE_BYTES)
		return vk_err_set(
			err, VK_ELIMIT, "%s: larger than %d bytes", path, CFG_TREE_MAX_FILE_BYTES);
	if (len > CFG_TREE_MAX_BYTES - tree->total_bytes)
		return vk_err_set(
			err, VK_ELIMIT, "a tree of more than %d bytes", CFG_TREE_MAX_BYTES);
	for (size_t i = 0; i < valid; i++)
		line += text[i] == '\n';
	if (valid < len)
		return vk_err_set(err, VK_EINPUT, "%s:%u: %s", path, line,
			text[valid] == '\0' ? "a NUL byte" : "bytes that are not UTF-8");
	if (tree->count % 64 == 0)
		tree->files = xreallocarray(tree->files, tree->count + 64, sizeof(*tree->files));
	file = &tree->files[tree->count++];
	file->path = arena_strdup(tree->arena, path);
	file->text = arena_dup(tree->arena, text, len);
	file->len = len;
	tree->total_bytes += len;
	return VK_OK;
}

static int compare_files(const void *a, const void *b)
{
	const struct cfg_tree_file *x = a, *y = b;

	return strcmp(x->path, y->path);
}

/* Sorts the files, refuses paths that are there twice and takes the digest. */
static enum vk_rc finish(struct cfg_tree *tree, struct vk_err *err)
{
	struct vk_sha256_stream stream;
	uint8_t digest[VK_SHA256_BYTES];

	if (tree->count > 1)
		qsort(tree->files, tree->count, sizeof(*tree->files), compare_files);
	vk_sha256_init(&stream);
	for (size_t i = 0; i < tree->count; i++) {
		const struct cfg_tree_file *file = &tree->files[i];
		char hex[VK_SHA256_HEX_BYTES];

		if (i > 0 && strcmp(tree->files[i - 1].path, file->path) == 0)
			return vk_err_set(err, VK_EINPUT, "%s: twice in the same tree", file->path);
		vk_sha256_hex(file->text, file->len, hex);
		vk_sha256_add(&stream, hex, strlen(hex));
		vk_sha256_add(&stream, "  ", 2);
		vk_sha256_add(&stream, file->path, strlen(file->path));
		vk_sha256_add(&stream, "\n", 1);
	}
	vk_sha256_final(&stream, digest);
	vk_digest_format(digest, tree->digest);
	return VK_OK;
}

static struct cfg_tree *tree_new(void)
{
	struct cfg_tree *tree = xcalloc(1, sizeof(*tree));

	tree->arena = arena_new();
	return tree;
}

enum vk_rc cfg_tree_from_files(
	const struct cfg_tree_file *files, size_t count, struct cfg_tree **out, struct vk_err *err)
{
	struct cfg_tree *tree = tree_new();
	enum vk_rc rc = VK_OK;

	for (size_t i = 0; i < count && rc == VK_OK; i++) {
		if (is_tree_path(files[i].path)) {
			rc = add_file(tree, files[i].path, files[i].text, files[i].len, err);
			continue;
		}
		rc = vk_err_set(err, VK_EINPUT, "'%.200s' is no file of a tree", files[i].path);
		vk_err_hint(err,
			"fleet.yaml, acl.yaml, environments/*.yaml, roles/*.yaml, hosts/*.yaml, "
			"groups/*.yaml, secrets/*/*.yaml and files/** of letters, digits, "
			"'.', '_' and '-'");
	}
	if (rc == VK_OK)
		rc = finish(tree, err);
	if (rc == VK_OK)
		*out = tree;
	else
		cfg_tree_free(tree);
	return rc;
}

/* ---- directories ---- */

static enum vk_rc load_file(
	struct cfg_tree *tree, int dirfd, const char *name, const char *path, struct vk_err *err)
{
	struct vk_buf text;
	enum vk_rc rc;

	vk_buf_init(&text, CFG_TREE_MAX_FILE_BYTES);
	rc = vk_file_read(dirfd, name, VK_FILE_NOFOLLOW, &text, err);
	if (rc != VK_OK)
		vk_err_prefix(err, rc, "%s", path);
	else
		rc = add_file(tree, path, text.data, text.len, err);
	vk_buf_release(&text);
	return rc;
}

static enum vk_rc load_directory(struct cfg_tree *tree, int dirfd, const char *name,
	const char *prefix, unsigned depth, struct vk_err *err);

/* One entry of a directory of the tree; what is named like no file of a tree is ignored. */
static enum vk_rc load_entry(struct cfg_tree *tree, int dirfd, const char *name, const char *prefix,
	unsigned depth, struct vk_err *err)
{
	bool is_below_files = strncmp(prefix, "files/", 6) == 0;
	bool is_secrets = strcmp(prefix, "secrets/") == 0; /* its directories only */
	char *path = xasprintf("%s%s", prefix, name);
	enum vk_rc rc = VK_OK;
	struct stat st;

	if (name[0] == '.' || (!is_below_files && !is_secrets && !is_tree_path(path)))
		goto out;
	if (!is_relative_path(path)) {
		rc = vk_err_set(err, VK_EINPUT, "%.200s: a name that a tree cannot hold", path);
		vk_err_hint(err, "letters, digits, '.', '_' and '-', at most %d directories deep",
			PATH_MAX_PARTS);
	} else if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
		rc = vk_err_errno(err, VK_EIO, errno, "%s", path);
	} else if (S_ISDIR(st.st_mode) && (is_below_files || is_secrets)) {
		char *below = xasprintf("%s/", path);

		rc = load_directory(tree, dirfd, name, below, depth + 1, err);
		free(below);
	} else if (S_ISREG(st.st_mode) && is_secrets) {
		goto out; /* of no environment */
	} else if (!S_ISREG(st.st_mode)) {
		rc = vk_err_set(err, VK_EINPUT, "%s: not a regular file", path);
		vk_err_hint(err, "a tree holds the files themselves, no symlinks");
	} else {
		rc = load_file(tree, dirfd, name, path, err);
	}
out:
	free(path);
	return rc;
}

/* All of one directory; prefix is "" or ends with '/'. A directory that is not there is empty. */
static enum vk_rc load_directory(struct cfg_tree *tree, int dirfd, const char *name,
	const char *prefix, unsigned depth, struct vk_err *err)
{
	enum vk_rc rc = VK_OK;
	struct dirent *entry;
	DIR *dir;
	int fd;

	if (depth > PATH_MAX_PARTS)
		return vk_err_set(err, VK_ELIMIT, "%s: too many directories deep", prefix);
	fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return VK_OK;
	if (fd < 0)
		return vk_err_errno(err, VK_EINPUT, errno, "cannot open %s", prefix);
	dir = fdopendir(fd);
	if (dir == NULL) {
		close(fd);
		return vk_err_errno(err, VK_EIO, errno, "cannot read %s", prefix);
	}
	while (rc == VK_OK && (entry = readdir(dir)) != NULL)
		rc = load_entry(tree, fd, entry->d_name, prefix, depth, err);
	closedir(dir);
	return rc;
}

static enum vk_rc load_all(struct cfg_tree *tree, int fd, const char *path, struct vk_err *err)
{
	static const char *const directories[] = {
		"environments", "roles", "hosts", "groups", "secrets", "files"};
	struct stat st;
	enum vk_rc rc = VK_OK;

	if (fstatat(fd, "fleet.yaml", &st, AT_SYMLINK_NOFOLLOW) != 0 && errno == ENOENT) {
		vk_err_set(err, VK_EINPUT, "%s: no tree: fleet.yaml is missing", path);
		vk_err_hint(err, "'vkcfg new DIR' writes an example to begin with");
		return VK_EINPUT;
	}
	rc = load_entry(tree, fd, "fleet.yaml", "", 1, err);
	if (rc == VK_OK && fstatat(fd, "acl.yaml", &st, AT_SYMLINK_NOFOLLOW) == 0)
		rc = load_entry(tree, fd, "acl.yaml", "", 1, err);
	for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]) && rc == VK_OK; i++) {
		char *prefix = xasprintf("%s/", directories[i]);

		rc = load_directory(tree, fd, directories[i], prefix, 1, err);
		free(prefix);
	}
	return rc == VK_OK ? finish(tree, err) : rc;
}

enum vk_rc cfg_tree_load_dir(const char *path, struct cfg_tree **out, struct vk_err *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct cfg_tree *tree;
	enum vk_rc rc;

	if (fd < 0)
		return vk_err_errno(err, errno == ENOENT ? VK_ENOTFOUND : VK_EINPUT, errno,
			"cannot open the tree %s", path);
	tree = tree_new();
	rc = load_all(tree, fd, path, err);
	close(fd);
	if (rc == VK_OK)
		*out = tree;
	else
		cfg_tree_free(tree);
	return rc;
}

/* ---- reading ---- */

const char *cfg_tree_digest(const struct cfg_tree *tree)
{
	return tree->digest;
}

size_t cfg_tree_file_count(const struct cfg_tree *tree)
{
	return tree->count;
}

const struct cfg_tree_file *cfg_tree_file_at(const struct cfg_tree *tree, size_t i)
{
	return &tree->files[i];
}

const struct cfg_tree_file *cfg_tree_file_find(const struct cfg_tree *tree, const char *path)
{
	const struct cfg_tree_file wanted = {.path = path};

	if (tree->count == 0)
		return NULL;
	return bsearch(&wanted, tree->files, tree->count, sizeof(*tree->files), compare_files);
}
