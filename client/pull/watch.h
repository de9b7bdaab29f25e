/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * --watch: one run after the other, each with a question that the server may
 * answer late, when there is news. Where the server is away, pauses grow, with
 * jitter, so that a fleet does not return all at once.
 */
#ifndef VK_PULL_WATCH_H
#define VK_PULL_WATCH_H

#include <stdint.h>

#include "client/pull/agent.h"

/* Runs until SIGTERM or SIGINT, which is VK_OK and never cuts an install short. */
VK_CHECKED enum vk_rc watch(struct agent *agent, struct vk_err *err);

/* How long to pause after this many failures in a row: up to a minute, at random, none after
 * none; but at least for as long as the server asks for (Retry-After, RFC 9110, 10.2.3; 0: it does
 * not), of which more than an hour is not believed. */
int watch_pause_ms(unsigned failures, int64_t retry_after_s);

/* How long the server may wait for news at `now`: less where a restart waits for another member, or
 * for a window that opens sooner (0: for none). */
unsigned watch_wait_seconds(bool is_turn_awaited, int64_t window_opens, int64_t now);

#endif
