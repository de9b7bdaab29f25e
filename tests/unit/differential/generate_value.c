/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/differential/generate.h"

/* What no type expects, or only some. */
static const char *const oddities[] = {"", "x", "0", "1", "-1", "-0", "+1", "00", "01", "007",
	"1.5", "1e3", "0x10", "yes", "no", "YES", "No", "maybe", "default", "1k", "1kb", "1KB",
	"1mB", "1g", "1gb", "1t", "64b", "0b", "-1kb", "01kb", "50%", "100%", "101%", "%", "-5%",
	"0%", "010%", "1.5%", "9223372036854775807", "9223372036854775808", "-9223372036854775808",
	"-9223372036854775809", "18446744073709551615", "18446744073709551616", "2147483647",
	"2147483648", "-2147483649", "4294967296", "99999999999999999999999999",
	"9007199254740991kb", "nan", "inf", "\xc3\xa9", "#", "a=b", "{title}", "{nothing}", "a/b",
	"..", "'", "\"", "\\", NULL};

/* Numbers that would take the machine: a process gets these at most. */
static const struct {
	const char *name;
	uint64_t max;
} caps[] = {
	{"databases", 64},
	{"cluster-databases", 64},
	{"io-threads", 4},
	{"maxclients", 10000},
	{"tcp-backlog", 1024},
};

static uint64_t cap(const struct cfg_directive *d, uint64_t number)
{
	for (size_t i = 0; i < sizeof(caps) / sizeof(caps[0]); i++) {
		if (strcmp(caps[i].name, d->name) == 0 && number > caps[i].max)
			return caps[i].max;
	}
	return number;
}

static void number(struct dice *dice, const struct cfg_directive *d, struct vk_buf *out)
{
	uint64_t low = d->min > 0 ? (uint64_t)d->min : 0;
	uint64_t range = d->max - low, any = dice_bits(dice) >> dice_roll(dice, 64);

	switch (dice_roll(dice, 6)) {
	case 0:
		vk_buf_addf(out, "%" PRId64, d->min);
		break;
	case 1:
		vk_buf_addf(out, "%" PRId64, d->min == INT64_MIN ? d->min : d->min - 1);
		break;
	case 2:
		vk_buf_addf(out, "%" PRIu64, cap(d, d->max));
		break;
	case 3:
		if (cap(d, UINT64_MAX) == UINT64_MAX && d->max != UINT64_MAX) {
			vk_buf_addf(out, "%" PRIu64, d->max + 1);
			break;
		}
		/* fall through */
	default:
		vk_buf_addf(out, "%" PRIu64, cap(d, low + (range > 0 ? any % range : 0)));
	}
}

static void memory(struct dice *dice, const struct cfg_directive *d, struct vk_buf *out)
{
	static const char *const units[] = {"", "b", "B", "k", "K", "kb", "Kb", "KB", "m", "mb",
		"MB", "g", "gb", "Gb", "kbb", NULL};
	static const char *const sizes[] = {
		"1", "2", "16", "64", "100", "256", "1024", "0010", NULL};

	if (dice_once_in(dice, 3)) {
		number(dice, d, out);
		return;
	}
	vk_buf_adds(out, dice_pick(dice, sizes));
	vk_buf_adds(out, dice_pick(dice, units));
	if (d->type == CFG_TYPE_PERCENT_OR_MEMORY && dice_once_in(dice, 3))
		vk_buf_addc(out, '%');
}

/* One of "a|b|c", now and then with another case or a letter too many or too few. */
static void choice(struct dice *dice, const char *choices, struct vk_buf *out)
{
	size_t count = 1, wanted, len, from = out->len;

	for (const char *c = choices; *c != '\0'; c++)
		count += *c == '|';
	for (wanted = dice_roll(dice, count); wanted > 0; wanted--)
		choices = strchr(choices, '|') + 1;
	len = strcspn(choices, "|");
	vk_buf_add(out, choices, len - (len > 0 && dice_once_in(dice, 12)));
	if (dice_once_in(dice, 12))
		vk_buf_addc(out, 's');
	for (size_t i = from; i < out->len; i++) {
		if (out->data[i] >= 'a' && out->data[i] <= 'z' && dice_once_in(dice, 8))
			out->data[i] = (char)(out->data[i] - 'a' + 'A');
	}
}

