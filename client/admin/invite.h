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

/* Appends the text of a fleet's card: what every waiting host may know. environment: NULL, or the
 * one that its hosts will be in. */
VK_CHECKED enum vk_rc invite_format_card(struct session *session, const char *environment,
	struct vk_buf *out, struct vk_err *err);

/* VK_ENOTFOUND unless verified targets delegate this environment. */
VK_CHECKED enum vk_rc invite_check_environment(
	struct session *session, const char *environment, struct vk_err *err);

#endif
