/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/config/value.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/config/value_words.h"
#include "common/mem.h"
#include "common/num.h"

#include "common/banned.h"

/* Values that Valkey moves into a range instead of refusing them; CONFIG GET shows the result. */
static const struct {
	const char *name;
	uint64_t low, high;
} clamps[] = {
	{"hz", 1, 500},
	{"repl-backlog-size", 16384, UINT64_MAX},
};

enum vk_rc cfg_value_refuse(
	const struct cfg_directive *d, const char *text, struct vk_err *err, const char *expected)
{
	if ((d->flags & CFG_SENSITIVE) != 0)
		return vk_err_set(err, VK_EINPUT, "expected %s", expected);
	return vk_err_set(err, VK_EINPUT, "expected %s, found '%.100s'", expected, text);
}

static uint64_t clamp(const struct cfg_directive *d, uint64_t number)
{
	for (size_t i = 0; i < sizeof(clamps) / sizeof(clamps[0]); i++) {
		if (strcmp(clamps[i].name, d->name) != 0)
			continue;
		if (number < clamps[i].low)
			return clamps[i].low;
		return number > clamps[i].high ? clamps[i].high : number;
	}
	return number;
}

static void to_lower(char *text)
{
	for (; *text != '\0'; text++) {
		if (*text >= 'A' && *text <= 'Z')
			*text = (char)(*text - 'A' + 'a');
	}
}

const char *cfg_value_find_choice(const char *choices, const char *text, size_t *len)
{
	while (*choices != '\0') {
		*len = strcspn(choices, "|");
		if (strlen(text) == *len && strncasecmp(choices, text, *len) == 0)
			return choices;
		choices += *len + (choices[*len] == '|');
	}
	return NULL;
}

bool cfg_value_is_choice(const char *choices, const char *text)
{
	size_t len = strlen(text), choice_len;

	while (*choices != '\0') {
		choice_len = strcspn(choices, "|");
		if (choice_len == len && memcmp(choices, text, len) == 0)
			return true;
		choices += choice_len + (choices[choice_len] == '|');
	}
	return false;
}

static enum vk_rc refuse_number(const struct cfg_directive *d, const char *text, struct vk_err *err)
{
	char expected[96];

	snprintf(expected, sizeof(expected), "a whole number from %" PRId64 " to %" PRIu64, d->min,
		d->max);
	return cfg_value_refuse(d, text, err, expected);
}

/* Valkey takes no plus sign, no "-0" and no leading zeros. */
static enum vk_rc normalise_number(
	const struct cfg_directive *d, const char *text, struct vk_buf *out, struct vk_err *err)
{
	bool is_negative = text[0] == '-';
	const char *digits = text + is_negative;
	uint64_t number;
	int64_t negative;

	if ((digits[0] == '0' && (digits[1] != '\0' || is_negative)))
		return refuse_number(d, text, err);
	if (is_negative) {
		if (d->min >= 0 || !vk_parse_int(text, d->min, -1, &negative))
			return refuse_number(d, text, err);
		vk_buf_addf(out, "%" PRId64, negative);
		return VK_OK;
	}
	if (!vk_parse_uint(text, d->min > 0 ? (uint64_t)d->min : 0, d->max, &number))
		return refuse_number(d, text, err);
	vk_buf_addf(out, "%" PRIu64, clamp(d, number));
	return VK_OK;
}

static enum vk_rc normalise_octal(
	const struct cfg_directive *d, const char *text, struct vk_buf *out, struct vk_err *err)
{
	unsigned mode = 0;
	size_t i;

	for (i = 0; text[i] >= '0' && text[i] <= '7' && i < 5; i++)
		mode = mode * 8 + (unsigned)(text[i] - '0');
	if (i == 0 || text[i] != '\0' || mode > d->max)
		return cfg_value_refuse(d, text, err, "an octal file mode from 0 to 777");
	vk_buf_addf(out, "%o", mode);
	return VK_OK;
}

