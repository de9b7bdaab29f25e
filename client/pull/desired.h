/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What this host was last told to run, after everything about it was verified:
 * STATE/desired.json. It carries the ETag of the last answer that was dealt
 * with entirely, and the line below which no server can take this host back.
 */
#ifndef VK_PULL_DESIRED_H
#define VK_PULL_DESIRED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/pull/pins.h"
#include "common/ca_set.h"
#include "common/digest.h"
#include "common/err.h"
#include "common/httpc.h"
#include "common/release.h"

struct desired_bundle {
	char instance[VK_NAME_BYTES];
	char digest[VK_SHA256_HEX_BYTES]; /* of the bundle's bytes */
};

struct desired {
	bool is_lost;			/* there is no such file */
	char etag[HTTPC_ETAG_BYTES];	    /* empty: ask for everything again */
	int64_t timestamp_expires;	    /* after which an unchanged server is a silent one */
	char trust_role[VK_NAME_BYTES];	    /* root, targets or environment: what expires first... */
	int64_t trust_expires;		    /* ...and when; 0: not known */
	struct ca_list ca;		    /* the CAs that the verified root names; or none */
	int64_t release;		    /* 0: none yet */
	int64_t highest;		    /* the newest release ever accepted... */
	char document[VK_SHA256_HEX_BYTES]; /* ...the digest of its document... */
	int64_t fallback;		    /* ...and the one older release that it allows, or 0 */
	char fallback_document[VK_SHA256_HEX_BYTES];
	size_t count;
	struct desired_bundle bundles[PINS_MAX_INSTANCES];
};

/* Without the file: is_lost and all else zero, VK_OK; enrolment writes the first one. VK_EINPUT or
 * VK_ELIMIT where it is damaged. */
VK_CHECKED enum vk_rc desired_read(const char *state, struct desired *out, struct vk_err *err);
VK_CHECKED enum vk_rc desired_write(
	const char *state, const struct desired *desired, struct vk_err *err);

/* Moves to a verified release, whose document has this digest. VK_EUNTRUSTED if it is older than
 * what the host has seen and not the fallback that the newest one has signed, or another document
 * under a number that is known (a host that has lost its memory may know the number alone). Clears etag and bundles. */
VK_CHECKED enum vk_rc desired_move(struct desired *desired, const struct vk_release *release,
	const char *document, struct vk_err *err);

/* The digest of an instance's bundle, or NULL where the release has none for it. */
const char *desired_digest(const struct desired *desired, const char *instance);

#endif
