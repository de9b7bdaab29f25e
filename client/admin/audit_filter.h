/* SPDX-License-Identifier: BSD-3-Clause */
/* Which entries of the audit log are wanted: --actor, --action, --object, --since, --until. */
#ifndef ADMIN_AUDIT_FILTER_H
#define ADMIN_AUDIT_FILTER_H

#include <stdbool.h>
#include <stdint.h>

#include "client/admin/args.h"
#include "common/audit.h"
#include "common/err.h"

struct audit_filter {
	const char *actor; /* patterns as for file names: "user/a*"; NULL: any */
	const char *action;
	const char *object;
	int64_t since; /* seconds since the epoch; from here on... */
	int64_t until; /* ...and before this */
	bool is_any;   /* nothing was asked for: all entries */
};

/* Times are 2026-11-23T01:33:05Z or 2026-11-23, which is the beginning of that day (UTC); the
 * patterns are borrowed from args. */
VK_CHECKED enum vk_rc audit_filter_parse(
	const struct args *args, struct audit_filter *out, struct vk_err *err);

bool audit_filter_matches(const struct audit_filter *filter, const struct vk_audit_entry *entry);

#endif
