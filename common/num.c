/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/num.h"

#include "common/banned.h"

bool vk_parse_uint(const char *text, uint64_t min, uint64_t max, uint64_t *out)
{
	uint64_t value = 0;

	if (*text == '\0')
		return false;
	for (; *text != '\0'; text++) {
		uint64_t digit;

		if (*text < '0' || *text > '9')
			return false;
		digit = (uint64_t)(*text - '0');
		if (value > (UINT64_MAX - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	if (value < min || value > max)
		return false;
	*out = value;
	return true;
}

bool vk_parse_int(const char *text, int64_t min, int64_t max, int64_t *out)
{
	bool is_negative = *text == '-';
	uint64_t magnitude;
	int64_t value;

	if (!vk_parse_uint(text + is_negative, 0, (uint64_t)INT64_MAX + is_negative, &magnitude))
		return false;
	if (!is_negative)
		value = (int64_t)magnitude;
	else
		value = magnitude == 0 ? 0 : -(int64_t)(magnitude - 1) - 1;
	if (value < min || value > max)
		return false;
	*out = value;
	return true;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool vk_parse_hex(const char *text, size_t text_len, void *out, size_t len)
{
	unsigned char *bytes = out;

	if (text_len / 2 != len || text_len % 2 != 0)
		return false;
	for (size_t i = 0; i < len; i++) {
		int high = hex_digit(text[2 * i]);
		int low = hex_digit(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		bytes[i] = (unsigned char)(high << 4 | low);
	}
	return true;
}
