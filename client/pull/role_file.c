/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/role_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/pull/fill.h"
#include "client/pull/generation.h"
#include "client/pull/presence.h"
#include "common/config/topology.h"
#include "common/file.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/name.h"

#include "common/banned.h"

enum { RUNTIME_MAX_BYTES = 1024 * 1024, RUNTIME_MODE = 0640, DIRECTORY_MODE = 0750 };

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

/* Is it an empty server that nobody follows, and that follows nobody? */
static bool has_no_part(const struct restart_state *state)
{
	return !state->is_replica && !state->has_keys && state->replica_count == 0 &&
	       !state->is_cluster;
}

/* Started from another file than ours, which the next start reads. */
static bool is_started_elsewhere(const struct instance *instance, const struct restart_state *state)
{
	char *conf = xasprintf("%s/current/" FILL_CONF, instance->directory);
	char ours[PATH_MAX], theirs[PATH_MAX];
	bool is_ours =
		strcmp(conf, state->config_file) == 0 ||
		(realpath(conf, ours) != NULL && realpath(state->config_file, theirs) != NULL &&
			strcmp(ours, theirs) == 0);

	free(conf);
	return !is_ours;
}

enum vk_rc role_file_follow(const struct instance *instance, const struct restart_state *state,
	bool *is_changed, struct vk_err *err)
{
	char *path;
	struct vk_buf old, new;
	enum vk_rc rc;

	*is_changed = false;
	if (state->is_cluster || (has_no_part(state) && is_started_elsewhere(instance, state)))
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

/* Whether nothing has ever run here; also false where that cannot be seen. */
static bool is_data_empty(const struct instance *instance)
{
	DIR *directory = opendir(instance->data);
	const struct dirent *entry = NULL;

	if (directory == NULL)
		return false;
	do
		entry = readdir(directory);
	while (entry != NULL &&
		(entry->d_name[0] == '.' || strcmp(entry->d_name, "lost+found") == 0));
	closedir(directory);
	return entry == NULL;
}

/* What a running server is it stays. The tree counts for one that has no part yet, or, where none
 * runs, no data: it would be replaced by the primary's. */
static enum vk_rc choose_first(const struct instance *instance, const struct vk_bundle *bundle,
	struct vk_buf *out, struct vk_err *err)
{
	struct vk_err ignored = VK_ERR_INIT;
	struct valkey *valkey = NULL;
	struct restart_state state = {.is_replica = false};
	bool is_down = presence_is_down(instance);
	bool is_known = !is_down && instance_connect(instance, &valkey, &ignored) == VK_OK &&
			restart_state_read(valkey, &state, &ignored) == VK_OK;
	bool is_new = is_down ? is_data_empty(instance) : is_known && has_no_part(&state);

	valkey_free(valkey);
	if (is_new)
		return cfg_first_topology(bundle, out, err);
	if (is_known && state.is_replica && !state.is_cluster &&
		vk_address_is_valid(state.primary) && state.primary_port > 0)
		(void)role_file_edit("", &state, out);
	return VK_OK;
}

static enum vk_rc begin(const struct instance *instance, const struct vk_bundle *bundle,
	const char *path, struct vk_err *err)
{
	struct vk_buf text;
	enum vk_rc rc;

	vk_buf_init(&text, RUNTIME_MAX_BYTES);
	rc = choose_first(instance, bundle, &text, err);
	if (rc == VK_OK && text.len > 0)
		rc = vk_file_mkdirs(AT_FDCWD, instance->directory, DIRECTORY_MODE, err);
	if (rc == VK_OK && text.len > 0) {
		rc = vk_file_replace(AT_FDCWD, path, RUNTIME_MODE, text.data, text.len, err);
		text.data[strcspn(text.data, "\n")] = '\0';
		vk_log(VK_LOG_INFO, "role-begun", VK_KV("instance", instance->name),
			VK_KV("role", text.data));
	}
	vk_buf_release(&text);
	return rc;
}

enum vk_rc role_file_begin(
	const struct instance *instance, const struct vk_bundle *bundle, struct vk_err *err)
{
	char *path = xasprintf("%s/" FILL_RUNTIME, instance->directory);
	char current[GENERATION_NAME_BYTES];
	enum vk_rc rc = generation_current(instance, current, err);

	if (rc == VK_OK && current[0] == '\0' && instance->staging == NULL &&
		bundle->group != NULL && bundle->group->kind == VK_GROUP_REPLICATED &&
		access(path, F_OK) != 0)
		rc = begin(instance, bundle, path, err);
	free(path);
	return rc;
}
