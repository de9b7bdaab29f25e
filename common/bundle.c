/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/bundle_internal.h"

#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/merkle.h"
#include "common/name.h"
#include "common/vkjson.h"

#include "common/banned.h"

enum { VALKEY_MAX_BYTES = 15 };

static const char *const kinds[] = {"valkey", "sentinel", NULL};
static const char *const restarts[] = {"allowed", "never", NULL};
static const char *const unmanageds[] = {"keep", "remove", NULL};

static const struct {
	unsigned mode;
	const char *text;
} modes[] = {{0640, "0640"}, {0600, "0600"}, {0440, "0440"}, {0400, "0400"}};

/* The index of a word, -1 if it is none. */
static int find_word(const char *const *words, const char *text)
{
	for (int i = 0; words[i] != NULL; i++) {
		if (strcmp(words[i], text) == 0)
			return i;
	}
	return -1;
}

const char *vk_bundle_kind_name(enum vk_bundle_kind kind)
{
	return kinds[kind];
}

const char *vk_bundle_restart_name(enum vk_bundle_restart restart)
{
	return restarts[restart];
}

const char *vk_bundle_unmanaged_name(enum vk_bundle_unmanaged unmanaged)
{
	return unmanageds[unmanaged];
}

bool vk_bundle_kind_parse(const char *text, enum vk_bundle_kind *out)
{
	int i = find_word(kinds, text);

	if (i >= 0)
		*out = (enum vk_bundle_kind)i;
	return i >= 0;
}

bool vk_bundle_restart_parse(const char *text, enum vk_bundle_restart *out)
{
	int i = find_word(restarts, text);

	if (i >= 0)
		*out = (enum vk_bundle_restart)i;
	return i >= 0;
}

bool vk_bundle_unmanaged_parse(const char *text, enum vk_bundle_unmanaged *out)
{
	int i = find_word(unmanageds, text);

	if (i >= 0)
		*out = (enum vk_bundle_unmanaged)i;
	return i >= 0;
}

static bool is_path_char(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       c == '.' || c == '_' || c == '-';
}

bool vk_bundle_path_is_valid(const char *path)
{
	unsigned parts = 1;
	bool is_start = true; /* of a component, which neither ends here nor begins with a dot */

	if (strnlen(path, VK_BUNDLE_PATH_MAX_BYTES + 1) > VK_BUNDLE_PATH_MAX_BYTES)
		return false;
	for (; *path != '\0'; path++) {
		if (is_start && (*path == '/' || *path == '.'))
			return false;
		if (*path != '/' && !is_path_char(*path))
			return false;
		is_start = *path == '/';
		parts += is_start;
	}
	return !is_start && parts <= VK_BUNDLE_PATH_MAX_PARTS;
}

static const char *mode_text(unsigned mode)
{
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (modes[i].mode == mode)
			return modes[i].text;
	}
	return NULL;
}

bool vk_bundle_mode_is_valid(unsigned mode)
{
	return mode_text(mode) != NULL;
}

static bool parse_mode(const char *text, unsigned *out)
{
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (strcmp(modes[i].text, text) == 0) {
			*out = modes[i].mode;
			return true;
		}
	}
	return false;
}

/* "8.0": two numbers. */
static bool is_version(const char *text)
{
	size_t major = strspn(text, "0123456789");
	size_t minor = text[major] == '.' ? strspn(text + major + 1, "0123456789") : 0;

	return major > 0 && minor > 0 && text[major + 1 + minor] == '\0' &&
	       strlen(text) <= VALKEY_MAX_BYTES;
}

static enum vk_rc wrong(struct vk_err *err, const char *member, const char *expected)
{
	return vk_err_set(err, VK_EINPUT, "member '%s': expected %s", member, expected);
}

static enum vk_rc check_files(const struct vk_bundle *bundle, struct vk_err *err)
{
	size_t total = 0;

