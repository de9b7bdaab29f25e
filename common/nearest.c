/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/nearest.h"

#include <stdio.h>
#include <string.h>

#include "common/banned.h"

enum { WORD_MAX = 64 };

static size_t min3(size_t a, size_t b, size_t c)
{
	if (b < a)
		a = b;
	return c < a ? c : a;
}

/* The restricted Damerau-Levenshtein distance, with three rows of its matrix. */
static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t rows[3][WORD_MAX + 1];
	size_t *before = rows[0], *last = rows[1], *row = rows[2];

	for (size_t j = 0; j <= b_len; j++)
		last[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		size_t *spare = before;

		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			row[j] = min3(
				last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
				before[j - 2] + 1 < row[j])
				row[j] = before[j - 2] + 1;
		}
		before = last;
		last = row;
		row = spare;
	}
	return last[b_len];
}

struct vk_nearest vk_nearest_init(const char *wanted)
{
	size_t allowed = strlen(wanted) / 3;

	if (allowed == 0)
		allowed = 1;
	return (struct vk_nearest){.wanted = wanted, .distance = allowed + 1};
}

static size_t offer(struct vk_nearest *nearest, const char *word, size_t len)
{
	size_t wanted_len = strlen(nearest->wanted);
	size_t found;

	if (wanted_len > WORD_MAX || len > WORD_MAX)
		return 0;
	/* No distance is less than the difference of the lengths. */
	if ((len > wanted_len ? len - wanted_len : wanted_len - len) >= nearest->distance)
		return 0;
	found = distance(nearest->wanted, wanted_len, word, len);
	if (found >= nearest->distance)
		return 0;
	nearest->word = word;
	nearest->distance = found;
	return len;
}

void vk_nearest_offer(struct vk_nearest *nearest, const char *word)
{
	offer(nearest, word, strlen(word));
}

int vk_nearest_choice(const char *wanted, const char *choices, char *out, size_t size)
{
	struct vk_nearest nearest = vk_nearest_init(wanted);
	size_t best_len = 0;

	while (*choices != '\0') {
		size_t len = strcspn(choices, "|");
		size_t taken = offer(&nearest, choices, len);

		if (taken != 0)
			best_len = taken;
		choices += len + (choices[len] == '|');
	}
	if (nearest.word == NULL || best_len >= size)
		return 0;
	snprintf(out, size, "%.*s", (int)best_len, nearest.word);
	return 1;
}
