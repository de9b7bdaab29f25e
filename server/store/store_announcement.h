/* SPDX-License-Identifier: BSD-3-Clause */
/* Announced emergencies: one for each name of an instance, forgotten when it is over. */
#ifndef VK_STORE_ANNOUNCEMENT_H
#define VK_STORE_ANNOUNCEMENT_H

#include "server/store/store.h"

struct store_announcement {
	const char *instance; /* HOST/INSTANCE */
	const char *name;
	const char *host;
	const char *environment;
	const char *ticket;
	const char *announcer;
	int64_t begins;
	int64_t until;
	const char *statement; /* what was signed */
	const char *keyid;
	const char *sig;
};

/* Replaces one of the same name; forgets those that are over. VK_ELIMIT: the host has max already.
 */
VK_CHECKED enum vk_rc store_put_announcement(struct store *store,
	const struct store_announcement *announcement, int64_t max, int64_t now,
	struct vk_err *err);

/* VK_ENOTFOUND: none is there for it in that environment. */
VK_CHECKED enum vk_rc store_end_announcement(struct store *store, const char *environment,
	const char *instance, const char *name, struct vk_err *err);

struct store_announcement_list {
	const struct store_announcement *items;
	size_t count;
	const char *next; /* NULL: that was all */
};

/* Those that are not over, by instance and name. */
VK_CHECKED enum vk_rc store_list_announcements(struct store *store,
	const struct store_filter *filter, const struct store_page *page, int64_t now,
	struct arena *arena, struct store_announcement_list *out, struct vk_err *err);

/* The same, all of an environment, for its hosts. */
VK_CHECKED enum vk_rc store_all_announcements(struct store *store, const char *environment,
	int64_t now, struct arena *arena, const struct store_announcement **items, size_t *count,
	struct vk_err *err);

#endif