	if (bundle->file_count > VK_BUNDLE_MAX_FILES)
		return vk_err_set(err, VK_ELIMIT, "more than %d files", VK_BUNDLE_MAX_FILES);
	for (size_t i = 0; i < bundle->file_count; i++) {
		const struct vk_bundle_file *file = &bundle->files[i];

		if (!vk_bundle_path_is_valid(file->path))
			return vk_err_set(err, VK_EINPUT,
				"file %zu: its path is not a relative path of 1 to 4 plain "
				"components",
				i);
		if (i > 0 && strcmp(bundle->files[i - 1].path, file->path) >= 0)
			return vk_err_set(err, VK_EINPUT,
				"file '%s': paths must be sorted, each only once", file->path);
		if (!vk_bundle_mode_is_valid(file->mode))
			return vk_err_set(err, VK_EINPUT,
				"file '%s': the mode is not 0640, 0600, 0440 or 0400", file->path);
		total += strlen(file->text);
	}
	if (total > VK_BUNDLE_MAX_TEXT_BYTES)
		return vk_err_set(err, VK_ELIMIT, "the files are larger than %d bytes together",
			VK_BUNDLE_MAX_TEXT_BYTES);
	return VK_OK;
}

/* A file where another one needs a directory could not be installed. */
static enum vk_rc check_directories(const struct vk_bundle *bundle, struct vk_err *err)
{
	for (size_t i = 0; i < bundle->file_count; i++) {
		const char *path = bundle->files[i].path;
		size_t len = strlen(path);

		for (size_t k = i + 1; k < bundle->file_count; k++) {
			const char *other = bundle->files[k].path;

			if (strncmp(path, other, len) == 0 && other[len] == '/')
				return vk_err_set(err, VK_EINPUT,
					"file '%s' stands where '%s' needs a directory", path,
					other);
		}
	}
	return VK_OK;
}

static enum vk_rc check(const struct vk_bundle *bundle, struct vk_err *err)
{
	char host[VK_NAME_BYTES];
	char instance[VK_NAME_BYTES];
	enum vk_rc rc;

	if (!vk_environment_is_valid(bundle->environment))
		return wrong(err, "environment", "the name of an environment");
	if (!vk_instance_id_parse(bundle->instance, host, instance))
		return wrong(err, "instance", "HOST/INSTANCE");
	if (!is_version(bundle->valkey))
		return wrong(err, "valkey", "a version like 8.0");
	rc = check_files(bundle, err);
	if (rc == VK_OK)
		rc = check_directories(bundle, err);
	if (rc == VK_OK)
		rc = bundle_check_unmanaged(bundle, err);
	if (rc == VK_OK)
		rc = bundle_check_drift_rules(bundle, err);
	if (rc == VK_OK)
		rc = bundle_check_health(bundle, err);
	if (rc == VK_OK)
		rc = bundle_check_windows(bundle, err);
	if (rc == VK_OK)
		rc = bundle_check_group(bundle, err);
	return rc == VK_OK ? bundle_check_secrets(bundle, err) : rc;
}

static enum vk_rc parse_apply(const struct vkjson *doc, struct vk_bundle *out, struct vk_err *err)
{
	static const char *const names[] = {"allow-data-loss", "bake", "drift", "drift-of",
		"health", "restart", "restart-window", "unmanaged-users", NULL};
	const struct vkjson *apply = NULL;
	const char *word = NULL;
	enum vk_rc rc = vkjson_get_object(doc, "apply", &apply, err);

	if (rc == VK_OK)
		rc = vkjson_check_members(apply, names, err);
	if (rc == VK_OK)
		rc = vkjson_get_string(apply, "drift", &word, err);
	if (rc == VK_OK && !vk_bundle_drift_parse(word, &out->drift))
		rc = wrong(err, "drift", "report, alert or revert");
	if (rc == VK_OK)
		rc = bundle_parse_drift_rules(apply, out, err);
	if (rc == VK_OK)
		rc = bundle_parse_health(apply, out, err);
	if (rc == VK_OK)
		rc = vkjson_get_string(apply, "restart", &word, err);
	if (rc == VK_OK && !vk_bundle_restart_parse(word, &out->restart))
		rc = wrong(err, "restart", "allowed or never");
	if (rc == VK_OK)
		rc = bundle_parse_windows(apply, out, err);
	if (rc == VK_OK)
		rc = vkjson_get_opt_bool(
			apply, "allow-data-loss", false, &out->allows_data_loss, err);
	if (rc == VK_OK && !out->allows_data_loss && vkjson_get(apply, "allow-data-loss") != NULL)
		rc = wrong(err, "allow-data-loss", "true, or nothing");
	return rc == VK_OK ? bundle_parse_unmanaged(apply, out, err) : rc;
}

