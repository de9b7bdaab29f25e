/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Connecting to somebody and waiting for a socket, up to an absolute deadline of
 * vk_clock_monotonic_ms(). Sockets are non-blocking and close-on-exec, and belong to the caller.
 */
#ifndef VK_DIAL_H
#define VK_DIAL_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"

/* Connects to the first address of host that answers. The port is a number as text. VK_EUNAVAIL
 * says of the last address why not. Resolving the name may outlast the deadline: the resolver has
 * timeouts of its own. */
VK_CHECKED enum vk_rc dial_tcp(
	const char *host, const char *port, int64_t deadline_ms, int *fd, struct vk_err *err);

/* The same for a Unix socket. */
VK_CHECKED enum vk_rc dial_unix(
	const char *path, int64_t deadline_ms, int *fd, struct vk_err *err);

/* Waits until fd is writable or readable; VK_EUNAVAIL once the deadline has passed. */
VK_CHECKED enum vk_rc dial_wait(
	int fd, bool is_for_writing, int64_t deadline_ms, struct vk_err *err);

#endif
