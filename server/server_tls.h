/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The TLS identity of the server: its certificate and key, and the CAs whose certificates it takes
 * for hosts and people. The main thread's. It looks from time to time whether the certificate has to
 * be renewed, or has to come from another CA, and whether the root names other CAs than before.
 */
#ifndef VK_SERVER_TLS_H
#define VK_SERVER_TLS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"

struct authority;
struct readers;
struct server_tls;
struct vktls_ctx;
struct writer;

/* The files of a PKI of the user's own: they are only read, and again when they change. */
struct server_tls_files {
	const char *certificate; /* NULL: the certificate is of the fleet's CA */
	const char *key;
};

/* Renews the certificate if need be, and loads it. Borrows all. */
VK_CHECKED enum vk_rc server_tls_open(int state_fd, const struct server_tls_files *files,
	struct writer *writer, struct readers *readers, struct authority *authority,
	struct server_tls **out, struct vk_err *err);
void server_tls_free(struct server_tls *tls);

/* Borrowed until the next reload. */
const struct vktls_ctx *server_tls_ctx(const struct server_tls *tls);

/* Loads the files again; on failure what was loaded stays. */
VK_CHECKED enum vk_rc server_tls_reload(struct server_tls *tls, struct vk_err *err);

/* To be called every few seconds. True: there is another context. Failures are logged: they are for
 * people to mend while the old certificate lasts. */
bool server_tls_look(struct server_tls *tls);

/* When the certificate expires. */
int64_t server_tls_expires(const struct server_tls *tls);

#endif
