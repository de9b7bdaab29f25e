/* SPDX-License-Identifier: BSD-3-Clause */
/* Many instance ids in few words: cache[001-400]/main, as a tree's host lists write them. */
#ifndef ADMIN_INSTANCE_RANGES_H
#define ADMIN_INSTANCE_RANGES_H

#include <stddef.h>

struct vkjson;

struct instance_range {
	char *text;   /* "cache[001-400]/main", or one id */
	size_t count; /* of the instances that it stands for */
};

/* The ranges of an array of strings, which are ids as HOST/INSTANCE, each once. Three and more
 * whose hosts are numbered one after the other become a range. Freed with instance_ranges_free().
 */
struct instance_range *instance_ranges_of(const struct vkjson *instances, size_t *count);
void instance_ranges_free(struct instance_range *ranges, size_t count);

#endif
