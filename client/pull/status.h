/* SPDX-License-Identifier: BSD-3-Clause */
/* What runs on this host and where it differs from what was installed: no network, no writes. */
#ifndef VK_PULL_STATUS_H
#define VK_PULL_STATUS_H

#include <stdbool.h>

#include "client/pull/agent.h"

/* Appends the status, as text or JSON. *is_clean: no drift, no failure, nothing pending. */
VK_CHECKED enum vk_rc status_show(const struct agent *agent, bool is_json, struct vk_buf *out,
	bool *is_clean, struct vk_err *err);

#endif
