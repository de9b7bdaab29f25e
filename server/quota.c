/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/quota.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "common/mem.h"

#include "common/banned.h"

enum { BUCKETS = 4096 };

struct counter {
	struct counter *next;
	unsigned count;
	uint8_t key[QUOTA_KEY_BYTES];
};

struct quota {
	unsigned max;
	pthread_mutex_t lock; /* guards the buckets */
	uint8_t seed[crypto_shorthash_KEYBYTES];
	struct counter *buckets[BUCKETS];
};

struct quota *quota_new(unsigned max)
{
	struct quota *quota = xcalloc(1, sizeof(*quota));

	quota->max = max;
	pthread_mutex_init(&quota->lock, NULL);
	randombytes_buf(quota->seed, sizeof(quota->seed)); /* addresses are chosen by strangers */
	return quota;
}

void quota_free(struct quota *quota)
{
	if (quota == NULL)
		return;
	for (size_t i = 0; i < BUCKETS; i++) {
		while (quota->buckets[i] != NULL) {
			struct counter *counter = quota->buckets[i];

			quota->buckets[i] = counter->next;
			free(counter);
		}
	}
	pthread_mutex_destroy(&quota->lock);
	free(quota);
}

/* Where the pointer to this key's counter stands, or would stand. */
static struct counter **find(struct quota *quota, const uint8_t key[QUOTA_KEY_BYTES])
{
	struct counter **at;
	uint64_t hash;

	crypto_shorthash((uint8_t *)&hash, key, QUOTA_KEY_BYTES, quota->seed);
	at = &quota->buckets[hash % BUCKETS];
	while (*at != NULL && memcmp((*at)->key, key, QUOTA_KEY_BYTES) != 0)
		at = &(*at)->next;
	return at;
}

bool quota_take(struct quota *quota, const uint8_t key[QUOTA_KEY_BYTES])
{
	struct counter **at;
	bool is_granted;

	if (quota->max == 0)
		return true;
	pthread_mutex_lock(&quota->lock);
	at = find(quota, key);
	if (*at == NULL) {
		*at = xcalloc(1, sizeof(**at));
		memcpy((*at)->key, key, QUOTA_KEY_BYTES);
	}
	is_granted = (*at)->count < quota->max;
	if (is_granted)
		(*at)->count++;
	pthread_mutex_unlock(&quota->lock);
	return is_granted;
}

void quota_give(struct quota *quota, const uint8_t key[QUOTA_KEY_BYTES])
{
	struct counter **at;

	if (quota->max == 0)
		return;
	pthread_mutex_lock(&quota->lock);
	at = find(quota, key);
	assert(*at != NULL && (*at)->count > 0);
	if (--(*at)->count == 0) {
		struct counter *counter = *at;

		*at = counter->next;
		free(counter);
	}
	pthread_mutex_unlock(&quota->lock);
}
