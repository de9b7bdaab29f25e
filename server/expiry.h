/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How long certificates are good, summed up for /metrics and `vkcfg status`: the newest CA, the server's
 * own, those of hosts and of people. The main thread looks once a minute; any thread may ask for what
 * it found.
 */
#ifndef VK_SERVER_EXPIRY_H
#define VK_SERVER_EXPIRY_H

#include <stdint.h>

enum expiry_kind {
	EXPIRY_CA,
	EXPIRY_SERVER,
	EXPIRY_HOST,
	EXPIRY_USER,
};
enum { EXPIRY_KINDS = 4 };

struct expiry_count {
	int64_t expires; /* when the first one does that is still good; 0: there is none */
	int64_t due;	 /* how many need a person. Hosts: not renewed in time, or expired. Others: they
			  * expire within the warning time, or have */
};

struct expiry;
struct store;

struct expiry *expiry_new(void);
void expiry_free(struct expiry *expiry);

/* "ca", "server", "host", "user" */
const char *expiry_kind_name(enum expiry_kind kind);

/* Counts hosts and people in the store (NULL: keeps what was counted last) and takes over the two
 * others. Failures are logged. */
void expiry_look(struct expiry *expiry, struct store *store, int64_t ca_expires,
	int64_t server_expires, int64_t warning_seconds, int64_t now);

void expiry_get(struct expiry *expiry, struct expiry_count out[EXPIRY_KINDS]);

#endif
