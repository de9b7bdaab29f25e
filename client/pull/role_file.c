/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/role_file.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "client/pull/fill.h"
#include "common/file.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/name.h"

#include "common/banned.h"

enum { RUNTIME_MAX_BYTES = 1024 * 1024, RUNTIME_MODE = 0640 };

/* The length of the directive's name if the line is about the role; else 0. */
static size_t role_name(const char *line)
{
	static const char *const names[] = {"replicaof", "slaveof"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t len = strlen(names[i]);

		if (strncasecmp(line, names[i], len) == 0 &&
			(line[len] == ' ' || line[len] == '\t'))
			return len;
	}
	return 0;
}

/* Takes the lines of the role out; what the last of them says goes into role. */
static void split(const char *text, struct vk_buf *rest, struct vk_buf *role)
{
	while (*text != '\0') {
		size_t len = strcspn(text, "\n");
		const char *line = text + strspn(text, " \t");
		size_t name_len = role_name(line);

		if (name_len > 0) {
			const char *words = line + name_len + strspn(line + name_len, " \t");

			vk_buf_reset(role);
			vk_buf_add(role, words, (size_t)(text + len - words));
		} else {
			vk_buf_add(rest, text, len);
			vk_buf_addc(rest, '\n');
		}
		text += len;
		text += *text == '\n';
	}
}

/* A primary needs no line, but where the file says otherwise. */
bool role_file_edit(const char *text, const struct restart_state *state, struct vk_buf *out)
{
	struct vk_buf role, wanted;
	bool is_same;

	vk_buf_init(&role, RUNTIME_MAX_BYTES);
	vk_buf_init(&wanted, RUNTIME_MAX_BYTES);
	split(text, out, &role);
	if (state->is_replica)
		vk_buf_addf(&wanted, "%s %" PRId64, state->primary, state->primary_port);
	is_same = strcmp(role.len > 0 ? role.data : "", wanted.len > 0 ? wanted.data : "") == 0 ||
		  (!state->is_replica && role.len > 0 && strcasecmp(role.data, "no one") == 0);
	if (wanted.len > 0)
		vk_buf_addf(out, "replicaof %s\n", wanted.data);
	vk_buf_release(&wanted);
	vk_buf_release(&role);
	return !is_same;
}

static enum vk_rc write_file(const struct instance *instance, const char *path,
	const struct vk_buf *text, struct vk_err *err)
{
	enum vk_rc rc = vk_buf_check(text, FILL_RUNTIME, err);
	struct stat st;
	mode_t mode = stat(path, &st) == 0 ? st.st_mode & 0777 : RUNTIME_MODE;

	if (rc == VK_OK)
		rc = vk_file_replace(AT_FDCWD, path, mode, text->data, text->len, err);
	if (rc == VK_OK)
		vk_log(VK_LOG_INFO, "role-kept", VK_KV("instance", instance->name),
			VK_KV("file", path));
	return rc;
}

enum vk_rc role_file_follow(const struct instance *instance, const struct restart_state *state,
	bool *is_changed, struct vk_err *err)
{
	char *path;
	struct vk_buf old, new;
	enum vk_rc rc;

	*is_changed = false;
	if (state->is_cluster)
		return VK_OK;
	/* It is a word of a file that Valkey reads: what is no address does not get there. */
	if (state->is_replica && (!vk_address_is_valid(state->primary) || state->primary_port <= 0))
		return vk_err_set(err, VK_EUNAVAIL, "the server's primary has no address");
	path = xasprintf("%s/" FILL_RUNTIME, instance->directory);
	vk_buf_init(&old, RUNTIME_MAX_BYTES);
	vk_buf_init(&new, 2 * RUNTIME_MAX_BYTES);
	rc = vk_file_read(AT_FDCWD, path, VK_FILE_NOFOLLOW, &old, err);
	if (rc == VK_ENOTFOUND)
		rc = VK_OK;
	if (rc == VK_OK && role_file_edit(old.len > 0 ? old.data : "", state, &new)) {
		rc = write_file(instance, path, &new, err);
		*is_changed = rc == VK_OK;
	}
	vk_buf_release_wiped(&old); /* it may have a password */
	vk_buf_release_wiped(&new);
	free(path);
	return rc;
}
