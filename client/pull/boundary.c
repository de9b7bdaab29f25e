/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/boundary.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/pull/fill.h"
#include "client/pull/generation.h"
#include "client/pull/secrets_conf.h"
#include "client/pull/sentinel_boundary.h"
#include "client/pull/sentinel_values.h"
#include "common/config/conf.h"
#include "common/config/directive.h"
#include "common/file.h"
#include "common/mem.h"

#include "common/banned.h"

enum { RUNTIME_MAX_BYTES = 512 * 1024 };

/* Refused in a tree, but the topology's or the host's own. */
static const char *const runtime_owned[] = {"replicaof", "primaryauth", "requirepass", "daemonize",
	"supervised", "pidfile", "tls-key-file-pass", "tls-client-key-file-pass"};

/* With any other value a client of Valkey could load code or write files anywhere. */
static const char *const shut_doors[] = {"enable-module-command", "enable-protected-configs"};

/* Without these the agent would be locked out. */
static const char *const needed_commands[] = {"CONFIG", "ACL", "INFO", "PING", "AUTH"};

struct check {
	const struct instance *instance;
	const char *version;
	const char *file; /* for messages */
	bool is_runtime;
	const struct vk_bundle *bundle; /* whose secrets runtime.conf must not override; or NULL */
};

static bool is_in(const char *const *list, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++) {
		if (strcasecmp(list[i], text) == 0)
			return true;
	}
	return false;
}

#define IS_IN(list, text) is_in(list, sizeof(list) / sizeof((list)[0]), text)

/* Below dir, by components of which none is empty or begins with a dot. */
static bool is_below(const char *dir, const char *path)
{
	size_t len = strlen(dir);

	if (strncmp(path, dir, len) != 0 || path[len] != '/')
		return false;
	for (path += len; *path == '/'; path += strcspn(path, "/")) {
		path++;
		if (*path == '\0' || *path == '/' || *path == '.')
			return false;
	}
	return true;
}

static bool is_own_path(const struct instance *instance, const char *path)
{
	return *path == '\0' || is_below(instance->directory, path) ||
	       is_below(instance->data, path);
}

/* aclfile, dir and include: exactly what the renderer writes, for this host. */
static bool is_renderers_line(const struct check *check, const struct cfg_conf_line *line)
{
	const struct instance *instance = check->instance;
	char *wanted = NULL;
	char *secrets = NULL;
	bool is_same;

	if (check->is_runtime || line->word_count != 1)
		return false;
	if (strcmp(line->name, "aclfile") == 0) {
		wanted = xasprintf("%s/current/" FILL_ACL, instance->directory);
	} else if (strcmp(line->name, "dir") == 0) {
		wanted = xstrdup(instance->data);
	} else if (strcmp(line->name, "include") == 0) {
		wanted = xasprintf("%s/runtime.conf", instance->directory);
		secrets = xasprintf("%s/current/" FILL_SECRETS, instance->directory);
	}
	is_same = (wanted != NULL && strcmp(wanted, line->words[0]) == 0) ||
		  (secrets != NULL && strcmp(secrets, line->words[0]) == 0);
	free(secrets);
	free(wanted);
	return is_same;
}

/* Inside quotes a newline can be written that Valkey reads: no tree says one, and whatever writes
 * the value out again, unquoted, would write another line. */
static bool has_control_character(const char *word)
{
	for (; *word != '\0'; word++) {
		if ((unsigned char)*word < ' ' || *word == 0x7f)
			return true;
	}
	return false;
}

