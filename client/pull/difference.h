/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a running Valkey has to change to become what a generation says: the
 * difference between expected and live values and users. The installer applies
 * it; drift is what is left of it when nothing is being installed.
 *
 * Pure: no connection, no file.
 */
#ifndef VK_PULL_DIFFERENCE_H
#define VK_PULL_DIFFERENCE_H

#include <stdbool.h>
#include <stddef.h>

#include "client/pull/expected.h"
#include "common/valkey/live.h"

enum difference_kind { DIFFERENCE_VALUE, DIFFERENCE_USER };

enum difference_cure {
	CURE_LIVE,    /* CONFIG SET, ACL SETUSER, ACL DELUSER */
	CURE_RESTART, /* Valkey reads it only when it starts */
	CURE_MOVE,    /* where a file is, of a server that was started from other files than ours:
			 as good as right until it is started from ours */
	CURE_NONE,    /* a secret that no bundle sets: reported only */
};

struct difference_item {
	enum difference_kind kind;
	enum difference_cure cure;
	const char *name;     /* all borrowed from the two sides */
	const char *expected; /* NULL: a user who should not be there */
	const char *actual;   /* NULL: a user who is not there */
	bool is_secret;	      /* expected and actual are masked, and must not be shown even so */
};

struct difference {
	struct difference_item *items;
	size_t count;
	size_t cap;
	bool is_foreign; /* the server was not started from a generation: its aclfile is another */
};

/* How to judge. */
struct difference_rules {
	const char *schema; /* version of the directives */
	const struct users
		*formerly; /* users to be removed in any case: of the generation before; or NULL */
	const struct vk_bundle *bundle; /* says which other users stay, and whose secrets the agent
					 * can set... (NULL: all stay, none) */
	const struct vk_bundle *former; /* ...and those that it takes away again; or NULL */
};

void difference_init(struct difference *difference);
void difference_release(struct difference *difference);

/* Both sides must outlive the difference. */
void difference_make(struct difference *difference, const struct expected *expected,
	const struct live *live, const struct difference_rules *rules);

void difference_add(struct difference *difference, const struct difference_item *item);

/* How many items have this cure. */
size_t difference_count(const struct difference *difference, enum difference_cure cure);

/* The first item of that cure; NULL if there is none. */
const struct difference_item *difference_first(
	const struct difference *difference, enum difference_cure cure);

/* True if one of them is a tls- value. */
bool difference_has_tls(const struct difference *difference);

/* True if a secret is to be set live: the bundle's secrets have to be opened. */
bool difference_has_secret(const struct difference *difference);

/* Valkey has said that it changes this one only when it starts. */
void difference_needs_restart(struct difference *difference, const char *name);

#endif
