/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A CA that is replaced, seen from the server: people name the new one in the root, hosts and people
 * fetch it and take certificates of it, then the server takes one too, and in the end a root drops
 * the old one. Here: what the root names, and which CA the server's own certificate is to be from.
 */
#ifndef VK_CA_CHANGE_H
#define VK_CA_CHANGE_H

#include <stdint.h>

#include "common/ca_set.h"
#include "common/err.h"
#include "server/authority.h"
#include "server/store/store.h"

struct writer_tx;
struct tuf_meta;

/* What the current root names; empty before the first root, and where it names none. */
VK_CHECKED enum vk_rc ca_change_read_list(
	struct store *store, struct ca_list *out, struct vk_err *err);

/* The CA that the server's certificate is to be from: the one that it is from, as long as the root
 * names that and somebody would not believe the newest one yet; else the newest. */
VK_CHECKED enum vk_rc ca_change_wanted(const struct authority_now *authority, struct store *store,
	int64_t now, uint8_t out[VK_SHA256_BYTES], struct vk_err *err);

/* A new root, inside the transaction that stores it: each CA that it names must be one of this
 * server's (or hosts could not get its certificate), the certificate that publishes it of one of
 * them (or this administrator would shut himself out); certificates of others are revoked.
 * *revoked: how many. VK_EUNTRUSTED, VK_ECONFLICT. */
VK_CHECKED enum vk_rc ca_change_check(
	struct writer_tx *tx, const struct tuf_meta *root, struct vk_err *err);
VK_CHECKED enum vk_rc ca_change_carry_out(struct writer_tx *tx, const struct tuf_meta *root,
	int64_t *revoked, struct vk_err *err);
VK_CHECKED enum vk_rc ca_change_check_publisher(
	struct writer_tx *tx, const uint8_t *fingerprint, struct vk_err *err);

#endif