static enum vk_rc parse_file(
	const struct vkjson *obj, struct vk_bundle_file *out, struct vk_err *err)
{
	static const char *const names[] = {"mode", "path", "text", NULL};
	const char *mode = NULL;
	enum vk_rc rc = vkjson_check_members(obj, names, err);

	if (rc == VK_OK)
		rc = vkjson_get_string(obj, "path", &out->path, err);
	if (rc == VK_OK)
		rc = vkjson_get_string(obj, "text", &out->text, err);
	if (rc == VK_OK)
		rc = vkjson_get_string(obj, "mode", &mode, err);
	if (rc == VK_OK && !parse_mode(mode, &out->mode))
		rc = wrong(err, "mode", "0640, 0600, 0440 or 0400");
	return rc;
}

static enum vk_rc parse_files(const struct vkjson *doc, struct vk_bundle *out, struct vk_err *err)
{
	const struct vkjson *array = NULL;
	struct vk_bundle_file *files;
	enum vk_rc rc = vkjson_get_array(doc, "files", &array, err);

	if (rc != VK_OK)
		return rc;
	if (vkjson_count(array) > VK_BUNDLE_MAX_FILES)
		return vk_err_set(err, VK_ELIMIT, "more than %d files", VK_BUNDLE_MAX_FILES);
	files = xcalloc(vkjson_count(array) + 1, sizeof(*files));
	out->files = files;
	for (size_t i = 0; i < vkjson_count(array) && rc == VK_OK; i++) {
		rc = parse_file(vkjson_at(array, i), &files[i], err);
		if (rc != VK_OK)
			vk_err_prefix(err, rc, "file %zu", i);
	}
	out->file_count = vkjson_count(array);
	return rc;
}

static enum vk_rc parse_members(const struct vkjson *doc, struct vk_bundle *out, struct vk_err *err)
{
	static const char *const names[] = {"apply", "environment", "files", "format", "group",
		"instance", "kind", "secrets", "valkey", NULL};
	const char *kind = NULL;
	int64_t format;
	enum vk_rc rc = vkjson_check_members(doc, names, err);

	if (rc == VK_OK)
		rc = vkjson_get_int(doc, "format", 1, 1, &format, err);
	if (rc == VK_OK)
		rc = vkjson_get_string(doc, "environment", &out->environment, err);
	if (rc == VK_OK)
		rc = vkjson_get_string(doc, "instance", &out->instance, err);
	if (rc == VK_OK)
		rc = vkjson_get_string(doc, "kind", &kind, err);
	if (rc == VK_OK && !vk_bundle_kind_parse(kind, &out->kind))
		rc = wrong(err, "kind", "valkey or sentinel");
	if (rc == VK_OK)
		rc = vkjson_get_string(doc, "valkey", &out->valkey, err);
	if (rc == VK_OK)
		rc = bundle_parse_group(doc, out, err);
	if (rc == VK_OK)
		rc = bundle_parse_secrets(doc, out, err);
	return rc;
}

enum vk_rc vk_bundle_parse(const char *text, size_t len, struct vk_bundle **out, struct vk_err *err)
{
	struct vk_bundle *bundle = xcalloc(1, sizeof(*bundle));
	enum vk_rc rc = VK_OK;

