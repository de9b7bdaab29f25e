/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tells the server what became of it: POST /v1/agent/report, one entry per
 * instance. A report that says the same as the last one that the server took
 * is not sent: STATE/reported holds its digest. With it goes the host's
 * cosignature of the audit log, if there is a larger one to vouch for than the
 * last time; for that alone a report is sent at most once a day.
 */
#ifndef VK_PULL_REPORT_H
#define VK_PULL_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/pull/outcome.h"
#include "client/pull/pins.h"
#include "common/httpc.h"
#include "common/note.h"

struct report {
	const char *state;
	const struct pins *pins;
	int64_t release;
	struct note_checkpoint log; /* verified, and on disk */
	bool is_cosigning;
	const char *warning; /* of certificates that expire; "": none */
	const struct outcome *outcomes;
	size_t count;
};

/* VK_EUNAVAIL and others from the request: the next run reports again. */
VK_CHECKED enum vk_rc report_send(
	const struct report *report, struct httpc *client, struct vk_err *err);

#endif
