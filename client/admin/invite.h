/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The token for a new user or host: the secret comes from the server, all else
 * from what this person has verified, so that the server cannot choose what a
 * newcomer trusts.
 */
#ifndef ADMIN_INVITE_H
#define ADMIN_INVITE_H

#include "client/admin/session.h"
#include "common/buf.h"
#include "common/err.h"
#include "common/token.h"

/* Appends the token's text to out (released with vk_buf_release_wiped()). secret_hex: what the
 * server answered; environment: of a host, else NULL. */
VK_CHECKED enum vk_rc invite_format_token(struct session *session, enum vk_token_kind kind,
	const char *name, const char *environment, const char *secret_hex, struct vk_buf *out,
	struct vk_err *err);

#endif
