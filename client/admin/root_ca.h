/* SPDX-License-Identifier: BSD-3-Clause */
/* The CAs that a planned root names: --add-ca and --drop-ca of `vkcfg root rotate`. */
#ifndef ADMIN_ROOT_CA_H
#define ADMIN_ROOT_CA_H

#include "client/admin/args.h"
#include "client/admin/root_plan.h"
#include "common/err.h"

/* Adds and drops what the options say. The first time that a root names CAs, it also names those
 * that this person has pinned (HOME/ca.crt): they are in use. */
VK_CHECKED enum vk_rc root_ca_apply(const char *home, const struct args *args,
	struct root_plan *plan, struct vk_err *err);

#endif
