/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One entry of the audit log (docs/formats.md): who did what to which object,
 * when, with which result. Its bytes are canonical JSON and a leaf of the log.
 */
#ifndef VK_AUDIT_H
#define VK_AUDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"

struct vkjson;

enum {
	VK_AUDIT_ENTRY_MAX_BYTES = 65535, /* what two bytes of length say in a tile of entries */
	VK_AUDIT_FIELD_MAX_BYTES = 255,
};

struct vk_audit_entry {
	const char *action;	     /* "change.approve" */
	const char *actor;	     /* "user/alice", "host/db1", "server/main" */
	int64_t at;		     /* seconds since the epoch */
	const struct vkjson *detail; /* an object; NULL: {} */
	const char *object;	     /* "change/117" */
	const char *result;	     /* "ok", or the vk_rc_name() of the failure */
	struct vkjson *owner;	     /* of all pointers above, or NULL */
};

/* Freed with vk_audit_entry_free(). Refuses what is not canonical and members that it does not
 * know; an action that it does not know is accepted, so that an older vkcfg can verify a newer log.
 */
VK_CHECKED enum vk_rc vk_audit_entry_parse(
	const char *text, size_t len, struct vk_audit_entry **out, struct vk_err *err);

/* The same question without the answer's content, for those who go over millions: true exactly if
 * vk_audit_entry_parse() would accept it; *at is then its time. Allocates nothing. */
bool vk_audit_entry_scan(const char *entry, size_t len, int64_t *at);

/* Appends the entry; the same checks as when parsing. */
VK_CHECKED enum vk_rc vk_audit_entry_format(
	const struct vk_audit_entry *entry, struct vk_buf *out, struct vk_err *err);

void vk_audit_entry_free(struct vk_audit_entry *entry);

#endif
