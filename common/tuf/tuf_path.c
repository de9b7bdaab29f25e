/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/tuf/tuf_path.h"

#include <fnmatch.h>
#include <string.h>

#include "common/banned.h"

/* Longer patterns match nothing: fnmatch() takes its time over them. */
enum { PATTERN_MAX_BYTES = 1024 };

static bool is_unreserved(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '.' || c == '-' || c == '~';
}

static void encode(const char *text, size_t len, bool keeps_slash, struct vk_buf *out)
{
	for (size_t i = 0; i < len; i++) {
		if (is_unreserved(text[i]) || (keeps_slash && text[i] == '/'))
			vk_buf_addc(out, text[i]);
		else
			vk_buf_addf(out, "%%%02X", (unsigned char)text[i]);
	}
}

void tuf_path_encode_role(const char *text, struct vk_buf *out)
{
	encode(text, strlen(text), false, out);
}

void tuf_path_encode_target(const char *text, struct vk_buf *out)
{
	encode(text, strlen(text), true, out);
}

void tuf_path_target_url(const char *path, const char *hash_hex, struct vk_buf *out)
{
	const char *slash = strrchr(path, '/');
	size_t dir_len = slash != NULL ? (size_t)(slash - path) + 1 : 0;

	encode(path, dir_len, true, out);
	if (hash_hex != NULL)
		vk_buf_addf(out, "%s.", hash_hex);
	encode(path + dir_len, strlen(path + dir_len), true, out);
}

bool tuf_path_matches(const char *pattern, const char *path)
{
	return strnlen(pattern, PATTERN_MAX_BYTES + 1) <= PATTERN_MAX_BYTES &&
	       fnmatch(pattern, path, FNM_PATHNAME | FNM_NOESCAPE) == 0;
}
