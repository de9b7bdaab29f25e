/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Changes and their approvals. An approval can never be altered or taken back:
 * the database refuses it. Who may approve, and when a change becomes a release,
 * is decided in server/change.h.
 */
#ifndef VK_STORE_CHANGE_H
#define VK_STORE_CHANGE_H

#include <stdbool.h>

#include "server/store/store.h"

enum change_state { CHANGE_OPEN, CHANGE_RELEASED, CHANGE_REJECTED, CHANGE_STALE };
#define CHANGE_STATE_COUNT ((int)CHANGE_STALE + 1)

/* "open", "released", "rejected", "stale" */
const char *change_state_name(enum change_state state);
bool change_state_parse(const char *text, enum change_state *out);

struct store_approval {
	const char *user;
	const char *keyid; /* of the TUF key */
	const char *sig;   /* hexadecimal */
	int64_t at;
	bool is_in_force; /* read only: its user is not revoked, and an approver there */
};

struct store_change {
	int64_t id;	 /* the server's number: 117 */
	const char *tag; /* the author's 16 hexadecimal digits, in the release document */
	const char *environment;
	int64_t number; /* the release that it would become */
	int64_t base;	/* 0: the first */
	enum change_state state;
	const char *author;
	const char *message;
	const char *commit; /* NULL: the tree was in no git repository */
	const char *tree;   /* digest, 64 hexadecimal digits */
	int64_t created;
	const char *document; /* canonical JSON */
	size_t document_len;
	const char *metadata; /* canonical JSON: what approvers sign */
	size_t metadata_len;
	int64_t role_version;			/* in metadata */
	unsigned threshold;			/* when submitted */
	const struct store_approval *approvals; /* in the order given */
	size_t approval_count;
	const char *rejected_by; /* NULL: not rejected */
	const char *rejection;	 /* NULL: not rejected */
	int64_t rejected;
};

/* Adds an open change; id, state, approvals and rejection of the struct are not read. VK_ECONFLICT
 * if the tag was used before. */
VK_CHECKED enum vk_rc store_add_change(
	struct store *store, const struct store_change *change, int64_t *id, struct vk_err *err);

/* VK_ENOTFOUND */
VK_CHECKED enum vk_rc store_get_change(struct store *store, int64_t id, struct arena *arena,
	struct store_change *out, struct vk_err *err);

/* The environment of a change. VK_ENOTFOUND */
VK_CHECKED enum vk_rc store_get_change_environment(struct store *store, int64_t id,
	struct arena *arena, const char **out, struct vk_err *err);

struct store_change_filter {
	struct store_filter where;
	bool has_state;
	enum change_state state;
};

struct store_change_list {
	const struct store_change *items; /* document and metadata are NULL */
	size_t count;
	const char *next;
};

/* Newest first. */
VK_CHECKED enum vk_rc store_list_changes(struct store *store,
	const struct store_change_filter *filter, const struct store_page *page,
	struct arena *arena, struct store_change_list *out, struct vk_err *err);

/* From open to another state only: VK_ECONFLICT if it is not open, VK_ENOTFOUND. The bundles of a
 * change that becomes no release are forgotten. */
VK_CHECKED enum vk_rc store_close_change(
	struct store *store, int64_t id, enum change_state state, struct vk_err *err);
VK_CHECKED enum vk_rc store_reject_change(struct store *store, int64_t id, const char *user,
	const char *message, int64_t now, struct vk_err *err);

/* VK_ECONFLICT if this key or this user has approved the change before. */
VK_CHECKED enum vk_rc store_add_approval(
	struct store *store, int64_t id, const struct store_approval *approval, struct vk_err *err);

#endif
