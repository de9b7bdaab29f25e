/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The CAs that somebody believes: one as a rule, several while a fleet's CA is replaced. On disk it
 * is a PEM file (ca.crt), one certificate after another, oldest first. Which CAs these may be is
 * said by the fleet's root (x-vkcfg, member "ca"), as digests: a certificate that anybody sends is
 * worth keeping if its digest stands there.
 *
 *   ca_set_init() -> ca_set_parse() ... -> ca_set_release()
 *
 * Nothing here reads a file, the clock or the network. Any thread; no set is shared.
 */
#ifndef VK_CA_SET_H
#define VK_CA_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/digest.h"
#include "common/err.h"

enum {
	CA_SET_MAX = 8,		 /* CAs of one fleet at a time */
	CA_SET_MAX_BYTES = 65536, /* of a PEM text */
};

struct ca_set_item {
	uint8_t digest[VK_SHA256_BYTES]; /* of the DER */
	int64_t not_after;		 /* seconds since 1970 */
	char *pem;			 /* the certificate alone, as OpenSSL writes it */
};

struct ca_set {
	size_t count;
	struct ca_set_item items[CA_SET_MAX];
};

/* Digests that a root names, oldest first; none: it does not say. */
struct ca_list {
	size_t count;
	uint8_t digests[CA_SET_MAX][VK_SHA256_BYTES];
};

void ca_set_init(struct ca_set *set);
void ca_set_release(struct ca_set *set);

/* Adds all certificates of a PEM text; one that is there already is not added again. VK_EINPUT if
 * there is none, or one that is not a CA's; VK_ELIMIT if there are too many. */
VK_CHECKED enum vk_rc ca_set_parse(
	struct ca_set *set, const char *pem, size_t len, struct vk_err *err);

/* Appends the PEM text of all. */
void ca_set_format(const struct ca_set *set, struct vk_buf *out);

/* NULL if it is not there. */
const struct ca_set_item *ca_set_find(
	const struct ca_set *set, const uint8_t digest[VK_SHA256_BYTES]);

bool ca_list_has(const struct ca_list *list, const uint8_t digest[VK_SHA256_BYTES]);

/* Whether the set is exactly what the list names, in its order. */
bool ca_set_is(const struct ca_set *set, const struct ca_list *list);

/* Fills `next`, which is empty, with what the list names, in its order, out of what one has and what
 * one was offered. *missing: how many of them are in neither. VK_EUNTRUSTED if all are. */
VK_CHECKED enum vk_rc ca_set_follow(const struct ca_set *have, const struct ca_set *offered,
	const struct ca_list *list, struct ca_set *next, size_t *missing, struct vk_err *err);

/* Which CA of the set has signed a certificate (PEM); NULL: none of them. Its time does not count. */
const struct ca_set_item *ca_set_issuer(const struct ca_set *set, const char *cert_pem);

#endif
