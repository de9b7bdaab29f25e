/* SPDX-License-Identifier: BSD-3-Clause */
/* What hosts report (POST /v1/agent/report); read back through store_host.h. */
#ifndef VK_STORE_REPORT_H
#define VK_STORE_REPORT_H

#include <stdbool.h>

#include "server/store/store_host.h"

enum {
	STORE_REPORT_MAX_INSTANCES = 256,
	STORE_REPORT_MAX_DRIFT = 1000, /* of one instance */
	STORE_REPORTS_KEPT = 16,       /* ids of a host that are remembered for idempotence */
	STORE_REPORTS_SECONDS = 10,    /* in which a host may send as many reports, and no more */
};

struct store_report {
	const char *id; /* 32 hexadecimal digits, chosen by the host */
	const char *host;
	const char *agent;	 /* version */
	int64_t log_size;	 /* of the checkpoint that the host has verified */
	const char *cosignature; /* of that checkpoint, not verified; "": none */
	const char *warning;	 /* of certificates that expire; "": none */
	const struct store_instance *instances;
	size_t instance_count;
};

struct store_report_outcome {
	bool is_repeated; /* this id was saved before: nothing was done */
	bool is_changed;  /* state, release or drift of an instance differs: worth an audit entry */
};

/* Replaces what is known of the host's instances; one that is not in the report any more is
 * forgotten. A drift that was there before keeps its `since`. VK_ENOTFOUND: no such host.
 * VK_EUNAVAIL: it reports too often. */
VK_CHECKED enum vk_rc store_save_report(struct store *store, const struct store_report *report,
	int64_t now, struct store_report_outcome *out, struct vk_err *err);

#endif
