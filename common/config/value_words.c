/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/config/value_words.h"

#include <assert.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/config/conf.h"
#include "common/config/value.h"
#include "common/mem.h"
#include "common/nearest.h"
#include "common/num.h"

#include "common/banned.h"

enum {
	WORDS_MAX = 128,
	BIND_MAX = 16,
	OUTPUT_CLASSES = 3,
	FLAGS_MAX = 128,
	MILLIONTHS_DIGITS = 6,
	MILLION = 1000 * 1000
};

/* The words of all items, owned by the texts that they stand in. */
struct words {
	char **texts[WORDS_MAX];
	size_t text_count;
	const char *items[WORDS_MAX];
	size_t count;
};

static void words_release(struct words *words)
{
	for (size_t i = 0; i < words->text_count; i++)
		free(words->texts[i]);
}

static enum vk_rc words_add(struct words *words, const char *item, struct vk_err *err)
{
	char **split;
	size_t count;
	enum vk_rc rc;

	rc = cfg_conf_split(item, strlen(item), &split, &count, err);
	if (rc != VK_OK)
		return rc;
	if (words->text_count == WORDS_MAX || count > WORDS_MAX - words->count) {
		free(split);
		return vk_err_set(err, VK_EINPUT, "more than %d words", WORDS_MAX);
	}
	words->texts[words->text_count++] = split;
	for (size_t i = 0; i < count; i++)
		words->items[words->count++] = split[i];
	return VK_OK;
}

static void add_word(struct vk_buf *out, const char *word)
{
	if (out->len > 0)
		vk_buf_addc(out, ' ');
	vk_buf_adds(out, word);
}

enum vk_rc cfg_value_refuse_choice(
	const struct cfg_directive *d, const char *text, const char *choices, struct vk_err *err)
{
	struct vk_buf expected;
	char near[64];

	vk_buf_init(&expected, 1024);
	vk_buf_adds(&expected, "one of ");
	for (const char *c = choices; *c != '\0'; c++) {
		if (*c == '|')
			vk_buf_adds(&expected, ", ");
		else
			vk_buf_addc(&expected, *c);
	}
	cfg_value_refuse(d, text, err, expected.data);
	if (vk_nearest_choice(text, choices, near, sizeof(near)))
		vk_err_hint(err, "did you mean '%s'?", near);
	vk_buf_release(&expected);
	return VK_EINPUT;
}

/* ---- one function per directive ---- */

static enum vk_rc flags(const struct cfg_directive *d, const struct words *words,
	struct vk_buf *out, struct vk_err *err)
{
	bool is_set[FLAGS_MAX] = {false}, has_any = false;
	const char *choice = d->values, *found;
	size_t len;

	if (words->count == 0)
		return cfg_value_refuse_choice(d, "", d->values, err);
	for (size_t i = 0; i < words->count; i++) {
		found = cfg_value_find_choice(d->values, words->items[i], &len);
		if (found == NULL)
			return cfg_value_refuse_choice(d, words->items[i], d->values, err);
		is_set[found - d->values] = true;
	}
	if (is_set[strstr(d->values, "|save") + 1 - d->values] &&
		is_set[strstr(d->values, "nosave") - d->values])
		return vk_err_set(err, VK_EINPUT, "save and nosave exclude each other");
	/* In the table's order; "default", the first, stands for none of the others. */
	for (choice += strcspn(choice, "|"); *choice == '|'; choice += len) {
		len = strcspn(++choice, "|");
		if (is_set[choice - d->values]) {
			vk_buf_adds(out, has_any ? " " : "");
			vk_buf_add(out, choice, len);
			has_any = true;
		}
	}
	vk_buf_adds(out, has_any ? "" : "default");
	return VK_OK;
}

static bool is_address(const char *word)
{
	static const char allowed[] =
		"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.:%_-";

	if (word[0] == '-')
		word++;
	if (strcmp(word, "*") == 0 || strcmp(word, "::*") == 0)
		return true;
	return word[0] != '\0' && word[0] != '-' && word[strspn(word, allowed)] == '\0';
}