/* Words between single blanks; sometimes one more or one less than a multiple of group. */
static size_t word_count(struct dice *dice, size_t group)
{
	size_t count = group * (1 + dice_roll(dice, 3));

	if (dice_once_in(dice, 10))
		return count + 1;
	return dice_once_in(dice, 10) ? count - 1 : count;
}

static void save_points(struct dice *dice, struct vk_buf *out)
{
	static const char *const words[] = {"1", "60", "900", "3600", "100", "10000", "0", "-1",
		"01", "2147483647", "1s", "+5", NULL};
	size_t count = dice_once_in(dice, 8) ? 0 : word_count(dice, 2);

	for (size_t i = 0; i < count; i++)
		vk_buf_addf(out, "%s%s", i > 0 ? " " : "",
			dice_once_in(dice, 5) ? dice_pick(dice, words)
			: i % 2 == 0	      ? "60"
					      : "7");
}

static void output_limits(struct dice *dice, struct vk_buf *out)
{
	static const char *const classes[] = {"normal", "replica", "slave", "pubsub", "Replica",
		"NORMAL", "primary", "master", "x", NULL};
	static const char *const sizes[] = {"0", "1kb", "32mb", "64MB", "1g", "256mb", "-1", "-1mb",
		"1x", "00", "18446744073709551615", "9223372036854775808", NULL};
	static const char *const times[] = {"0", "60", "1", "-1", "1.5", "2147483647", "2147483648",
		"060", "6s", "9223372036854775808", NULL};
	size_t count = word_count(dice, 4);

	for (size_t i = 0; i < count; i++)
		vk_buf_addf(out, "%s%s", i > 0 ? " " : "",
			i % 4 == 0   ? classes[dice_roll(dice, dice_once_in(dice, 4) ? 9 : 4)]
			: i % 4 == 3 ? times[dice_roll(dice, dice_once_in(dice, 4) ? 10 : 3)]
				     : sizes[dice_roll(dice, dice_once_in(dice, 4) ? 12 : 6)]);
}

static void events(struct dice *dice, struct vk_buf *out)
{
	static const char letters[] = "AKEg$lshzxetdmnAKEg$lshzxetdmn@ka";
	size_t count = dice_roll(dice, 15);

	for (size_t i = 0; i < count; i++)
		vk_buf_addc(out, letters[dice_roll(dice,
					 sizeof(letters) - 1 - (dice_once_in(dice, 20) ? 0 : 3))]);
}

/* Not those with an exponent, which vkcfg leaves to no one, nor hexadecimal ones, which only older
 * versions take. */
static void percentiles(struct dice *dice, struct vk_buf *out)
{
	static const char *const words[] = {"50", "99", "99.9", "100", "0", "50.0", "99.99",
		"0.001", "100.0", "99.90", "12.345678", "100.1", "-1", "101", ".5", "5.", "050",
		"abc", "1a", "33.3333333", "99.9999999999", "+5", "0.0000006", "7..5"};
	size_t count = dice_roll(dice, 5);

	for (size_t i = 0; i < count; i++)
		vk_buf_addf(out, "%s%s", i > 0 ? " " : "",
			words[dice_roll(dice, dice_once_in(dice, 4) ? 24 : 8)]);
}

static void oom_values(struct dice *dice, struct vk_buf *out)
{
	static const char *const words[] = {"0", "200", "800", "-2000", "2000", "-2001", "2001",
		"x", "1.5", "0200", "+5", "7x", NULL};
	size_t count = word_count(dice, 3) % 5;

	for (size_t i = 0; i < count; i++)
		vk_buf_addf(out, "%s%s", i > 0 ? " " : "",
			words[dice_roll(dice, dice_once_in(dice, 6) ? 12 : 5)]);
}

