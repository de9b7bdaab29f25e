/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the baseline says about a candidate, and whether the policy of its environment lets it in:
 * asked before a change is sent, and again before it is signed. The server asks the same.
 */
#ifndef ADMIN_GATE_H
#define ADMIN_GATE_H

#include "common/err.h"

struct cfg_rendered;
struct cli;
struct vkjson;

/* *out is what lint_json() makes of the rendering, with today's waivers. *judgement: its rc is VK_OK
 * where the policy lets it in, else it is the refusal. VK_EINPUT only if it cannot be looked at. */
VK_CHECKED enum vk_rc gate_look(const struct cfg_rendered *rendered, struct vkjson **out,
	struct vk_err *judgement, struct vk_err *err);

/* The same for an author: VK_EINPUT where the policy keeps it out, after showing all that does and
 * how much of it is in force already (before may be NULL). */
VK_CHECKED enum vk_rc gate_pass(const struct cli *cli, const struct cfg_rendered *before,
	const struct cfg_rendered *rendered, struct vkjson **out, struct vk_err *err);

/* Prints what an author or approver should see of it: high findings and all waived ones; nothing
 * where there are none. */
void gate_print(const struct cli *cli, const struct vkjson *baseline);

#endif
