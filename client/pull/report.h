/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tells the server what became of it: POST /v1/agent/report, one entry per
 * instance. A report that says the same as the last one that the server took
 * is not sent: STATE/reported holds its digest.
 */
#ifndef VK_PULL_REPORT_H
#define VK_PULL_REPORT_H

#include <stddef.h>
#include <stdint.h>

#include "client/pull/outcome.h"
#include "common/httpc.h"

struct report {
	const char *state;
	int64_t release;
	uint64_t log_size;
	const struct outcome *outcomes;
	size_t count;
};

/* VK_EUNAVAIL and others from the request: the next run reports again. */
VK_CHECKED enum vk_rc report_send(
	const struct report *report, struct httpc *client, struct vk_err *err);

#endif