static void flag_words(struct dice *dice, const struct cfg_directive *d, struct vk_buf *out)
{
	size_t count = dice_roll(dice, 4);

	for (size_t i = 0; i < count; i++) {
		vk_buf_adds(out, i > 0 ? " " : "");
		choice(dice, d->values, out);
	}
}

static void octal(struct dice *dice, struct vk_buf *out)
{
	static const char *const modes[] = {"0", "700", "0700", "770", "777", "0777", "00777",
		"1000", "800", "7", "-1", "7 7", NULL};

	vk_buf_adds(out, dice_pick(dice, modes));
}

static void address(struct dice *dice, struct vk_buf *out)
{
	static const char *const texts[] = {"1.2.3.4", "::1", "fe80::1", "::ffff:1.2.3.4",
		"host.example", "a-b", "a_b", "", "1.2.3", "1.2.3.256", "01.2.3.4", "fe80::1%eth0",
		"1::2::3", "a b", NULL};

	vk_buf_adds(out, dice_pick(dice, texts));
}

static void text(struct dice *dice, struct vk_buf *out)
{
	static const char *const texts[] = {"a", "/tmp/x", "some text", "127.0.0.1", "host.example",
		"\xc3\xbc", "TLSv1.2 TLSv1.3", "a\"b", "a'b", "a\\b", "{title} {port}", "0-3", "#5",
		NULL};

	vk_buf_adds(out, dice_pick(dice, texts));
}

void generate_value(struct dice *dice, const struct cfg_directive *d, struct vk_buf *out)
{
	if (dice_once_in(dice, 8)) {
		const char *odd = dice_pick(dice, oddities);
		bool is_number = cap(d, UINT64_MAX) != UINT64_MAX;
		bool is_memory =
			d->type == CFG_TYPE_MEMORY || d->type == CFG_TYPE_PERCENT_OR_MEMORY;
		bool is_size = is_memory || d->type == CFG_TYPE_OUTPUT_LIMIT;

		/* A number that would take the machine; "" as a size, which Valkey takes for 0, and
		 * one of more than 64 bits, which it takes for the largest or the rest. */
		if ((is_number && strlen(odd) > 3) ||
			(is_size && (odd[0] == '\0' || strlen(odd) > 19)))
			odd = "7x";
		/* an exponent, a hexadecimal number, a zero with a sign */
		if ((d->type == CFG_TYPE_PERCENTILES || d->type == CFG_TYPE_OCTAL) &&
			(odd[0] == '\0' || strpbrk(odd, "eix-") != NULL))
			odd = "7x";
		vk_buf_adds(out, odd);
		return;
	}
	switch (d->type) {
	case CFG_TYPE_BOOL:
		choice(dice, "yes|no", out);
		break;
	case CFG_TYPE_INT:
	case CFG_TYPE_UINT:
		number(dice, d, out);
		break;
	case CFG_TYPE_OCTAL:
		octal(dice, out);
		break;
	case CFG_TYPE_MEMORY:
	case CFG_TYPE_PERCENT_OR_MEMORY:
		memory(dice, d, out);
		break;
	case CFG_TYPE_ENUM:
		choice(dice, d->values, out);
		break;
	case CFG_TYPE_FLAGS:
		flag_words(dice, d, out);
		break;
	case CFG_TYPE_SAVE:
		save_points(dice, out);
		break;
	case CFG_TYPE_OUTPUT_LIMIT:
		output_limits(dice, out);
		break;
	case CFG_TYPE_EVENTS:
		events(dice, out);
		break;
	case CFG_TYPE_PERCENTILES:
		percentiles(dice, out);
		break;
	case CFG_TYPE_OOM_VALUES:
		oom_values(dice, out);
		break;
	case CFG_TYPE_HOSTNAME:
	case CFG_TYPE_IPV4:
	case CFG_TYPE_IPV6:
		address(dice, out);
		break;
	case CFG_TYPE_STRING:
	case CFG_TYPE_PATH:
	case CFG_TYPE_FILENAME:
	case CFG_TYPE_BIND:
	case CFG_TYPE_RENAME:
	case CFG_TYPE_REFUSED:
		text(dice, out);
		break;
	}
}
