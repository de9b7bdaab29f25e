/* SPDX-License-Identifier: BSD-3-Clause */
/* The newest cosignature of each host: how far it vouches for the audit log. */
#ifndef VK_STORE_COSIGNATURE_H
#define VK_STORE_COSIGNATURE_H

#include "server/store/store.h"

struct store_cosignature {
	const char *host;
	int64_t size;	  /* of the checkpoint */
	int64_t made;	  /* seconds since 1970, by the host's clock */
	const char *line; /* as in a signed note, without its newline */
};

/* Keeps a cosignature that was verified; one of a smaller checkpoint than the host's last changes
 * nothing. */
VK_CHECKED enum vk_rc store_save_cosignature(
	struct store *store, const struct store_cosignature *cosignature, struct vk_err *err);

/* For a host that gets another key. */
VK_CHECKED enum vk_rc store_remove_cosignature(
	struct store *store, const char *host, struct vk_err *err);

struct store_cosignature_list {
	const struct store_cosignature *items;
	size_t count;
	const char *next;
};

/* By host; revoked hosts are left out. */
VK_CHECKED enum vk_rc store_list_cosignatures(struct store *store, const struct store_page *page,
	struct arena *arena, struct store_cosignature_list *out, struct vk_err *err);

/* Those of one checkpoint, at most limit, by host; revoked hosts are left out. */
VK_CHECKED enum vk_rc store_list_cosignatures_of(struct store *store, int64_t size, unsigned limit,
	struct arena *arena, struct store_cosignature_list *out, struct vk_err *err);

struct store_witnesses {
	int64_t hosts;	   /* enrolled and not revoked */
	int64_t witnesses; /* of these, that have cosigned anything */
	int64_t witnessed; /* entries that more than half of the hosts vouch for; 0: none */
};
VK_CHECKED enum vk_rc store_get_witnesses(
	struct store *store, struct store_witnesses *out, struct vk_err *err);

#endif
