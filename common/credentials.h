/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What hosts and people hold to talk to their server: the CAs that they believe (ca.crt) and their
 * own certificate (tls.crt). Both are kept up to date from the server, and the server is believed in
 * neither: CAs by the digests in the verified root, the certificate because it is for the own key.
 * Whoever calls keeps the files.
 */
#ifndef VK_CREDENTIALS_H
#define VK_CREDENTIALS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/ca_set.h"
#include "common/err.h"

struct httpc;

/* Fetches the CAs (GET /v1/ca) and fills `next`, which is empty, with those that the root names.
 * *missing: how many of these are neither there nor offered. VK_EUNTRUSTED if all are. */
VK_CHECKED enum vk_rc credentials_fetch_cas(struct httpc *client, const struct ca_list *list,
	const struct ca_set *have, struct ca_set *next, size_t *missing, struct vk_err *err);

/* Whether the own certificate has to be renewed: two thirds of its life are over, or it is not of the
 * newest of the CAs that the root names. VK_EINPUT if it is no certificate. */
VK_CHECKED enum vk_rc credentials_is_due(const char *cert_pem, const struct ca_set *have,
	const struct ca_list *list, int64_t now, bool *out, struct vk_err *err);

/* Whether a renewal that began at two thirds of the life is overdue: half of what was left is over. */
bool credentials_is_overdue(int64_t not_before, int64_t not_after, int64_t now);

/* Has the server issue a certificate for the key of the connection (POST /v1/renew), of the newest
 * CA in `have`, and appends its PEM. */
VK_CHECKED enum vk_rc credentials_renew(
	struct httpc *client, const struct ca_set *have, struct vk_buf *out, struct vk_err *err);

#endif
