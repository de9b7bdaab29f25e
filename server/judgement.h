/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The policy of an environment, enforced: whatever the author's program has said, a tree whose open
 * findings its own policy does not allow becomes no change. Judged by the server's clock.
 */
#ifndef VK_SERVER_JUDGEMENT_H
#define VK_SERVER_JUDGEMENT_H

#include <stdint.h>

#include "common/err.h"

struct cfg_rendered;
struct vkjson;

enum { JUDGEMENT_MAX_FINDINGS = 5, JUDGEMENT_MAX_PLACES = 3 };

/* VK_EINPUT where the policy keeps it out; *findings (the caller's) is then the first of them, for
 * the problem document: [{"rule","severity","what","detail","where":[..],"count":N}]. Takes seconds
 * for large fleets. */
VK_CHECKED enum vk_rc judgement_of(const struct cfg_rendered *rendered, int64_t now,
	struct vkjson **findings, struct vk_err *err);

#endif