bool cfg_memory_parse(const char *text, uint64_t *bytes)
{
	static const struct {
		const char *unit;
		uint64_t factor;
	} units[] = {
		{"", 1},
		{"b", 1},
		{"k", 1000},
		{"kb", 1024},
		{"m", 1000 * 1000},
		{"mb", 1024 * 1024},
		{"g", 1000 * 1000 * 1000},
		{"gb", 1024 * 1024 * 1024},
	};
	size_t digits = strspn(text, "0123456789");
	char number[24], unit[4];
	uint64_t count;

	if (digits == 0 || digits >= sizeof(number) || strlen(text + digits) >= sizeof(unit))
		return false;
	memcpy(number, text, digits);
	number[digits] = '\0';
	memcpy(unit, text + digits, strlen(text + digits) + 1);
	to_lower(unit);
	if (!vk_parse_uint(number, 0, UINT64_MAX, &count))
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(units[i].unit, unit) == 0)
			return !__builtin_mul_overflow(count, units[i].factor, bytes);
	}
	return false;
}

static enum vk_rc refuse_memory(const struct cfg_directive *d, const char *text, struct vk_err *err)
{
	char expected[96];

	snprintf(expected, sizeof(expected), "a size from %" PRId64 " to %" PRIu64 " bytes%s",
		d->min, d->max, d->type == CFG_TYPE_PERCENT_OR_MEMORY ? " or 0% to 100%" : "");
	cfg_value_refuse(d, text, err, expected);
	vk_err_hint(err, "write 64mb, 2gb or plain bytes; no fraction, no blank");
	return VK_EINPUT;
}

static enum vk_rc normalise_memory(
	const struct cfg_directive *d, const char *text, struct vk_buf *out, struct vk_err *err)
{
	size_t len = strlen(text);
	uint64_t number;
	int64_t negative;

	if (d->type == CFG_TYPE_PERCENT_OR_MEMORY && len > 1 && len < 6 && text[len - 1] == '%') {
		char digits[6] = "";

		memcpy(digits, text, len - 1);
		if (!vk_parse_uint(digits, 0, 100, &number))
			return refuse_memory(d, text, err);
		vk_buf_addf(out, "%" PRIu64 "%%", number);
		return VK_OK;
	}
	if (d->min < 0 && vk_parse_int(text, d->min, -1, &negative)) {
		vk_buf_addf(out, "%" PRId64, negative);
		return VK_OK;
	}
	if (!cfg_memory_parse(text, &number) || number > d->max ||
		(d->min > 0 && number < (uint64_t)d->min))
		return refuse_memory(d, text, err);
	vk_buf_addf(out, "%" PRIu64, clamp(d, number));
	return VK_OK;
}

static enum vk_rc normalise_choice(
	const struct cfg_directive *d, const char *text, struct vk_buf *out, struct vk_err *err)
{
	const char *choices = d->type == CFG_TYPE_BOOL ? "yes|no" : d->values, *found;
	size_t len;

	found = cfg_value_find_choice(choices, text, &len);
	if (found == NULL)
		return cfg_value_refuse_choice(d, text, choices, err);
	if (strcmp(d->name, "oom-score-adj") == 0 && strncmp(found, "relative", len) == 0)
		vk_buf_adds(out, "yes"); /* a synonym that CONFIG GET does not print */
	else
		vk_buf_add(out, found, len);
	return VK_OK;
}

static enum vk_rc normalise_filename(
	const struct cfg_directive *d, const char *text, struct vk_buf *out, struct vk_err *err)
{
	/* Valkey takes any path for the nodes file, and no backslash in the others. */
	bool has_backslash =
		strcmp(d->name, "cluster-config-file") != 0 && strchr(text, '\\') != NULL;

	if (text[0] == '\0' || strchr(text, '/') != NULL || has_backslash ||
		strcmp(text, ".") == 0 || strcmp(text, "..") == 0)
		return cfg_value_refuse(d, text, err, "a file name without directories");
	vk_buf_adds(out, text);
	return VK_OK;
}

