/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/valkey/address.h"

#include <stdbool.h>
#include <string.h>

#include "common/num.h"

#include "common/banned.h"

static bool starts_with(const char *text, const char *prefix, const char **rest)
{
	size_t len = strlen(prefix);

	if (strncmp(text, prefix, len) != 0)
		return false;
	*rest = text + len;
	return true;
}

static bool copy_text(char *out, size_t size, const char *from, size_t len)
{
	if (len == 0 || len >= size)
		return false;
	memcpy(out, from, len);
	out[len] = '\0';
	return true;
}

static bool parse_host_port(const char *text, struct address *out)
{
	const char *colon = strrchr(text, ':');
	const char *host = text;
	uint64_t port;
	size_t len;

	if (colon == NULL)
		return false;
	len = (size_t)(colon - text);
	if (*text == '[') {
		if (len < 3 || colon[-1] != ']')
			return false;
		host++;
		len -= 2;
	}
	return copy_text(out->host, sizeof(out->host), host, len) &&
	       copy_text(out->port, sizeof(out->port), colon + 1, strlen(colon + 1)) &&
	       vk_parse_uint(out->port, 1, 65535, &port);
}

static bool parse(const char *text, struct address *out)
{
	const char *rest;

	if (starts_with(text, "unix:", &rest)) {
		out->kind = ADDRESS_UNIX;
		return *rest == '/' && copy_text(out->path, sizeof(out->path), rest, strlen(rest));
	}
	if (starts_with(text, "tcp:", &rest)) {
		out->kind = ADDRESS_TCP;
		return parse_host_port(rest, out);
	}
	if (starts_with(text, "tls:", &rest)) {
		out->kind = ADDRESS_TLS;
		return parse_host_port(rest, out);
	}
	return false;
}

enum vk_rc address_parse(const char *text, struct address *out, struct vk_err *err)
{
	struct address address = {.kind = ADDRESS_UNIX};

	if (!parse(text, &address)) {
		vk_err_set(err, VK_EINPUT, "'%s' is no address of a Valkey", text);
		vk_err_hint(err,
			"unix:/absolute/path (at most 107 bytes), tcp:HOST:PORT or tls:HOST:PORT");
		return VK_EINPUT;
	}
	*out = address;
	return VK_OK;
}