static enum vk_rc bind_addresses(const struct cfg_directive *d, const struct words *words,
	struct vk_buf *out, struct vk_err *err)
{
	if (words->count == 0 || words->count > BIND_MAX) {
		vk_err_set(err, VK_EINPUT, "expected 1 to %d addresses, found %zu", BIND_MAX,
			words->count);
		vk_err_hint(err, "to listen on no TCP port, set port to 0");
		return VK_EINPUT;
	}
	for (size_t i = 0; i < words->count; i++) {
		if (!is_address(words->items[i]))
			return cfg_value_refuse(
				d, words->items[i], err, "an IP address, a host name, * or -::*");
		add_word(out, words->items[i]);
	}
	return VK_OK;
}

static enum vk_rc save_points(const struct cfg_directive *d, const struct words *words,
	struct vk_buf *out, struct vk_err *err)
{
	if (words->count % 2 != 0) {
		vk_err_set(err, VK_EINPUT, "expected pairs of seconds and changes, found %zu words",
			words->count);
		vk_err_hint(err, "save: [\"3600 1\", \"300 100\"], or \"\" for no snapshots");
		return VK_EINPUT;
	}
	for (size_t i = 0; i < words->count; i++) {
		const char *digits = words->items[i] + (words->items[i][0] == '+');
		uint64_t number;

		if (!vk_parse_uint(digits, i % 2 == 0, i % 2 == 0 ? INT64_MAX : INT_MAX, &number))
			return cfg_value_refuse(d, words->items[i], err,
				i % 2 == 0 ? "seconds, 1 or more" : "a number of changes");
		vk_buf_addf(out, "%s%" PRIu64, i > 0 ? " " : "", number);
	}
	return VK_OK;
}

struct output_limit {
	const char *name;
	uint64_t hard, soft, seconds;
};

static enum vk_rc read_output_limit(const struct cfg_directive *d, const char *const *words,
	struct output_limit *limits, struct vk_err *err)
{
	/* CONFIG GET still says slave where files say replica. */
	const char *name = strcasecmp(words[0], "replica") == 0 ? "slave" : words[0];
	struct output_limit read = {.name = NULL};

	for (size_t i = 0; i < OUTPUT_CLASSES; i++) {
		if (strcasecmp(limits[i].name, name) == 0) {
			read.name = limits[i].name;
			limits += i;
			break;
		}
	}
	if (read.name == NULL)
		return cfg_value_refuse_choice(d, words[0], "normal|replica|pubsub", err);
	for (size_t i = 1; i <= 2; i++) {
		if (!cfg_memory_parse(words[i], i == 1 ? &read.hard : &read.soft))
			return cfg_value_refuse(d, words[i], err, "a size like 64mb");
	}
	if (!vk_parse_uint(words[3], 0, INT_MAX, &read.seconds))
		return cfg_value_refuse(d, words[3], err, "a number of seconds");
	*limits = read;
	return VK_OK;
}

static enum vk_rc output_limits(const struct cfg_directive *d, const struct words *words,
	struct vk_buf *out, struct vk_err *err)
{
	struct output_limit limits[OUTPUT_CLASSES] = {
		{"normal", 0, 0, 0},
		{"slave", 268435456, 67108864, 60},
		{"pubsub", 33554432, 8388608, 60},
	};
	enum vk_rc rc;

	if (words->count == 0 || words->count % 4 != 0) {
		vk_err_set(err, VK_EINPUT,
			"expected groups of class, hard limit, soft limit and seconds, "
			"found %zu words",
			words->count);
		vk_err_hint(err, "client-output-buffer-limit: [\"pubsub 64mb 16mb 60\"]");
		return VK_EINPUT;
	}
	for (size_t i = 0; i < words->count; i += 4) {
		if ((rc = read_output_limit(d, words->items + i, limits, err)) != VK_OK)
			return rc;
	}
	for (size_t i = 0; i < OUTPUT_CLASSES; i++)
		vk_buf_addf(out, "%s%s %" PRIu64 " %" PRIu64 " %" PRIu64, i > 0 ? " " : "",
			limits[i].name, limits[i].hard, limits[i].soft, limits[i].seconds);
	return VK_OK;
}