static enum vk_rc dispatch(
	const struct cfg_directive *d, const char *text, struct vk_buf *out, struct vk_err *err)
{
	switch (d->type) {
	case CFG_TYPE_BOOL:
	case CFG_TYPE_ENUM:
		return normalise_choice(d, text, out, err);
	case CFG_TYPE_INT:
	case CFG_TYPE_UINT:
		return normalise_number(d, text, out, err);
	case CFG_TYPE_OCTAL:
		return normalise_octal(d, text, out, err);
	case CFG_TYPE_MEMORY:
	case CFG_TYPE_PERCENT_OR_MEMORY:
		return normalise_memory(d, text, out, err);
	case CFG_TYPE_FILENAME:
		return normalise_filename(d, text, out, err);
	case CFG_TYPE_STRING:
	case CFG_TYPE_HOSTNAME:
	case CFG_TYPE_IPV4:
	case CFG_TYPE_IPV6:
	case CFG_TYPE_PATH:
	case CFG_TYPE_REFUSED:
		return cfg_value_text(d, text, out, err);
	case CFG_TYPE_EVENTS:
		return cfg_value_events(d, text, out, err);
	case CFG_TYPE_FLAGS:
	case CFG_TYPE_BIND:
	case CFG_TYPE_SAVE:
	case CFG_TYPE_OUTPUT_LIMIT:
	case CFG_TYPE_PERCENTILES:
	case CFG_TYPE_OOM_VALUES:
	case CFG_TYPE_RENAME:
		break;
	}
	return cfg_value_words(d, &text, 1, out, err);
}

static enum vk_rc check_bytes(const struct cfg_directive *d, const char *text, struct vk_err *err)
{
	if (strlen(text) > CFG_VALUE_MAX_BYTES)
		return vk_err_set(
			err, VK_EINPUT, "a value of more than %d bytes", CFG_VALUE_MAX_BYTES);
	for (; *text != '\0'; text++) {
		if ((unsigned char)*text < ' ' || *text == 0x7f) {
			vk_err_set(err, VK_EINPUT, "a control character (byte 0x%02x) in the value",
				(unsigned char)*text);
			vk_err_hint(err, "%s is one line of text", d->name);
			return VK_EINPUT;
		}
	}
	return VK_OK;
}

enum vk_rc cfg_value_normalise_list(const struct cfg_directive *d, const char *const *items,
	size_t count, struct vk_buf *out, struct vk_err *err)
{
	enum vk_rc rc = VK_OK;
	struct vk_buf text;

	vk_buf_init(&text, 2 * CFG_VALUE_MAX_BYTES);
	for (size_t i = 0; i < count && rc == VK_OK; i++)
		rc = check_bytes(d, items[i], err);
	if (rc == VK_OK && (d->flags & CFG_MULTI) != 0 && d->type != CFG_TYPE_REFUSED)
		rc = cfg_value_words(d, items, count, &text, err);
	else if (rc == VK_OK && count != 1)
		rc = vk_err_set(err, VK_EINPUT, "expected one value, found a list of %zu", count);
	else if (rc == VK_OK)
		rc = dispatch(d, items[0], &text, err);
	if (rc == VK_OK)
		rc = vk_buf_check(&text, "the value", err);
	if (rc == VK_OK && out != NULL)
		vk_buf_adds(out, text.data);
	vk_buf_release(&text);
	return rc;
}

enum vk_rc cfg_value_normalise(
	const struct cfg_directive *d, const char *text, struct vk_buf *out, struct vk_err *err)
{
	return cfg_value_normalise_list(d, &text, 1, out, err);
}

