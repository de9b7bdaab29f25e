/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/window.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "common/nearest.h"

#include "common/banned.h"

enum {
	DAY_S = 86400,
	DAY_MINUTES = 24 * 60,
	MAX_WORDS = 4,
	MAX_DAYS_AHEAD = 41 * 366, /* 29 February is a Monday once in 40 years */
	WORD_BYTES = 64,
	ALL_DAYS = 0x7f,
	ALL_MONTHS = 0x1ffe,
};

#define ALL_DATES 0xfffffffeU

static const char *const day_names[] = {
	"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};
static const char day_choices[] =
	"Mon|Tue|Wed|Thu|Fri|Sat|Sun|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday";
static const int month_days[] = {0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

/* What the elements of a list are: weekdays, months or days of a month. */
struct list_kind {
	const char *what;
	int first, last;
	bool is_named;
};

static const struct list_kind weekdays = {"a weekday", 0, 6, true};
static const struct list_kind months = {"a month, 1 to 12", 1, 12, false};
static const struct list_kind dates = {"a day of the month, 1 to 31", 1, 31, false};

static enum vk_rc refuse(struct vk_err *err, const char *what, const char *found)
{
	vk_err_set(err, VK_EINPUT, "expected %s, found '%.60s'", what, found);
	vk_err_hint(err, "like \"Sat,Sun 02:00-04:00 Europe/Berlin\" or \"Sun *-*-1..7 "
			 "23:30-01:00\"");
	return VK_EINPUT;
}

static enum vk_rc refuse_day(struct vk_err *err, const char *word)
{
	char near[WORD_BYTES];

	refuse(err, weekdays.what, word);
	if (vk_nearest_choice(word, day_choices, near, sizeof(near)))
		vk_err_hint(err, "did you mean '%s'?", near);
	return VK_EINPUT;
}

static bool parse_number(const char *word, int first, int last, int *out)
{
	size_t len = strspn(word, "0123456789");

	if (len == 0 || len > 2 || word[len] != '\0')
		return false;
	*out = len == 1 ? word[0] - '0' : (word[0] - '0') * 10 + word[1] - '0';
	return *out >= first && *out <= last;
}

static bool parse_day(const char *word, int *out)
{
	for (int i = 0; i < 7; i++) {
		if (strcasecmp(word, day_names[i]) != 0 &&
			(strlen(word) != 3 || strncasecmp(word, day_names[i], 3) != 0))
			continue;
		*out = i;
		return true;
	}
	return false;
}

static enum vk_rc parse_element(
	const struct list_kind *kind, const char *word, int *out, struct vk_err *err)
{
	if (kind->is_named)
		return parse_day(word, out) ? VK_OK : refuse_day(err, word);
	return parse_number(word, kind->first, kind->last, out) ? VK_OK
								: refuse(err, kind->what, word);
}

/* "Mon..Fri" or "3" */
static enum vk_rc parse_range(
	const struct list_kind *kind, char *text, uint32_t *bits, struct vk_err *err)
{
	char *end = strstr(text, "..");
	int first = 0, last = 0;
	enum vk_rc rc;

	if (end != NULL)
		*end = '\0';
	rc = parse_element(kind, text, &first, err);
	last = first;
	if (rc == VK_OK && end != NULL)
		rc = parse_element(kind, end + 2, &last, err);
	if (rc == VK_OK && last < first) {
		*end = '.';
		rc = refuse(err, "a range that goes forward", text);
	}
	for (int i = first; rc == VK_OK && i <= last; i++)
		*bits |= 1U << i;
	return rc;
}

static enum vk_rc parse_list(
	const struct list_kind *kind, const char *text, uint32_t *bits, struct vk_err *err)
{
	enum vk_rc rc = VK_OK;

	*bits = 0;
	for (;;) {
		size_t len = strcspn(text, ",");
		char word[WORD_BYTES];

		if (len == 0 || len >= sizeof(word))
			return refuse(err, kind->what, text);
		snprintf(word, sizeof(word), "%.*s", (int)len, text);
		rc = parse_range(kind, word, bits, err);
		text += len;
		if (rc != VK_OK || *text == '\0')
			return rc;
		text++;
	}
}

/* Is there such a day? */
static bool has_days(const struct vk_window *window)
{
	for (int month = 1; month <= 12; month++) {
		uint32_t possible = (1U << month_days[month] << 1) - 2U;

		if ((window->months & (1U << month)) != 0 &&
			(window->dates & (month_days[month] == 31 ? ALL_DATES : possible)) != 0)
			return true;
	}
	return false;
}

/* "*-*-1..7" */
static enum vk_rc parse_date(const char *text, struct vk_window *out, struct vk_err *err)
{
	char month[WORD_BYTES];
	const char *date = strncmp(text, "*-", 2) == 0 ? strchr(text + 2, '-') : NULL;
	size_t len = date != NULL ? (size_t)(date - text) - 2 : 0;
	uint32_t bits = ALL_MONTHS;
	enum vk_rc rc = VK_OK;

	if (date == NULL || len == 0 || len >= sizeof(month))
		return refuse(err, "a date like *-*-1..7", text);
	snprintf(month, sizeof(month), "%.*s", (int)len, text + 2);
	date++;
	if (strcmp(month, "*") != 0)
		rc = parse_list(&months, month, &bits, err);
	out->months = bits;
	if (rc == VK_OK && strcmp(date, "*") != 0)
		rc = parse_list(&dates, date, &out->dates, err);
	if (rc == VK_OK && !has_days(out))
		rc = refuse(err, "a day that there is", text);
	return rc;
}

static bool parse_time(const char *text, size_t len, int last, int *out)
{
	char hour[WORD_BYTES];
	int hours, minutes;
	char *colon;

	if (len != 5)
		return false;
	snprintf(hour, sizeof(hour), "%.*s", (int)len, text);
	colon = strchr(hour, ':');
	if (colon != hour + 2)
		return false;
	*colon = '\0';
	if (!parse_number(hour, 0, 24, &hours) || !parse_number(colon + 1, 0, 59, &minutes))
		return false;
	*out = hours * 60 + minutes;
	return *out <= last;
}

static enum vk_rc parse_times(const char *text, struct vk_window *out, struct vk_err *err)
{
	size_t len = strcspn(text, "-");

	if (text[len] != '-' || !parse_time(text, len, DAY_MINUTES - 1, &out->from) ||
		!parse_time(text + len + 1, strlen(text + len + 1), DAY_MINUTES, &out->to))
		return refuse(err, "times like 02:00-04:00", text);
	if (out->from == out->to)
		return refuse(
			err, "a beginning and another end (00:00-24:00: the whole day)", text);
	return VK_OK;
}

bool vk_window_zone_is_valid(const char *name)
{
	if (strlen(name) >= VK_WINDOW_ZONE_BYTES)
		return false;
	for (;;) {
		size_t len = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
					  "0123456789_+-");

		if (len == 0 || !isalpha((unsigned char)*name))
			return false;
		if (name[len] == '\0')
			return true;
		if (name[len] != '/')
			return false;
		name += len + 1;
	}
}

static bool is_times(const char *word)
{
	return isdigit((unsigned char)*word);
}

static enum vk_rc parse_zone(const char *word, struct vk_window *out, struct vk_err *err)
{
	if (!vk_window_zone_is_valid(word))
		return refuse(err, "a time zone", word);
	snprintf(out->zone, sizeof(out->zone), "%s", word);
	return VK_OK;
}

static enum vk_rc parse_words(
	char *const *words, size_t count, struct vk_window *out, struct vk_err *err)
{
	uint32_t bits = ALL_DAYS;
	enum vk_rc rc = VK_OK;
	size_t i = 0;

	if (i < count && !is_times(words[i]) && *words[i] != '*')
		rc = parse_list(&weekdays, words[i++], &bits, err);
	out->days = bits;
	if (rc == VK_OK && i < count && *words[i] == '*')
		rc = parse_date(words[i++], out, err);
	if (rc != VK_OK)
		return rc;
	rc = i < count ? parse_times(words[i++], out, err)
		       : refuse(err, "times like 02:00-04:00", "");
	if (rc == VK_OK && i < count)
		rc = parse_zone(words[i++], out, err);
	return rc == VK_OK && i < count ? refuse(err, "nothing more", words[i]) : rc;
}

enum vk_rc vk_window_parse(const char *text, struct vk_window *out, struct vk_err *err)
{
	char copy[VK_WINDOW_MAX_BYTES], *rest = copy, *word, *words[MAX_WORDS + 1];
	size_t count = 0;

	*out = (struct vk_window){.months = ALL_MONTHS, .dates = ALL_DATES, .zone = "UTC"};
	if (strlen(text) >= sizeof(copy))
		return refuse(err, "a shorter text", text);
	snprintf(copy, sizeof(copy), "%s", text);
	while (count <= MAX_WORDS && (word = strsep(&rest, " ")) != NULL) {
		if (*word != '\0')
			words[count++] = word;
	}
	return parse_words(words, count, out, err);
}

static void add_element(const struct list_kind *kind, int element, struct vk_buf *out)
{
	if (kind->is_named)
		vk_buf_add(out, day_names[element], 3);
	else
		vk_buf_addf(out, "%d", element);
}

/* "1..7,15": three and more in a row are a range. */
static void add_list(const struct list_kind *kind, uint32_t bits, struct vk_buf *out)
{
	const char *comma = "";

	for (int i = kind->first; i <= kind->last; i++) {
		int end = i;

		if ((bits & (1U << i)) == 0)
			continue;
		while (end < kind->last && (bits & (1U << (end + 1))) != 0)
			end++;
		vk_buf_adds(out, comma);
		comma = ",";
		add_element(kind, i, out);
		if (end < i + 2)
			continue;
		vk_buf_adds(out, "..");
		add_element(kind, end, out);
		i = end;
	}
}

static void add_date(const struct vk_window *window, struct vk_buf *out)
{
	if (window->months == ALL_MONTHS && window->dates == ALL_DATES)
		return;
	vk_buf_adds(out, "*-");
	if (window->months == ALL_MONTHS)
		vk_buf_adds(out, "*");
	else
		add_list(&months, window->months, out);
	vk_buf_adds(out, "-");
	if (window->dates == ALL_DATES)
		vk_buf_adds(out, "*");
	else
		add_list(&dates, window->dates, out);
	vk_buf_adds(out, " ");
}

void vk_window_format(const struct vk_window *window, struct vk_buf *out)
{
	if (window->days != ALL_DAYS) {
		add_list(&weekdays, window->days, out);
		vk_buf_adds(out, " ");
	}
	add_date(window, out);
	vk_buf_addf(out, "%02d:%02d-%02d:%02d %s", window->from / 60, window->from % 60,
		window->to / 60, window->to % 60, window->zone);
}

bool vk_window_is_canonical(const char *text)
{
	struct vk_err ignored = VK_ERR_INIT;
	struct vk_window window;
	struct vk_buf again;
	bool is_same;

	if (vk_window_parse(text, &window, &ignored) != VK_OK)
		return false;
	vk_buf_init(&again, 2 * VK_WINDOW_MAX_BYTES);
	vk_window_format(&window, &again);
	is_same = strcmp(again.data, text) == 0;
	vk_buf_release(&again);
	return is_same;
}

/* The first moment at which a clock on the wall shows that many seconds since 1970. */
static int64_t moment_of(int64_t wall, vk_window_offset offset, void *context)
{
	int64_t before = wall - offset(context, wall - DAY_S);
	int64_t after = wall - offset(context, wall + DAY_S);
	int64_t early = before < after ? before : after;
	int64_t late = before < after ? after : before;

	if (early + offset(context, early) == wall)
		return early;
	if (late + offset(context, late) == wall)
		return late;
	return before; /* it is skipped */
}

static bool is_of(const struct vk_window *window, int64_t day)
{
	time_t seconds = (time_t)(day * DAY_S);
	struct tm tm;

	if (gmtime_r(&seconds, &tm) == NULL)
		return false;
	return (window->days & (1U << (tm.tm_wday + 6) % 7)) != 0 &&
	       (window->months & (1U << (tm.tm_mon + 1))) != 0 &&
	       (window->dates & (1U << tm.tm_mday)) != 0;
}

void vk_window_look(const struct vk_window *window, int64_t now, vk_window_offset offset,
	void *context, struct vk_window_look *out)
{
	int64_t today = (now + offset(context, now)) / DAY_S;
	int64_t length = window->to - window->from + (window->to <= window->from ? DAY_MINUTES : 0);

	*out = (struct vk_window_look){.is_open = false};
	for (int64_t day = today - 1; day <= today + MAX_DAYS_AHEAD; day++) {
		int64_t wall = day * DAY_S + (int64_t)window->from * 60;
		int64_t since, until;

		if (!is_of(window, day))
			continue;
		since = moment_of(wall, offset, context);
		until = moment_of(wall + length * 60, offset, context);
		if (until <= since || until <= now) /* skipped as a whole, or over */
			continue;
		out->is_open = since <= now;
		out->since = since;
		out->until = until;
		out->opens = out->is_open ? 0 : since;
		return;
	}
}
