/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/clear_secrets.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "common/config/pins.h"
#include "common/config/secret_use.h"
#include "common/digest.h"
#include "common/file.h"
#include "common/mem.h"
#include "common/name.h"
#include "common/placeholder.h"
#include "common/secret.h"

#include "common/banned.h"

enum { FILE_MAX_BYTES = 1024 * 1024, NAMES_MAX = 1000, PIN_MAX_BYTES = 1024 };

struct clear_secrets {
	struct vk_buf text; /* each name and value ends with a NUL */
	const char *names[NAMES_MAX];
	const char *values[NAMES_MAX];
	size_t count;
	char agent_hash[VK_SHA256_HEX_BYTES];
};

void clear_secrets_free(struct clear_secrets *secrets)
{
	if (secrets == NULL)
		return;
	vk_buf_release_wiped(&secrets->text);
	free(secrets);
}

static const char *find(const struct clear_secrets *secrets, const char *name)
{
	for (size_t i = 0; i < secrets->count; i++) {
		if (strcmp(secrets->names[i], name) == 0)
			return secrets->values[i];
	}
	return NULL;
}

static enum vk_rc read_line(struct clear_secrets *secrets, const char *path, unsigned number,
	char *line, struct vk_err *err)
{
	char *value = strchr(line, '=');

	if (line[0] == '\0' || line[0] == '#')
		return VK_OK;
	if (secrets->count == NAMES_MAX)
		return vk_err_set(err, VK_ELIMIT, "%s: more than %d secrets", path, NAMES_MAX);
	if (value != NULL)
		*value++ = '\0';
	if (value == NULL || !vk_name_is_valid(line) || !vk_secret_is_word(value, strlen(value)) ||
		find(secrets, line) != NULL) {
		vk_err_set(err, VK_EINPUT, "%s:%u: no secret, or one that is there twice", path,
			number);
		vk_err_hint(err, "NAME=VALUE, the value 1 to 512 printable ASCII characters");
		return VK_EINPUT;
	}
	secrets->names[secrets->count] = line;
	secrets->values[secrets->count++] = value;
	return VK_OK;
}

static enum vk_rc read_lines(struct clear_secrets *secrets, const char *path, struct vk_err *err)
{
	char *at = secrets->text.data, *end = at + secrets->text.len;
	enum vk_rc rc = VK_OK;

	for (unsigned number = 1; rc == VK_OK && at < end; number++) {
		char *newline = memchr(at, '\n', (size_t)(end - at));

		if (newline != NULL)
			*newline = '\0';
		rc = read_line(secrets, path, number, at, err);
		at = newline != NULL ? newline + 1 : end;
	}
	return rc;
}

enum vk_rc clear_secrets_read(const char *path, struct clear_secrets **out, struct vk_err *err)
{
	struct clear_secrets *secrets = xcalloc(1, sizeof(*secrets));
	unsigned char random[VK_SHA256_BYTES];
	enum vk_rc rc;

	vk_buf_init(&secrets->text, FILE_MAX_BYTES);
	randombytes_buf(random, sizeof(random));
	vk_digest_format(random, secrets->agent_hash);
	rc = vk_file_read(AT_FDCWD, path, VK_FILE_PRIVATE, &secrets->text, err);
	if (rc == VK_OK)
		rc = read_lines(secrets, path, err);
	if (rc == VK_OK)
		*out = secrets;
	else
		clear_secrets_free(secrets);
	return rc;
}

enum vk_rc clear_secrets_write(
	const char *path, const struct cfg_import *import, struct vk_err *err)
{
	struct vk_buf text;
	enum vk_rc rc;

	vk_buf_init(&text, FILE_MAX_BYTES);
	for (size_t i = 0; i < cfg_import_secret_count(import); i++) {
		struct cfg_import_secret secret = cfg_import_secret_at(import, i);

		vk_buf_addf(&text, "%s=%s\n", secret.name, secret.value);
	}
	rc = vk_buf_check(&text, path, err);
	if (rc == VK_OK)
		rc = vk_file_create(AT_FDCWD, path, 0600, text.data, text.len, err);
	if (rc == VK_ECONFLICT)
		vk_err_hint(err, "--secrets makes a new file: name another one");
	vk_buf_release_wiped(&text);
	return rc;
}

/* ---- pins that are not there yet ---- */

