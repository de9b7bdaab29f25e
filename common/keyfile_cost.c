/* SPDX-License-Identifier: BSD-3-Clause */
/* In a file of its own: the programs of the end-to-end tests are linked with another price. */
#include "config.h"

#include "common/keyfile.h"

#include "common/banned.h"

const struct keyfile_cost keyfile_cost_default = {
	.opslimit = 3,
	.memlimit_bytes = 268435456,
};
