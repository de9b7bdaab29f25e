/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/printable.h"

#include <stdint.h>

#include "common/buf.h"

#include "common/banned.h"

/* Reads one UTF-8 character (RFC 3629) and returns its length; 0 if there is none. */
static size_t decode(const unsigned char *text, size_t len, uint32_t *out)
{
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t need;
	uint32_t code;

	if (text[0] < 0x80) {
		*out = text[0];
		return 1;
	}
	need = text[0] >= 0xf0 ? 4 : text[0] >= 0xe0 ? 3 : 2;
	if (text[0] < 0xc2 || text[0] > 0xf4 || need > len)
		return 0;
	code = text[0] & (0x7fU >> need);
	for (size_t i = 1; i < need; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (text[i] & 0x3fU);
	}
	if (code < smallest[need] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return 0;
	*out = code;
	return need;
}

/* Invisible, or changes how the rest of the line looks. */
static bool is_hidden(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code <= 0x9f) || code == 0xad ||
	       (code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
	       (code >= 0x2060 && code <= 0x206f) || code == 0x061c || code == 0xfeff ||
	       (code >= 0xe0000 && code <= 0xe007f);
}

void printable_add(struct vk_buf *out, const char *text, size_t len, bool keep_newlines)
{
	const unsigned char *byte = (const unsigned char *)text;
	uint32_t code = 0;
	size_t used;

	for (size_t i = 0; i < len; i += used) {
		used = decode(byte + i, len - i, &code);
		if (used == 0) {
			vk_buf_addf(out, "\\x%02x", byte[i]);
			used = 1;
		} else if (code == '\n' && keep_newlines) {
			vk_buf_addc(out, '\n');
		} else if (code == '\n') {
			vk_buf_adds(out, "\\n");
		} else if (code == '\t') {
			vk_buf_adds(out, "\\t");
		} else if (is_hidden(code)) {
			vk_buf_addf(out, code < 0x100 ? "\\x%02x" : "\\u{%x}", (unsigned)code);
		} else {
			vk_buf_add(out, text + i, used);
		}
	}
}

size_t printable_width(const char *text)
{
	size_t width = 0;

	for (; *text != '\0'; text++)
		width += ((unsigned char)*text & 0xc0) != 0x80;
	return width;
}
