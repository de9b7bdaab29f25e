/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a run has found, for the textfile collector of Prometheus' node_exporter:
 * a host whose agent has died, drifts, or cannot get at its server is then an
 * alarm of the monitoring that is there already, also where vkcfgd is gone.
 */
#ifndef VK_PULL_TEXTFILE_H
#define VK_PULL_TEXTFILE_H

#include <stddef.h>
#include <stdint.h>

#include "client/pull/outcome.h"
#include "common/buf.h"

struct textfile {
	int64_t now;		   /* of this run */
	enum vk_rc update;	   /* VK_OK: the server was asked, and is believed */
	int64_t release;	   /* that is wanted; 0: none */
	int64_t timestamp_expires; /* how long the server has vouched; 0: never */
	int64_t trust_expires;	   /* signatures of people; 0: not known */
	int64_t host_expires;	   /* the host's certificate; 0: not known */
	const struct outcome *outcomes;
	size_t count;
};

/* Appends the metrics in Prometheus' text format. */
void textfile_format(const struct textfile *textfile, struct vk_buf *out);

/* Replaces the file at path, which everybody may read. */
VK_CHECKED enum vk_rc textfile_write(
	const char *path, const struct textfile *textfile, struct vk_err *err);

#endif
