/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which instances that use a secret have not committed a release, by what their
 * hosts have reported. The server is believed here: a lie makes a rotation go on
 * too early or too late, and tells no secret.
 */
#ifndef ADMIN_UNCOMMITTED_H
#define ADMIN_UNCOMMITTED_H

#include <stdint.h>

#include "client/admin/session.h"
#include "common/config/secret_use.h"
#include "common/err.h"

/* Appends {"instance":"db1/main","release":41,"state":"committed"} for each to the array out.
 * release is 0 and state "unknown" where a host has said nothing; state is "revoked" where it never
 * will again. */
VK_CHECKED enum vk_rc uncommitted_list(struct session *session, const char *environment,
	const struct cfg_secret_info *info, int64_t release, struct vkjson *out,
	struct vk_err *err);

#endif
