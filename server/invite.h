/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Adding a host or a user: a name, and a one-time token with which it enrols.
 * The secret goes out once, in the answer; only its digest is kept. Shared by
 * routes_host.c and routes_user.c.
 */
#ifndef VK_INVITE_H
#define VK_INVITE_H

#include <stdint.h>

#include "server/grants.h"
#include "server/mutation.h"

struct vkjson;

enum { INVITE_TTL_DEFAULT_S = 24 * 60 * 60, INVITE_TTL_MAX_S = 30 * 24 * 60 * 60 };

struct invite {
	enum identity_kind kind;
	const char *name;
	const char *environment; /* hosts */
	struct grants grants;	 /* users */
	int64_t ttl_seconds;
};

/* Parses the body and sets mutation->data to a struct invite with kind, name and ttl. */
VK_CHECKED enum vk_rc invite_parse(
	struct mutation *mutation, enum identity_kind kind, struct vk_err *err);

/* The same for one who is there already and is named in the path; the body may hold a ttl. */
VK_CHECKED enum vk_rc invite_parse_again(
	struct mutation *mutation, enum identity_kind kind, const char *name, struct vk_err *err);

/* Inside the writer, after host or user was added: makes the token, audits ACTION, and sets the
 * answer {"token","expires"}. Takes detail. */
VK_CHECKED enum vk_rc invite_issue(struct mutation *mutation, struct writer_tx *tx,
	const char *action, struct vkjson *detail, struct vk_err *err);

#endif
