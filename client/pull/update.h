/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One question to the server, or to a parcel: what should this host run? And everything that
 * has to be true before the answer is believed: the TUF chain from the pinned
 * root, the release document of this fleet and environment, a number that does
 * not go back, bundles that are this host's own and proven to be part of the
 * release, an audit log that only grew. Whatever fails, nothing is installed.
 *
 *   update_init() -> update_poll() -> install update.bundles -> update_settle() -> update_release()
 */
#ifndef VK_PULL_UPDATE_H
#define VK_PULL_UPDATE_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/pull/desired.h"
#include "client/pull/generation.h"
#include "client/pull/pins.h"
#include "client/pull/pull_settings.h"
#include "client/pull/source.h"
#include "common/httpc.h"
#include "common/note.h"

struct update_bundle {
	const struct instance *instance;
	struct generation_bundle bundle;
};

struct update {
	const struct pull_settings *settings;
	const struct pins *pins;
	struct source source;
	const sigset_t *waiting_signals; /* blocked, but for the time of the question; or NULL */
	struct desired desired;		 /* what was known, then what is wanted */
	struct note_checkpoint log;	 /* the newest accepted checkpoint */
	int64_t retry_after_s; /* the server wants to be left alone for so long; 0: it does not say
				*/
	bool is_new;	       /* the server said something: bundles hold all that it wants */
	char etag[HTTPC_ETAG_BYTES];
	size_t count;
	struct update_bundle bundles[PINS_MAX_INSTANCES];
};

/* Borrows them; reads STATE/desired.json and the checkpoint's size. */
VK_CHECKED enum vk_rc update_init(struct update *update, const struct pull_settings *settings,
	const struct pins *pins, struct vk_err *err);
void update_release(struct update *update);

/* Asks, waiting up to wait_seconds for news. VK_EUNAVAIL: not reached; VK_EUNTRUSTED: refused; also
 * when nothing is new but the server has not signed that for longer than its timestamp lives. */
VK_CHECKED enum vk_rc update_poll(struct update *update, unsigned wait_seconds, struct vk_err *err);

/* After the install: unless something has to be tried again, the next poll may say "unchanged". */
VK_CHECKED enum vk_rc update_settle(struct update *update, bool is_settled, struct vk_err *err);

#endif
