/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tests/tuf-client: the TUF client behind the command line of the tuf-conformance suite, so that
 * the code that vkcfg trusts can be examined by others.
 *
 *   tuf-client --metadata-dir DIR init ROOTFILE
 *   tuf-client --metadata-dir DIR --metadata-url URL refresh
 *   tuf-client --metadata-dir DIR --metadata-url URL --target-name T [--target-name T2 ...]
 *              --target-dir TDIR --target-base-url TURL download
 *
 * Exit status 0 or 1, nothing else.
 */
#include "config.h"

#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/file.h"
#include "common/tuf/tuf_client.h"
#include "common/tuf/tuf_path.h"
#include "tests/tuf/fetch.h"

#include "common/banned.h"

enum { MAX_TARGETS = 256, NAME_MAX_ENCODED = 200 };

struct options {
	const char *metadata_dir;
	const char *metadata_url;
	const char *target_dir;
	const char *target_base_url;
	const char *target_names[MAX_TARGETS];
	size_t target_count;
};

static enum vk_rc fetch_metadata(
	void *ctx, const char *name, struct vk_buf *out, struct vk_err *err)
{
	const struct options *options = ctx;

	return test_fetch(options->metadata_url, name, out, err);
}

static enum vk_rc fetch_target(void *ctx, const char *path, struct vk_buf *out, struct vk_err *err)
{
	const struct options *options = ctx;

	if (options->target_base_url == NULL)
		return vk_err_set(err, VK_EINPUT, "--target-base-url is missing");
	return test_fetch(options->target_base_url, path, out, err);
}

/* One name per path, which cannot leave the directory. */
static void local_name(const char *path, struct vk_buf *name)
{
	tuf_path_encode_role(path, name);
	if (name->is_overflowed) {
		char digest[VK_SHA256_HEX_BYTES];

		vk_buf_reset(name);
		vk_sha256_hex(path, strlen(path), digest);
		vk_buf_adds(name, digest);
	}
	if (name->data[0] == '.')
		name->data[0] = '_'; /* neither hidden nor a directory */
}

/* True if the file is there with the listed length and hashes. */
static bool is_cached(int dirfd, const char *name, const struct tuf_target *target)
{
	struct vk_buf old;
	bool is_same;

	vk_buf_init(&old, TUF_TARGET_MAX_BYTES);
	is_same = vk_file_read(dirfd, name, VK_FILE_NOFOLLOW, &old, NULL) == VK_OK &&
		  tuf_hashes_check(&target->hashes, target->length, old.data, old.len, "", NULL) ==
			  VK_OK;
	vk_buf_release(&old);
	return is_same;
}

static enum vk_rc download_one(
	struct tuf_client *client, int dirfd, const char *path, struct vk_err *err)
{
	const struct tuf_target *target = NULL;
	struct vk_buf name, data;
	enum vk_rc rc = tuf_client_find(client, path, &target, err);

	if (rc != VK_OK)
		return rc;
	vk_buf_init(&name, NAME_MAX_ENCODED);
	vk_buf_init(&data, TUF_TARGET_MAX_BYTES);
	local_name(path, &name);
	if (!is_cached(dirfd, name.data, target)) {
		rc = tuf_client_download(client, target, &data, err);
		if (rc == VK_OK)
			rc = vk_file_replace(dirfd, name.data, 0644, data.data, data.len, err);
	}
	vk_buf_release(&name);
	vk_buf_release(&data);
	return rc;
}

static enum vk_rc download(
	struct tuf_client *client, const struct options *options, struct vk_err *err)
{
	int dirfd = options->target_dir == NULL
			    ? -1
			    : open(options->target_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum vk_rc rc = VK_OK;

	if (dirfd < 0)
		return vk_err_set(err, VK_EINPUT, "--target-dir is missing or no directory");
	for (size_t i = 0; i < options->target_count && rc == VK_OK; i++)
		rc = download_one(client, dirfd, options->target_names[i], err);
	close(dirfd);
	return rc;
}

static enum vk_rc init(const struct tuf_store *store, const char *path, struct vk_err *err)
{
	struct vk_buf root;
	enum vk_rc rc;

