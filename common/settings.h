/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The settings of a daemon: one YAML file, one table. A row of the table says
 * what a setting is called, what it may be, its default and what it is for;
 * the parser, --check-config, --show-config and the man page's test read it.
 *
 * Names are paths with '/': "listen", "door/file". A component "<name>" stands
 * for the keys of a map that the owner chooses, each of which must be a name as
 * in docs/formats.md. A key that no row names is an error at its line.
 *
 *   static const struct setting table[] = {
 *           {.name = "state", .type = SETTING_PATH, .fallback = "/var/lib/x", .help = "..."},
 *           {.name = "workers", .type = SETTING_INT, .min = 1, .max = 64, .fallback = "2"},
 *           {.name = "instances/<name>/data", .type = SETTING_PATH, .flags = SETTING_REQUIRED},
 *   };
 *   settings_load(path, table, ARRAY_SIZE, &settings, err);
 *   settings_string(settings, "instances/main/data");
 *
 * Loaded settings never change: a reload loads a second set, and the first
 * stays in force if that fails. Any thread may read them.
 */
#ifndef VK_SETTINGS_H
#define VK_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"

enum setting_type {
	SETTING_STRING,
	SETTING_PATH, /* absolute, without "." or ".." components */
	SETTING_INT,  /* min..max, decimal */
	SETTING_BOOL, /* true|false|yes|no */
	SETTING_ENUM, /* one of choices */
	SETTING_LIST, /* of strings; a single scalar is a list of one; min..max elements */
};

enum setting_flags {
	SETTING_NONE = 0,
	SETTING_REQUIRED =
		1, /* no fallback: must be in the file (in each map entry, under a <name>) */
	SETTING_RELOADABLE = 2, /* SIGHUP may change it */
	SETTING_SECRET = 4,	/* shown as (secret) */
};

struct setting {
	const char *name;
	enum setting_type type;
	enum setting_flags flags;
	int64_t min, max;    /* both 0: no range (texts: 1 to 4,096 bytes, lists: 1 to 256) */
	const char *choices; /* "error|warn|info|debug" */
	const char *
		fallback; /* default, as written in YAML; lists: words with blanks; or NULL: none */
	const char *help; /* one line */
};

struct settings;

/* Reads and checks a file. rows and its texts must outlive the settings. VK_EINPUT with
 * "FILE:LINE:COLUMN: ..." and a hint; VK_ENOTFOUND where there is no such file. */
VK_CHECKED enum vk_rc settings_load(const char *path, const struct setting *rows, size_t row_count,
	struct settings **out, struct vk_err *err);

/* The same from memory; file is for messages. */
VK_CHECKED enum vk_rc settings_parse(const char *file, const char *text, size_t len,
	const struct setting *rows, size_t row_count, struct settings **out, struct vk_err *err);
void settings_free(struct settings *settings);

/* Values by full name; texts are borrowed. A name that no row describes, or of another type, is
 * a bug of the caller (assert). NULL: neither in the file nor a fallback. */
const char *settings_string(const struct settings *settings, const char *name);

/* Likewise; asserts that the setting is there or has a fallback. SETTING_BOOL for is_true. */
int64_t settings_int(const struct settings *settings, const char *name);
bool settings_is_true(const struct settings *settings, const char *name);

/* True where the file itself sets it. */
bool settings_is_given(const struct settings *settings, const char *name);

/* Number of elements (0: absent); *out borrows a NULL-terminated array. */
size_t settings_list(const struct settings *settings, const char *name, const char *const **out);

/* The keys that the file chose for a <name>, in byte order: settings_keys(s, "instances", &names).
 * *out borrows a NULL-terminated array. */
size_t settings_keys(const struct settings *settings, const char *name, const char *const **out);

/* "name of map", "key", "rest": for settings under a <name>. settings_string_of(s, "instances",
 * "main", "data") equals settings_string(s, "instances/main/data"). */
const char *settings_string_of(
	const struct settings *settings, const char *map, const char *key, const char *rest);
int64_t settings_int_of(
	const struct settings *settings, const char *map, const char *key, const char *rest);
size_t settings_list_of(const struct settings *settings, const char *map, const char *key,
	const char *rest, const char *const **out);

/* --show-config: every setting in force, as YAML that settings_parse() reads back, defaults
 * marked with a comment. */
void settings_show(const struct settings *settings, struct vk_buf *out);

/* Where a setting was set, "FILE:LINE:COLUMN", for messages about values that only the program
 * can judge; "FILE" where the file does not set it. out: NUL-terminated, cut at size. */
void settings_where(const struct settings *settings, const char *name, char *out, size_t size);

/* After a reload: the name of a setting that differs although it is not SETTING_RELOADABLE, or
 * NULL. Borrowed from one of the two. */
const char *settings_fixed_change(const struct settings *old, const struct settings *new);

#endif
