/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The secrets of one environment as a tree has them: what is pinned, which
 * instance uses which of them where, and who is entitled to open them: the
 * hosts that use one, and the environment's keepers. Borrows nothing.
 */
#ifndef VK_CONFIG_SECRET_USE_H
#define VK_CONFIG_SECRET_USE_H

#include <stddef.h>

#include "common/config/findings.h"
#include "common/config/pins.h"
#include "common/config/tree.h"
#include "common/err.h"

struct cfg_secrets;

/* A secret that the tree pins, uses, or both. */
struct cfg_secret_info {
	const char *name;
	struct cfg_pins pins; /* current.version 0: used, but `vkcfg secret set` has not been run */
	const char *file;     /* secrets/ENV/NAME.yaml */
	size_t use_count;
	size_t host_count; /* entitled hosts */
};

enum cfg_secret_place {
	CFG_SECRET_USER,      /* a password of an ACL user */
	CFG_SECRET_DIRECTIVE, /* the value of a directive */
	CFG_SECRET_FILE,      /* a file of the bundle */
};

struct cfg_secret_use {
	const char *instance; /* "db1/main" */
	enum cfg_secret_place place;
	const char *name; /* of the user, directive or file */
	const char *file; /* of the tree, where the reference is written */
	unsigned line;
};

struct cfg_recipient {
	const char *label; /* "host/db1", "keeper/alice": what a seal says */
	const char *name;  /* "db1" */
	const char
		*public_key; /* "ed25519:<hex>" as written; "" for a host without one in the tree */
};

/* Reads them. A reference without a pin is no error here, so that `vkcfg secret set` can make it;
 * whatever keeps the tree's files from being read is: VK_EINPUT with the first finding. findings
 * may be NULL. VK_ENOTFOUND: the tree has no such environment. */
VK_CHECKED enum vk_rc cfg_secrets_read(const struct cfg_tree *tree, const char *environment,
	struct cfg_findings *findings, struct cfg_secrets **out, struct vk_err *err);
void cfg_secrets_free(struct cfg_secrets *secrets);

/* The name of the fleet, which a sealed body carries. */
const char *cfg_secrets_fleet(const struct cfg_secrets *secrets);

/* In byte order of their names. */
size_t cfg_secrets_count(const struct cfg_secrets *secrets);
const struct cfg_secret_info *cfg_secrets_at(const struct cfg_secrets *secrets, size_t i);
const struct cfg_secret_info *cfg_secrets_find(const struct cfg_secrets *secrets, const char *name);

/* Use i < info->use_count, in byte order of the instances. */
const struct cfg_secret_use *cfg_secret_use_at(const struct cfg_secret_info *info, size_t i);

/* Host i < info->host_count that uses it, in byte order, each once. */
const struct cfg_recipient *cfg_secret_host_at(const struct cfg_secret_info *info, size_t i);

/* The environment's keepers, in byte order; they may open all of its secrets. */
size_t cfg_keeper_count(const struct cfg_secrets *secrets);
const struct cfg_recipient *cfg_keeper_at(const struct cfg_secrets *secrets, size_t i);

/* "user app", "directive primaryauth", "file tls/server.key": for people, appended. */
void cfg_secret_use_format(const struct cfg_secret_use *use, struct vk_buf *out);

#endif
