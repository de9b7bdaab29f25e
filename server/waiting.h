/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Hosts that wait for a person to let them in. Strangers write into this list,
 * so it is bounded, in memory only, and nobody can push anybody else out of it:
 * where it is full, or where one network has its share, the newcomer is refused.
 * A host stays while it keeps asking; after a restart of the server it asks anew.
 *
 * What a host is approved for is its fingerprint (common/host_fingerprint.h), so
 * two machines that ask for one name are two entries. Any thread.
 */
#ifndef VK_SERVER_WAITING_H
#define VK_SERVER_WAITING_H

#include <stdbool.h>
#include <stdint.h>

#include "common/host_fingerprint.h"
#include "common/name.h"
#include "common/signkey.h"
#include "server/quota.h"

enum {
	WAITING_MAX = 1024,
	WAITING_MAX_PER_NETWORK = 32,
	WAITING_ADDRESS_BYTES = 46,
	WAITING_SECONDS = 120,		/* a host that does not ask for so long is forgotten */
	WAITING_REJECTED_SECONDS = 600, /* so long it is told that it was rejected */
};

struct waiting_host {
	char name[VK_NAME_BYTES];
	char environment[VK_NAME_BYTES];
	char public_key[VK_PUBLIC_KEY_TEXT_BYTES];
	char fingerprint[VK_HOST_FINGERPRINT_BYTES];
	char address[WAITING_ADDRESS_BYTES];
	uint8_t network[QUOTA_KEY_BYTES]; /* whose share it takes */
	uint8_t tls_key[VK_SHA256_BYTES]; /* digest of the SubjectPublicKeyInfo */
	int64_t since;
	int64_t seen;
	bool is_rejected;
};

enum waiting_state {
	WAITING_LISTED,
	WAITING_REJECTED,
	WAITING_FULL, /* not listed: ask again later */
};

struct waiting;

struct waiting *waiting_new(void);
void waiting_free(struct waiting *waiting);

/* A host asks: listed, or its time renewed. since, seen and is_rejected are not read. */
enum waiting_state waiting_ask(
	struct waiting *waiting, const struct waiting_host *host, int64_t now);

/* A copy of the i-th that waits, in no order; false beyond the last. The list may change between
 * two calls. */
bool waiting_get(struct waiting *waiting, size_t i, int64_t now, struct waiting_host *out);

/* The one of this name, environment and fingerprint; false if it does not wait. */
bool waiting_find(struct waiting *waiting, const char *name, const char *environment,
	const char *fingerprint, int64_t now, struct waiting_host *out);

/* It is told that it was rejected, as often as it asks, for WAITING_REJECTED_SECONDS. */
void waiting_reject(struct waiting *waiting, const char *fingerprint, int64_t now);

/* It has got its certificate. */
void waiting_remove(struct waiting *waiting, const char *fingerprint);

#endif
