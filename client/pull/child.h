/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Programs that the agent runs: the host's own valkey-server for a preflight,
 * and the program behind the restart door. No shell, a small fixed environment,
 * no inherited descriptors, output to a file in memory (so that a daemon that
 * the program leaves behind cannot keep us waiting for the end of a pipe), and
 * always a deadline.
 */
#ifndef VK_PULL_CHILD_H
#define VK_PULL_CHILD_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"

enum child_flags {
	CHILD_DEFAULT = 0,
	CHILD_DIES_WITH_US = 1, /* killed when the agent is: for the preflight's server */
};

struct child;

/* Starts argv[0] (an absolute path) in directory dir (NULL: "/"). VK_EIO if it cannot be
 * started, with the reason of execve. */
VK_CHECKED enum vk_rc child_start(const char *const *argv, const char *dir, enum child_flags flags,
	struct child **out, struct vk_err *err);

/* True while it runs; else *status is as waitpid() gives it. Never waits. */
bool child_is_running(struct child *child, int *status);

/* Waits for the end. VK_EUNAVAIL at the deadline (the program goes on running). */
VK_CHECKED enum vk_rc child_wait(
	struct child *child, int64_t deadline_ms, int *status, struct vk_err *err);

/* Appends what the program has written so far, as far as out has room. */
void child_output(struct child *child, struct vk_buf *out);

/* Kills it if it still runs, collects it, frees all. */
void child_free(struct child *child);

#endif
