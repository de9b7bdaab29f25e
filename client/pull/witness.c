/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/witness.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "common/file.h"
#include "common/mem.h"
#include "common/merkle.h"
#include "common/num.h"
#include "common/vkjson.h"

#include "common/banned.h"

/* Splits off a line; the text after it, or NULL where there is none. */
static char *end_line(char *line)
{
	char *newline = strchr(line, '\n');

	if (newline == NULL)
		return NULL;
	*newline = '\0';
	return newline + 1;
}

/* Our own file: its signature was checked before it was written. */
static enum vk_rc parse_own(char *text, struct note_checkpoint *out, struct vk_err *err)
{
	char *size = end_line(text);
	char *root = size != NULL ? end_line(size) : NULL;
	char *rest = root != NULL ? end_line(root) : NULL;
	struct note_checkpoint checkpoint;
	size_t len = 0;

	if (rest == NULL || !vk_parse_uint(size, 0, INT64_MAX, &checkpoint.size) ||
		sodium_base642bin(checkpoint.root, sizeof(checkpoint.root), root, strlen(root),
			NULL, &len, NULL, sodium_base64_VARIANT_ORIGINAL) != 0 ||
		len != sizeof(checkpoint.root))
		return vk_err_set(err, VK_EINPUT, "it is no checkpoint");
	*out = checkpoint;
	return VK_OK;
}

enum vk_rc witness_read(const char *state, struct note_checkpoint *out, struct vk_err *err)
{
	char *path = xasprintf("%s/checkpoint", state);
	struct vk_buf text;
	enum vk_rc rc;

	vk_buf_init(&text, NOTE_MAX_BYTES);
	rc = vk_file_read(AT_FDCWD, path, VK_FILE_NOFOLLOW, &text, err);
	if (rc == VK_ENOTFOUND) {
		*out = (struct note_checkpoint){.size = 0};
		rc = VK_OK;
	} else if (rc == VK_OK) {
		rc = parse_own(text.data, out, err);
		if (rc != VK_OK)
			rc = vk_err_prefix(err, rc, "%s", path);
	}
	vk_buf_release(&text);
	free(path);
	return rc;
}

enum vk_rc witness_read_origin(
	const char *state, char out[NOTE_NAME_MAX_BYTES + 1], struct vk_err *err)
{
	char *path = xasprintf("%s/checkpoint", state);
	struct vk_buf text;
	enum vk_rc rc;

	out[0] = '\0';
	vk_buf_init(&text, NOTE_MAX_BYTES);
	rc = vk_file_read(AT_FDCWD, path, VK_FILE_NOFOLLOW, &text, err);
	if (rc == VK_ENOTFOUND)
		rc = VK_OK;
	else if (rc == VK_OK &&
		 (end_line(text.data) == NULL || strlen(text.data) > NOTE_NAME_MAX_BYTES))
		rc = vk_err_set(err, VK_EINPUT, "%s: it is no checkpoint", path);
	else if (rc == VK_OK)
		memcpy(out, text.data, strlen(text.data) + 1);
	vk_buf_release(&text);
	free(path);
	return rc;
}

static enum vk_rc check_consistency(const struct note_checkpoint *last,
	const struct note_checkpoint *next, const struct vkjson *consistency, struct vk_err *err)
{
	struct merkle_proof proof = {.count = 0};
	const struct vkjson *array = NULL;
	int64_t size;
	enum vk_rc rc;

	if (last->size == 0)
		return VK_OK;
	if (next->size < last->size)
		return vk_err_set(err, VK_EUNTRUSTED,
			"the audit log has shrunk from %llu to %llu entries",
			(unsigned long long)last->size, (unsigned long long)next->size);
	if (next->size > last->size) {
		if (consistency == NULL)
			return vk_err_set(err, VK_EUNTRUSTED,
				"the server does not prove that its audit log only grew");
		rc = vkjson_get_int(
			consistency, "from", (int64_t)last->size, (int64_t)last->size, &size, err);
		if (rc == VK_OK)
			rc = vkjson_get_int(consistency, "to", (int64_t)next->size,
				(int64_t)next->size, &size, err);
		if (rc == VK_OK)
			rc = vkjson_get_array(consistency, "proof", &array, err);
		if (rc == VK_OK)
			rc = merkle_proof_from_json(array, &proof, err);
		if (rc != VK_OK)
			return vk_err_prefix(err, rc, "consistency");
	}
	rc = merkle_verify_consistency(last->size, last->root, next->size, next->root, &proof, err);
	return rc == VK_OK ? rc : vk_err_prefix(err, rc, "the audit log has forked");
}

enum vk_rc witness_verify(const struct tuf_fleet *fleet, const char *note,
	const struct vkjson *consistency, const struct note_checkpoint *last,
	struct note_checkpoint *out, struct vk_err *err)
{
	struct note_checkpoint next;
	enum vk_rc rc = note_verify_checkpoint(
		note, strlen(note), fleet->log_name, fleet->log_public, &next, err);

	if (rc == VK_OK)
		rc = check_consistency(last, &next, consistency, err);
	if (rc == VK_OK)
		*out = next;
	return rc;
}

enum vk_rc witness_verify_new_log(const struct tuf_fleet *fleet, const char *note,
	const struct vkjson *from_start, const struct vkjson *from_last,
	const struct note_checkpoint *last, struct note_checkpoint *out, bool *is_lost,
	struct vk_err *err)
{
	struct note_checkpoint start = {.size = fleet->log_start.size};
	struct vk_err lost = VK_ERR_INIT;
	struct note_checkpoint next;
	enum vk_rc rc;

	if (!fleet->log_start.is_there)
		return vk_err_set(err, VK_EUNTRUSTED,
			"the root names another audit log, %s, but not with what it begins",
			fleet->log_name);
	memcpy(start.root, fleet->log_start.root, sizeof(start.root));
	rc = witness_verify(fleet, note, from_start, &start, &next, err);
	if (rc != VK_OK)
		return rc;
	*is_lost = check_consistency(last, &next, from_last, &lost) != VK_OK;
	*out = next;
	return VK_OK;
}

static char *aside_path(const char *state, const char *origin)
{
	char *path = xasprintf("%s/checkpoint.%s", state, origin);

	for (char *c = path + strlen(state) + 1; *c != '\0'; c++) {
		if (*c == '/')
			*c = '-';
	}
	return path;
}

enum vk_rc witness_put_aside(const char *state, char **kept_as, struct vk_err *err)
{
	char *path = xasprintf("%s/checkpoint", state), *aside = NULL;
	char origin[NOTE_NAME_MAX_BYTES + 1];
	struct vk_buf text;
	enum vk_rc rc;

	vk_buf_init(&text, NOTE_MAX_BYTES);
	rc = vk_file_read(AT_FDCWD, path, VK_FILE_NOFOLLOW, &text, err);
	if (rc == VK_OK)
		rc = witness_read_origin(state, origin, err);
	if (rc == VK_OK) {
		aside = aside_path(state, origin);
		rc = vk_file_replace(AT_FDCWD, aside, 0600, text.data, text.len, err);
	}
	if (rc == VK_OK) {
		*kept_as = aside;
		aside = NULL;
	}
	vk_buf_release(&text);
	free(aside);
	free(path);
	return rc;
}

enum vk_rc witness_write(const char *state, const char *note, struct vk_err *err)
{
	char *path = xasprintf("%s/checkpoint", state);
	enum vk_rc rc = vk_file_replace(AT_FDCWD, path, 0600, note, strlen(note), err);

	free(path);
	return rc;
}
