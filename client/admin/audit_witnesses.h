/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whether the hosts vouch for an audit log: their keys are those of the signed
 * trees of the current releases, so the server chooses no witness; their word
 * is checked against roots that were computed from the entries. A host cosigns
 * one history only, so two histories cannot both find a majority.
 */
#ifndef ADMIN_AUDIT_WITNESSES_H
#define ADMIN_AUDIT_WITNESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/admin/audit_leaves.h"
#include "common/err.h"
#include "common/signkey.h"
#include "common/tuf/tuf_fleet.h"

struct audit_witnesses;
struct session;

struct audit_witnesses *audit_witnesses_new(void);
void audit_witnesses_free(struct audit_witnesses *witnesses);

/* A host that has a vote. A key that is known already gets no second one. */
void audit_witnesses_add(struct audit_witnesses *witnesses, const char *host,
	const uint8_t public_key[VK_PUBLIC_KEY_BYTES]);

/* All hosts of the current releases, each verified from the pinned root. */
VK_CHECKED enum vk_rc audit_witnesses_load(
	struct audit_witnesses *witnesses, struct session *session, struct vk_err *err);

/* Counts what a host says, if it has a vote: the line is its cosignature of the first size
 * entries. A line of another key, and one for more or less entries than were gone over, counts for
 * nothing.
 * VK_EUNTRUSTED if the host's key has signed another history. */
VK_CHECKED enum vk_rc audit_witnesses_hear(struct audit_witnesses *witnesses,
	const struct tuf_fleet *fleet, const char *host, uint64_t size, const char *line,
	const struct audit_leaves *leaves, struct vk_err *err);

/* What the server knows of the hosts' words: GET /v1/log/witnesses. The reply is the caller's. */
struct vkjson;
VK_CHECKED enum vk_rc audit_witnesses_fetch(
	struct session *session, struct vkjson **out, struct vk_err *err);

/* Marks the sizes that these words are about, before the entries are gone over. */
VK_CHECKED enum vk_rc audit_witnesses_mark(
	const struct vkjson *items, struct audit_leaves *leaves, struct vk_err *err);

/* How many entries a majority vouches for if all of this were true; 0: none. */
uint64_t audit_witnesses_claimed(struct audit_witnesses *witnesses, const struct vkjson *items);

/* Hears all of them. */
VK_CHECKED enum vk_rc audit_witnesses_hear_all(struct audit_witnesses *witnesses,
	const struct tuf_fleet *fleet, const struct vkjson *items,
	const struct audit_leaves *leaves, struct vk_err *err);

struct audit_majority {
	size_t hosts;	    /* that have a vote */
	size_t needed;	    /* more than half of them; 1 where there is none */
	size_t witnesses;   /* that vouch for this history, as far as they have seen it */
	uint64_t witnessed; /* entries that a majority vouches for; 0: none */
};
void audit_witnesses_count(struct audit_witnesses *witnesses, struct audit_majority *out);

/* VK_EUNTRUSTED, with how many of how many, if no majority vouches for this history, or the first
 * entry that it has not seen is older than max_age seconds. */
VK_CHECKED enum vk_rc audit_witnesses_check(const struct audit_majority *majority,
	const struct audit_leaves *leaves, int64_t now, int64_t max_age, struct vk_err *err);

#endif
