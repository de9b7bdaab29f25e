/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The host's own last word on a valkey.conf, whoever signed it. A tree that says
 * such things is refused by the renderer; here that is not believed. What the
 * files of a bundle can reach is the instance's own directory and its data;
 * they load no code, read no other file and give no client the means to.
 */
#ifndef VK_PULL_BOUNDARY_H
#define VK_PULL_BOUNDARY_H

#include <stddef.h>

#include "client/pull/instance.h"
#include "common/bundle.h"
#include "common/err.h"

/* Checks the text of a valkey.conf as Valkey will read it, placeholders filled in. Allowed are the
 * directives that the schema of this version knows and a tree may set, with paths inside of
 * DIRECTORY or the data directory, and the lines that the renderer adds: aclfile, dir and the
 * includes of secrets.conf and runtime.conf, of exactly this host's files. Else VK_EINPUT, naming
 * the line and no value. */
VK_CHECKED enum vk_rc boundary_check_conf(const struct instance *instance, const char *version,
	const char *text, size_t len, struct vk_err *err);

/* The same for DIRECTORY/runtime.conf, which also may say what the running topology and the host
 * own: replicaof, passwords that the bundle does not set, daemonize and the like. It must be the
 * agent's or root's, and nobody else may write it: the preflight's server reads it with the agent's
 * rights. VK_EDENIED: whatever is wrong with it is no fault of a release. */
VK_CHECKED enum vk_rc boundary_check_runtime(
	const struct instance *instance, const struct vk_bundle *bundle, struct vk_err *err);

/* DIRECTORY and its generations are the agent's, and nobody else may write into them; else
 * VK_EDENIED: what was checked might not be what valkey-server reads. */
VK_CHECKED enum vk_rc boundary_check_directories(
	const struct instance *instance, struct vk_err *err);

/* All of it, and secrets.conf (secrets_conf_check()), for a bundle that is about to be shown to
 * valkey-server. */
VK_CHECKED enum vk_rc boundary_check(
	const struct instance *instance, const struct vk_bundle *bundle, struct vk_err *err);

#endif