/* The first six digits behind the point, rounded by the next. */
static uint64_t millionths(const char *digits, size_t count)
{
	uint64_t number = 0;

	for (size_t i = 0; i < MILLIONTHS_DIGITS; i++)
		number = number * 10 + (i < count ? (uint64_t)(digits[i] - '0') : 0);
	return number + (count > MILLIONTHS_DIGITS && digits[MILLIONTHS_DIGITS] >= '5');
}

/* Decimal text without an exponent, 0 to 100, printed as Valkey does: up to six digits behind the
 * point, no trailing zeros. Whatever the locale. */
static bool add_percentile(const char *word, struct vk_buf *out)
{
	const char *from = word + (word[0] == '+'), *whole = from + strspn(from, "0");
	size_t whole_len = strspn(whole, "0123456789"), fraction_len;
	const char *point = whole + whole_len, *fraction = point + (*point == '.');
	uint64_t number = 0, rest;
	int places = MILLIONTHS_DIGITS;

	fraction_len = strspn(fraction, "0123456789");
	if (fraction[fraction_len] != '\0' || whole_len > 3 || (point == from && fraction_len == 0))
		return false;
	for (size_t i = 0; i < whole_len; i++)
		number = number * 10 + (uint64_t)(whole[i] - '0');
	if (number > 100 || (number == 100 && strspn(fraction, "0") < fraction_len))
		return false;
	rest = millionths(fraction, fraction_len);
	number += rest / MILLION;
	rest %= MILLION;
	vk_buf_addf(out, "%s%" PRIu64, out->len > 0 ? " " : "", number);
	for (; rest > 0 && rest % 10 == 0; rest /= 10)
		places--;
	if (rest > 0)
		vk_buf_addf(out, ".%0*" PRIu64, places, rest);
	return true;
}

static enum vk_rc percentiles(const struct cfg_directive *d, const struct words *words,
	struct vk_buf *out, struct vk_err *err)
{
	for (size_t i = 0; i < words->count; i++) {
		if (!add_percentile(words->items[i], out))
			return cfg_value_refuse(d, words->items[i], err,
				"percentiles from 0 to 100 like 50 or 99.9");
	}
	return VK_OK;
}

static enum vk_rc oom_values(const struct cfg_directive *d, const struct words *words,
	struct vk_buf *out, struct vk_err *err)
{
	if (words->count != 3)
		return vk_err_set(
			err, VK_EINPUT, "expected three numbers, found %zu words", words->count);
	for (size_t i = 0; i < words->count; i++) {
		size_t sign = words->items[i][0] == '+';
		int64_t number;

		if (words->items[i][sign] == (sign ? '-' : '\0') ||
			!vk_parse_int(words->items[i] + sign, -2000, 2000, &number))
			return cfg_value_refuse(
				d, words->items[i], err, "three numbers from -2000 to 2000");
		vk_buf_addf(out, "%s%" PRId64, i > 0 ? " " : "", number);
	}
	return VK_OK;
}

static bool is_command(const char *word)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";

	return word[strspn(word, allowed)] == '\0' && strlen(word) <= 64;
}

static enum vk_rc renames(const struct cfg_directive *d, const struct words *words,
	struct vk_buf *out, struct vk_err *err)
{
	if (words->count == 0 || words->count % 2 != 0) {
		vk_err_set(err, VK_EINPUT, "expected pairs of a command and its new name");
		vk_err_hint(err, "rename-command: ['FLUSHALL \"\"'] removes a command");
		return VK_EINPUT;
	}
	for (size_t i = 0; i < words->count; i++) {
		if (!is_command(words->items[i]) || (i % 2 == 0 && words->items[i][0] == '\0'))
			return cfg_value_refuse(d, words->items[i], err, "the name of a command");
		vk_buf_adds(out, i > 0 ? " " : "");
		cfg_conf_quote(words->items[i], out);
	}
	return VK_OK;
}

