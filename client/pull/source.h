/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where what a host installs comes from: its server, or a parcel that somebody
 * has carried to it. Neither is believed; whoever asks verifies the same.
 */
#ifndef VK_PULL_SOURCE_H
#define VK_PULL_SOURCE_H

#include <stddef.h>

#include "common/err.h"
#include "common/httpc.h"

struct parcel;

/* By value. Both NULL: there is nobody to ask. */
struct source {
	struct httpc *client;
	const struct parcel *parcel; /* takes precedence */
};

/* As httpc_request(). A parcel answers 200, or VK_ENOTFOUND with status 404; it knows nothing of
 * what has not changed, and nothing but GET. VK_EUNAVAIL where there is nobody to ask. */
VK_CHECKED enum vk_rc source_request(const struct source *source, const struct httpc_call *call,
	struct httpc_reply *reply, struct vk_err *err);

/* As httpc_get(). */
VK_CHECKED enum vk_rc source_get(const struct source *source, const char *target,
	size_t max_body_bytes, struct httpc_reply *reply, struct vk_err *err);

#endif
