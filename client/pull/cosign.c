/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/cosign.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/pull/host_key.h"
#include "client/pull/witness.h"
#include "common/file.h"
#include "common/mem.h"
#include "common/num.h"
#include "common/signkey.h"

#include "common/banned.h"

enum { COSIGNED_MAX_BYTES = 64 };

struct cosigned {
	uint64_t size;
	int64_t at;
};

/* "SIZE TIME"; without the file, or where it is damaged, nothing was cosigned yet: saying the same
 * again does no harm. */
static struct cosigned read_cosigned(const char *state)
{
	char *path = xasprintf("%s/cosigned", state);
	struct cosigned cosigned = {0};
	struct vk_err ignored = VK_ERR_INIT;
	struct vk_buf text;
	char *blank, *end;
	uint64_t size = 0;
	int64_t at = 0;

	vk_buf_init(&text, COSIGNED_MAX_BYTES);
	if (vk_file_read(AT_FDCWD, path, VK_FILE_NOFOLLOW, &text, &ignored) == VK_OK &&
		(blank = strchr(text.data, ' ')) != NULL && (end = strchr(blank, '\n')) != NULL) {
		*blank = '\0';
		*end = '\0';
		if (vk_parse_uint(text.data, 0, INT64_MAX, &size) &&
			vk_parse_int(blank + 1, 0, INT64_MAX, &at))
			cosigned = (struct cosigned){size, at};
	}
	vk_buf_release(&text);
	free(path);
	return cosigned;
}

bool cosign_is_due(
	const char *state, const struct note_checkpoint *checkpoint, bool is_reporting, int64_t now)
{
	struct cosigned last;

	if (checkpoint->size == 0)
		return false;
	last = read_cosigned(state);
	if (checkpoint->size <= last.size)
		return false;
	/* A clock that was put back is no reason to keep silent. */
	return is_reporting || now - last.at >= COSIGN_PAUSE_SECONDS || now < last.at;
}

enum vk_rc cosign_make(const char *state, const struct pins *pins,
	const struct note_checkpoint *checkpoint, int64_t now, struct vk_buf *out,
	struct vk_err *err)
{
	char name[NOTE_WITNESS_NAME_BYTES];
	struct vk_signkey *key = NULL;
	struct vk_buf line;
	char origin[NOTE_NAME_MAX_BYTES + 1];
	enum vk_rc rc = witness_read_origin(state, origin, err);

	if (rc == VK_OK)
		rc = host_key_read(state, &key, err);
	if (rc != VK_OK)
		return rc;
	if (origin[0] == '\0')
		snprintf(origin, sizeof(origin), "%s/log", pins->fleet);
	note_witness_name(pins->fleet, pins->host, name);
	vk_buf_init(&line, NOTE_COSIGNATURE_MAX_BYTES);
	note_cosign(origin, checkpoint, now, name, key, &line);
	vk_buf_add(out, line.data, line.len - 1);
	vk_buf_release(&line);
	vk_signkey_free(key);
	return vk_buf_check(out, "the cosignature", err);
}

enum vk_rc cosign_forget(const char *state, struct vk_err *err)
{
	char *path = xasprintf("%s/cosigned", state);
	enum vk_rc rc = vk_file_remove(AT_FDCWD, path, err);

	free(path);
	return rc;
}

enum vk_rc cosign_keep(const char *state, const struct note_checkpoint *checkpoint, int64_t now,
	struct vk_err *err)
{
	char *path = xasprintf("%s/cosigned", state);
	char text[COSIGNED_MAX_BYTES];
	enum vk_rc rc;

	snprintf(text, sizeof(text), "%" PRIu64 " %" PRId64 "\n", checkpoint->size, now);
	rc = vk_file_replace(AT_FDCWD, path, 0600, text, strlen(text), err);
	free(path);
	return rc;
}
