/* SPDX-License-Identifier: BSD-3-Clause */
/* Keys that live as long as a test cost a guess as little as argon2id allows: in the place of
 * common/keyfile_cost.c. */
#include "config.h"

#include "common/keyfile.h"

#include "common/banned.h"

const struct keyfile_cost keyfile_cost_default = {
	.opslimit = 1,
	.memlimit_bytes = 8192,
};
