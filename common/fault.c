/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/fault.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/num.h"

#include "common/banned.h"

enum { FAULT_MAX_COUNT = 1000000 };

/* How often the one point that VKCFG_FAULT names has been reached. */
static atomic_uint_fast64_t times_reached;

/* True if wanted is "NAME" or "NAME:COUNT" for this name; *count is 1 without a COUNT. */
static bool is_wanted(const char *wanted, const char *name, uint64_t *count)
{
	size_t len = strlen(name);

	*count = 1;
	if (strncmp(wanted, name, len) != 0)
		return false;
	if (wanted[len] == '\0')
		return true;
	return wanted[len] == ':' && vk_parse_uint(wanted + len + 1, 1, FAULT_MAX_COUNT, count);
}

void vk_fault_reached(const char *name)
{
	const char *wanted = getenv("VKCFG_FAULT");
	uint64_t count;

	if (wanted == NULL || !is_wanted(wanted, name, &count))
		return;
	if (atomic_fetch_add(&times_reached, 1) + 1 == count)
		raise(SIGKILL);
}
