/* SPDX-License-Identifier: BSD-3-Clause */
/* A valkey.conf as Valkey reads it: one text, and for each of its lines the file that it is from.
 */
#include "config.h"

#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "client/admin/args.h"
#include "client/admin/cli.h"
#include "client/admin/import_files.h"
#include "client/admin/lint_sources.h"
#include "common/arena.h"
#include "common/config/acl.h"
#include "common/config/conf.h"
#include "common/config/conf_document.h"
#include "common/config/directive.h"
#include "common/file.h"
#include "common/mem.h"

#include "common/banned.h"

enum { INCLUDES_MAX_DEPTH = 16 };

struct reading {
	struct arena *arena;
	struct vk_buf text;
	struct cfg_lint_place *places; /* of each line of text */
	size_t count, cap;
	const char **files;
	size_t file_count;
};

static void add_line(
	struct reading *reading, const char *file, const char *text, size_t len, unsigned number)
{
	vk_buf_add(&reading->text, text, len);
	if (text[len - 1] != '\n')
		vk_buf_addc(&reading->text, '\n');
	if (reading->count == reading->cap) {
		reading->cap = reading->cap == 0 ? 256 : 2 * reading->cap;
		reading->places =
			xreallocarray(reading->places, reading->cap, sizeof(*reading->places));
	}
	reading->places[reading->count++] = (struct cfg_lint_place){file, number};
}

static enum vk_rc add_file(
	struct reading *reading, const char *path, unsigned depth, struct vk_err *err);

static enum vk_rc add_included(struct reading *reading, const char *from, const char *pattern,
	unsigned depth, struct vk_err *err)
{
	char *full = import_files_resolve(from, pattern);
	enum vk_rc rc = VK_OK;
	glob_t found;

	if (strpbrk(pattern, "*?[") == NULL) {
		rc = add_file(reading, full, depth + 1, err);
	} else if (glob(full, 0, NULL, &found) == 0) {
		for (size_t i = 0; rc == VK_OK && i < found.gl_pathc; i++)
			rc = add_file(reading, found.gl_pathv[i], depth + 1, err);
		globfree(&found);
	}
	free(full);
	return rc;
}

static bool is_include(const struct cfg_document_line *line)
{
	return line->kind == CFG_DOCUMENT_DIRECTIVE && line->word_count == 2 &&
	       strcasecmp(line->words[0], "include") == 0 &&
	       strncmp(line->words[1], "@{", 2) != 0; /* a host fills it in */
}

/* What an include names stands behind its line: the last line that sets a value wins. */
static enum vk_rc expand(struct reading *reading, const char *file, const struct vk_buf *text,
	unsigned depth, struct vk_err *err)
{
	const struct cfg_document *document;
	struct cfg_conf *conf;
	const char *bytes;
	size_t len;
	enum vk_rc rc = cfg_conf_parse(file, text->data, text->len, &conf, err);

	if (rc != VK_OK)
		return rc;
	document = cfg_conf_document(conf);
	bytes = cfg_document_text(document, &len);
	for (size_t i = 0; rc == VK_OK && i < cfg_document_count(document); i++) {
		const struct cfg_document_line *line = cfg_document_at(document, i);

		add_line(reading, file, bytes + line->whole.begin, line->whole.len, line->number);
		if (is_include(line))
			rc = add_included(reading, file, line->words[1], depth, err);
	}
	cfg_conf_free(conf);
	return rc;
}

/* Old passwords may stand in it: what was read is wiped. */
static enum vk_rc add_file(
	struct reading *reading, const char *path, unsigned depth, struct vk_err *err)
{
	const char *file = arena_strdup(reading->arena, path);
	struct vk_buf text;
	enum vk_rc rc;

