/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Primaries of clusters that wait, before a restart, until a replica of their
 * shard takes over. Only the replica can be told, by the agent of its own host:
 * that one hears of it here, in its next question, and decides by itself. In
 * memory only: whoever still waits says so again in its next run.
 *
 * Any thread.
 */
#ifndef VK_HANDOVERS_H
#define VK_HANDOVERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bundle.h"
#include "common/name.h"

enum {
	HANDOVERS_MAX = 1024,	      /* further ones are forgotten; they ask again */
	HANDOVERS_SECONDS = 3600,     /* so long a wish lasts, for agents that run by a timer */
	HANDOVERS_AGAIN_SECONDS = 30, /* a host that waits for news is told once in this time */
};

struct handovers;

struct handovers *handovers_new(void);
void handovers_free(struct handovers *handovers);

/* The bundle's instance waits, from now on or still. True: its hosts do not know it yet. */
bool handovers_add(struct handovers *handovers, const struct vk_bundle *bundle, int64_t now);

/* It waits no longer. */
void handovers_remove(struct handovers *handovers, const char *instance);

/* The i-th instance that waits for a member on this host; its id goes into out. */
bool handovers_get(struct handovers *handovers, const char *environment, const char *host, size_t i,
	int64_t now, char out[VK_INSTANCE_ID_BYTES]);

/* Whether there is one that the host has not been told about lately; from now on it has. */
bool handovers_is_news(
	struct handovers *handovers, const char *environment, const char *host, int64_t now);

#endif
