/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/waiting.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"

#include "common/banned.h"

struct waiting {
	pthread_mutex_t lock; /* guards the hosts */
	size_t count;
	struct waiting_host hosts[WAITING_MAX];
};

struct waiting *waiting_new(void)
{
	struct waiting *waiting = xcalloc(1, sizeof(*waiting));

	pthread_mutex_init(&waiting->lock, NULL);
	return waiting;
}

void waiting_free(struct waiting *waiting)
{
	if (waiting == NULL)
		return;
	pthread_mutex_destroy(&waiting->lock);
	free(waiting);
}

/* A rejection lasts from when it was pronounced, whether the host asks or not. */
static bool is_over(const struct waiting_host *host, int64_t now)
{
	return now - host->seen > (host->is_rejected ? WAITING_REJECTED_SECONDS : WAITING_SECONDS);
}

static void take_out(struct waiting *waiting, size_t at)
{
	waiting->hosts[at] = waiting->hosts[--waiting->count];
}

static void forget_old(struct waiting *waiting, int64_t now)
{
	for (size_t i = waiting->count; i-- > 0;) {
		if (is_over(&waiting->hosts[i], now))
			take_out(waiting, i);
	}
}

static struct waiting_host *find(struct waiting *waiting, const char *fingerprint)
{
	for (size_t i = 0; i < waiting->count; i++) {
		if (strcmp(waiting->hosts[i].fingerprint, fingerprint) == 0)
			return &waiting->hosts[i];
	}
	return NULL;
}

static bool has_share(const struct waiting *waiting, const uint8_t network[QUOTA_KEY_BYTES])
{
	unsigned taken = 0;

	for (size_t i = 0; i < waiting->count; i++)
		taken += memcmp(waiting->hosts[i].network, network, QUOTA_KEY_BYTES) == 0;
	return taken < WAITING_MAX_PER_NETWORK;
}

static enum waiting_state ask(struct waiting *waiting, const struct waiting_host *host, int64_t now)
{
	struct waiting_host *known;

	forget_old(waiting, now);
	known = find(waiting, host->fingerprint);
	if (known != NULL && known->is_rejected)
		return WAITING_REJECTED;
	if (known != NULL) {
		known->seen = now;
		return WAITING_LISTED;
	}
	if (waiting->count == WAITING_MAX || !has_share(waiting, host->network))
		return WAITING_FULL;
	known = &waiting->hosts[waiting->count++];
	*known = *host;
	known->since = now;
	known->seen = now;
	known->is_rejected = false;
	return WAITING_LISTED;
}

enum waiting_state waiting_ask(
	struct waiting *waiting, const struct waiting_host *host, int64_t now)
{
	enum waiting_state state;

	pthread_mutex_lock(&waiting->lock);
	state = ask(waiting, host, now);
	pthread_mutex_unlock(&waiting->lock);
	return state;
}

bool waiting_get(struct waiting *waiting, size_t i, int64_t now, struct waiting_host *out)
{
	bool is_there;

	pthread_mutex_lock(&waiting->lock);
	if (i == 0)
		forget_old(waiting, now);
	is_there = i < waiting->count;
	if (is_there)
		*out = waiting->hosts[i];
	pthread_mutex_unlock(&waiting->lock);
	return is_there;
}

bool waiting_find(struct waiting *waiting, const char *name, const char *environment,
	const char *fingerprint, int64_t now, struct waiting_host *out)
{
	const struct waiting_host *host;
	bool is_there;

	pthread_mutex_lock(&waiting->lock);
	forget_old(waiting, now);
	host = find(waiting, fingerprint);
	is_there = host != NULL && strcmp(host->name, name) == 0 &&
		   strcmp(host->environment, environment) == 0;
	if (is_there)
		*out = *host;
	pthread_mutex_unlock(&waiting->lock);
	return is_there;
}

void waiting_reject(struct waiting *waiting, const char *fingerprint, int64_t now)
{
	struct waiting_host *host;

	pthread_mutex_lock(&waiting->lock);
	host = find(waiting, fingerprint);
	if (host != NULL) {
		host->is_rejected = true;
		host->seen = now;
	}
	pthread_mutex_unlock(&waiting->lock);
}

void waiting_remove(struct waiting *waiting, const char *fingerprint)
{
	struct waiting_host *host;

	pthread_mutex_lock(&waiting->lock);
	host = find(waiting, fingerprint);
	if (host != NULL)
		take_out(waiting, (size_t)(host - waiting->hosts));
	pthread_mutex_unlock(&waiting->lock);
}
