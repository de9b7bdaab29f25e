/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who is at the other end of a connection, in the words of the design: a host,
 * a user with roles, or a stranger who may only enrol. No state, no I/O.
 */
#ifndef VK_IDENTITY_H
#define VK_IDENTITY_H

#include <stdbool.h>

#include "common/buf.h"
#include "common/err.h"

enum identity_kind {
	IDENTITY_STRANGER, /* a self-signed certificate: may enrol and nothing else */
	IDENTITY_HOST,
	IDENTITY_USER,
};

/* What a user may do; combined with |. Every user is a viewer. */
enum identity_roles {
	ROLE_NONE = 0,
	ROLE_VIEWER = 1 << 0,
	ROLE_AUTHOR = 1 << 1,
	ROLE_APPROVER = 1 << 2,
	ROLE_OPERATOR = 1 << 3,
	ROLE_AUDITOR = 1 << 4,
	ROLE_ADMIN = 1 << 5,
	ROLE_ALL = (1 << 6) - 1,
};

enum { IDENTITY_ROLE_COUNT = 6 };

/* "stranger", "host", "user": as in the certificate's URI and in audit entries. */
const char *identity_kind_name(enum identity_kind kind);

/* "host" or "user" only. */
bool identity_kind_parse(const char *text, enum identity_kind *out);

/* One role's name; role is exactly one bit of identity_roles. */
const char *identity_role_name(enum identity_roles role);
bool identity_role_parse(const char *text, enum identity_roles *out);

/* Comma-separated, as the database keeps them ("author,viewer"); "" is no role. VK_EINPUT names
 * the word that is no role. */
VK_CHECKED enum vk_rc identity_roles_parse(const char *text, unsigned *out, struct vk_err *err);
void identity_roles_format(unsigned roles, struct vk_buf *out);

#endif
