/* SPDX-License-Identifier: BSD-3-Clause */
/* How long this host's certificate and the CA that it believes are good, and whether a person must
 * act. */
#ifndef VK_PULL_CERTIFICATES_H
#define VK_PULL_CERTIFICATES_H

#include <stdbool.h>
#include <stdint.h>

#include "client/pull/agent.h"
#include "common/buf.h"
#include "common/err.h"

struct certificates {
	int64_t host_since, host_expires;
	bool is_overdue;    /* half of the time that was left for the renewal is over, or all */
	int64_t ca_expires; /* of the newest CA */
	bool is_ca_soon;    /* within expiry-warning, or over */
};

/* Reads STATE/tls.crt and STATE/ca.crt. */
VK_CHECKED enum vk_rc certificates_look(
	const struct agent *agent, struct certificates *out, struct vk_err *err);

/* Appends the sentences that warn, if there is reason to. */
void certificates_warn(const struct certificates *certificates, struct vk_buf *out);

#endif
