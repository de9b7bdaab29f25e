/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Names and values as CONFIG GET answers them, in byte order of the names.
 * Built by adding, then sorted once, then only read.
 *
 * The value of a sensitive directive is never kept: values_add_masked() stores
 * "hmac:HEX" in its place, which is enough to see whether two differ. The key is
 * a secret of this host, so that whoever reads a set of values cannot try
 * passwords against it; and the directive's name goes in, so that not even two
 * equal ones can be seen.
 */
#ifndef VK_VALKEY_VALUES_H
#define VK_VALKEY_VALUES_H

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"
#include "common/valkey/reply.h"

enum { VALUES_MAX = 4096 };

struct value {
	char *name;
	char *text;
};

struct values {
	struct value *items;
	size_t count;
	size_t cap;
};

void values_init(struct values *values);
void values_release(struct values *values);

/* Copies both texts. Call values_sort() before the first look-up. */
void values_add(struct values *values, const char *name, const char *text);

/* The same, with the value replaced by its keyed digest where the directive is sensitive in this
 * version of the schema, or looks like a password in any. An empty value stays empty. */
void values_add_masked(struct values *values, const char *mask_key, const char *version,
	const char *name, const char *text);

/* Sorts and drops names that are there twice (the first stays). */
void values_sort(struct values *values);

/* In a sorted set: adds or replaces one, or takes one away (none there is no error). */
void values_put(struct values *values, const char *name, const char *text);
void values_drop(struct values *values, const char *name);

/* NULL where there is none. */
const char *values_get(const struct values *values, const char *name);

/* Adds what CONFIG GET answered, under canonical names of this version, masked; sorts. */
VK_CHECKED enum vk_rc values_add_reply(struct values *values, const char *mask_key,
	const char *version, const struct reply *reply, struct vk_err *err);

/* True for a directive whose value must not be shown. */
bool value_is_secret(const char *version, const char *name);

#endif