/* Why the line must not be there; NULL if it may. */
static const char *objection(const struct check *check, const struct cfg_directive *directive,
	const struct cfg_conf_line *line)
{
	struct vk_placeholder ignored;

	if (directive == NULL)
		return "this vkcfg-pull does not know the directive";
	if (directive->type == CFG_TYPE_REFUSED && !is_renderers_line(check, line) &&
		!(check->is_runtime && IS_IN(runtime_owned, directive->name)))
		return directive->reason != NULL ? directive->reason : "it is not allowed";
	if (check->bundle != NULL && secrets_conf_find(check->bundle, directive->name, &ignored))
		return "the release sets it, from a secret; take the line out";
	for (size_t i = 0; i < line->word_count; i++) {
		const char *word = line->words[i];

		if (has_control_character(word))
			return "there is a control character in its value";
		if (directive->type == CFG_TYPE_PATH && !is_own_path(check->instance, word))
			return "the path leads out of the instance's own directories";
		if (directive->type == CFG_TYPE_FILENAME &&
			(strchr(word, '/') != NULL || *word == '.'))
			return "a name without directories is expected";
		if (IS_IN(shut_doors, directive->name) && strcasecmp(word, "no") != 0)
			return "it would let a client of Valkey load code or write files";
	}
	if (directive->type == CFG_TYPE_RENAME && line->word_count > 0 &&
		IS_IN(needed_commands, line->words[0]))
		return "vkcfg needs this command itself";
	return NULL;
}

static bool is_sentinels(const struct check *check, const struct cfg_conf_line *line)
{
	return cfg_version_is_sentinel(check->version) && strcmp(line->name, "sentinel") == 0;
}

static enum vk_rc check_text(
	const struct check *check, const char *text, size_t len, struct vk_err *err)
{
	struct cfg_conf *conf = NULL;
	enum vk_rc rc = cfg_conf_parse(check->file, text, len, &conf, err);

	for (size_t i = 0; rc == VK_OK && i < cfg_conf_count(conf); i++) {
		const struct cfg_conf_line *line = cfg_conf_at(conf, i);
		const struct cfg_directive *directive =
			cfg_directive_find(line->name, check->version);
		const char *why = is_sentinels(check, line)
					  ? sentinel_objection(conf, line, check->version)
					  : objection(check, directive, line);

		if (why != NULL)
			rc = vk_err_set(err, VK_EINPUT,
				"%s:%u: this host does not accept '%.60s': %s", check->file,
				line->number, line->name, why);
	}
	cfg_conf_free(conf);
	return rc;
}

enum vk_rc boundary_check_conf(const struct instance *instance, const char *version,
	const char *text, size_t len, struct vk_err *err)
{
	const struct check check = {.instance = instance, .version = version, .file = FILL_CONF};

	return check_text(&check, text, len, err);
}

static enum vk_rc check_owner(const char *path, struct vk_err *err)
{
	struct stat st;

	if (lstat(path, &st) != 0)
		return vk_err_errno(
			err, errno == ENOENT ? VK_ENOTFOUND : VK_EIO, errno, "%s", path);
	if (S_ISREG(st.st_mode) && (st.st_uid == geteuid() || st.st_uid == 0) &&
		(st.st_mode & 022) == 0)
		return VK_OK;
	vk_err_set(err, VK_EDENIED, "%s: others could change it", path);
	vk_err_hint(err, "a file of uid %u with mode 0640", (unsigned)geteuid());
	return VK_EDENIED;
}

enum vk_rc boundary_check_runtime(
	const struct instance *instance, const struct vk_bundle *bundle, struct vk_err *err)
{
	char *path = fill_runtime_path(instance);
	const struct check check = {.instance = instance,
		.version = bundle->valkey,
		.file = path,
		.is_runtime = true,
		.bundle = bundle};
	struct vk_buf text;
	enum vk_rc rc = check_owner(path, err);

	vk_buf_init(&text, RUNTIME_MAX_BYTES);
	if (rc == VK_OK)
		rc = vk_file_read(AT_FDCWD, path, VK_FILE_NOFOLLOW, &text, err);
	if (rc == VK_OK)
		rc = check_text(&check, text.data, text.len, err);
	if (rc == VK_EINPUT || rc == VK_ELIMIT)
		rc = err->rc = VK_EDENIED;
	vk_buf_release_wiped(&text);
	free(path);
	return rc;
}

/* Whoever may write into a directory can put another file in the place of the one that was checked.
 */
