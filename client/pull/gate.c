/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/gate.h"

#include <poll.h>

#include "client/pull/agent.h"
#include "client/pull/ready.h"
#include "client/pull/run.h"
#include "client/pull/watch.h"
#include "common/clock.h"
#include "common/log.h"

#include "common/banned.h"

enum { BUSY_PAUSE_MS = 100 };

/* The least ready of all instances; err says why. */
static enum ready look(const struct agent *agent, struct vk_err *err)
{
	enum ready least = READY_VERIFIED;
	struct desired desired;

	if (desired_read(agent->settings->state, &desired, err) != VK_OK)
		return READY_NO;
	for (size_t i = 0; i < agent->settings->count; i++) {
		struct vk_err reason = VK_ERR_INIT;
		const struct instance *instance = &agent->settings->instances[i];
		enum ready ready = instance->is_observed /* others say what it starts with */
					   ? READY_VERIFIED
					   : ready_look(instance, &desired, &reason);

		if (ready >= least)
			continue;
		least = ready;
		*err = reason;
	}
	return least;
}

/* Whoever waits for us starts Valkey: a door would wait for whoever waits for us. */
static void close_doors(struct agent *agent)
{
	for (size_t i = 0; i < agent->settings->count; i++) {
		struct instance *instance = &agent->settings->instances[i];

		instance->door_program = NULL;
		instance->door_file = NULL;
		instance->is_started_later = true;
	}
}

/* One run, unless another one is at work: false. What fails stands in the log, too. */
static bool run(const char *config, struct vk_err *err)
{
	const struct run_options options = {.wait_seconds = 0};
	struct agent agent;
	enum vk_rc rc = agent_open(config, &agent, err);
	bool is_busy = rc == VK_EUNAVAIL;

	if (rc == VK_OK) {
		close_doors(&agent);
		if (run_once(&agent, &options, err) == VK_OK)
			*err = (struct vk_err)VK_ERR_INIT;
	}
	agent_close(&agent);
	return !is_busy;
}

static bool is_enough(const struct agent *agent, enum ready ready)
{
	return ready == READY_VERIFIED ||
	       (ready == READY_LAST_GOOD && agent->settings->starts_last_good);
}

/* Until all is ready, or for so long. */
static enum vk_rc wait_until(
	const struct agent *agent, const char *config, int64_t deadline_ms, struct vk_err *err)
{
	unsigned failures = 0;

	for (;;) {
		struct vk_err failure = VK_ERR_INIT;
		bool has_run = run(config, &failure);
		enum ready ready = look(agent, err);
		int64_t left_ms = deadline_ms - vk_clock_monotonic_ms();
		int64_t pause_ms;

		if (is_enough(agent, ready)) {
			if (ready == READY_LAST_GOOD)
				vk_log_err(VK_LOG_WARN, "starts-last-good", err);
			return VK_OK;
		}
		if (has_run && failure.rc != VK_OK)
			vk_err_hint(err, "%.200s", failure.msg);
		if (left_ms <= 0)
			return err->rc;
		pause_ms = has_run ? watch_pause_ms(++failures, 0) : BUSY_PAUSE_MS;
		(void)poll(NULL, 0, (int)(pause_ms < left_ms ? pause_ms : left_ms));
	}
}

enum vk_rc gate_wait(const char *config, unsigned timeout_s, struct vk_err *err)
{
	int64_t deadline_ms = vk_clock_monotonic_ms() + (int64_t)timeout_s * 1000;
	struct agent agent;
	enum vk_rc rc = agent_load_enrolled(config, &agent, err);

	if (rc == VK_OK && look(&agent, err) != READY_VERIFIED)
		rc = wait_until(&agent, config, deadline_ms, err);
	agent_close(&agent);
	return rc;
}
