/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/descriptors.h"

#include <sys/resource.h>

#include "common/log.h"
#include "server/conn.h"

#include "common/banned.h"

enum { DESCRIPTORS_OWN = 512 }; /* database, listeners, signer, readers: generously */

unsigned descriptors_for_connections(unsigned wanted)
{
	rlim_t needed = (rlim_t)wanted + wanted / CONN_SURPLUS_PART + DESCRIPTORS_OWN;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return wanted;
	if (limit.rlim_cur < needed) {
		limit.rlim_cur = limit.rlim_max < needed ? limit.rlim_max : needed;
		if (setrlimit(RLIMIT_NOFILE, &limit) != 0 && getrlimit(RLIMIT_NOFILE, &limit) != 0)
			return wanted;
	}
	if (limit.rlim_cur >= needed)
		return wanted;
	vk_log(VK_LOG_WARN, "few-descriptors", VK_KN("limit", limit.rlim_cur),
		VK_KN("max-connections", wanted),
		VK_KV("hint", "raise the limit on open files (LimitNOFILE=)"));
	if (limit.rlim_cur <= 2 * DESCRIPTORS_OWN)
		return (unsigned)limit.rlim_cur / 2;
	return (unsigned)(limit.rlim_cur - DESCRIPTORS_OWN) / (CONN_SURPLUS_PART + 1) *
	       CONN_SURPLUS_PART;
}
