/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where an install stands, for the run after a crash: DIRECTORY/journal.json,
 * replaced atomically after each step and removed when the install is over. No
 * journal: nothing is under way.
 *
 * Beside it DIRECTORY/failed.json remembers a bundle that this host could not
 * run, so that the same release is not tried again and again; it is forgotten
 * when something else has been installed.
 */
#ifndef VK_PULL_JOURNAL_H
#define VK_PULL_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "client/pull/generation.h"
#include "common/err.h"

/* What is done. */
enum journal_step {
	JOURNAL_STAGED,	      /* the generation is on disk */
	JOURNAL_PREFLIGHTED,  /* valkey-server loads it */
	JOURNAL_ACCEPTED,     /* the running server has taken what can change live */
	JOURNAL_SWITCHED,     /* `current` names it */
	JOURNAL_LOADED,	      /* ACL and the rest are loaded, or Valkey was restarted */
	JOURNAL_VERIFIED,     /* what runs is what should run */
	JOURNAL_ROLLING_BACK, /* on the way to the previous generation */
};

struct journal {
	enum journal_step step;
	int64_t release;
	char generation[GENERATION_NAME_BYTES];
	char previous[GENERATION_NAME_BYTES]; /* empty: there was none */
	bool was_switched;		      /* `current` has named it */
	bool was_restarted;		      /* a Valkey that ran went through the door */
	bool is_fault; /* rolling back because the configuration is at fault */
	char error[sizeof(((struct vk_err *)0)->msg)]; /* rolling back: why; else empty */
};

const char *journal_step_name(enum journal_step step);

/* VK_ENOTFOUND: none. VK_EINPUT: there is one that says nothing. */
VK_CHECKED enum vk_rc journal_read(
	const struct instance *instance, struct journal *out, struct vk_err *err);
VK_CHECKED enum vk_rc journal_write(
	const struct instance *instance, const struct journal *journal, struct vk_err *err);
VK_CHECKED enum vk_rc journal_remove(const struct instance *instance, struct vk_err *err);

/* A release that was refused or rolled back here. */
struct failed {
	int64_t release;
	char digest[VK_SHA256_HEX_BYTES]; /* of the bundle */
	bool is_rolled_back;		  /* it had been switched to; else refused before */
	char error[sizeof(((struct vk_err *)0)->msg)];
};

/* VK_ENOTFOUND: none (a file that cannot be understood counts as none). */
VK_CHECKED enum vk_rc failed_read(
	const struct instance *instance, struct failed *out, struct vk_err *err);
VK_CHECKED enum vk_rc failed_write(
	const struct instance *instance, const struct failed *failed, struct vk_err *err);
VK_CHECKED enum vk_rc failed_remove(const struct instance *instance, struct vk_err *err);

/* A restart that waits: DIRECTORY/pending.json, until it is done or something else is installed. */
struct pending {
	int64_t since;
	char generation[GENERATION_NAME_BYTES]; /* that waits for it */
	char previous[GENERATION_NAME_BYTES];	/* to return to; empty: none */
	char reason[sizeof(((struct vk_err *)0)->msg)];
};

/* VK_ENOTFOUND: none (a file that cannot be understood counts as none). */
VK_CHECKED enum vk_rc pending_read(
	const struct instance *instance, struct pending *out, struct vk_err *err);
/* `since` is kept from an earlier one, which has not been done either; nothing is written where
 * nothing has changed. */
VK_CHECKED enum vk_rc pending_keep(const struct instance *instance, const char *generation,
	const char *previous, const char *reason, struct vk_err *err);
VK_CHECKED enum vk_rc pending_remove(const struct instance *instance, struct vk_err *err);
/* "pending restart since 2026-12-01T00:00:00Z: the last save failed" */
void pending_describe(const struct pending *pending, char *out, size_t size);

#endif
