/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/readers.h"

#include <pthread.h>
#include <stdlib.h>

#include "common/mem.h"

#include "common/banned.h"

enum { READERS_KEPT = 64 }; /* idle ones; as many as there may be workers */

struct readers {
	pthread_mutex_t lock;
	char *path;
	struct store *idle[READERS_KEPT];
	size_t idle_count;
};

struct readers *readers_new(const char *path)
{
	struct readers *readers = xcalloc(1, sizeof(*readers));

	pthread_mutex_init(&readers->lock, NULL);
	readers->path = xstrdup(path);
	return readers;
}

void readers_free(struct readers *readers)
{
	if (readers == NULL)
		return;
	for (size_t i = 0; i < readers->idle_count; i++)
		store_close(readers->idle[i]);
	pthread_mutex_destroy(&readers->lock);
	free(readers->path);
	free(readers);
}

enum vk_rc readers_take(struct readers *readers, struct store **out, struct vk_err *err)
{
	struct store *store = NULL;

	pthread_mutex_lock(&readers->lock);
	if (readers->idle_count > 0)
		store = readers->idle[--readers->idle_count];
	pthread_mutex_unlock(&readers->lock);
	if (store == NULL && store_open(readers->path, STORE_READ, &store, err) != VK_OK)
		return err->rc;
	*out = store;
	return VK_OK;
}

void readers_give(struct readers *readers, struct store *store)
{
	pthread_mutex_lock(&readers->lock);
	if (readers->idle_count < READERS_KEPT) {
		readers->idle[readers->idle_count++] = store;
		store = NULL;
	}
	pthread_mutex_unlock(&readers->lock);
	store_close(store);
}
