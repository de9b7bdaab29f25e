/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/failover.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>

#include "common/clock.h"

#include "common/banned.h"

enum { LOOK_STEP_MS = 20, MARGIN_MS = 5000, NUMBER_BYTES = 24 };

/* Until the server is a replica with a link, or has given up. */
static enum vk_rc wait_for_roles(
	struct valkey *valkey, struct restart_state *state, struct vk_err *err)
{
	int64_t deadline_ms = vk_clock_monotonic_ms() + FAILOVER_TIMEOUT_MS + MARGIN_MS;

	for (;;) {
		enum vk_rc rc = restart_state_read(valkey, state, err);

		if (rc != VK_OK)
			return rc;
		if (state->is_replica && !state->is_link_down && !state->is_failing_over)
			return VK_OK;
		if (!state->is_replica && !state->is_failing_over)
			return vk_err_set(err, VK_EUNAVAIL, "it has been given up");
		if (vk_clock_monotonic_ms() >= deadline_ms)
			return state->is_replica
				       ? VK_OK
				       : vk_err_set(err, VK_EUNAVAIL, "it is not over in time");
		poll(NULL, 0, LOOK_STEP_MS);
	}
}

enum vk_rc failover_to(struct valkey *valkey, const struct restart_replica *target,
	struct restart_state *state, struct vk_err *err)
{
	char port[NUMBER_BYTES], timeout[NUMBER_BYTES];
	const struct restart_replica chosen = *target;
	enum vk_rc rc;

	snprintf(port, sizeof(port), "%" PRId64, chosen.port);
	snprintf(timeout, sizeof(timeout), "%d", FAILOVER_TIMEOUT_MS);
	rc = valkey_demand(valkey,
		VALKEY_ARGV("FAILOVER", "TO", chosen.address, port, "TIMEOUT", timeout), NULL, err);
	if (rc == VK_OK)
		rc = wait_for_roles(valkey, state, err);
	if (rc != VK_OK)
		rc = vk_err_prefix(err, rc, "failover to %s:%s", chosen.address, port);
	return rc;
}
