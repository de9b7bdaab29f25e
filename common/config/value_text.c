/* SPDX-License-Identifier: BSD-3-Clause */
/* Values that are text: which characters Valkey takes, and addresses. */
#include "config.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "common/config/value_words.h"

#include "common/banned.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

static bool has_only(const char *text, const char *allowed, bool may_be_foreign)
{
	for (; *text != '\0'; text++) {
		bool is_foreign = (unsigned char)*text >= 0x80;

		if (is_foreign ? !may_be_foreign
			       : strchr(LETTERS, *text) == NULL && strchr(allowed, *text) == NULL)
			return false;
	}
	return true;
}

static enum vk_rc check_string(const struct cfg_directive *d, const char *text, struct vk_err *err)
{
	char expected[96];

	if (d->values != NULL && !has_only(text, d->values, true)) {
		snprintf(expected, sizeof(expected), "letters, digits and any of %.40s", d->values);
		return cfg_value_refuse(d, text, err, expected);
	}
	if (d->max != 0 && strlen(text) > d->max) {
		snprintf(expected, sizeof(expected), "at most %d characters", (int)d->max);
		return cfg_value_refuse(d, text, err, expected);
	}
	return VK_OK;
}

static enum vk_rc check_hostname(
	const struct cfg_directive *d, const char *text, struct vk_err *err)
{
	if (!has_only(text, "-.", false) || strlen(text) > d->max)
		return cfg_value_refuse(d, text, err,
			"a host name: letters, digits, '-' and '.', less than 256 of them");
	return VK_OK;
}

static bool is_ip(int family, const char *text)
{
	unsigned char address[sizeof(struct in6_addr)];

	return text[0] == '\0' || inet_pton(family, text, address) == 1;
}

enum vk_rc cfg_value_text(
	const struct cfg_directive *d, const char *text, struct vk_buf *out, struct vk_err *err)
{
	enum vk_rc rc = VK_OK;

	if (d->type == CFG_TYPE_HOSTNAME)
		rc = check_hostname(d, text, err);
	else if (d->type == CFG_TYPE_IPV4 && !is_ip(AF_INET, text))
		rc = cfg_value_refuse(d, text, err, "an IPv4 address, or \"\"");
	else if (d->type == CFG_TYPE_IPV6 && !is_ip(AF_INET6, text))
		rc = cfg_value_refuse(d, text, err, "an IPv6 address, or \"\"");
	else if (d->type == CFG_TYPE_STRING)
		rc = check_string(d, text, err);
	if (rc == VK_OK)
		vk_buf_adds(out, text);
	return rc;
}
