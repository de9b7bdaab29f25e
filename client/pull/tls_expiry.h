/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How long the certificates of a Valkey last: those in the files that its TLS
 * directives name, where it uses TLS at all. Whoever renews them is told in
 * time; the agent renews none of them itself.
 */
#ifndef VK_PULL_TLS_EXPIRY_H
#define VK_PULL_TLS_EXPIRY_H

#include <stdint.h>

#include "common/buf.h"
#include "common/valkey/values.h"

/* What ends first. */
struct tls_expiry {
	int64_t expires; /* seconds since 1970; 0: no TLS, or no file that the agent may read */
	const char *directive; /* that names the file; static */
};

/* values: of the server or of its generation. */
void tls_expiry_look(const struct values *values, struct tls_expiry *out);

/* Whole days that are left at `now`; below 0 when it is over. */
int64_t tls_expiry_days(const struct tls_expiry *expiry, int64_t now);

/* Appends "tls-cert-file expires 2026-12-03T10:00:00Z", or "has expired": the same text from day to
 * day, so that no report is sent for it alone. */
void tls_expiry_describe(const struct tls_expiry *expiry, int64_t now, struct vk_buf *out);

/* Where it ends within warning_s seconds: logs it, and appends "INSTANCE: ..." to the warnings of
 * the report. Whoever made the certificate renews it, and he has to be told. */
void tls_expiry_warn(const struct tls_expiry *expiry, const char *instance, int64_t warning_s,
	struct vk_buf *warnings);

#endif
