/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/name.h"

#include <string.h>

#include "common/banned.h"

enum { ADDRESS_BYTES = 254 };

static bool is_lower_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_inner(char c)
{
	return is_lower_alnum(c) || c == '.' || c == '_' || c == '-';
}

static bool span_is_name(const char *text, size_t len)
{
	if (len == 0 || len >= VK_NAME_BYTES)
		return false;
	if (!is_lower_alnum(text[0]) || !is_lower_alnum(text[len - 1]))
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!is_inner(text[i]) || (text[i] == '.' && text[i + 1] == '.'))
			return false;
	}
	return true;
}

bool vk_name_is_valid(const char *name)
{
	return span_is_name(name, strnlen(name, VK_NAME_BYTES));
}

bool vk_environment_is_valid(const char *name)
{
	static const char *const taken[] = {"root", "targets", "snapshot", "timestamp"};

	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
		if (strcmp(name, taken[i]) == 0)
			return false;
	}
	return vk_name_is_valid(name);
}

bool vk_instance_id_parse(const char *id, char *host, char *instance)
{
	const char *slash = strchr(id, '/');

	if (slash == NULL || !span_is_name(id, (size_t)(slash - id)) ||
		!vk_name_is_valid(slash + 1))
		return false;
	memcpy(host, id, (size_t)(slash - id));
	host[slash - id] = '\0';
	memcpy(instance, slash + 1, strlen(slash + 1) + 1);
	return true;
}

bool vk_address_is_valid(const char *address)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.:-";
	size_t len = strspn(address, allowed);

	return len > 0 && len < ADDRESS_BYTES && address[len] == '\0' && address[0] != '-' &&
	       address[0] != '.';
}

bool vk_address_is_numeric(const char *address)
{
	return strchr(address, ':') != NULL || address[strspn(address, "0123456789.")] == '\0';
}