/* Words of any kind (rdma-bind). */
static enum vk_rc texts(const struct cfg_directive *d, const struct words *words,
	struct vk_buf *out, struct vk_err *err)
{
	if (words->count == 0)
		return cfg_value_refuse(d, "", err, "at least one word");
	for (size_t i = 0; i < words->count; i++) {
		vk_buf_adds(out, i > 0 ? " " : "");
		cfg_conf_quote(words->items[i], out);
	}
	return VK_OK;
}

static enum vk_rc (*const readers[])(const struct cfg_directive *d, const struct words *words,
	struct vk_buf *out, struct vk_err *err) = {
	[CFG_TYPE_STRING] = texts,
	[CFG_TYPE_FLAGS] = flags,
	[CFG_TYPE_BIND] = bind_addresses,
	[CFG_TYPE_SAVE] = save_points,
	[CFG_TYPE_OUTPUT_LIMIT] = output_limits,
	[CFG_TYPE_PERCENTILES] = percentiles,
	[CFG_TYPE_OOM_VALUES] = oom_values,
	[CFG_TYPE_RENAME] = renames,
	[CFG_TYPE_REFUSED] = NULL, /* the last type: the table has a row for each */
};

static bool is_nothing(const char *item)
{
	item += strspn(item, " ");
	if (strncmp(item, "\"\"", 2) == 0 || strncmp(item, "''", 2) == 0)
		item += 2;
	return item[strspn(item, " ")] == '\0';
}

enum vk_rc cfg_value_words(const struct cfg_directive *d, const char *const *items, size_t count,
	struct vk_buf *out, struct vk_err *err)
{
	struct words words = {.count = 0};
	enum vk_rc rc = VK_OK;

	for (size_t i = 0; i < count && rc == VK_OK; i++) {
		if (d->type == CFG_TYPE_SAVE && is_nothing(items[i]))
			words.count = 0; /* save "" clears what stands before it */
		else
			rc = words_add(&words, items[i], err);
	}
	if (rc == VK_OK) {
		assert(readers[d->type] != NULL);
		rc = readers[d->type](d, &words, out, err);
	}
	words_release(&words);
	return rc;
}

/* A stands for g$lshzxetd; n is printed although CONFIG GET leaves it out beside A, because a file
 * that is made of this text must keep it. */
enum vk_rc cfg_value_events(
	const struct cfg_directive *d, const char *text, struct vk_buf *out, struct vk_err *err)
{
	static const char all[] = "g$lshzxetd", order[] = "g$lshzxetdnKEm";
	bool is_set[128] = {false};
	bool has_all = true;

	for (const char *c = text; *c != '\0'; c++) {
		if (*c != 'A' && strchr(order, *c) == NULL) {
			cfg_value_refuse(d, text, err, "letters out of Ag$lshzxeKEtmdn");
			vk_err_hint(err, "see 'Event notification' in the documentation of Valkey");
			return VK_EINPUT;
		}
		if (*c != 'A')
			is_set[(unsigned char)*c & 127] = true;
		for (size_t i = 0; *c == 'A' && all[i] != '\0'; i++)
			is_set[(unsigned char)all[i]] = true;
	}
	for (size_t i = 0; all[i] != '\0'; i++)
		has_all = has_all && is_set[(unsigned char)all[i]];
	if (has_all)
		vk_buf_addc(out, 'A');
	for (size_t i = 0; order[i] != '\0'; i++) {
		if (is_set[(unsigned char)order[i]] && (!has_all || strchr(all, order[i]) == NULL))
			vk_buf_addc(out, order[i]);
	}
	return VK_OK;
}
