/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/process.h"

#include <sys/prctl.h>
#include <sys/resource.h>

#include "common/banned.h"

void vk_process_hide_memory(void)
{
	static const struct rlimit none = {0, 0};

	/* Neither can fail for a reason that we could act on. */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 || setrlimit(RLIMIT_CORE, &none) != 0)
		return;
}
