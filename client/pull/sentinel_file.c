/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/sentinel_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/pull/fill.h"
#include "client/pull/generation.h"
#include "client/pull/secrets_conf.h"
#include "client/pull/sentinel_merge.h"
#include "client/pull/sentinel_values.h"
#include "common/config/conf.h"
#include "common/config/directive.h"
#include "common/fault.h"
#include "common/file.h"
#include "common/mem.h"

#include "common/banned.h"

enum {
	DIRECTORY_MODE = 02770, /* the Sentinel's files have the group of the directory */
	FILE_MODE = 0660,	/* a Sentinel does not start with a file that it may not write */
	MARK_MAX_BYTES = 256,
};

static const char warning[] =
	"# Sentinel writes this file; vkcfg-pull replaces it when it restarts Sentinel.\n";

char *sentinel_file_path(const struct instance *instance)
{
	return xasprintf("%s/sentinel/" VK_BUNDLE_SENTINEL, instance->directory);
}

/* In a directory where only the agent may write. */
static char *mark_path(const struct instance *instance)
{
	return xasprintf("%s/sentinel-restart", instance->directory);
}

/* What Sentinel reads once, when it starts, and its file does not show. */
static void add_files_comment(const struct vk_bundle *bundle, struct vk_buf *out)
{
	const struct vk_bundle_file *conf = vk_bundle_find(bundle, VK_BUNDLE_SENTINEL);
	const char *clients = conf != NULL ? strstr(conf->text, "\nmaxclients ") : NULL;
	struct vk_buf all;
	char hex[VK_SHA256_HEX_BYTES];

	vk_buf_init(&all, 2 * VK_BUNDLE_MAX_BYTES);
	/* A host may lower it, and then the file no longer tells what was asked for. */
	if (clients != NULL)
		vk_buf_add(&all, clients, 1 + strcspn(clients + 1, "\n"));
	for (size_t i = 0; i < bundle->file_count; i++) {
		const struct vk_bundle_file *file = &bundle->files[i];

		if (strcmp(file->path, VK_BUNDLE_SENTINEL) != 0 &&
			strcmp(file->path, FILL_ACL) != 0 && strcmp(file->path, FILL_SECRETS) != 0)
			vk_buf_addf(
				&all, "%s\n%zu\n%s", file->path, strlen(file->text), file->text);
	}
	vk_sha256_hex(all.data != NULL ? all.data : "", all.len, hex);
	vk_buf_addf(out, SENTINEL_FILES_COMMENT "%s\n", hex);
	vk_buf_release(&all);
}

/* The renderer puts it on a line of its own, as the boundary has seen. */
static enum vk_rc add_conf(const struct instance *instance, const struct vk_bundle *bundle,
	const char *generation, struct vk_buf *out, struct vk_err *err)
{
	const struct vk_bundle_file *conf = vk_bundle_find(bundle, VK_BUNDLE_SENTINEL);
	struct vk_bundle_file copy = {.path = VK_BUNDLE_SENTINEL};
	const char *include;
	char *text;
	enum vk_rc rc;

	if (conf == NULL)
		return vk_err_set(err, VK_EINPUT, "the bundle has no " VK_BUNDLE_SENTINEL);
	include = strstr(conf->text, SECRETS_CONF_INCLUDE);
	text = include == NULL ? xstrdup(conf->text)
			       : xasprintf("%.*s%s", (int)(include - conf->text), conf->text,
					 include + strlen(SECRETS_CONF_INCLUDE));
	copy.text = text;
	rc = fill_text(instance, &copy, generation, NULL, out, err);
	free(text);
	return rc;
}

/* Sentinel writes its file without quotes: any other value would be another one after that, or end
 * Sentinel. */
static enum vk_rc check_word(const struct secrets *secrets, const char *line, struct vk_err *err)
{
	const struct vk_secret_value *value;
	struct vk_placeholder found;

	if (!vk_placeholder_find(line, &found) || !found.is_valid)
		return VK_OK;
	value = secrets_get(secrets, found.name, found.version);
	if (value == NULL || sentinel_word_is_plain(vk_secret_value_text(value)))
		return VK_OK;
	vk_err_set(err, VK_EINPUT,
		"secret %s version %lld cannot be a password of a Sentinel: it holds blanks, "
		"quotes "
		"or backslashes, or begins with #",
		found.name, (long long)found.version);
	vk_err_hint(err, "a keeper sets it anew: vkcfg secret set");
	return VK_EINPUT;
}