	vk_buf_init(&root, TUF_ROOT_MAX_BYTES);
	rc = vk_file_read(AT_FDCWD, path, VK_FILE_DEFAULT, &root, err);
	if (rc == VK_OK)
		rc = store->save(store->ctx, "root", root.data, root.len, err);
	vk_buf_release(&root);
	return rc;
}

static enum vk_rc run(const struct options *options, const struct tuf_store *store,
	const char *command, const char *argument, struct vk_err *err)
{
	const struct tuf_fetch fetch = {.metadata = fetch_metadata,
		.target = fetch_target,
		.ctx = (void *)(uintptr_t)options};
	struct tuf_client *client;
	enum vk_rc rc;

	if (strcmp(command, "init") == 0 && argument != NULL)
		return init(store, argument, err);
	if (strcmp(command, "refresh") != 0 && strcmp(command, "download") != 0)
		return vk_err_set(err, VK_EINPUT, "no such command: %s", command);
	if (options->metadata_url == NULL)
		return vk_err_set(err, VK_EINPUT, "--metadata-url is missing");
	client = tuf_client_new(store, &fetch, vk_clock_now());
	rc = tuf_client_refresh(client, err);
	if (rc == VK_OK && strcmp(command, "download") == 0)
		rc = download(client, options, err);
	tuf_client_free(client);
	return rc;
}

/* Two runs on one directory would undo each other's rollback checks. */
static enum vk_rc run_locked(const struct options *options, const char *command,
	const char *argument, struct vk_err *err)
{
	struct tuf_store_dir *store = NULL;
	struct vk_buf lock_path;
	int lock_fd = -1;
	enum vk_rc rc;

	vk_buf_init(&lock_path, 4096);
	vk_buf_addf(&lock_path, "%s/.lock", options->metadata_dir);
	rc = tuf_store_dir_open(options->metadata_dir, &store, err);
	if (rc == VK_OK)
		rc = vk_file_lock(AT_FDCWD, lock_path.data, &lock_fd, err);
	if (rc == VK_OK)
		rc = run(options, tuf_store_dir_store(store), command, argument, err);
	if (lock_fd >= 0)
		close(lock_fd);
	tuf_store_dir_free(store);
	vk_buf_release(&lock_path);
	return rc;
}

static bool parse_options(int argc, char **argv, struct options *out)
{
	static const struct option known[] = {
		{"metadata-dir", required_argument, NULL, 'd'},
		{"metadata-url", required_argument, NULL, 'u'},
		{"target-name", required_argument, NULL, 'n'},
		{"target-dir", required_argument, NULL, 't'},
		{"target-base-url", required_argument, NULL, 'b'},
		{NULL, 0, NULL, 0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "+", known, NULL)) != -1) {
		switch (option) {
		case 'd':
			out->metadata_dir = optarg;
			break;
		case 'u':
			out->metadata_url = optarg;
			break;
		case 'n':
			if (out->target_count == MAX_TARGETS)
				return false;
			out->target_names[out->target_count++] = optarg;
			break;
		case 't':
			out->target_dir = optarg;
			break;
		case 'b':
			out->target_base_url = optarg;
			break;
		default:
			return false;
		}
	}
	return out->metadata_dir != NULL && optind < argc;
}

int main(int argc, char **argv)
{
	struct options options = {.metadata_dir = NULL};
	struct vk_err err = VK_ERR_INIT;

	if (!parse_options(argc, argv, &options)) {
		fprintf(stderr, "usage: tuf-client --metadata-dir DIR [OPTION...] "
				"init FILE|refresh|download\n");
		return 1;
	}
	if (run_locked(&options, argv[optind], argv[optind + 1], &err) == VK_OK)
		return 0;
	fprintf(stderr, "tuf-client: %s\n", err.msg);
	return 1;
}
