/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/instance_ranges.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/vkjson.h"

#include "common/banned.h"

enum { SHORTEST_RANGE = 3, DIGITS_MAX = 18 };

/* An id, cut at the last number of its host: cache 001 /main */
struct numbered {
	const char *id;
	size_t prefix;	  /* length of what is before the number */
	size_t digits;	  /* 0: there is no number, or one that is too long to count with */
	const char *rest; /* behind the number */
	uint64_t number;
};

static struct numbered cut(const char *id)
{
	size_t end = strcspn(id, "/"), start;
	struct numbered out = {.id = id, .rest = id};

	while (end > 0 && (id[end - 1] < '0' || id[end - 1] > '9'))
		end--;
	for (start = end; start > 0 && id[start - 1] >= '0' && id[start - 1] <= '9';)
		start--;
	if (start == end || end - start > DIGITS_MAX)
		return out;
	out.prefix = start;
	out.digits = end - start;
	out.rest = id + end;
	for (size_t i = start; i < end; i++)
		out.number = out.number * 10 + (uint64_t)(id[i] - '0');
	return out;
}

static int compare_numbers(const void *a, const void *b)
{
	const struct numbered *x = a, *y = b;
	int order = strcmp(x->rest, y->rest);

	if (order == 0)
		order = (x->prefix > y->prefix) - (x->prefix < y->prefix);
	if (order == 0)
		order = memcmp(x->id, y->id, x->prefix);
	if (order == 0)
		order = (x->number > y->number) - (x->number < y->number);
	return order != 0 ? order : (x->digits > y->digits) - (x->digits < y->digits);
}

/* 9 and 10, 099 and 100; not 9 and 010, because a range says how wide its numbers are. */
static bool follows(const struct numbered *x, const struct numbered *y)
{
	char next[DIGITS_MAX + 3];

	if (x->digits == 0 || y->digits == 0 || x->prefix != y->prefix ||
		memcmp(x->id, y->id, x->prefix) != 0 || strcmp(x->rest, y->rest) != 0)
		return false;
	snprintf(next, sizeof(next), "%0*" PRIu64, (int)x->digits, x->number + 1);
	return strlen(next) == y->digits && memcmp(next, y->id + y->prefix, y->digits) == 0;
}

static char *range_text(const struct numbered *first, const struct numbered *last)
{
	return xasprintf("%.*s[%.*s-%.*s]%s", (int)first->prefix, first->id, (int)first->digits,
		first->id + first->prefix, (int)last->digits, last->id + last->prefix, first->rest);
}

static int compare_ranges(const void *a, const void *b)
{
	return strcmp(
		((const struct instance_range *)a)->text, ((const struct instance_range *)b)->text);
}

struct instance_range *instance_ranges_of(const struct vkjson *instances, size_t *count)
{
	size_t all = vkjson_count(instances), out_count = 0, same;
	struct numbered *items = xcalloc(all + 1, sizeof(*items));
	struct instance_range *out = xcalloc(all + 1, sizeof(*out));

	for (size_t i = 0; i < all; i++)
		items[i] = cut(vkjson_text(vkjson_at(instances, i)));
	qsort(items, all, sizeof(*items), compare_numbers);
	for (size_t i = 0; i < all; i += same) {
		for (same = 1; i + same < all && follows(&items[i + same - 1], &items[i + same]);)
			same++;
		if (same < SHORTEST_RANGE)
			same = 1;
		out[out_count++] = (struct instance_range){
			.text = same > 1 ? range_text(&items[i], &items[i + same - 1])
					 : xstrdup(items[i].id),
			.count = same};
	}
	free(items);
	qsort(out, out_count, sizeof(*out), compare_ranges);
	*count = out_count;
	return out;
}

void instance_ranges_free(struct instance_range *ranges, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(ranges[i].text);
	free(ranges);
}