static enum vk_rc add_secrets(const struct instance *instance, const struct vk_bundle *bundle,
	const struct secrets *secrets, bool is_for_preflight, struct vk_buf *out,
	struct vk_err *err)
{
	const struct vk_bundle_file *file = vk_bundle_find(bundle, FILL_SECRETS);
	const char *at = file != NULL ? file->text : "";
	enum vk_rc rc = VK_OK;

	while (rc == VK_OK && *at != '\0') {
		size_t len = strcspn(at, "\n");
		char *line = xasprintf("%.*s\n", (int)len, at);
		const struct vk_bundle_file copy = {.path = FILL_SECRETS, .text = line};
		bool is_sentinels =
			strncmp(line, CFG_SENTINEL_PREFIX, strlen(CFG_SENTINEL_PREFIX)) == 0;

		if (is_sentinels)
			rc = check_word(secrets, line, err);
		if (rc == VK_OK && is_sentinels && is_for_preflight)
			vk_buf_adds(out, line);
		else if (rc == VK_OK)
			rc = fill_text(instance, &copy, "", secrets, out, err);
		free(line);
		at += len + (at[len] == '\n');
	}
	return rc;
}

enum vk_rc sentinel_file_text(const struct instance *instance, const struct vk_bundle *bundle,
	const char *generation, const struct secrets *secrets, bool is_for_preflight,
	struct vk_buf *out, struct vk_err *err)
{
	enum vk_rc rc;

	add_files_comment(bundle, out);
	rc = add_conf(instance, bundle, generation, out, err);
	vk_buf_addc(out, '\n');
	if (rc == VK_OK)
		rc = add_secrets(instance, bundle, secrets, is_for_preflight, out, err);
	return rc == VK_OK ? vk_buf_check(out, VK_BUNDLE_SENTINEL, err) : rc;
}

enum vk_rc sentinel_file_read(
	const struct instance *instance, struct vk_buf *out, struct vk_err *err)
{
	char *path = sentinel_file_path(instance);
	enum vk_rc rc = vk_file_read(AT_FDCWD, path, VK_FILE_NOFOLLOW, out, err);

	if (rc == VK_EIO && errno == EACCES)
		vk_err_hint(err, "Sentinel needs the agent's group and UMask=0007 or less");
	free(path);
	return rc;
}

/* Beside the directory that Sentinel may write, so that nothing of Sentinel's leads elsewhere. */
static enum vk_rc open_directory(const struct instance *instance, int *out, struct vk_err *err)
{
	char *path = xasprintf("%s/sentinel", instance->directory);
	struct stat st;
	enum vk_rc rc = VK_OK;
	int fd = -1;

	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		rc = vk_err_errno(err, VK_EIO, errno, "cannot make %s", path);
	if (rc == VK_OK && (fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) < 0)
		rc = vk_err_errno(err, VK_EIO, errno, "cannot open %s", path);
	if (rc == VK_OK && (fstat(fd, &st) != 0 || st.st_uid != geteuid()))
		rc = vk_err_set(err, VK_EDENIED, "%s is not the agent's", path);
	if (rc == VK_OK && (st.st_mode & 07777) != DIRECTORY_MODE &&
		fchmod(fd, DIRECTORY_MODE) != 0)
		rc = vk_err_errno(err, VK_EIO, errno, "cannot give %s to its group", path);
	if (rc == VK_OK)
		*out = fd;
	else if (fd >= 0)
		close(fd);
	free(path);
	return rc;
}

/* The order counts: a crash in between has a Sentinel restarted that needed none, and never the
 * other way round. */
static enum vk_rc write_file(const struct instance *instance, const char *old_run_id,
	const struct vk_buf *text, struct vk_err *err)
{
	char *mark = mark_path(instance);
	int dirfd = -1;
	enum vk_rc rc = vk_file_replace(AT_FDCWD, mark, 0640, old_run_id, strlen(old_run_id), err);

	fault_point("sentinel.marked");
	if (rc == VK_OK)
		rc = open_directory(instance, &dirfd, err);
	if (rc == VK_OK)
		rc = vk_file_replace(
			dirfd, VK_BUNDLE_SENTINEL, FILE_MODE, text->data, text->len, err);
	fault_point("sentinel.written");
	if (dirfd >= 0)
		close(dirfd);
	free(mark);
	return rc;
}

