/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The state directory: where it is, who owns it, and that only one vkcfgd uses
 * it. Opening it checks owner and mode of the directory and of every key in it
 * before a byte is read, and takes the lock that keeps a second vkcfgd out
 * until this process has gone (kill -9 included).
 */
#ifndef VK_STATE_DIR_H
#define VK_STATE_DIR_H

#include "common/buf.h"
#include "common/err.h"

/* Names inside the state directory (docs/formats.md, "Files of a server"). */
#define STATE_DATABASE "vkcfg.db"
#define STATE_LOCK "lock"
#define STATE_CA_CERTIFICATE "ca.crt"
#define STATE_SERVER_CERTIFICATE "server.crt"
#define STATE_SERVER_KEY "server.key"
#define STATE_ONLINE "online"
#define STATE_CA_KEY "online/ca.key"
#define STATE_NEXT_CA_CERTIFICATE "ca.next.crt"
#define STATE_NEXT_CA_KEY "online/ca.next.key"
#define STATE_SNAPSHOT_KEY "online/snapshot.key"
#define STATE_TIMESTAMP_KEY "online/timestamp.key"
#define STATE_LOG_KEY "online/log.key"
/* While a root does not name a new log key yet: the one before. */
#define STATE_LOG_KEY_BEFORE "online/log-before.key"

struct state_dir;

/* Opens and locks an existing one. VK_ENOTFOUND: no fleet there (hint: vkcfgd init);
 * VK_EUNAVAIL: another vkcfgd runs on it; VK_EDENIED: owner or mode is wrong. */
VK_CHECKED enum vk_rc state_dir_open(const char *path, struct state_dir **out, struct vk_err *err);

/* Makes the directory (0700, with online/ in it) or takes an empty one, and locks it.
 * VK_ECONFLICT if there is a fleet already. */
VK_CHECKED enum vk_rc state_dir_create(
	const char *path, struct state_dir **out, struct vk_err *err);

/* Unlocks. */
void state_dir_close(struct state_dir *dir);

int state_dir_fd(const struct state_dir *dir);

/* The path of a file in it; the caller frees. */
char *state_dir_path(const struct state_dir *dir, const char *name);

#endif
