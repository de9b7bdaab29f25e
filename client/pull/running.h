/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The running server's part of an install: takes a Valkey from what it runs to
 * one side (the next generation) or back to the other (the previous one), by
 * what differs, so that each call may be repeated after a crash. Whether it has
 * to be restarted is decided here, and nowhere else.
 */
#ifndef VK_PULL_RUNNING_H
#define VK_PULL_RUNNING_H

#include <stdbool.h>

#include "client/pull/expected.h"
#include "client/pull/generation.h"
#include "client/pull/instance.h"
#include "client/pull/outcome.h"
#include "client/pull/restart_plan.h"
#include "common/valkey/live.h"

/* One generation, as far as it can be read. */
struct running_side {
	bool is_known;
	struct generation_bundle bundle;
	struct expected expected;
};

struct running {
	const struct instance *instance;
	char *current; /* DIRECTORY/current */
	struct running_side next;
	struct running_side previous;
	char previous_name[GENERATION_NAME_BYTES]; /* empty: none */
	/* Without a previous generation: what an apply has found, in memory only. */
	struct expected found;
	bool has_found;
	bool was_switched;
	bool was_started;	 /* through the door, when it was down */
	bool was_restarted;	 /* through the door, when it was up */
	bool is_restart_pending; /* needed, but not allowed, or not now */
	bool has_lease;
	bool is_turn_awaited;		 /* the restart waits for what is soon over */
	char held[RESTART_REASON_BYTES]; /* why a restart waits; empty: none does, or it says so
					    itself */
	bool has_tls_changed;		 /* by this install: the certificate served is judged */
	size_t values_changed;
	size_t users_changed;
};

void running_init(struct running *running, const struct instance *instance);
void running_release(struct running *running);

/* Reads both generations; a side that is missing or damaged is unknown, which is no error for the
 * previous one. An empty name: there is none. */
VK_CHECKED enum vk_rc running_load(
	struct running *running, const char *next, const char *previous, struct vk_err *err);

/* Before the switch: one CONFIG SET of what can change live, read back. Nothing is set where
 * Valkey is down, or where there is no previous generation to return to. VK_EINPUT: refused,
 * nothing changed. */
VK_CHECKED enum vk_rc running_accept(struct running *running, struct vk_err *err);

/* After the switch: the rest, ACL users, TLS files; or a restart, or a start. */
VK_CHECKED enum vk_rc running_apply(struct running *running, struct vk_err *err);

/* Without a side effect: true if what runs waits for a restart that may be done now. Else *held
 * says why not; empty where nothing waits any more. VK_EUNAVAIL and VK_EDENIED as
 * instance_connect(). */
VK_CHECKED enum vk_rc running_look_at_restart(
	struct running *running, bool *is_due, struct vk_err *err);

/* Gives back what a restart has borrowed: the lease. */
void running_end(struct running *running);

/* VK_EINPUT unless what runs is what should run. Puts health and version into the outcome. */
VK_CHECKED enum vk_rc running_verify(
	struct running *running, struct outcome *outcome, struct vk_err *err);

/* VK_EINPUT where another certificate is served than the generation says. */
VK_CHECKED enum vk_rc running_prove_tls(const struct running *running, struct vk_err *err);

/* Back to the previous generation, to which `current` points again, and verified. Where there was
 * none, to the values and users that this install has found; a Valkey that we restarted is
 * restarted once more. The agent's own user stays. */
VK_CHECKED enum vk_rc running_restore(
	struct running *running, struct outcome *outcome, struct vk_err *err);

/* "changed 3 values and 1 user live", "restarted": in front of what running_verify() has put into
 * the outcome. */
void running_describe(const struct running *running, struct outcome *outcome);

#endif
