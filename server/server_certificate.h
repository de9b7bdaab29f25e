/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The server's own certificate. It lives for two years, and when it expires no
 * host and no person reaches the server any more: so the server has it issued
 * anew by its signer when a third of its life is left, for the same key, the
 * same identity and the same names, with an entry in the audit log.
 */
#ifndef VK_SERVER_CERTIFICATE_H
#define VK_SERVER_CERTIFICATE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/ca_set.h"
#include "common/err.h"

struct writer;

enum { SERVER_CERTIFICATE_SECONDS = 730 * 86400 };

/* Renews server.crt in the state directory if that is due, after its end as well, or if it is not from
 * the CA that is wanted (one of `known`); the caller then reads it again. Any thread but the writer's. VK_EINPUT if the file holds something else than a
 * certificate of this fleet's CA for the key beside it; it is left alone then. */
VK_CHECKED enum vk_rc server_certificate_renew(
	int state_fd, struct writer *writer, const struct ca_set *known,
	const uint8_t issuer[VK_SHA256_BYTES], bool *is_renewed, struct vk_err *err);

#endif
