/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/throttle.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "common/mem.h"

#include "common/banned.h"

enum { MS_PER_TRY = 1000 / THROTTLE_PER_SECOND };

struct bucket {
	uint8_t network[QUOTA_KEY_BYTES];
	unsigned left;
	int64_t filled_ms;
};

struct throttle {
	pthread_mutex_t lock; /* guards the buckets */
	uint8_t seed[crypto_shorthash_KEYBYTES];
	struct bucket buckets[THROTTLE_PLACES];
};

struct throttle *throttle_new(void)
{
	struct throttle *throttle = xcalloc(1, sizeof(*throttle));

	pthread_mutex_init(&throttle->lock, NULL);
	randombytes_buf(throttle->seed, sizeof(throttle->seed)); /* strangers choose addresses */
	return throttle;
}

void throttle_free(struct throttle *throttle)
{
	if (throttle == NULL)
		return;
	pthread_mutex_destroy(&throttle->lock);
	free(throttle);
}

static bool take(struct bucket *bucket, const uint8_t network[QUOTA_KEY_BYTES], int64_t now_ms)
{
	int64_t earned = (now_ms - bucket->filled_ms) / MS_PER_TRY;

	if (memcmp(bucket->network, network, QUOTA_KEY_BYTES) != 0 ||
		earned >= THROTTLE_BURST - (int64_t)bucket->left) {
		memcpy(bucket->network, network, QUOTA_KEY_BYTES);
		bucket->left = THROTTLE_BURST;
		bucket->filled_ms = now_ms;
	} else if (earned > 0) {
		bucket->left += (unsigned)earned;
		bucket->filled_ms += earned * MS_PER_TRY;
	}
	if (bucket->left == 0)
		return false;
	bucket->left--;
	return true;
}

bool throttle_take(
	struct throttle *throttle, const uint8_t network[QUOTA_KEY_BYTES], int64_t now_ms)
{
	uint64_t hash;
	bool is_taken;

	crypto_shorthash((uint8_t *)&hash, network, QUOTA_KEY_BYTES, throttle->seed);
	pthread_mutex_lock(&throttle->lock);
	is_taken = take(&throttle->buckets[hash % THROTTLE_PLACES], network, now_ms);
	pthread_mutex_unlock(&throttle->lock);
	return is_taken;
}
