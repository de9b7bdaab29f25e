/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/announcement.h"

#include <stdio.h>
#include <string.h>

#include "common/bundle.h"
#include "common/vkjson.h"

#include "common/banned.h"

static const char type[] = "drift-announcement"; /* so that nothing else that was signed is one */

static bool is_name(const char *name)
{
	return vk_bundle_pattern_is_valid(name) && strpbrk(name, "*?") == NULL;
}

/* For logs and terminals: one line. */
static bool is_ticket(const char *text)
{
	for (const char *at = text; *at != '\0'; at++) {
		if ((unsigned char)*at < 0x20 || *at == 0x7f)
			return false;
	}
	return *text != '\0';
}

enum vk_rc vk_announcement_check(const struct vk_announcement *announcement, struct vk_err *err)
{
	if (!vk_name_is_valid(announcement->fleet) ||
		!vk_environment_is_valid(announcement->environment))
		return vk_err_set(err, VK_EINPUT, "announcement: no name of a fleet's environment");
	if (!vk_name_is_valid(announcement->host) || !vk_name_is_valid(announcement->instance))
		return vk_err_set(err, VK_EINPUT, "announcement: no instance: HOST/INSTANCE");
	if (!is_name(announcement->name))
		return vk_err_set(err, VK_EINPUT, "announcement: '%.100s' is no name of a drift",
			announcement->name);
	if (!is_ticket(announcement->ticket))
		return vk_err_set(err, VK_EINPUT, "announcement: the ticket is no line of text");
	if (announcement->until <= announcement->from ||
		announcement->until - announcement->from > VK_ANNOUNCEMENT_MAX_SECONDS)
		return vk_err_set(err, VK_EINPUT, "announcement: it must end within %d days",
			VK_ANNOUNCEMENT_MAX_SECONDS / (24 * 60 * 60));
	return VK_OK;
}

enum vk_rc vk_announcement_format(
	const struct vk_announcement *announcement, struct vk_buf *out, struct vk_err *err)
{
	char id[2 * VK_NAME_BYTES];
	struct vkjson *json;
	enum vk_rc rc = vk_announcement_check(announcement, err);

	if (rc != VK_OK)
		return rc;
	snprintf(id, sizeof(id), "%s/%s", announcement->host, announcement->instance);
	json = vkjson_object();
	vkjson_set(json, "_type", vkjson_string(type));
	vkjson_set(json, "environment", vkjson_string(announcement->environment));
	vkjson_set(json, "fleet", vkjson_string(announcement->fleet));
	vkjson_set(json, "from", vkjson_time(announcement->from));
	vkjson_set(json, "instance", vkjson_string(id));
	vkjson_set(json, "name", vkjson_string(announcement->name));
	vkjson_set(json, "ticket", vkjson_string(announcement->ticket));
	vkjson_set(json, "until", vkjson_time(announcement->until));
	rc = vkjson_canonical(json, out, err);
	vkjson_free(json);
	return rc;
}

static enum vk_rc copy_text(
	const struct vkjson *json, const char *member, char *out, size_t size, struct vk_err *err)
{
	const char *text = NULL;
	enum vk_rc rc = vkjson_get_string(json, member, &text, err);

	if (rc == VK_OK && strlen(text) >= size)
		rc = vk_err_set(
			err, VK_ELIMIT, "member '%s': more than %zu bytes", member, size - 1);
	if (rc == VK_OK)
		memcpy(out, text, strlen(text) + 1);
	return rc;
}

static enum vk_rc parse_members(
	const struct vkjson *json, struct vk_announcement *out, struct vk_err *err)
{
	const char *found = NULL, *id = NULL;
	enum vk_rc rc = vkjson_get_string(json, "_type", &found, err);

	if (rc == VK_OK && strcmp(found, type) != 0)
		rc = vk_err_set(err, VK_EINPUT, "member '_type': expected %s", type);
	if (rc == VK_OK)
		rc = copy_text(json, "fleet", out->fleet, sizeof(out->fleet), err);
	if (rc == VK_OK)
		rc = copy_text(
			json, "environment", out->environment, sizeof(out->environment), err);
	if (rc == VK_OK)
		rc = copy_text(json, "name", out->name, sizeof(out->name), err);
	if (rc == VK_OK)
		rc = copy_text(json, "ticket", out->ticket, sizeof(out->ticket), err);
	if (rc == VK_OK)
		rc = vkjson_get_string(json, "instance", &id, err);
	if (rc == VK_OK && !vk_instance_id_parse(id, out->host, out->instance))
		rc = vk_err_set(err, VK_EINPUT, "member 'instance': expected HOST/INSTANCE");
	if (rc == VK_OK)
		rc = vkjson_get_time(json, "from", &out->from, err);
	if (rc == VK_OK)
		rc = vkjson_get_time(json, "until", &out->until, err);
	return rc;
}

/* What is written back has to be the same bytes: then nothing in them was overlooked. */
static enum vk_rc check_bytes(
	const struct vk_announcement *announcement, const char *text, struct vk_err *err)
{
	struct vk_buf again;
	enum vk_rc rc;

	vk_buf_init(&again, VK_ANNOUNCEMENT_MAX_BYTES);
	rc = vk_announcement_format(announcement, &again, err);
	if (rc == VK_OK && (again.len != strlen(text) || memcmp(again.data, text, again.len) != 0))
		rc = vk_err_set(err, VK_EINPUT, "announcement: not in its canonical form");
	vk_buf_release(&again);
	return rc;
}

enum vk_rc vk_announcement_parse(const char *text, struct vk_announcement *out, struct vk_err *err)
{
	struct vk_announcement announcement = {.from = 0};
	struct vkjson *json = NULL;
	enum vk_rc rc = VK_OK;

	if (strlen(text) > VK_ANNOUNCEMENT_MAX_BYTES)
		return vk_err_set(err, VK_ELIMIT, "announcement: more than %d bytes",
			VK_ANNOUNCEMENT_MAX_BYTES);
	rc = vkjson_parse(text, strlen(text), &json, err);
	if (rc == VK_OK)
		rc = parse_members(json, &announcement, err);
	if (rc == VK_OK)
		rc = check_bytes(&announcement, text, err);
	if (rc == VK_OK)
		*out = announcement;
	vkjson_free(json);
	return rc;
}

enum vk_rc vk_announcement_read(
	const struct vkjson *json, struct vk_announcement_signed *out, struct vk_err *err)
{
	enum vk_rc rc = vkjson_get_string(json, "statement", &out->statement, err);

	if (rc == VK_OK)
		rc = vkjson_get_string(json, "keyid", &out->keyid, err);
	if (rc == VK_OK)
		rc = vkjson_get_string(json, "sig", &out->sig, err);
	return rc;
}

enum vk_rc vk_announcement_open(const struct vk_announcement_signed *given,
	const struct tuf_role *role, struct vk_announcement *out, const struct tuf_key **key,
	struct vk_err *err)
{
	enum vk_rc rc = tuf_role_verify_one(role, given->keyid, given->sig, given->statement,
		strlen(given->statement), key, err);

	return rc == VK_OK ? vk_announcement_parse(given->statement, out, err) : rc;
}

bool vk_announcement_is_active(const struct vk_announcement *announcement, int64_t now)
{
	return now < announcement->until &&
	       now >= announcement->from - VK_ANNOUNCEMENT_EARLY_SECONDS &&
	       announcement->until - announcement->from <= VK_ANNOUNCEMENT_MAX_SECONDS;
}
