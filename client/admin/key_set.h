/* SPDX-License-Identifier: BSD-3-Clause */
/* A set of public keys as text, to ask often and fast whether one is in it: fleets have thousands
 * of hosts. Keys are borrowed. */
#ifndef ADMIN_KEY_SET_H
#define ADMIN_KEY_SET_H

#include <stdbool.h>
#include <stddef.h>

struct cfg_secret_info;
struct cfg_secrets;
struct vkjson;

/* Embedded: one of the functions that make it ... key_set_release(). */
struct key_set {
	const char **keys; /* sorted */
	size_t count;
};

/* The members "public" of a list of recipients (docs/formats.md, GET /v1/secrets); NULL: none. */
struct key_set key_set_of_list(const struct vkjson *recipients);

/* The keys of the hosts that use a secret and of the keepers, as a tree has them. */
struct key_set key_set_of_tree(
	const struct cfg_secrets *secrets, const struct cfg_secret_info *info);

void key_set_release(struct key_set *set);

bool key_set_has(const struct key_set *set, const char *key);

#endif
