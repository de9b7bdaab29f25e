/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A conversation with one Valkey: one command, one reply, RESP2. Every command
 * has a deadline of its own (valkey_set_timeout()). After VK_EUNAVAIL or
 * VK_ELIMIT the connection is broken: free it and open another.
 *
 * Secrets go into commands, never into error texts: an error names the command
 * and Valkey's reason, not the arguments.
 */
#ifndef VK_VALKEY_H
#define VK_VALKEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/valkey/address.h"
#include "common/valkey/reply.h"
#include "common/valkey/transport.h"

struct valkey;

/* Opens without authenticating. timeout_ms bounds the connection and then each command. */
VK_CHECKED enum vk_rc valkey_open(const struct address *address, const struct transport_tls *tls,
	int timeout_ms, struct valkey **out, struct vk_err *err);

void valkey_free(struct valkey *valkey);

/* The user of the server's process, where that can be known: over a Unix socket. */
bool valkey_peer_uid(const struct valkey *valkey, unsigned *out);

/* Sends argv[0..argc) and waits for the reply, which the caller frees. An error that Valkey
 * answers is a reply like any other (REPLY_ERROR), not a failure of this function. */
VK_CHECKED enum vk_rc valkey_command(struct valkey *valkey, size_t argc, const char *const *argv,
	struct reply **out, struct vk_err *err);

/* The same for callers to whom an error reply is a failure: VK_EINPUT with Valkey's text, or
 * VK_EUNAVAIL for LOADING, BUSY and MASTERDOWN, VK_EDENIED for NOAUTH, NOPERM, WRONGPASS
 * and for a command that was renamed.
 * out may be NULL. */
VK_CHECKED enum vk_rc valkey_demand(struct valkey *valkey, size_t argc, const char *const *argv,
	struct reply **out, struct vk_err *err);

/* AUTH user password; VK_EDENIED if Valkey does not know them. */
VK_CHECKED enum vk_rc valkey_auth(
	struct valkey *valkey, const char *user, const char *password, struct vk_err *err);

#define VALKEY_ARGV(...)                                                                           \
	(sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *)),                       \
		((const char *const[]){__VA_ARGS__})

#endif
