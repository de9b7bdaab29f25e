/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers and hexadecimal digits out of text: the whole text or nothing. */
#ifndef VK_NUM_H
#define VK_NUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decimal digits only: no sign, blank, prefix or empty text; true if within min..max. */
bool vk_parse_uint(const char *text, uint64_t min, uint64_t max, uint64_t *out);

/* The same with an optional leading minus. */
bool vk_parse_int(const char *text, int64_t min, int64_t max, int64_t *out);

/* Exactly 2 * len lower- or upper-case digits into out[len]; the text has text_len bytes. */
bool vk_parse_hex(const char *text, size_t text_len, void *out, size_t len);

#endif
