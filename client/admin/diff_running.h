/* SPDX-License-Identifier: BSD-3-Clause */
/* What installing a bundle would change in a Valkey that runs. */
#ifndef ADMIN_DIFF_RUNNING_H
#define ADMIN_DIFF_RUNNING_H

#include "common/err.h"

struct args;
struct cfg_diff;
struct cfg_rendered_bundle;
struct cli;

/* Reads the Valkey of --running; changes nothing there. */
VK_CHECKED enum vk_rc diff_running(const struct cli *cli, const struct args *args,
	const struct cfg_rendered_bundle *bundle, struct cfg_diff **out, struct vk_err *err);

#endif