/* The text of a pin file that stands for version 1 of anything. */
static char *format_pin(void)
{
	struct cfg_pins pins;
	struct vk_buf text;
	char *out;

	memset(&pins, 0, sizeof(pins));
	pins.current.version = 1;
	memset(pins.current.sha256, '0', sizeof(pins.current.sha256) - 1);
	vk_buf_init(&text, PIN_MAX_BYTES);
	cfg_pins_format(&pins, &text);
	out = vk_buf_detach(&text, NULL);
	vk_buf_release(&text);
	return out;
}

enum vk_rc clear_secrets_pin(const struct cfg_tree *tree, const char *environment,
	struct cfg_tree **out, struct vk_err *err)
{
	size_t used = 0, had = cfg_tree_file_count(tree), count = 0;
	struct cfg_secrets *secrets = NULL;
	struct cfg_tree_file *files;
	char *pin = format_pin();
	enum vk_rc rc;

	/* A tree that cannot be read so far is judged by whoever validates or renders it. */
	if (cfg_secrets_read(tree, environment, NULL, &secrets, NULL) == VK_OK)
		count = cfg_secrets_count(secrets);
	files = xcalloc(had + count + 1, sizeof(*files));
	for (; used < had; used++)
		files[used] = *cfg_tree_file_at(tree, used);
	for (size_t i = 0; i < count; i++) {
		const struct cfg_secret_info *info = cfg_secrets_at(secrets, i);

		if (info->pins.current.version == 0)
			files[used++] = (struct cfg_tree_file){info->file, pin, strlen(pin)};
	}
	rc = cfg_tree_from_files(files, used, out, err);
	cfg_secrets_free(secrets);
	free(pin);
	free(files);
	return rc;
}

/* ---- filling in ---- */

/* Between two quotes, as Valkey reads them. */
static void add_quoted(const char *text, struct vk_buf *out)
{
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			vk_buf_addc(out, '\\');
		vk_buf_addc(out, *text);
	}
}

static enum vk_rc add_secret(const struct clear_secrets *secrets, const struct vk_bundle_file *file,
	const struct vk_placeholder *found, struct vk_buf *out, struct vk_err *err)
{
	const char *value = found->is_valid ? find(secrets, found->name) : NULL;
	char hash[VK_SHA256_HEX_BYTES];

	if (value == NULL) {
		vk_err_set(err, VK_ENOTFOUND, "%s: no value for the secret '%s'", file->path,
			found->is_valid ? found->name : "?");
		vk_err_hint(err, "a line NAME=VALUE in the file of --secrets");
		return VK_ENOTFOUND;
	}
	if (found->form == VK_PLACEHOLDER_SHA256) {
		vk_sha256_hex(value, strlen(value), hash);
		vk_buf_adds(out, hash);
	} else if (strcmp(file->path, VK_BUNDLE_SECRETS) == 0) {
		add_quoted(value, out);
	} else {
		vk_buf_adds(out, value);
	}
	return VK_OK;
}

/* True if a placeholder of the host begins the text; *end is behind it. */
static bool add_path(const struct clear_secrets *secrets, const char *directory, const char *at,
	const char **end, struct vk_buf *out)
{
	static const char *const names[] = {
		"@{instance}", "@{generation}", "@{data}", "@{agent-password}"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strncmp(at, names[i], strlen(names[i])) != 0)
			continue;
		vk_buf_adds(out, i == 3 ? secrets->agent_hash : directory);
		vk_buf_adds(out, i == 2 ? "/data" : "");
		*end = at + strlen(names[i]);
		return true;
	}
	return false;
}

enum vk_rc clear_secrets_fill(const struct clear_secrets *secrets, const char *directory,
	const struct vk_bundle_file *file, struct vk_buf *out, struct vk_err *err)
{
	const char *at = file->text, *open;
	struct vk_placeholder found;
	enum vk_rc rc;

	while ((open = strstr(at, "@{")) != NULL) {
		vk_buf_add(out, at, (size_t)(open - at));
		if (vk_placeholder_find(open, &found) && found.start == open) {
			rc = add_secret(secrets, file, &found, out, err);
			if (rc != VK_OK)
				return rc;
			at = open + found.len;
		} else if (!add_path(secrets, directory, open, &at, out)) {
			vk_buf_adds(out, "@{");
			at = open + strlen("@{");
		}
	}
	vk_buf_adds(out, at);
	return vk_buf_check(out, file->path, err);
}