static enum vk_rc merge_and_write(const struct instance *instance, const char *old_run_id,
	const struct vk_buf *desired, const struct vk_buf *learned, struct vk_err *err)
{
	struct vk_buf text;
	enum vk_rc rc;

	vk_buf_init(&text, 2 * CFG_CONF_MAX_BYTES);
	vk_buf_adds(&text, warning);
	vk_buf_add(&text, desired->data, strcspn(desired->data, "\n") + 1);
	rc = sentinel_merge(desired->data, desired->len, learned->data != NULL ? learned->data : "",
		learned->len, &text, err);
	if (rc == VK_OK)
		rc = write_file(instance, old_run_id, &text, err);
	vk_buf_release_wiped(&text);
	return rc;
}

static enum vk_rc prepare(const struct instance *instance, const struct vk_bundle *bundle,
	const char *old_run_id, const struct vk_buf *learned, struct vk_err *err)
{
	char *current = fill_current_path(instance);
	struct secrets *secrets = NULL;
	struct vk_buf desired;
	enum vk_rc rc = secrets_open(instance, bundle, &secrets, err);

	vk_buf_init(&desired, CFG_CONF_MAX_BYTES);
	if (rc == VK_OK)
		rc = sentinel_file_text(instance, bundle, current, secrets, false, &desired, err);
	if (rc == VK_OK)
		rc = merge_and_write(instance, old_run_id, &desired, learned, err);
	vk_buf_release_wiped(&desired);
	secrets_free(secrets);
	free(current);
	return rc;
}

/* False: there is none, or none that could be read. */
static bool read_bundle(const struct instance *instance, struct generation_bundle *out)
{
	char name[GENERATION_NAME_BYTES];
	struct vk_err ignored = VK_ERR_INIT;

	*out = (struct generation_bundle){.len = 0};
	return generation_current(instance, name, &ignored) == VK_OK && name[0] != '\0' &&
	       generation_read_bundle(instance, name, out, &ignored) == VK_OK &&
	       out->bundle->kind == VK_KIND_SENTINEL;
}

enum vk_rc sentinel_file_prepare(
	const struct instance *instance, const char *old_run_id, struct vk_err *err)
{
	struct generation_bundle bundle;
	struct vk_err ignored = VK_ERR_INIT;
	struct vk_buf learned;
	enum vk_rc rc = VK_OK;

	vk_buf_init(&learned, CFG_CONF_MAX_BYTES);
	if (read_bundle(instance, &bundle)) {
		rc = sentinel_file_read(instance, &learned, &ignored);
		if (rc == VK_EIO)
			*err = ignored; /* it may know something: nothing is thrown away */
		else
			rc = prepare(instance, bundle.bundle, old_run_id, &learned, err);
	}
	vk_buf_release_wiped(&learned);
	generation_bundle_release(&bundle);
	return rc;
}

/* The lines that a Sentinel would write of what it tells. */
static void add_told(const struct values *values, struct vk_buf *out)
{
	static const char monitor[] = "sentinel monitor ";
	static const char epoch[] = "sentinel config-epoch ";

	for (size_t i = 0; i < values->count; i++) {
		const struct value *value = &values->items[i];

		if (strncmp(value->name, monitor, strlen(monitor)) == 0)
			vk_buf_addf(out, "%s %s 1\n", value->name, value->text);
		else if (strncmp(value->name, epoch, strlen(epoch)) == 0)
			vk_buf_addf(out, "%s %s\n", value->name, value->text);
	}
}

enum vk_rc sentinel_file_adopt(
	const struct instance *instance, const struct live *live, struct vk_err *err)
{
	struct generation_bundle bundle;
	struct vk_buf told;
	enum vk_rc rc = VK_OK;

	if (values_get(&live->values, SENTINEL_FOREIGN) == NULL)
		return VK_OK;
	vk_buf_init(&told, CFG_CONF_MAX_BYTES);
	add_told(&live->values, &told);
	if (read_bundle(instance, &bundle))
		rc = prepare(instance, bundle.bundle, live->run_id, &told, err);
	vk_buf_release(&told);
	generation_bundle_release(&bundle);
	return rc;
}

bool sentinel_file_is_newer(const struct instance *instance, const char *run_id)
{
	char *path = mark_path(instance);
	struct vk_err ignored = VK_ERR_INIT;
	struct vk_buf text;
	bool is_newer;

	vk_buf_init(&text, MARK_MAX_BYTES);
	is_newer = vk_file_read(AT_FDCWD, path, VK_FILE_NOFOLLOW, &text, &ignored) == VK_OK &&
		   *run_id != '\0' && strcmp(text.data != NULL ? text.data : "", run_id) == 0;
	vk_buf_release(&text);
	free(path);
	return is_newer;
}
