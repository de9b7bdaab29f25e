/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/drift_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/pull/fill.h"
#include "client/pull/secrets.h"
#include "common/digest.h"
#include "common/file.h"

#include "common/banned.h"

enum { FOUND_BYTES = 96, FILLED_MAX_BYTES = 4 * VK_BUNDLE_MAX_TEXT_BYTES };

static void describe_content(const void *data, size_t len, char out[FOUND_BYTES])
{
	char hex[VK_SHA256_HEX_BYTES];

	vk_sha256_hex(data, len, hex);
	snprintf(out, FOUND_BYTES, "sha256:%s", hex);
}

/* What is wrong with the file itself; an empty text if nothing is. */
static enum vk_rc look_at_node(
	int dirfd, const struct vk_bundle_file *file, char found[FOUND_BYTES], struct vk_err *err)
{
	struct stat st;

	found[0] = '\0';
	if (fstatat(dirfd, file->path, &st, AT_SYMLINK_NOFOLLOW) != 0) {
		if (errno != ENOENT && errno != ENOTDIR)
			return vk_err_errno(err, VK_EIO, errno, "%s", file->path);
		snprintf(found, FOUND_BYTES, "missing");
	} else if (S_ISLNK(st.st_mode)) {
		snprintf(found, FOUND_BYTES, "a symlink");
	} else if (!S_ISREG(st.st_mode)) {
		snprintf(found, FOUND_BYTES, "no regular file");
	} else if ((st.st_mode & 07777) != file->mode) {
		snprintf(found, FOUND_BYTES, "mode %04o", (unsigned)(st.st_mode & 07777));
	} else if (st.st_uid != geteuid()) {
		snprintf(found, FOUND_BYTES, "owned by uid %u", (unsigned)st.st_uid);
	}
	return VK_OK;
}

static enum vk_rc look_at_content(int dirfd, const struct vk_bundle_file *file,
	const struct vk_buf *want, char found[FOUND_BYTES], struct vk_err *err)
{
	struct vk_buf text;
	enum vk_rc rc;

	vk_buf_init(&text, FILLED_MAX_BYTES);
	rc = vk_file_read(dirfd, file->path, VK_FILE_NOFOLLOW, &text, err);
	if (rc == VK_OK && (text.len != want->len || memcmp(text.data, want->data, want->len) != 0))
		describe_content(text.data, text.len, found);
	else if (rc == VK_ELIMIT || rc == VK_ENOTFOUND)
		snprintf(found, FOUND_BYTES, rc == VK_ELIMIT ? "far too large" : "missing");
	vk_buf_release_wiped(&text);
	return rc == VK_EIO ? rc : VK_OK;
}

struct check {
	const struct instance *instance;
	int dirfd;
	const char *current;
	const struct secrets *secrets;
	struct drift_policy *policy;
	struct outcome *outcome;
};

/* A digest of a file with a password in it would tell whoever reads the report which passwords it
 * is not, as often as they like. */
static void add_drift(const struct check *check, const struct vk_bundle_file *file,
	const struct vk_buf *want, const char *found)
{
	bool is_content = strncmp(found, "sha256:", 7) == 0;
	char expected[FOUND_BYTES];

	if (is_content && fill_has_secret(file)) {
		outcome_add_drift(
			check->outcome, OUTCOME_DRIFT_FILE, file->path, "(secret)", "(secret)");
		return;
	}
	if (is_content)
		describe_content(want->data, want->len, expected);
	else
		snprintf(expected, sizeof(expected), "mode %04o", file->mode);
	outcome_add_drift(check->outcome, OUTCOME_DRIFT_FILE, file->path, expected, found);
}

static enum vk_rc handle(const struct check *check, const struct vk_bundle_file *file,
	const struct vk_buf *want, const char *found, struct vk_err *err)
{
	struct outcome *outcome = check->outcome;
	size_t before = outcome->drift_count;
	enum drift_verdict verdict =
		drift_policy_judge(check->policy, OUTCOME_DRIFT_FILE, file->path);
	enum vk_rc rc = VK_OK;

	add_drift(check, file, want, found);
	if (verdict == DRIFT_REPAIR) {
		drift_policy_count(check->policy, OUTCOME_DRIFT_FILE, file->path);
		drift_policy_keep(check->policy);
		rc = vk_file_replace(
			check->dirfd, file->path, file->mode, want->data, want->len, err);
	}
	if (outcome->drift_count > before)
		drift_policy_mark(check->policy, &outcome->drift[before], verdict, rc == VK_OK);
	return rc;
}

static enum vk_rc check_file(
	const struct check *check, const struct vk_bundle_file *file, struct vk_err *err)
{
	char found[FOUND_BYTES] = "";
	struct vk_buf want;
	enum vk_rc rc;

	vk_buf_init(&want, FILLED_MAX_BYTES);
	rc = fill_text(check->instance, file, check->current, check->secrets, &want, err);
	if (rc == VK_OK)
		rc = look_at_node(check->dirfd, file, found, err);
	if (rc == VK_OK && found[0] == '\0')
		rc = look_at_content(check->dirfd, file, &want, found, err);
	if (rc == VK_OK && found[0] != '\0')
		rc = handle(check, file, &want, found, err);
	vk_buf_release_wiped(&want);
	return rc;
}

enum vk_rc drift_check_files(const struct instance *instance, const char *generation,
	const struct vk_bundle *bundle, struct drift_policy *policy, struct outcome *outcome,
	struct vk_err *err)
{
	char *path = generation_path(instance, generation);
	char *current = fill_current_path(instance);
	struct secrets *secrets = NULL;
	enum vk_rc rc = secrets_open(instance, bundle, &secrets, err);
	const struct check check = {.instance = instance,
		.dirfd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
		.current = current,
		.secrets = secrets,
		.policy = policy,
		.outcome = outcome};

	if (rc == VK_OK && check.dirfd < 0)
		rc = vk_err_errno(err, VK_EIO, errno, "cannot open %s", path);
	for (size_t i = 0; rc == VK_OK && i < bundle->file_count; i++)
		rc = check_file(&check, &bundle->files[i], err);
	if (check.dirfd >= 0)
		close(check.dirfd);
	secrets_free(secrets);
	free(current);
	free(path);
	return rc;
}