	if (len > VK_BUNDLE_MAX_BYTES)
		rc = vk_err_set(err, VK_ELIMIT, "it is larger than %d bytes", VK_BUNDLE_MAX_BYTES);
	if (rc == VK_OK)
		rc = vkjson_parse_canonical(text, len, &bundle->owner, err);
	if (rc == VK_OK)
		rc = parse_members(bundle->owner, bundle, err);
	if (rc == VK_OK)
		rc = parse_apply(bundle->owner, bundle, err);
	if (rc == VK_OK)
		rc = parse_files(bundle->owner, bundle, err);
	if (rc == VK_OK)
		rc = check(bundle, err);
	if (rc != VK_OK) {
		vk_bundle_free(bundle);
		vk_err_prefix(err, rc, "bundle");
		return rc;
	}
	*out = bundle;
	return VK_OK;
}

static struct vkjson *files_to_json(const struct vk_bundle *bundle)
{
	struct vkjson *array = vkjson_array();

	for (size_t i = 0; i < bundle->file_count; i++) {
		struct vkjson *obj = vkjson_object();

		vkjson_set(obj, "mode", vkjson_string(mode_text(bundle->files[i].mode)));
		vkjson_set(obj, "path", vkjson_string(bundle->files[i].path));
		vkjson_set(obj, "text", vkjson_string(bundle->files[i].text));
		vkjson_append(array, obj);
	}
	return array;
}

static struct vkjson *to_json(const struct vk_bundle *bundle)
{
	struct vkjson *apply = vkjson_object();
	struct vkjson *doc = vkjson_object();

	if (bundle->allows_data_loss)
		vkjson_set(apply, "allow-data-loss", vkjson_bool(true));
	vkjson_set(apply, "drift", vkjson_string(vk_bundle_drift_name(bundle->drift)));
	if (bundle->drift_rule_count > 0)
		vkjson_set(apply, "drift-of", bundle_drift_rules_to_json(bundle));
	bundle_add_health(bundle, apply);
	vkjson_set(apply, "restart", vkjson_string(restarts[bundle->restart]));
	if (bundle->window_count > 0)
		vkjson_set(apply, "restart-window", bundle_windows_to_json(bundle));
	vkjson_set(apply, "unmanaged-users", bundle_unmanaged_to_json(bundle));
	vkjson_set(doc, "apply", apply);
	vkjson_set(doc, "environment", vkjson_string(bundle->environment));
	vkjson_set(doc, "files", files_to_json(bundle));
	vkjson_set(doc, "format", vkjson_int(1));
	if (bundle->group != NULL)
		vkjson_set(doc, "group", bundle_group_to_json(bundle->group));
	vkjson_set(doc, "instance", vkjson_string(bundle->instance));
	vkjson_set(doc, "kind", vkjson_string(kinds[bundle->kind]));
	vkjson_set(doc, "secrets", bundle_secrets_to_json(bundle));
	vkjson_set(doc, "valkey", vkjson_string(bundle->valkey));
	return doc;
}

enum vk_rc vk_bundle_format(const struct vk_bundle *bundle, struct vk_buf *out, struct vk_err *err)
{
	enum vk_rc rc = check(bundle, err);
	struct vkjson *doc;

	if (rc != VK_OK) {
		vk_err_prefix(err, rc, "bundle of %s", bundle->instance);
		return rc;
	}
	doc = to_json(bundle);
	rc = vkjson_canonical(doc, out, err);
	vkjson_free(doc);
	return rc;
}

void vk_bundle_free(struct vk_bundle *bundle)
{
	if (bundle == NULL)
		return;
	free((void *)(uintptr_t)bundle->files);
	free((void *)(uintptr_t)bundle->secrets);
	free((void *)(uintptr_t)bundle->kept);
	free((void *)(uintptr_t)bundle->drift_rules);
	free((void *)(uintptr_t)bundle->windows);
	bundle_free_group(bundle->group);
	vkjson_free(bundle->owner);
	free(bundle);
}

const struct vk_bundle_file *vk_bundle_find(const struct vk_bundle *bundle, const char *path)
{
	for (size_t i = 0; i < bundle->file_count; i++) {
		if (strcmp(bundle->files[i].path, path) == 0)
			return &bundle->files[i];
	}
	return NULL;
}

void vk_bundle_leaf_hash(const void *bytes, size_t len, uint8_t out[VK_SHA256_BYTES])
{
	merkle_leaf_hash(bytes, len, out);
}
