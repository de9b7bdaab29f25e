/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How port and tls-port change together. CONFIG SET is atomic, but Valkey opens
 * and closes listeners one after the other, in the order of its words: a port
 * that passes from one to the other must be let go of first. Where each wants
 * the other's, no order will do, and one of them is closed before.
 *
 * Pure: no connection.
 */
#ifndef VK_PULL_LISTENERS_H
#define VK_PULL_LISTENERS_H

#include "client/pull/difference.h"

enum listeners_order {
	LISTENERS_ANY,	      /* they have nothing to do with each other */
	LISTENERS_PORT_FIRST, /* tls-port goes where port was */
	LISTENERS_TLS_FIRST,  /* port goes where tls-port was */
	LISTENERS_SWAP,	      /* both: with tls-port closed, as PORT_FIRST */
};

enum listeners_order listeners_judge(const struct difference *difference);

/* The port where TLS is served now; NULL if that does not change. Borrowed. */
const char *listeners_tls_port(const struct difference *difference);

/* True for the names of directives whose order this is about. */
bool listeners_are_about(const char *name);

#endif
