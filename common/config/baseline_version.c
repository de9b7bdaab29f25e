/* SPDX-License-Identifier: BSD-3-Clause */
/* The rule about known vulnerabilities. */
#include "config.h"

#include <string.h>

#include "common/config/baseline_internal.h"
#include "common/num.h"

#include "common/banned.h"

enum { PARTS = 3 };

/* "8.0.10", at most len bytes, with exactly three numbers. */
static bool parse_version(const char *text, size_t len, uint64_t out[PARTS])
{
	const char *end = text + len;

	for (int i = 0; i < PARTS; i++) {
		size_t digits = strspn(text, "0123456789");
		char number[8];

		if (digits == 0 || digits >= sizeof(number) || digits > (size_t)(end - text))
			return false;
		memcpy(number, text, digits);
		number[digits] = '\0';
		if (!vk_parse_uint(number, 0, 1000 * 1000, &out[i]))
			return false;
		text += digits;
		if (i + 1 < PARTS && (text == end || *text++ != '.'))
			return false;
	}
	return text == end;
}

/* The release of the version's own line that mends it, if the version comes before it. */
static bool is_vulnerable(
	const uint64_t version[PARTS], const char *fixed, const char **release, size_t *len)
{
	for (;; fixed += *len + 1) {
		uint64_t at[PARTS];

		*len = strcspn(fixed, ",");
		if (parse_version(fixed, *len, at) && at[0] == version[0] && at[1] == version[1]) {
			*release = fixed;
			return version[2] < at[2];
		}
		if (fixed[*len] == '\0')
			return false;
	}
}

void baseline_check_version(struct baseline_look *look)
{
	const char *text = look->subject->version;
	uint64_t version[PARTS];

	if (!parse_version(text, strlen(text), version))
		return;
	for (size_t i = 0; i < baseline_advisory_count; i++) {
		const struct baseline_advisory *advisory = &baseline_advisories[i];
		const char *release;
		size_t len;

		if (is_vulnerable(version, advisory->fixed, &release, &len))
			baseline_add(look, "ops-version", 0, "%s has %s: %s (%s), mended in %.*s%s",
				text, advisory->name, advisory->what, advisory->who, (int)len,
				release, advisory->is_confirmed ? "" : " (not confirmed)");
	}
}
