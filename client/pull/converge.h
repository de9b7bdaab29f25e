/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Changes a running Valkey, without restarting it, by a difference: all values
 * in one CONFIG SET, which Valkey takes as a whole or not at all, and users one
 * by one with ACL SETUSER and ACL DELUSER. ACL LOAD is not used: it crashes
 * 8.0.1 on replicas, and drops users that somebody else manages.
 */
#ifndef VK_PULL_CONVERGE_H
#define VK_PULL_CONVERGE_H

#include <stdbool.h>

#include "client/pull/difference.h"
#include "client/pull/secrets.h"
#include "common/err.h"
#include "common/valkey/valkey.h"

enum converge_scope {
	/* What the running server can judge before `current` is switched: values that name no file
	 * of the generation, without TLS and without requirepass, which changes a user. */
	CONVERGE_BEFORE_SWITCH,
	CONVERGE_ALL,
};

struct converge_options {
	enum converge_scope scope;
	const char *current;  /* DIRECTORY/current */
	bool reloads_tls;     /* files behind unchanged names have changed */
	bool keeps_listeners; /* before the switch: port and tls-port exchange places, which
			       * is for one command */
	const struct secrets *secrets; /* of the wanted bundle, opened; NULL: it has none */
};

/* True for a value that converge_values() would set in this scope. */
bool converge_covers(const struct difference_item *item, const struct converge_options *options);

/* Before all else: makes the agent's own user what it should be, where it differs, and goes on as
 * that user. Whoever let the agent in for the first contact may lose the right to in a moment. */
VK_CHECKED enum vk_rc converge_agent(struct valkey *valkey, const struct difference *difference,
	const char *password, struct vk_err *err);

/* Sets every value that can be set live, in one command; in two where port and tls-port swap places
 * (listeners.h), and then the first is undone where the second is refused. requirepass changes the
 * ACL's default user as well, for whom the ACL file speaks: that user is put right at once, and
 * nobody gets in without a password in between. Where Valkey says of one that it needs a restart,
 * the item becomes CURE_RESTART and the rest is set. VK_EINPUT with Valkey's reason: nothing was
 * changed. */
VK_CHECKED enum vk_rc converge_values(struct valkey *valkey, struct difference *difference,
	const struct expected *expected, const struct converge_options *options,
	struct vk_err *err);

/* Makes all other users equal; the first failure ends it (run it again: it is idempotent). */
VK_CHECKED enum vk_rc converge_users(
	struct valkey *valkey, const struct difference *difference, struct vk_err *err);

/* VK_EINPUT with the first item that is left, in words that hold no secret. scope: of these values
 * only; NULL: of all. */
VK_CHECKED enum vk_rc converge_complain(const struct difference *difference,
	bool is_restart_pending, const struct converge_options *scope, struct vk_err *err);

#endif
