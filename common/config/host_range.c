/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/config/host_range.h"

#include <inttypes.h>
#include <string.h>

#include "common/buf.h"
#include "common/num.h"

#include "common/banned.h"

#define DIGITS "0123456789"
#define WORD DIGITS "abcdefghijklmnopqrstuvwxyz._"
#define HINT "like cache[001-100] or db[1-3,7,a]"

enum {
	NUMBER_MAX_DIGITS = 9,
	PATTERN_MAX_BYTES = 4096,
	NAME_MAX_BYTES = 256, /* longer ones are no names of hosts, and are cut */
};

/* A word, or numbers. */
struct item {
	const char *word; /* NULL: numbers */
	size_t len;
	uint64_t first;
	size_t count;
	int width; /* digits, zeros included; 0: as many as the number has */
};

struct bracket {
	const char *before; /* the literal text before it */
	size_t before_len;
	struct item *items;
	size_t item_count;
	size_t name_count;
};

struct cfg_range {
	struct bracket brackets[CFG_RANGE_MAX_BRACKETS];
	size_t bracket_count;
	const char *after;
	size_t name_count;
};

bool cfg_range_is_one(const char *text)
{
	return strpbrk(text, "[]") != NULL;
}

static enum vk_rc wrong(struct vk_err *err, const char *text, const char *what)
{
	vk_err_set(err, VK_EINPUT, "'%.100s': %s", text, what);
	vk_err_hint(err, HINT);
	return VK_EINPUT;
}

/* The number at text of so many digits. */
static uint64_t to_number(const char *text, size_t digits)
{
	uint64_t number = 0;

	for (size_t i = 0; i < digits; i++)
		number = number * 10 + (uint64_t)(text[i] - '0');
	return number;
}

static bool is_padded(const char *text, size_t digits)
{
	return digits > 1 && *text == '0';
}

/* "1", "001-100" */
static enum vk_rc parse_numbers(const char *text, const char *at, size_t len, size_t digits,
	struct item *out, struct vk_err *err)
{
	const char *last = digits < len ? at + digits + 1 : at;
	size_t last_digits = digits < len ? len - digits - 1 : digits;
	uint64_t to;

	if (digits > NUMBER_MAX_DIGITS || last_digits > NUMBER_MAX_DIGITS)
		return wrong(err, text, "a number of more than 9 digits");
	if (digits != last_digits && (is_padded(at, digits) || is_padded(last, last_digits)))
		return wrong(err, text, "a range from and to a different number of digits");
	out->first = to_number(at, digits);
	to = to_number(last, last_digits);
	if (to < out->first)
		return wrong(err, text, "a range that ends before it begins");
	out->count = (size_t)(to - out->first) + 1;
	out->width = is_padded(at, digits) ? (int)digits : 0;
	return VK_OK;
}

static enum vk_rc parse_item(
	const char *text, const char *at, size_t len, struct item *out, struct vk_err *err)
{
	size_t digits = strspn(at, DIGITS);

	*out = (struct item){.word = NULL};
	if (digits > 0 && digits == len)
		return parse_numbers(text, at, len, digits, out, err);
	if (digits > 0 && at[digits] == '-' && strspn(at + digits + 1, DIGITS) + digits + 1 == len)
		return parse_numbers(text, at, len, digits, out, err);
	if (len == 0 || strspn(at, WORD) != len)
		return wrong(err, text, "in brackets stand numbers, ranges of numbers and words");
	*out = (struct item){.word = at, .len = len, .count = 1};
	return VK_OK;
}

/* What stands between '[' and close. */
static enum vk_rc parse_bracket(const char *text, const char *at, const char *close,
	struct arena *arena, struct bracket *out, struct vk_err *err)
{
	enum vk_rc rc = VK_OK;
	size_t commas = 0;

	for (const char *c = at; c < close; c++)
		commas += *c == ',';
	out->items = arena_calloc(arena, commas + 1, sizeof(*out->items));
	while (rc == VK_OK && at <= close) {
		size_t len = strcspn(at, ",]");
		struct item *item = &out->items[out->item_count++];

		rc = parse_item(text, at, len, item, err);
		out->name_count += item->count;
		at += len + 1;
	}
	return rc;
}

static enum vk_rc add_bracket(struct cfg_range *range, const char *text, const char *before,
	const char *open, struct arena *arena, const char **rest, struct vk_err *err)
{
	const char *close = strchr(open, ']');
	struct bracket *bracket = &range->brackets[range->bracket_count];
	enum vk_rc rc;

	if (*open == ']' || close == NULL)
		return wrong(err, text, "a bracket without the other");
	if (range->bracket_count == CFG_RANGE_MAX_BRACKETS)
		return wrong(err, text, "more than 4 brackets");
	*bracket = (struct bracket){.before = before, .before_len = (size_t)(open - before)};
	rc = parse_bracket(text, open + 1, close, arena, bracket, err);
	if (rc != VK_OK)
		return rc;
	range->bracket_count++;
	if (bracket->name_count > CFG_RANGE_MAX_NAMES / range->name_count)
		return vk_err_set(
			err, VK_ELIMIT, "'%.100s': more than %d hosts", text, CFG_RANGE_MAX_NAMES);
	range->name_count *= bracket->name_count;
	*rest = close + 1;
	return VK_OK;
}

enum vk_rc cfg_range_parse(
	const char *text, struct arena *arena, struct cfg_range **out, struct vk_err *err)
{
	struct cfg_range *range = arena_calloc(arena, 1, sizeof(*range));
	const char *rest = text, *open;
	enum vk_rc rc = VK_OK;

	if (strlen(text) > PATTERN_MAX_BYTES)
		return wrong(err, text, "longer than 4096 bytes");
	range->name_count = 1;
	while (rc == VK_OK && (open = strpbrk(rest, "[]")) != NULL)
		rc = add_bracket(range, text, rest, open, arena, &rest, err);
	range->after = rest;
	if (rc == VK_OK)
		*out = range;
	return rc;
}

size_t cfg_range_count(const struct cfg_range *range)
{
	return range->name_count;
}

static void add_item(const struct bracket *bracket, size_t i, struct vk_buf *out)
{
	const struct item *item = bracket->items;

	for (; i >= item->count; item++)
		i -= item->count;
	if (item->word != NULL)
		vk_buf_add(out, item->word, item->len);
	else
		vk_buf_addf(out, "%0*" PRIu64, item->width, item->first + i);
}

const char *cfg_range_name(const struct cfg_range *range, size_t i, struct arena *arena)
{
	size_t below = range->name_count;
	struct vk_buf out;
	const char *name;

	vk_buf_init(&out, NAME_MAX_BYTES);
	for (size_t b = 0; b < range->bracket_count; b++) {
		const struct bracket *bracket = &range->brackets[b];

		below /= bracket->name_count;
		vk_buf_add(&out, bracket->before, bracket->before_len);
		add_item(bracket, i / below % bracket->name_count, &out);
	}
	vk_buf_adds(&out, range->after);
	name = arena_dup(arena, out.data, out.len);
	vk_buf_release(&out);
	return name;
}
