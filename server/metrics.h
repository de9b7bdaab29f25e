/* SPDX-License-Identifier: BSD-3-Clause */
/* What monitoring may know, in the Prometheus text format 0.0.4. */
#ifndef VK_METRICS_H
#define VK_METRICS_H

#include "common/buf.h"

struct context;
struct view;

/* Appends all metrics, each with HELP and TYPE. Any worker's thread. */
void metrics_format(const struct context *context, const struct view *view, struct vk_buf *out);

#endif
