/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Listening sockets. Each worker has its own on the same address (SO_REUSEPORT), so that the
 * kernel spreads the connections and no worker waits for another. When descriptors run out a
 * listener rests for a moment instead of spinning.
 */
#ifndef VK_SERVER_LISTENER_H
#define VK_SERVER_LISTENER_H

#include <netinet/in.h>
#include <stdint.h>
#include <sys/socket.h>

#include "common/err.h"

struct event_base;
struct listener;

union listener_address {
	struct sockaddr any;
	struct sockaddr_in ip4;
	struct sockaddr_in6 ip6;
};

/* Takes the descriptor of a new connection, which is non-blocking and close-on-exec. */
typedef void listener_accepted(void *arg, int fd, const union listener_address *peer);

/* Reads "ADDRESS:PORT" or "[ADDRESS]:PORT"; the address is numeric. */
VK_CHECKED enum vk_rc listener_parse(
	const char *text, union listener_address *out, struct vk_err *err);

/* Opens the first listening socket of an address; VK_EUNAVAIL if somebody listens there already.
 * Port 0 is replaced in *address by the one that the system chose. */
VK_CHECKED enum vk_rc listener_open(
	union listener_address *address, int *fd, struct vk_err *err);

/* Opens one more socket for an address that listener_open() has opened: the system spreads
 * connections over all of them. */
VK_CHECKED enum vk_rc listener_join(
	const union listener_address *address, int *fd, struct vk_err *err);

/* Begins to accept from fd, which becomes the listener's. */
struct listener *listener_new(
	struct event_base *base, int fd, listener_accepted *accepted, void *arg);

/* Closes the socket; connections that wait to be accepted are lost. NULL does nothing. */
void listener_free(struct listener *listener);

#endif