	if (depth > INCLUDES_MAX_DEPTH)
		return vk_err_set(err, VK_ELIMIT, "%s: more than %d files include each other", path,
			INCLUDES_MAX_DEPTH);
	vk_buf_init(&text, CFG_CONF_MAX_BYTES);
	rc = vk_file_read(AT_FDCWD, path, VK_FILE_DEFAULT, &text, err);
	if (rc == VK_OK) {
		reading->files = xreallocarray(
			reading->files, reading->file_count + 1, sizeof(*reading->files));
		reading->files[reading->file_count++] = file;
		rc = expand(reading, file, &text, depth, err);
	}
	vk_buf_release_wiped(&text);
	return rc;
}

/* --acl, else what aclfile names, where it is on this machine. */
static enum vk_rc read_acl(struct reading *reading, const struct cli *cli, const struct args *args,
	const struct cfg_conf *conf, struct vk_buf *out, const char **path, struct vk_err *err)
{
	const char *named = NULL;
	char *full;
	enum vk_rc rc;

	for (size_t i = 0; i < cfg_conf_count(conf); i++) {
		const struct cfg_conf_line *line = cfg_conf_at(conf, i);

		if (strcmp(line->name, "aclfile") == 0 && line->word_count == 1)
			named = line->words[0];
	}
	*path = NULL;
	if (args_has(args, "acl")) {
		*path = args_get(args, "acl");
		return vk_file_read(AT_FDCWD, *path, VK_FILE_DEFAULT, out, err);
	}
	if (named == NULL || named[0] == '\0')
		return VK_OK;
	full = import_files_resolve(args_at(args, 0), named);
	rc = vk_file_read(AT_FDCWD, full, VK_FILE_DEFAULT, out, err);
	if (rc == VK_OK)
		*path = arena_strdup(reading->arena, full);
	else if (rc == VK_ENOTFOUND)
		cli_note(cli, "note: %s is not here: give the ACL file with --acl", named);
	free(full);
	return rc == VK_ENOTFOUND ? VK_OK : rc;
}

static enum vk_rc check(struct cfg_lint *lint, struct reading *reading, const struct cli *cli,
	const struct args *args, const struct cfg_conf *conf, struct vk_err *err)
{
	const char *version = args_get(args, "valkey"), *acl_path = NULL;
	struct cfg_subject subject = {.version = version != NULL ? version : cfg_version_default(),
		.conf = reading->text.data,
		.conf_len = reading->text.len};
	const struct cfg_lint_places places = {reading->count, reading->places};
	struct vk_buf acl;
	enum vk_rc rc;

	vk_buf_init(&acl, CFG_ACL_MAX_BYTES);
	rc = read_acl(reading, cli, args, conf, &acl, &acl_path, err);
	if (rc == VK_OK && acl_path != NULL) {
		subject.acl = acl.data;
		subject.acl_len = acl.len;
	}
	if (rc == VK_OK)
		rc = cfg_lint_add(lint, args_at(args, 0), &subject, &places, err);
	if (rc == VK_OK && args_has(args, "host")) {
		for (size_t i = 0; i < reading->file_count; i++)
			lint_host_file(lint, reading->files[i]);
		if (acl_path != NULL)
			lint_host_file(lint, acl_path);
		lint_host_named(lint, conf, subject.version);
	}
	vk_buf_release_wiped(&acl);
	return rc;
}

enum vk_rc lint_file(
	struct cfg_lint *lint, const struct cli *cli, const struct args *args, struct vk_err *err)
{
	struct reading reading = {.arena = arena_new()};
	struct cfg_conf *conf = NULL;
	enum vk_rc rc;

	vk_buf_init(&reading.text, CFG_CONF_MAX_BYTES);
	rc = add_file(&reading, args_at(args, 0), 0, err);
	if (rc == VK_OK)
		rc = vk_buf_check(&reading.text, args_at(args, 0), err);
	if (rc == VK_OK)
		rc = cfg_conf_parse(
			args_at(args, 0), reading.text.data, reading.text.len, &conf, err);
	if (rc == VK_OK)
		rc = check(lint, &reading, cli, args, conf, err);
	cfg_conf_free(conf);
	vk_buf_release_wiped(&reading.text);
	free(reading.places);
	free(reading.files);
	arena_free(reading.arena);
	return rc;
}
