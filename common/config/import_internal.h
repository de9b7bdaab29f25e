/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of the importer share. */
#ifndef VK_CONFIG_IMPORT_INTERNAL_H
#define VK_CONFIG_IMPORT_INTERNAL_H

#include "common/arena.h"
#include "common/config/conf.h"
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
	const char *secret; /* its password is this secret, or NULL */
	const char *comment;
};

struct import_secret {
	char name[VK_NAME_BYTES];
	char *value; /* sodium_malloc() */
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

/* proc-title-template: only variables that Valkey knows. */
bool import_is_title(const char *text);
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

#endif
