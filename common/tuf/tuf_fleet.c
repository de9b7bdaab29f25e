/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/tuf/tuf_fleet.h"

#include <string.h>

#include "common/mem.h"
#include "common/name.h"
#include "common/num.h"
#include "common/vkjson.h"

#include "common/banned.h"

enum { LOG_NUMBER_MAX = 9999, LOG_NUMBER_DIGITS = 4 };

static const char suffix[] = "/log";

unsigned tuf_fleet_log_number(const char *fleet, const char *log_name)
{
	size_t len = strlen(fleet), suffix_len = sizeof(suffix) - 1;
	const char *digits;
	uint64_t number = 0;

	if (strncmp(log_name, fleet, len) != 0 || strncmp(log_name + len, suffix, suffix_len) != 0)
		return 0;
	digits = log_name + len + suffix_len;
	if (*digits == '\0')
		return 1;
	if (digits[0] != '.' || digits[1] == '0' || strlen(digits + 1) > LOG_NUMBER_DIGITS ||
		!vk_parse_uint(digits + 1, 2, LOG_NUMBER_MAX, &number))
		return 0;
	return (unsigned)number;
}

char *tuf_fleet_log_name(const char *fleet, unsigned number)
{
	return number <= 1 ? xasprintf("%s%s", fleet, suffix)
			   : xasprintf("%s%s.%u", fleet, suffix, number);
}

bool tuf_log_start_is_same(const struct tuf_log_start *a, const struct tuf_log_start *b)
{
	if (a->is_there != b->is_there)
		return false;
	return !a->is_there ||
	       (a->size == b->size && memcmp(a->root, b->root, sizeof(a->root)) == 0);
}

struct vkjson *tuf_log_start_to_json(const struct tuf_log_start *start)
{
	struct vkjson *object = vkjson_object();

	vkjson_set(object, "root", vkjson_hex(start->root, sizeof(start->root)));
	vkjson_set(object, "size", vkjson_int((int64_t)start->size));
	return object;
}

enum vk_rc tuf_log_start_from_json(
	const struct vkjson *log, struct tuf_log_start *out, struct vk_err *err)
{
	struct tuf_log_start start = {.is_there = vkjson_get(log, "begins") != NULL};
	const struct vkjson *begins = NULL;
	int64_t size = 0;
	enum vk_rc rc = VK_OK;

	if (start.is_there) {
		rc = vkjson_get_object(log, "begins", &begins, err);
		if (rc == VK_OK)
			rc = vkjson_get_int(begins, "size", 1, INT64_MAX, &size, err);
		if (rc == VK_OK)
			rc = vkjson_get_hex(begins, "root", start.root, sizeof(start.root), err);
		start.size = (uint64_t)size;
	}
	if (rc == VK_OK)
		*out = start;
	return rc;
}

static enum vk_rc check_log(const struct tuf_fleet *fleet, struct vk_err *err)
{
	unsigned number = tuf_fleet_log_number(fleet->fleet, fleet->log_name);

	if (number == 0)
		return vk_err_set(
			err, VK_EINPUT, "member 'name': no log of the fleet '%s'", fleet->fleet);
	if ((number > 1) != fleet->log_start.is_there)
		return vk_err_set(err, VK_EINPUT,
			"member 'begins': a log says with what it begins, and the first one not");
	return VK_OK;
}

static enum vk_rc parse_ca(const struct vkjson *custom, struct ca_list *out, struct vk_err *err)
{
	const struct vkjson *list = NULL;
	enum vk_rc rc = vkjson_get_opt_array(custom, "ca", &list, err);

	out->count = 0;
	if (rc != VK_OK || list == NULL)
		return rc;
	if (vkjson_count(list) < 1 || vkjson_count(list) > CA_SET_MAX)
		return vk_err_set(
			err, VK_EINPUT, "member 'ca': expected 1 to %d digests", CA_SET_MAX);
	for (size_t i = 0; i < vkjson_count(list); i++) {
		const char *text = vkjson_text(vkjson_at(list, i));
		uint8_t digest[VK_SHA256_BYTES];

		if (text == NULL || strspn(text, "0123456789abcdef") != strlen(text) ||
			!vk_parse_hex(text, strlen(text), digest, sizeof(digest)) ||
			ca_list_has(out, digest))
			return vk_err_set(err, VK_EINPUT,
				"member 'ca': expected different digests of 64 digits");
		memcpy(out->digests[out->count++], digest, sizeof(digest));
	}
	return VK_OK;
}

enum vk_rc tuf_fleet_from_root(
	const struct tuf_meta *root, struct tuf_fleet *out, struct vk_err *err)
{
	const struct vkjson *custom = NULL;
	const struct vkjson *log = NULL;
	struct tuf_fleet fleet;
	enum vk_rc rc = vkjson_get_object(tuf_meta_json(root), "x-vkcfg", &custom, err);

	if (rc == VK_OK)
		rc = vkjson_get_string(custom, "fleet", &fleet.fleet, err);
	if (rc == VK_OK && !vk_name_is_valid(fleet.fleet))
		rc = vk_err_set(err, VK_EINPUT, "member 'fleet': expected a name");
	if (rc == VK_OK)
		rc = vkjson_get_object(custom, "log", &log, err);
	if (rc == VK_OK)
		rc = vkjson_get_string(log, "name", &fleet.log_name, err);
	if (rc == VK_OK)
		rc = vkjson_get_hex(log, "public", fleet.log_public, sizeof(fleet.log_public), err);
	if (rc == VK_OK)
		rc = tuf_log_start_from_json(log, &fleet.log_start, err);
	if (rc == VK_OK)
		rc = check_log(&fleet, err);
	if (rc == VK_OK)
		rc = parse_ca(custom, &fleet.ca, err);
	if (rc != VK_OK) {
		vk_err_prefix(err, rc, "root: not the root of a vkcfg fleet");
		if (err != NULL)
			err->rc = VK_EUNTRUSTED;
		return VK_EUNTRUSTED;
	}
	*out = fleet;
	return VK_OK;
}
