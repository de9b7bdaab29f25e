/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Entries of the audit log as other systems read them, one line each: JSON
 * Lines, the Common Event Format (CEF:0), or syslog (RFC 5424). No text of an entry can end its
 * line or begin a field of its own.
 */
#ifndef ADMIN_AUDIT_EXPORT_H
#define ADMIN_AUDIT_EXPORT_H

#include <stdint.h>

#include "common/audit.h"
#include "common/buf.h"
#include "common/err.h"

enum audit_format { AUDIT_JSONL, AUDIT_CEF, AUDIT_SYSLOG };

enum { AUDIT_LINE_MAX_BYTES = 16 * VK_AUDIT_ENTRY_MAX_BYTES, AUDIT_HOST_BYTES = 256 };

/* What a line says besides the entry. */
struct audit_style {
	enum audit_format format;
	const char *fleet;
	const char *host; /* where the log is kept; only syslog says it */
};

/* "jsonl", "cef" or "syslog"; VK_EINPUT */
VK_CHECKED enum vk_rc audit_format_parse(
	const char *name, enum audit_format *out, struct vk_err *err);

/* Appends the line with its newline. */
void audit_export_line(const struct audit_style *style, uint64_t index,
	const struct vk_audit_entry *entry, struct vk_buf *out);

/* The host in https://HOST[:PORT], or "-", which is syslog's word for none. */
void audit_host_of_url(const char *url, char out[AUDIT_HOST_BYTES]);

#endif