static enum vk_rc check_directory(const char *path, struct vk_err *err)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return vk_err_errno(err, VK_EIO, errno, "%s", path);
	if (S_ISDIR(st.st_mode) && st.st_uid == geteuid() && (st.st_mode & 022) == 0)
		return VK_OK;
	vk_err_set(err, VK_EDENIED, "%s: others could change what is in it", path);
	vk_err_hint(err,
		"a directory of uid %u with mode 0750; Valkey's own files and socket belong "
		"into the data directory",
		(unsigned)geteuid());
	return VK_EDENIED;
}

enum vk_rc boundary_check_directories(const struct instance *instance, struct vk_err *err)
{
	char *generations = generation_path(instance, "");
	enum vk_rc rc = check_directory(
		instance->staging != NULL ? instance->staging : instance->directory, err);

	if (rc == VK_OK)
		rc = check_directory(generations, err);
	free(generations);
	return rc;
}

/* Without a line of its own the user default may do everything, without a password, whatever
 * requirepass says. */
static enum vk_rc check_default_user(const struct vk_bundle *bundle, struct vk_err *err)
{
	static const char start[] = "user default ";
	const struct vk_bundle_file *file = vk_bundle_find(bundle, FILL_ACL);

	for (const char *line = file != NULL ? file->text : ""; *line != '\0';) {
		if (strncmp(line, start, sizeof(start) - 1) == 0)
			return VK_OK;
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
	return vk_err_set(err, VK_EINPUT,
		FILL_ACL ": there is no line for the user default, so that Valkey would let "
			 "everybody in");
}

/* There is no runtime.conf: what is Sentinel's own stands in the file that it runs from. */
static enum vk_rc check_sentinel(
	const struct instance *instance, const struct vk_bundle *bundle, struct vk_err *err)
{
	const struct vk_bundle_file *file = vk_bundle_find(bundle, VK_BUNDLE_SENTINEL);
	char *current = fill_current_path(instance);
	char schema[SENTINEL_SCHEMA_BYTES];
	const struct check check = {.instance = instance,
		.version = sentinel_schema(bundle, schema),
		.file = VK_BUNDLE_SENTINEL};
	struct cfg_conf *conf = NULL;
	struct vk_buf text;
	enum vk_rc rc;

	vk_buf_init(&text, CFG_CONF_MAX_BYTES);
	if (file == NULL)
		rc = vk_err_set(err, VK_EINPUT, "the bundle has no " VK_BUNDLE_SENTINEL);
	else
		rc = fill_text(instance, file, current, NULL, &text, err);
	if (rc == VK_OK)
		rc = check_text(&check, text.data, text.len, err);
	if (rc == VK_OK)
		rc = cfg_conf_parse(VK_BUNDLE_SENTINEL, text.data, text.len, &conf, err);
	if (rc == VK_OK)
		rc = check_default_user(bundle, err);
	if (rc == VK_OK)
		rc = sentinel_secrets_check(bundle, conf, err);
	if (rc == VK_OK)
		rc = boundary_check_directories(instance, err);
	cfg_conf_free(conf);
	vk_buf_release(&text);
	free(current);
	return rc;
}

enum vk_rc boundary_check(
	const struct instance *instance, const struct vk_bundle *bundle, struct vk_err *err)
{
	const struct vk_bundle_file *conf = vk_bundle_find(bundle, FILL_CONF);
	char *current;
	struct vk_buf text;
	enum vk_rc rc;

	if (bundle->kind == VK_KIND_SENTINEL)
		return check_sentinel(instance, bundle, err);
	current = fill_current_path(instance);
	vk_buf_init(&text, CFG_CONF_MAX_BYTES);
	if (conf == NULL) {
		rc = vk_err_set(err, VK_EINPUT, "the bundle has no " FILL_CONF);
	} else {
		rc = fill_text(instance, conf, current, NULL, &text, err);
	}
	if (rc == VK_OK)
		rc = boundary_check_conf(instance, bundle->valkey, text.data, text.len, err);
	if (rc == VK_OK)
		rc = check_default_user(bundle, err);
	if (rc == VK_OK)
		rc = secrets_conf_check(bundle, err);
	if (rc == VK_OK)
		rc = boundary_check_directories(instance, err);
	if (rc == VK_OK)
		rc = boundary_check_runtime(instance, bundle, err);
	vk_buf_release(&text);
	free(current);
	return rc;
}
