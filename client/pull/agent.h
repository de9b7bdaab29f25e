/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The agent of a host, opened for work: settings, lock, pins, the password of
 * vkcfg-agent, and the client to the server. The order in agent_open() is the
 * order of trust: nothing is read from the network before root is given up.
 */
#ifndef VK_PULL_AGENT_H
#define VK_PULL_AGENT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "client/pull/pins.h"
#include "client/pull/pull_settings.h"
#include "client/pull/source.h"
#include "common/httpc.h"

enum { AGENT_PASSWORD_HEX = 64 };

enum {
	AGENT_TLS_FILES = 3,		  /* ca.crt, tls.crt, tls.key */
	AGENT_RETURN_MS = 10 * 60 * 1000, /* then the preferred server is tried again */
};

/* Which file it was: one that was replaced has another inode or time. */
struct agent_file {
	ino_t inode;
	struct timespec changed;
};

struct agent {
	struct pull_settings *settings;
	struct pins pins;
	int lock_fd;
	char *password; /* of the Valkey user vkcfg-agent */
	struct httpc *client;
	const struct parcel *parcel; /* asked in the place of the server; NULL: none */
	bool is_offline;	     /* no server is asked: there is a parcel, or no certificate */
	size_t server;		     /* of settings->servers: the one that the client is for */
	bool is_turn_awaited;	     /* the last run: a restart waits for what is soon over */
	int64_t window_opens;	     /* the last run: a restart waits for this; 0: none does */
	int64_t retry_after_s;	     /* the last run: not to be asked again before; 0: at will */
	int64_t server_since_ms;     /* monotonic; not the preferred one: since when */
	struct agent_file files[AGENT_TLS_FILES]; /* that the client was made of */
};

/* Reads pull.yaml, gives up root, and checks that the state directory is private. */
VK_CHECKED enum vk_rc agent_load(const char *config, struct agent *agent, struct vk_err *err);

/* ...and reads pins and password: what --status needs. */
VK_CHECKED enum vk_rc agent_load_enrolled(
	const char *config, struct agent *agent, struct vk_err *err);

/* ...and takes the lock and sets up the client: what a run needs. VK_EUNAVAIL while another run is
 * at work. */
VK_CHECKED enum vk_rc agent_open(const char *config, struct agent *agent, struct vk_err *err);

/* Takes the lock of the state directory; VK_EUNAVAIL while another run has it. */
VK_CHECKED enum vk_rc agent_lock(struct agent *agent, struct vk_err *err);

/* Anew, after a new certificate. A host that was enrolled without a server has none, and is offline
 * until it has. */
VK_CHECKED enum vk_rc agent_connect(struct agent *agent, struct vk_err *err);

/* Whom a run asks. By value; valid until the client is made anew. */
struct source agent_source(const struct agent *agent);

/* Whether there is a certificate to show to a server. */
bool agent_has_certificate(const struct agent *agent);

/* The URL of the server that is asked now. Borrowed. */
const char *agent_server(const struct agent *agent);

/* Turns to the next server of the list, behind the last one to the first. */
VK_CHECKED enum vk_rc agent_turn_to_next(struct agent *agent, struct vk_err *err);

/* Anew where there is no client, where it is time to try the preferred server again, or where
 * somebody has replaced a file that it was made of. */
VK_CHECKED enum vk_rc agent_refresh(struct agent *agent, struct vk_err *err);

/* Releases all; fits a zeroed struct with lock_fd -1 too. */
void agent_close(struct agent *agent);

/* The path of "ca.crt", "tls.crt" or "tls.key": in the state directory, or of a PKI of the user's
 * own. The caller's to free. */
char *agent_tls_path(const struct agent *agent, const char *name);

/* STATE/name; the caller's to free. */
char *agent_path(const struct agent *agent, const char *name);

#endif
