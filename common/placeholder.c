/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/placeholder.h"

#include <string.h>

#include "common/num.h"
#include "common/secret.h"

#include "common/banned.h"

enum { VERSION_MAX_DIGITS = 10 };

static const char *const prefixes[] = {
	[VK_PLACEHOLDER_SECRET] = "@{secret:",
	[VK_PLACEHOLDER_SHA256] = "@{sha256:",
};

/* The name in front of len bytes that end with '@'. */
static bool parse_name(const char *text, size_t len, char out[VK_NAME_BYTES])
{
	char name[VK_NAME_BYTES] = "";

	if (len >= sizeof(name))
		return false;
	memcpy(name, text, len);
	if (!vk_name_is_valid(name))
		return false;
	memcpy(out, name, sizeof(name));
	return true;
}

/* Digits up to '}', in their one spelling. */
static bool parse_version(const char *text, size_t len, int64_t *out)
{
	char digits[VERSION_MAX_DIGITS + 1] = "";
	uint64_t version;

	if (len == 0 || len > VERSION_MAX_DIGITS || text[0] == '0')
		return false;
	memcpy(digits, text, len);
	if (!vk_parse_uint(digits, 1, VK_SECRET_VERSION_MAX, &version))
		return false;
	*out = (int64_t)version;
	return true;
}

/* What follows the prefix: NAME@VERSION}. */
static void parse_rest(struct vk_placeholder *out)
{
	const char *name = out->start + out->len;
	size_t name_len = strcspn(name, "@}\n");
	const char *version = name + name_len + 1;
	size_t version_len;

	if (name[name_len] != '@')
		return;
	version_len = strspn(version, "0123456789");
	out->is_valid = version[version_len] == '}' && parse_name(name, name_len, out->name) &&
			parse_version(version, version_len, &out->version);
	if (out->is_valid)
		out->len = (size_t)(version + version_len + 1 - out->start);
}

bool vk_placeholder_find(const char *text, struct vk_placeholder *out)
{
	while ((text = strstr(text, "@{")) != NULL) {
		for (int form = 0; form <= VK_PLACEHOLDER_SHA256; form++) {
			size_t len = strlen(prefixes[form]);

			if (strncmp(text, prefixes[form], len) != 0)
				continue;
			*out = (struct vk_placeholder){
				.form = (enum vk_placeholder_form)form, .start = text, .len = len};
			parse_rest(out);
			return true;
		}
		text += 2;
	}
	return false;
}

void vk_placeholder_format(
	enum vk_placeholder_form form, const char *name, int64_t version, struct vk_buf *out)
{
	vk_buf_addf(out, "%s%s@%lld}", prefixes[form], name, (long long)version);
}
