/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/handovers.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"

#include "common/banned.h"

struct member {
	char host[VK_NAME_BYTES];
	int64_t told; /* when its host was; 0: never */
};

struct handover {
	char environment[VK_NAME_BYTES];
	char instance[VK_INSTANCE_ID_BYTES];
	int64_t expires;
	size_t member_count; /* of others than itself */
	struct member members[VK_BUNDLE_MAX_MEMBERS];
};

struct handovers {
	pthread_mutex_t lock; /* guards all below */
	size_t count;
	struct handover items[HANDOVERS_MAX];
};

struct handovers *handovers_new(void)
{
	struct handovers *handovers = xcalloc(1, sizeof(*handovers));

	pthread_mutex_init(&handovers->lock, NULL);
	return handovers;
}

void handovers_free(struct handovers *handovers)
{
	if (handovers == NULL)
		return;
	pthread_mutex_destroy(&handovers->lock);
	free(handovers);
}

static struct handover *find(struct handovers *handovers, const char *instance)
{
	for (size_t i = 0; i < handovers->count; i++) {
		if (strcmp(handovers->items[i].instance, instance) == 0)
			return &handovers->items[i];
	}
	return NULL;
}

static void take_out(struct handovers *handovers, size_t i)
{
	handovers->items[i] = handovers->items[--handovers->count];
}

static void forget_old(struct handovers *handovers, int64_t now)
{
	for (size_t i = handovers->count; i-- > 0;) {
		if (handovers->items[i].expires <= now)
			take_out(handovers, i);
	}
}

static void fill(struct handover *item, const struct vk_bundle *bundle)
{
	memset(item, 0, sizeof(*item));
	snprintf(item->environment, sizeof(item->environment), "%s", bundle->environment);
	snprintf(item->instance, sizeof(item->instance), "%s", bundle->instance);
	for (size_t i = 0; i < bundle->group->member_count; i++) {
		struct member *member = &item->members[item->member_count];
		char name[VK_NAME_BYTES];

		if (strcmp(bundle->group->members[i].instance, bundle->instance) != 0 &&
			vk_instance_id_parse(
				bundle->group->members[i].instance, member->host, name))
			item->member_count++;
	}
}

/* Without news the times at which hosts were told are kept. */
static bool add(struct handovers *handovers, const struct vk_bundle *bundle, int64_t now)
{
	struct handover *item = find(handovers, bundle->instance);
	bool is_new = item == NULL;

	if (is_new && handovers->count == HANDOVERS_MAX)
		return false;
	if (is_new) {
		item = &handovers->items[handovers->count++];
		fill(item, bundle);
	}
	item->expires = now + HANDOVERS_SECONDS;
	return is_new;
}

bool handovers_add(struct handovers *handovers, const struct vk_bundle *bundle, int64_t now)
{
	bool is_new;

	pthread_mutex_lock(&handovers->lock);
	forget_old(handovers, now);
	is_new = add(handovers, bundle, now);
	pthread_mutex_unlock(&handovers->lock);
	return is_new;
}

void handovers_remove(struct handovers *handovers, const char *instance)
{
	struct handover *item;

	pthread_mutex_lock(&handovers->lock);
	item = find(handovers, instance);
	if (item != NULL)
		take_out(handovers, (size_t)(item - handovers->items));
	pthread_mutex_unlock(&handovers->lock);
}

/* The member on that host, or NULL where the wish is none of its business. */
static struct member *concerns(
	struct handover *item, const char *environment, const char *host, int64_t now)
{
	if (item->expires <= now || strcmp(item->environment, environment) != 0)
		return NULL;
	for (size_t i = 0; i < item->member_count; i++) {
		if (strcmp(item->members[i].host, host) == 0)
			return &item->members[i];
	}
	return NULL;
}

bool handovers_get(struct handovers *handovers, const char *environment, const char *host, size_t i,
	int64_t now, char out[VK_INSTANCE_ID_BYTES])
{
	bool is_found = false;

	pthread_mutex_lock(&handovers->lock);
	for (size_t at = 0; at < handovers->count && !is_found; at++) {
		struct handover *item = &handovers->items[at];

		if (concerns(item, environment, host, now) == NULL)
			continue;
		is_found = i == 0;
		i--;
		if (is_found)
			memcpy(out, item->instance, VK_INSTANCE_ID_BYTES);
	}
	pthread_mutex_unlock(&handovers->lock);
	return is_found;
}

bool handovers_is_news(
	struct handovers *handovers, const char *environment, const char *host, int64_t now)
{
	bool is_news = false;

	pthread_mutex_lock(&handovers->lock);
	for (size_t i = 0; i < handovers->count; i++) {
		struct member *member = concerns(&handovers->items[i], environment, host, now);

		if (member == NULL || now - member->told < HANDOVERS_AGAIN_SECONDS)
			continue;
		member->told = now;
		is_news = true;
	}
	pthread_mutex_unlock(&handovers->lock);
	return is_news;
}
