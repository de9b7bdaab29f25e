/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/watch.h"

#include <errno.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>

#include "client/pull/run.h"
#include "common/clock.h"
#include "common/log.h"

#include "common/banned.h"

enum {
	WAIT_SECONDS = 55,
	FIRST_PAUSE_MS = 1000,
	LAST_PAUSE_MS = 60000,
	TURN_SECONDS = 2, /* and up to as much: while another member of the shard restarts */
	TURNS_MAX = 100,  /* in a row; what takes longer is looked at as anything else */
	RETRY_AFTER_MAX_S = 3600, /* a lying server does not silence a host for longer */
};

/* Half of it fixed, half at random. */
static int jittered(int ceiling_ms)
{
	return ceiling_ms / 2 + (int)randombytes_uniform((uint32_t)ceiling_ms / 2 + 1);
}

int watch_pause_ms(unsigned failures, int64_t retry_after_s)
{
	int pause_ms = 0;
	int asked_ms = retry_after_s < RETRY_AFTER_MAX_S ? (int)retry_after_s * 1000
							 : RETRY_AFTER_MAX_S * 1000;

	if (failures > 0)
		pause_ms = jittered(failures < 6 ? FIRST_PAUSE_MS << failures : LAST_PAUSE_MS);
	if (pause_ms >= asked_ms || asked_ms == 0)
		return pause_ms;
	/* Never earlier than it was asked for, and not all hosts at once. */
	return asked_ms + jittered(asked_ms / 4 + FIRST_PAUSE_MS);
}

/* The signals are blocked but while the server is waited for, when nothing is under way. */
static void end_now(int number)
{
	(void)number;
	_exit(0);
}

static enum vk_rc take_signals(sigset_t *signals, struct vk_err *err)
{
	struct sigaction action = {.sa_handler = end_now};

	sigemptyset(signals);
	sigaddset(signals, SIGTERM);
	sigaddset(signals, SIGINT);
	if (sigprocmask(SIG_BLOCK, signals, NULL) != 0 || sigaction(SIGTERM, &action, NULL) != 0 ||
		sigaction(SIGINT, &action, NULL) != 0)
		return vk_err_errno(err, VK_EIO, errno, "cannot handle signals");
	return VK_OK;
}

/* True if a signal that ends us came within this time. The signals are blocked otherwise. */
static bool is_ending(const sigset_t *signals, int pause_ms)
{
	const struct timespec pause = {pause_ms / 1000, (pause_ms % 1000) * 1000000L};

	return sigtimedwait(signals, NULL, &pause) > 0;
}

/* A remembered refusal needs no pause: the next question waits for news. */
static bool needs_pause(enum vk_rc rc)
{
	return rc == VK_EUNAVAIL || rc == VK_EIO || rc == VK_EUNTRUSTED || rc == VK_EDENIED;
}

unsigned watch_wait_seconds(bool is_turn_awaited, int64_t window_opens, int64_t now)
{
	if (is_turn_awaited)
		return TURN_SECONDS + randombytes_uniform(TURN_SECONDS);
	if (window_opens <= now || window_opens - now >= WAIT_SECONDS)
		return WAIT_SECONDS;
	return (unsigned)(window_opens - now);
}

enum vk_rc watch(struct agent *agent, struct vk_err *err)
{
	struct run_options options = {.wait_seconds = 0};
	unsigned failures = 0, turns = 0;
	sigset_t signals;
	enum vk_rc rc = take_signals(&signals, err);

	if (rc != VK_OK)
		return rc;
	options.waiting_signals = &signals;
	vk_log(VK_LOG_INFO, "watching", VK_KV("server", agent_server(agent)));
	for (;;) {
		struct vk_err failure = VK_ERR_INIT;
		int pause_ms;

		turns = agent->is_turn_awaited ? turns + 1 : 0;
		options.wait_seconds = watch_wait_seconds(
			turns > 0 && turns <= TURNS_MAX, agent->window_opens, vk_clock_now());
		rc = run_once(agent, &options, &failure);
		failures = needs_pause(rc) ? failures + 1 : 0;
		pause_ms = watch_pause_ms(failures, agent->retry_after_s);
		if (pause_ms == 0 && rc != VK_OK)
			pause_ms = FIRST_PAUSE_MS;
		if (agent->is_offline) /* there is no server that makes it wait */
			pause_ms = jittered(LAST_PAUSE_MS);
		if (is_ending(&signals, pause_ms))
			break;
	}
	vk_log(VK_LOG_INFO, "watch-ended", VK_KV("server", agent_server(agent)));
	return VK_OK;
}
