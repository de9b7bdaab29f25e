/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A users.acl that loses nothing, as conf_document.h is for a valkey.conf:
 * users in their order, with the lines between them that Valkey would refuse.
 * What the rules mean is acl.h's business.
 */
#ifndef VK_CONFIG_ACL_DOCUMENT_H
#define VK_CONFIG_ACL_DOCUMENT_H

#include <stddef.h>

#include "common/config/conf_document.h"
#include "common/err.h"

enum cfg_acl_kind {
	CFG_ACL_BLANK,
	CFG_ACL_USER,
	CFG_ACL_NAMELESS, /* "user  on": Valkey takes the second blank for the end of the name */
	CFG_ACL_OTHER,	  /* an ACL file knows no comments */
};

struct cfg_acl_line {
	unsigned number; /* from 1 */
	enum cfg_acl_kind kind;
	struct cfg_span whole; /* with what ends the line */
	const char *name;      /* of a user; NUL-terminated, as rules is */
	const char *rules;     /* as they stand there, without blanks around them */
	struct cfg_span name_span, rules_span;
};

struct cfg_acl_document;

/* Refused as a whole: more than CFG_ACL_MAX_BYTES or CFG_DOCUMENT_MAX_LINES, a NUL byte, a byte
 * order mark. The text is copied, and wiped when it is freed: hashes and passwords stand in it. */
VK_CHECKED enum vk_rc cfg_acl_document_parse(const char *file, const char *text, size_t len,
	struct cfg_acl_document **out, struct vk_err *err);
void cfg_acl_document_free(struct cfg_acl_document *document);

/* Of all lines, in their order. They live until the document is changed or freed. */
size_t cfg_acl_document_count(const struct cfg_acl_document *document);
const struct cfg_acl_line *cfg_acl_document_at(const struct cfg_acl_document *document, size_t i);
const char *cfg_acl_document_text(const struct cfg_acl_document *document, size_t *len);

/* The last line of this user (Valkey refuses a file with two), or NULL. */
const struct cfg_acl_line *cfg_acl_document_find(
	const struct cfg_acl_document *document, const char *name);

/* Gives the user these rules in its line, or adds a line at the end; all else stays as it is. */
VK_CHECKED enum vk_rc cfg_acl_document_set(
	struct cfg_acl_document *document, const char *name, const char *rules, struct vk_err *err);

/* Deletes the user's lines. VK_ENOTFOUND: there are none. */
VK_CHECKED enum vk_rc cfg_acl_document_remove(
	struct cfg_acl_document *document, const char *name, struct vk_err *err);

#endif
