/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/expiry.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/mem.h"
#include "server/store/store_certificate.h"

#include "common/banned.h"

struct expiry {
	pthread_mutex_t lock;
	struct expiry_count counts[EXPIRY_KINDS];
};

struct expiry *expiry_new(void)
{
	struct expiry *expiry = xcalloc(1, sizeof(*expiry));

	pthread_mutex_init(&expiry->lock, NULL);
	return expiry;
}

void expiry_free(struct expiry *expiry)
{
	if (expiry == NULL)
		return;
	pthread_mutex_destroy(&expiry->lock);
	free(expiry);
}

const char *expiry_kind_name(enum expiry_kind kind)
{
	static const char *const names[EXPIRY_KINDS] = {
		[EXPIRY_CA] = "ca",
		[EXPIRY_SERVER] = "server",
		[EXPIRY_HOST] = "host",
		[EXPIRY_USER] = "user",
	};

	return names[kind];
}

static struct expiry_count count_one(int64_t expires, int64_t warning_seconds, int64_t now)
{
	return (struct expiry_count){
		.expires = expires, .due = expires != 0 && expires - now <= warning_seconds};
}

void expiry_look(struct expiry *expiry, struct store *store, int64_t ca_expires,
	int64_t server_expires, int64_t warning_seconds, int64_t now)
{
	struct expiry_count counts[EXPIRY_KINDS];
	struct vk_err err = VK_ERR_INIT;
	enum vk_rc rc = VK_OK;

	expiry_get(expiry, counts);
	counts[EXPIRY_CA] = count_one(ca_expires, warning_seconds, now);
	counts[EXPIRY_SERVER] = count_one(server_expires, warning_seconds, now);
	if (store != NULL)
		rc = store_count_expiring(store, now, warning_seconds,
			&counts[EXPIRY_HOST].expires, &counts[EXPIRY_HOST].due,
			&counts[EXPIRY_USER].expires, &counts[EXPIRY_USER].due, &err);
	if (rc != VK_OK)
		vk_log_err(VK_LOG_ERROR, "certificates-not-counted", &err);
	pthread_mutex_lock(&expiry->lock);
	memcpy(expiry->counts, counts, sizeof(expiry->counts));
	pthread_mutex_unlock(&expiry->lock);
}

void expiry_get(struct expiry *expiry, struct expiry_count out[EXPIRY_KINDS])
{
	pthread_mutex_lock(&expiry->lock);
	memcpy(out, expiry->counts, sizeof(expiry->counts));
	pthread_mutex_unlock(&expiry->lock);
}
