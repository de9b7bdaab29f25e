/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who is at the other end of a connection, in the words of the design: a host,
 * a user with roles, or a stranger who may only enrol. No state, no I/O.
 */
#ifndef VK_IDENTITY_H
#define VK_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"
#include "common/name.h"

enum identity_kind {
	IDENTITY_STRANGER, /* a self-signed certificate: may enrol and nothing else */
	IDENTITY_HOST,
	IDENTITY_USER,
};

/* What a user may do; combined with |. Whoever has a role is a viewer where he has it. */
enum identity_roles {
	ROLE_NONE = 0,
	ROLE_VIEWER = 1 << 0,
	ROLE_AUTHOR = 1 << 1,
	ROLE_APPROVER = 1 << 2,
	ROLE_OPERATOR = 1 << 3,
	ROLE_AUDITOR = 1 << 4,
	ROLE_ADMIN = 1 << 5,
	ROLE_ALL = (1 << 6) - 1,
	/* About the fleet as a whole: they cannot be limited to an environment. */
	ROLE_FLEET_ONLY = ROLE_AUDITOR | ROLE_ADMIN,
};

enum { IDENTITY_ROLE_COUNT = 6, IDENTITY_SCOPES_MAX = 64 };

/* Roles that a user has in one environment, beside those that he has in all of them. */
struct identity_scope {
	const char *environment;
	unsigned roles; /* enum identity_roles, never 0 */
};

/* "stranger", "host", "user": as in the certificate's URI and in audit entries. */
const char *identity_kind_name(enum identity_kind kind);

/* "host" or "user" only. */
bool identity_kind_parse(const char *text, enum identity_kind *out);

/* One role's name; role is exactly one bit of identity_roles. */
const char *identity_role_name(enum identity_roles role);
bool identity_role_parse(const char *text, enum identity_roles *out);

/* One word of a list of roles: "author", in all environments, or "author@dev". *environment is ""
 * without an environment. VK_EINPUT names what is wrong with the word. */
VK_CHECKED enum vk_rc identity_grant_parse(const char *text, enum identity_roles *role,
	char environment[VK_NAME_BYTES], struct vk_err *err);

#endif
