/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What should happen to secrets when people or hosts come and go. Who could open
 * a secret may know its value for ever: only a new value shuts them out. Who has
 * come cannot open it before a keeper has sealed it to them.
 *
 *   {"rotate":[{"name":"app-password","recipient":"host/db3"}],
 *    "reseal":[{"name":"app-password","version":4,"recipient":"host/db4"}]}
 */
#ifndef ADMIN_SECRET_ADVICE_H
#define ADMIN_SECRET_ADVICE_H

#include "client/admin/cli.h"
#include "client/admin/session.h"
#include "common/err.h"

struct cfg_tree;
struct vkjson;

/* What the step from one tree of an environment to the next (before may be NULL) asks for; the
 * server is asked for its seals only if the new one pins secrets. *out is the caller's. */
VK_CHECKED enum vk_rc secret_advice_of(struct session *session, const char *environment,
	const struct cfg_tree *before, const struct cfg_tree *after, struct vkjson **out,
	struct vk_err *err);

/* What shutting a host out asks for, by the current release of its environment. */
VK_CHECKED enum vk_rc secret_advice_of_host(struct session *session, const char *environment,
	const char *host, struct vkjson **out, struct vk_err *err);

/* What shutting a person out asks for in all environments that the fleet has, where the current
 * release names him as a keeper: {"ENV":{"rotate":[..],"reseal":[]}}. */
VK_CHECKED enum vk_rc secret_advice_of_keeper(
	struct session *session, const char *keeper, struct vkjson **out, struct vk_err *err);

/* Prints it for people, one line each; nothing where there is none. */
void secret_advice_print(
	const struct cli *cli, const char *environment, const struct vkjson *advice);

#endif
