/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The form of an audit entry, looked at without building a value of it: who verifies a whole log
 * looks at a million. The members of an entry and their order are fixed, so its canonical form is
 * a template with five texts and one object in it. What is accepted here is exactly what
 * vk_audit_entry_parse() accepts (tests/fuzz/fuzz_audit.c compares the two).
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/audit.h"
#include "common/clock.h"
#include "common/vkjson.h"

#include "common/banned.h"

struct scan {
	const unsigned char *at;
	const unsigned char *end;
};

struct text {
	const unsigned char *begin;
	const unsigned char *end;
};

static bool take(struct scan *scan, const char *literal)
{
	size_t len = strlen(literal);

	if ((size_t)(scan->end - scan->at) < len || memcmp(scan->at, literal, len) != 0)
		return false;
	scan->at += len;
	return true;
}

static bool is_next(const struct scan *scan, char c)
{
	return scan->at < scan->end && *scan->at == (unsigned char)c;
}

/* One character of several bytes, as RFC 3629 (section 4) allows it. */
static bool take_utf8(struct scan *scan)
{
	const unsigned char *at = scan->at;
	unsigned char low = 0x80, high = 0xbf;
	int more;

	if (at[0] >= 0xc2 && at[0] <= 0xdf)
		more = 1;
	else if (at[0] >= 0xe0 && at[0] <= 0xef)
		more = 2;
	else if (at[0] >= 0xf0 && at[0] <= 0xf4)
		more = 3;
	else
		return false;
	if (at[0] == 0xe0)
		low = 0xa0; /* shorter forms exist */
	else if (at[0] == 0xed)
		high = 0x9f; /* surrogates */
	else if (at[0] == 0xf0)
		low = 0x90;
	else if (at[0] == 0xf4)
		high = 0x8f; /* above U+10FFFF */
	if (scan->end - at <= more || at[1] < low || at[1] > high)
		return false;
	for (int i = 2; i <= more; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return false;
	}
	scan->at += more + 1;
	return true;
}

/* Canonical: only the quote and the backslash are escaped; NUL is never allowed. */
static bool take_string(struct scan *scan, struct text *out)
{
	if (!take(scan, "\""))
		return false;
	out->begin = scan->at;
	while (scan->at < scan->end && *scan->at != '"') {
		if (*scan->at == '\\') {
			scan->at++;
			if (!is_next(scan, '"') && !is_next(scan, '\\'))
				return false;
			scan->at++;
		} else if (*scan->at >= 0x80) {
			if (!take_utf8(scan))
				return false;
		} else if (*scan->at++ == '\0') {
			return false;
		}
	}
	out->end = scan->at;
	return take(scan, "\"");
}

/* Whether name a comes before name b, both as they stand, with escapes. */
static bool is_before(struct text a, struct text b)
{
	while (a.begin < a.end && b.begin < b.end) {
		a.begin += *a.begin == '\\';
		b.begin += *b.begin == '\\';
		if (*a.begin != *b.begin)
			return *a.begin < *b.begin;
		a.begin++;
		b.begin++;
	}
	return a.begin == a.end && b.begin < b.end;
}

/* An integer of 64 bits; no fraction, no zero in front, no minus zero. */
static bool take_integer(struct scan *scan)
{
	enum { MAX_CHARS = 20 };
	char text[MAX_CHARS + 1];
	size_t len = 0, digits;

	while (scan->at + len < scan->end && len < MAX_CHARS &&
		((scan->at[len] >= '0' && scan->at[len] <= '9') ||
			(len == 0 && scan->at[0] == '-')))
		len++;
	memcpy(text, scan->at, len);
	text[len] = '\0';
	digits = len - (len > 0 && text[0] == '-');
	if (digits == 0 || (text[len - digits] == '0' && (digits > 1 || text[0] == '-')))
		return false;
	errno = 0;
	strtoll(text, NULL, 10);
	if (errno != 0)
		return false;
	scan->at += len;
	return true;
}

static bool take_value(struct scan *scan, int depth);

static bool take_object(struct scan *scan, int depth)
{
	struct text last = {NULL, NULL}, name;

	if (depth > VKJSON_MAX_DEPTH || !take(scan, "{"))
		return false;
	if (take(scan, "}"))
		return true;
	do {
		if (!take_string(scan, &name) || (last.begin != NULL && !is_before(last, name)) ||
			!take(scan, ":") || !take_value(scan, depth))
			return false;
		last = name;
	} while (take(scan, ","));
	return take(scan, "}");
}

static bool take_array(struct scan *scan, int depth)
{
	if (depth > VKJSON_MAX_DEPTH || !take(scan, "["))
		return false;
	if (take(scan, "]"))
		return true;
	do {
		if (!take_value(scan, depth))
			return false;
	} while (take(scan, ","));
	return take(scan, "]");
}

/* depth: of the object or array that the value stands in. */
static bool take_value(struct scan *scan, int depth)
{
	struct text text;

	if (is_next(scan, '"'))
		return take_string(scan, &text);
	if (is_next(scan, '{'))
		return take_object(scan, depth + 1);
	if (is_next(scan, '['))
		return take_array(scan, depth + 1);
	return take(scan, "true") || take(scan, "false") || take(scan, "null") ||
	       take_integer(scan);
}

/* The quote that ends the text of a member is taken too. */
static bool take_plain(struct scan *scan, struct text *out)
{
	out->begin = scan->at;
	while (scan->at<scan->end && * scan->at> ' ' && *scan->at <= '~' && *scan->at != '"' &&
		*scan->at != '\\')
		scan->at++;
	out->end = scan->at;
	return out->end > out->begin && out->end - out->begin <= VK_AUDIT_FIELD_MAX_BYTES &&
	       take(scan, "\"");
}

static bool is_letter(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || c == '-';
}

/* NOUN.VERB */
static bool take_action(struct scan *scan)
{
	const unsigned char *at;
	struct text text;

	if (!take_plain(scan, &text))
		return false;
	for (at = text.begin; is_letter(*at); at++)
		continue;
	if (at == text.begin || *at != '.' || at + 1 == text.end)
		return false;
	for (at++; is_letter(*at); at++)
		continue;
	return at == text.end;
}

static bool take_time(struct scan *scan, int64_t *out)
{
	char text[VK_TIME_TEXT_BYTES];

	if (scan->end - scan->at < VK_TIME_TEXT_BYTES)
		return false;
	memcpy(text, scan->at, sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	scan->at += sizeof(text) - 1;
	return vk_time_parse(text, out) && take(scan, "\"");
}

bool vk_audit_entry_scan(const char *entry, size_t len, int64_t *at)
{
	struct scan scan = {(const unsigned char *)entry, (const unsigned char *)entry + len};
	struct text text;

	return len <= VK_AUDIT_ENTRY_MAX_BYTES && take(&scan, "{\"action\":\"") &&
	       take_action(&scan) && take(&scan, ",\"actor\":\"") && take_plain(&scan, &text) &&
	       take(&scan, ",\"at\":\"") && take_time(&scan, at) && take(&scan, ",\"detail\":") &&
	       take_object(&scan, 2) && take(&scan, ",\"format\":1,\"object\":\"") &&
	       take_plain(&scan, &text) && take(&scan, ",\"result\":\"") &&
	       take_plain(&scan, &text) && take(&scan, "}") && scan.at == scan.end;
}
