/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * --plan: what the wanted release would do to the instances of this host, before
 * anything moves. The server is asked and everything verified as in a run; each
 * bundle is staged in STATE/plan, judged by the host's own valkey-server, compared
 * with what runs, and removed again. Nothing of an instance is written, set,
 * started or restarted.
 *
 * What is compared is what valkey-server itself makes of the files with what the
 * running one says: spelling does not count, and what is not set any more has the
 * default of the version that runs, whether vkcfg knows that version or not.
 */
#ifndef VK_PULL_PLAN_H
#define VK_PULL_PLAN_H

#include <stdbool.h>

#include "client/pull/agent.h"
#include "common/buf.h"

struct vkjson;

/* Appends it for people, or as JSON. *is_empty: nothing would change. Failures of single instances
 * are part of the plan. */
VK_CHECKED enum vk_rc plan_show(
	struct agent *agent, bool is_json, struct vk_buf *out, bool *is_empty, struct vk_err *err);

/* What a plan that was cut short has left in STATE, which may hold secrets. */
void plan_forget(const char *state);

/* For people; of the JSON. */
void plan_print(const struct vkjson *plan, struct vk_buf *out);

#endif
