/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What vkcfg adds to TUF's root (signed.x-vkcfg): the fleet's name and the audit
 * log's name and key. The first log is FLEET/log. Where entries were lost for
 * good, the root holders begin another one, FLEET/log.2 and so on, and the root
 * says with which entries of the log before it begins. Once the CA was replaced, the root says which
 * CAs are believed.
 */
#ifndef VK_TUF_FLEET_H
#define VK_TUF_FLEET_H

#include <stdbool.h>
#include <stdint.h>

#include "common/digest.h"
#include "common/ca_set.h"
#include "common/err.h"
#include "common/signkey.h"
#include "common/tuf/tuf_meta.h"

/* With what a log begins that is not the first: entries taken over from the one before. */
struct tuf_log_start {
	bool is_there; /* false: the first log, which begins with nothing */
	uint64_t size;
	uint8_t root[VK_SHA256_BYTES]; /* tree hash over these entries */
};

struct tuf_fleet {
	const char *fleet;    /* borrowed from the root */
	const char *log_name; /* the checkpoint's origin: FLEET/log; borrowed */
	uint8_t log_public[VK_PUBLIC_KEY_BYTES];
	struct tuf_log_start log_start;
	struct ca_list ca; /* empty: the CA that was pinned at enrolment */
};

/* Which log of the fleet this is: 1 for FLEET/log, N for FLEET/log.N; 0 for any other name. */
unsigned tuf_fleet_log_number(const char *fleet, const char *log_name);

/* The name of log number N (1 or more); the caller frees it. */
char *tuf_fleet_log_name(const char *fleet, unsigned number);

/* Whether two starts say the same. */
bool tuf_log_start_is_same(const struct tuf_log_start *a, const struct tuf_log_start *b);

/* "begins" of the log in the root: an object {"root","size"}. The result is the caller's. */
struct vkjson *tuf_log_start_to_json(const struct tuf_log_start *start);
VK_CHECKED enum vk_rc tuf_log_start_from_json(
	const struct vkjson *log, struct tuf_log_start *out, struct vk_err *err);

/* VK_EUNTRUSTED if the root has no such member: it is not the root of a vkcfg fleet. Only a log that
 * is not the first has a start. */
VK_CHECKED enum vk_rc tuf_fleet_from_root(
	const struct tuf_meta *root, struct tuf_fleet *out, struct vk_err *err);

#endif
