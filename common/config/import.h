/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Real valkey.conf, redis.conf and users.acl files -> a role of a tree that makes a
 * server behave the same. What a tree may not say, and what Valkey itself would
 * refuse, is noted line by line. Passwords are taken out: of ACL users only the
 * SHA-256 stays, the values of directives become secrets.
 *
 * Pure: the caller reads the files, and those that they include.
 */
#ifndef VK_CONFIG_IMPORT_H
#define VK_CONFIG_IMPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/buf.h"
#include "common/err.h"

enum {
	CFG_IMPORT_MAX_DEPTH = 16,  /* files that include each other */
	CFG_IMPORT_MAX_FILES = 256, /* in all */
	CFG_IMPORT_MAX_NOTES = 10 * 1000,
	CFG_IMPORT_MAX_SECRETS = 16,
	CFG_IMPORT_MAX_RENAMES = 1024,
	CFG_IMPORT_MAX_GROUPS = 256, /* that a Sentinel watches */
};

struct cfg_import;

enum cfg_import_kind {
	CFG_IMPORT_REFUSED,  /* Valkey would not start with this line */
	CFG_IMPORT_NEEDS,    /* nothing is wrong with it, but a host must have something: a path, a
				certificate, a file, a build; the message has Valkey's words */
	CFG_IMPORT_LEFT_OUT, /* a tree may not say it: something is to be done by hand */
	CFG_IMPORT_CHANGED,  /* taken over under another name or in another form */
	CFG_IMPORT_SECRET,   /* a password was taken out of the text */
};

struct cfg_import_note {
	enum cfg_import_kind kind;
	const char *file;
	unsigned line;	     /* 0: the file as a whole */
	const char *subject; /* the directive as written, or "user NAME" */
	const char
		*message; /* a cause in Valkey's own words, or a sentence; no values of secrets */
	const char *hint; /* what to do, or "" */
};

/* A value that was taken out. */
struct cfg_import_secret {
	const char *name;
	const char *value; /* in locked memory */
};

/* What reads an included file (pattern as written in the file from) and hands it to
 * cfg_import_conf(). VK_ENOTFOUND: it is not there. */
typedef enum vk_rc cfg_import_include(void *context, struct cfg_import *import, const char *from,
	const char *pattern, struct vk_err *err);

struct cfg_import_options {
	const char *host, *instance;
	const char *version;	     /* of Valkey, by which all is checked */
	cfg_import_include *include; /* NULL: no included file is there */
	void *context;
};

/* Copies the options' texts. Freed with cfg_import_free(), which wipes the secrets. */
struct cfg_import *cfg_import_new(const struct cfg_import_options *options);
void cfg_import_free(struct cfg_import *import);

/* Reads a configuration file: its lines override those of files before it. All bad lines are
 * noted. VK_EINPUT or VK_ELIMIT for what is no text, too large, or includes itself. */
VK_CHECKED enum vk_rc cfg_import_conf(struct cfg_import *import, const char *file, const char *text,
	size_t len, struct vk_err *err);

/* Reads a YAML file of variables of Ansible, Puppet, Chef or Salt code: what common roles make of
 * them overrides what files before it say. Expressions are not guessed. */
VK_CHECKED enum vk_rc cfg_import_vars(struct cfg_import *import, const char *file, const char *text,
	size_t len, struct vk_err *err);

/* Reads an ACL file, as the directive aclfile would name it. */
VK_CHECKED enum vk_rc cfg_import_acl(struct cfg_import *import, const char *file, const char *text,
	size_t len, struct vk_err *err);

/* The path that the directive aclfile named, or NULL; and in which file. */
const char *cfg_import_acl_path(const struct cfg_import *import, const char **from);

/* To be called once, after the last file: what takes more than one line to see. */
void cfg_import_finish(struct cfg_import *import);

/* The text of the role, after cfg_import_finish(). Appends. */
void cfg_import_format_role(const struct cfg_import *import, struct vk_buf *out);

/* "db1-main": the role's name. */
const char *cfg_import_role_name(const struct cfg_import *import);

/* True if a file was a Sentinel's: only its notes count, there is no role. */
bool cfg_import_is_sentinel(const struct cfg_import *import);

/* The version of the options; borrowed. */
const char *cfg_import_version(const struct cfg_import *import);

/* Notes in the order of reading. */
size_t cfg_import_note_count(const struct cfg_import *import);
const struct cfg_import_note *cfg_import_note_at(const struct cfg_import *import, size_t i);
size_t cfg_import_refused_count(const struct cfg_import *import);

size_t cfg_import_secret_count(const struct cfg_import *import);
struct cfg_import_secret cfg_import_secret_at(const struct cfg_import *import, size_t i);

#endif
