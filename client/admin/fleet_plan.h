/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a release would do to the instances of an environment as they are: each
 * compared with the release that its host has reported that it runs, which need
 * not be the current one, verified like any other.
 *
 *   {"environment":"prod","to":"change:12","difference":{..},"baseline":{..},
 *    "restarts":1,"restarts_forbidden":0,"unreported":0,
 *    "instances":[{"instance":"db1/main","runs":3,"valkey":"8.0.1","state":"committed",
 *     "health":"ok","reported":"..","way":"restart","windows":["02:00-04:00 UTC"],
 *     "group":"orders","group_kind":"replicated","closes":["app"],
 *     "drift":[{"name":"maxmemory","actual":"1gb"}],"known":true}]}
 *
 * difference as in difference.h; instances are those that change.
 */
#ifndef ADMIN_FLEET_PLAN_H
#define ADMIN_FLEET_PLAN_H

#include "client/admin/diff_side.h"
#include "common/err.h"

struct cli;
struct vkjson;

/* side is loaded, and names an environment. *out is the caller's. */
VK_CHECKED enum vk_rc fleet_plan_make(
	const struct cli *cli, struct diff_side *side, struct vkjson **out, struct vk_err *err);

bool fleet_plan_is_empty(const struct vkjson *plan);
void fleet_plan_print(const struct cli *cli, const struct vkjson *plan);

#endif