/* CONFIG GET forgets the n of a set of events that holds A. */
static void drop_forgotten(const struct cfg_directive *d, struct vk_buf *text)
{
	char *n;

	if (d->type != CFG_TYPE_EVENTS || strchr(text->data, 'A') == NULL)
		return;
	n = strchr(text->data, 'n');
	if (n != NULL)
		memmove(n, n + 1, strlen(n));
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorts groups of size words each, and leaves out what stands there twice. */
static void sort_groups(size_t size, struct vk_buf *text)
{
	char *groups[CFG_VALUE_MAX_BYTES / 2 + 1];
	size_t count = 0;
	char *copy = xstrdup(text->data);

	for (char *rest = copy; *rest != '\0' && count < sizeof(groups) / sizeof(groups[0]);) {
		groups[count++] = rest;
		for (size_t i = 0; i < size; i++)
			rest += strcspn(rest, " ") + (i + 1 < size && strchr(rest, ' ') != NULL);
		if (*rest == ' ')
			*rest++ = '\0';
	}
	qsort(groups, count, sizeof(*groups), compare_texts);
	vk_buf_reset(text);
	for (size_t i = 0; i < count; i++) {
		if (i == 0 || strcmp(groups[i], groups[i - 1]) != 0)
			vk_buf_addf(text, "%s%s", text->len > 0 ? " " : "", groups[i]);
	}
	free(copy);
}

/* Any save point that is reached saves, and TLS chooses the best protocol of a set. */
static void drop_order(const struct cfg_directive *d, struct vk_buf *text)
{
	if (d->type == CFG_TYPE_SAVE)
		sort_groups(2, text);
	else if (strcmp(d->name, "tls-protocols") == 0)
		sort_groups(1, text);
}

bool cfg_value_is_same(const struct cfg_directive *d, const char *a, const char *b)
{
	bool is_same = strcmp(a, b) == 0;
	struct vk_buf x, y;

	if (is_same)
		return true;
	vk_buf_init(&x, 2 * CFG_VALUE_MAX_BYTES);
	vk_buf_init(&y, 2 * CFG_VALUE_MAX_BYTES);
	if (cfg_value_normalise(d, a, &x, NULL) == VK_OK &&
		cfg_value_normalise(d, b, &y, NULL) == VK_OK) {
		drop_forgotten(d, &x);
		drop_forgotten(d, &y);
		drop_order(d, &x);
		drop_order(d, &y);
		is_same = strcmp(x.data, y.data) == 0;
	}
	vk_buf_release(&x);
	vk_buf_release(&y);
	return is_same;
}

/* The largest unit that leaves no rest. */
static void format_memory(const char *word, struct vk_buf *out)
{
	uint64_t bytes;

	if (!vk_parse_uint(word, 1024, UINT64_MAX, &bytes) || bytes % 1024 != 0)
		vk_buf_adds(out, word);
	else if (bytes % (1024 * 1024 * 1024) == 0)
		vk_buf_addf(out, "%" PRIu64 "gb", bytes / (1024 * 1024 * 1024));
	else if (bytes % (1024 * 1024) == 0)
		vk_buf_addf(out, "%" PRIu64 "mb", bytes / (1024 * 1024));
	else
		vk_buf_addf(out, "%" PRIu64 "kb", bytes / 1024);
}

/* class hard soft seconds, again and again: the sizes are every second and third word. */
static void format_output_limit(const char *text, struct vk_buf *out)
{
	for (size_t i = 0; *text != '\0'; i++) {
		size_t len = strcspn(text, " ");
		char *word = xstrndup(text, len);

		vk_buf_adds(out, i > 0 ? " " : "");
		if (i % 4 == 1 || i % 4 == 2)
			format_memory(word, out);
		else
			vk_buf_adds(out, word);
		free(word);
		text += len + strspn(text + len, " ");
	}
}

void cfg_value_format(const struct cfg_directive *d, const char *text, struct vk_buf *out)
{
	if ((d->flags & CFG_SENSITIVE) != 0)
		vk_buf_adds(out, "(secret)");
	else if (d->type == CFG_TYPE_MEMORY || d->type == CFG_TYPE_PERCENT_OR_MEMORY)
		format_memory(text, out);
	else if (d->type == CFG_TYPE_OUTPUT_LIMIT)
		format_output_limit(text, out);
	else
		vk_buf_adds(out, text);
}
