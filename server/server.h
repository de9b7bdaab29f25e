/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The running vkcfgd: state directory, signer process, writer thread, workers,
 * the view they share, and the main thread's own loop (signals, renewal of the
 * timestamp). Built in steps that main() lists; server_free() undoes whatever
 * was reached, in reverse.
 */
#ifndef VK_SERVER_H
#define VK_SERVER_H

#include "common/err.h"
#include "common/settings.h"

struct server;

/* Takes the settings over. config_path is what SIGHUP reads again; copied. SIGTERM, SIGINT and SIGHUP
 * wait from here on for server_loop(). */
struct server *server_new(const char *config_path, struct settings *settings /* taken */);

/* Opens and locks the state directory; refuses keys of the wrong owner or mode. */
VK_CHECKED enum vk_rc server_open(struct server *server, struct vk_err *err);

/* Forks the process that alone holds the online private keys. Before any thread and socket. */
VK_CHECKED enum vk_rc server_start_signer(struct server *server, struct vk_err *err);

/* Migrates the database, builds the first view, starts writer and workers; serving from here. */
VK_CHECKED enum vk_rc server_start(struct server *server, struct vk_err *err);

/* Until SIGTERM or SIGINT: answers what is begun, parks nothing more, then returns VK_OK.
 * SIGHUP reloads the settings and the
 * server's certificate. VK_EIO when the server stops because it cannot go on. */
VK_CHECKED enum vk_rc server_loop(struct server *server, struct vk_err *err);

void server_free(struct server *server);

#endif
