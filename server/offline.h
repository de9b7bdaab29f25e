/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A change of the fleet's database by a command of vkcfgd that runs instead of
 * the server: one writer command, with its audit entries and a checkpoint over
 * them, as the running server would make it. The caller holds the state
 * directory's lock.
 */
#ifndef VK_SERVER_OFFLINE_H
#define VK_SERVER_OFFLINE_H

#include "common/err.h"
#include "server/store/store.h"
#include "server/writer.h"

struct offline {
	const char *state;   /* directory */
	const char *fleet;   /* name */
	unsigned log_number; /* which log of the fleet goes on; 0: the first */
	enum store_mode mode;
};

/* Starts the signer, runs the command, signs the checkpoint. */
VK_CHECKED enum vk_rc offline_execute(
	const struct offline *offline, struct writer_command *command, struct vk_err *err);

/* Reads the fleet's name and which log it is, and brings the schema up to date. The name is the
 * caller's. */
VK_CHECKED enum vk_rc offline_read(
	const char *state, char **fleet, unsigned *log_number, struct vk_err *err);

#endif
