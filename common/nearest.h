/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * "did you mean": the known word closest to a misspelt one, by edit distance
 * (insertions, deletions, replacements and swaps of neighbours).
 *
 *   struct vk_nearest nearest = vk_nearest_init("maxmemroy");
 *   for each known word: vk_nearest_offer(&nearest, word);
 *   nearest.word is "maxmemory", or NULL if nothing is close.
 */
#ifndef VK_NEAREST_H
#define VK_NEAREST_H

#include <stddef.h>

struct vk_nearest {
	const char *wanted; /* borrowed */
	const char *word;   /* borrowed from the offers; of equal ones the first */
	size_t distance;    /* of word; without a word one more than is allowed */
};

/* At most a third of the letters may differ. */
struct vk_nearest vk_nearest_init(const char *wanted);
void vk_nearest_offer(struct vk_nearest *nearest, const char *word);

/* Offers each of "a|b|c"; the match is copied to out (size bytes). True if there is one. */
int vk_nearest_choice(const char *wanted, const char *choices, char *out, size_t size);

#endif
