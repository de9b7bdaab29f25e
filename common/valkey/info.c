/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/valkey/info.h"

#include <string.h>

#include "common/num.h"

#include "common/banned.h"

enum { NUMBER_BYTES = 24 };

static void copy(const char *text, size_t len, char *out, size_t size)
{
	if (len >= size)
		len = size - 1;
	memcpy(out, text, len);
	out[len] = '\0';
}

/* Items that are divided by any of `ends`: the one that begins with the name and `mark`. */
static bool find(
	const char *text, const char *ends, const char *name, char mark, char *out, size_t size)
{
	size_t name_len = strlen(name);

	while (*text != '\0') {
		size_t len = strcspn(text, ends);

		if (len > name_len && strncmp(text, name, name_len) == 0 &&
			text[name_len] == mark) {
			copy(text + name_len + 1, len - name_len - 1, out, size);
			return true;
		}
		text += len;
		text += strspn(text, ends);
	}
	return false;
}

bool info_text(const char *info, const char *name, char *out, size_t size)
{
	return find(info, "\r\n", name, ':', out, size);
}

int64_t info_int(const char *info, const char *name, int64_t fallback)
{
	char text[NUMBER_BYTES];
	int64_t number;

	if (!info_text(info, name, text, sizeof(text)) ||
		!vk_parse_int(text, INT64_MIN, INT64_MAX, &number))
		return fallback;
	return number;
}

bool info_part(const char *value, const char *name, char *out, size_t size)
{
	return find(value, ",", name, '=', out, size);
}
