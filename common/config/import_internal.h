/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of the importer share. */
#ifndef VK_CONFIG_IMPORT_INTERNAL_H
#define VK_CONFIG_IMPORT_INTERNAL_H

#include "common/arena.h"
#include "common/config/conf.h"
#include "common/config/conf_document.h"
#include "common/config/directive.h"
#include "common/config/import.h"
#include "common/name.h"

struct import_place {
	const char *file;
	unsigned line;
};

/* One directive, with what all its lines say. */
struct import_entry {
	const struct cfg_directive *directive;
	struct import_place place; /* of its last line */
	const char *comment;	   /* lines that begin with '#', or "" */
	const char **items;	   /* one for each line that counts */
	size_t count;
	const char *secret; /* the name of the secret that its value became, or NULL */
	const char *origin; /* of a path: as it was written */
};

struct import_user {
	const char *name;
	const char *rules; /* passwords are hashes */
	struct import_place place;
	bool is_left_out;
	bool is_open;	    /* everybody may log in as default */
	bool is_unknown;    /* Valkey has refused its line before it knew the user */
	const char *secret; /* its password is this secret, or NULL */
	const char *comment;
};

struct import_secret {
	char name[VK_NAME_BYTES];
	char *value; /* sodium_malloc() */
};

/* rename-command, as far as it counts for lines after it. */
struct import_rename {
	const char *from, *to;
};

/* What a Sentinel watches. */
struct import_group {
	const char *name, *address;
	long port, quorum;
	struct import_place place;
};

struct sentinel_line;

/* A user as the running server has it. */
struct import_running_user {
	const char *name, *rules;
};

struct cfg_import {
	struct arena *arena;
	const char *host, *instance, *version, *role;
	cfg_import_include *include;
	void *context;
	const char *stack[CFG_IMPORT_MAX_DEPTH]; /* the files that are being read */
	size_t depth, file_count;
	struct import_entry *entries;
	size_t entry_count;
	struct import_user *users;
	size_t user_count;
	struct cfg_import_note *notes;
	size_t note_count, refused_count;
	struct import_secret secrets[CFG_IMPORT_MAX_SECRETS];
	size_t secret_count;
	struct vk_buf sources; /* "valkey.conf, users.acl" */
	const char *acl_path, *acl_from;
	struct import_place acl_place;
	bool has_acl, has_user_lines;
	bool has_modules;		    /* a line loadmodule */
	struct import_place module_setting; /* the first NAME.SETTING; file NULL: none */
	const char *module_setting_name;
	struct import_rename renames[CFG_IMPORT_MAX_RENAMES];
	size_t rename_count;
	bool is_sentinel, resolves_hostnames;
	struct sentinel_line *sentinel;
	size_t sentinel_count;
	struct import_group groups[CFG_IMPORT_MAX_GROUPS];
	size_t group_count;
	bool is_adopted; /* compared with a running server */
	struct cfg_import_difference *differences;
	size_t difference_count;
	struct import_running_user *running_users;
	size_t running_user_count;
};

/* import.c */
void import_note(struct cfg_import *import, enum cfg_import_kind kind,
	const struct import_place *place, const char *subject, const char *hint, const char *fmt,
	...) VK_PRINTF(6, 7);
struct import_entry *import_find(const struct cfg_import *import, const char *name);
/* The entry of a directive; made if there is none yet. */
struct import_entry *import_entry(struct cfg_import *import, const struct cfg_directive *d);
void import_drop(struct cfg_import *import, const char *name);
/* Keeps a value apart; the name of its secret, or NULL if it cannot be one. */
const char *import_keep_secret(struct cfg_import *import, const char *directive, const char *value);
/* UTF-8 without control characters. */
bool import_is_text(const char *text);

/* import_cause.c: why Valkey refuses a value, in the words in which it does. Appends. */
void import_cause(const struct cfg_directive *d, const char *text, struct vk_buf *out);

/* Why Valkey refuses a text that has rules of its own; "" where it takes it. */
const char *import_string_cause(
	const struct cfg_import *import, const char *name, const char *text);
/* Valkey's reason for what acl.h refuses with this message. */
const char *import_acl_reason(const char *message);

/* import_acl.c */
void import_add_user(struct cfg_import *import, const struct import_place *place, const char *name,
	const char *const *words, size_t count, const char *comment);
/* One line of an ACL file. */
void import_acl_line(struct cfg_import *import, const struct import_place *place, char *line);
void import_finish_users(struct cfg_import *import);

/* import_line.c: one directive of a file. */
void import_line(struct cfg_import *import, const struct import_place *place,
	const struct cfg_conf_line *line, const char *comment);

/* What a line is about, for all who look at it. */
struct import_reading {
	struct cfg_import *import;
	const struct import_place *place;
	const struct cfg_conf_line *line;
	const struct cfg_directive *d;
	const char *comment;
};

/* Adds an item to the directive's entry, or replaces the one that it has. */
struct import_entry *import_set_entry(const struct import_reading *r, const char *item);

/* import.c: what no directive is called: as much of it as holds no password ("requirepass=...").
 * is_name: digits are a part of it. */
const char *import_shown_name(struct cfg_import *import, const char *name, bool is_name);

/* What to do about a line that Valkey refuses; fallback where nothing better is known. */
const char *import_remedy(const struct cfg_conf_line *line, const char *fallback);

/* import_sentinel.c: a line "sentinel ..."; what all of them mean; whether a file is a Sentinel's.
 */
void import_sentinel_line(const struct import_reading *r);
void import_sentinel_finish(struct cfg_import *import);
bool import_is_sentinel(const char *file, const struct cfg_document *document);

/* import_conf.c: names a file at the head of the role. */
void import_add_source(struct cfg_import *import, const char *file);

/* import_rename.c: a line rename-command. */
void import_rename(const struct import_reading *r);

#endif
