/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/announced.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/file.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/vkjson.h"

#include "common/banned.h"

enum { ANNOUNCED_FORMAT = 1, ANNOUNCED_MAX_BYTES = 512 * 1024 };

static char *announced_path(const char *state)
{
	return xasprintf("%s/announced.json", state);
}

void announced_release(struct announced *announced)
{
	free(announced->items);
	*announced = (struct announced){.count = 0};
}

/* ---- reading ---- */

static enum vk_rc parse_items(
	const struct vkjson *list, const char *instance, struct announced *out, struct vk_err *err)
{
	enum vk_rc rc = VK_OK;

	if (vkjson_count(list) > VK_ANNOUNCEMENTS_MAX)
		return vk_err_set(
			err, VK_ELIMIT, "more than %d announcements", VK_ANNOUNCEMENTS_MAX);
	out->items = xcalloc(vkjson_count(list) + 1, sizeof(*out->items));
	for (size_t i = 0; rc == VK_OK && i < vkjson_count(list); i++) {
		const char *text = vkjson_text(vkjson_at(list, i));
		struct vk_announcement *item = &out->items[out->count];

		rc = text != NULL ? vk_announcement_parse(text, item, err)
				  : vk_err_set(err, VK_EINPUT, "an announcement is no text");
		if (rc == VK_OK && strcmp(item->instance, instance) == 0)
			out->count++;
	}
	return rc;
}

static enum vk_rc parse(
	const struct vk_buf *text, const char *instance, struct announced *out, struct vk_err *err)
{
	const struct vkjson *list = NULL;
	struct vkjson *json = NULL;
	int64_t format = 0;
	enum vk_rc rc = vkjson_parse(text->data, text->len, &json, err);

	if (rc == VK_OK)
		rc = vkjson_get_int(
			json, "format", ANNOUNCED_FORMAT, ANNOUNCED_FORMAT, &format, err);
	if (rc == VK_OK)
		rc = vkjson_get_array(json, "items", &list, err);
	if (rc == VK_OK)
		rc = parse_items(list, instance, out, err);
	vkjson_free(json);
	return rc;
}

void announced_read(const char *state, const char *instance, struct announced *out)
{
	char *path = announced_path(state);
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf text;
	enum vk_rc rc;

	*out = (struct announced){.count = 0};
	vk_buf_init(&text, ANNOUNCED_MAX_BYTES);
	rc = vk_file_read(AT_FDCWD, path, VK_FILE_NOFOLLOW, &text, &err);
	if (rc == VK_OK)
		rc = parse(&text, instance, out, &err);
	if (rc != VK_OK && rc != VK_ENOTFOUND) {
		vk_log(VK_LOG_WARN, "announcements-damaged", VK_KV("file", path),
			VK_KV("reason", err.msg));
		announced_release(out);
	}
	vk_buf_release(&text);
	free(path);
}

const struct vk_announcement *announced_find(
	const struct announced *announced, const char *name, int64_t now)
{
	for (size_t i = 0; i < announced->count; i++) {
		if (strcmp(announced->items[i].name, name) == 0 &&
			vk_announcement_is_active(&announced->items[i], now))
			return &announced->items[i];
	}
	return NULL;
}

/* ---- taking ---- */

static enum vk_rc check_place(
	const struct vk_announcement *announcement, const struct pins *pins, struct vk_err *err)
{
	if (strcmp(announcement->fleet, pins->fleet) != 0 ||
		strcmp(announcement->environment, pins->environment) != 0 ||
		strcmp(announcement->host, pins->host) != 0)
		return vk_err_set(err, VK_EUNTRUSTED, "it is for %s/%s in %s of fleet %s",
			announcement->host, announcement->instance, announcement->environment,
			announcement->fleet);
	return VK_OK;
}

static void tell(const struct vk_announcement *announcement, const struct tuf_key *key)
{
	char until[VK_TIME_TEXT_BYTES];

	vk_time_format(announcement->until, until);
	vk_log(VK_LOG_INFO, "announced", VK_KV("instance", announcement->instance),
		VK_KV("name", announcement->name), VK_KV("ticket", announcement->ticket),
		VK_KV("until", until),
		VK_KV("by", tuf_key_user(key) != NULL ? tuf_key_user(key) : ""));
}

/* True if it is to be kept. One that is not believed keeps nothing else from being installed: a
 * server could have left it out as well. */
static bool is_good(const struct vkjson *item, const struct pins *pins, const struct tuf_role *role,
	const char **statement)
{
	struct vk_announcement_signed given = {.statement = ""};
	const struct tuf_key *key = NULL;
	struct vk_announcement announcement;
	struct vk_err err = VK_ERR_INIT;
	enum vk_rc rc = vk_announcement_read(item, &given, &err);

	if (rc == VK_OK)
		rc = vk_announcement_open(&given, role, &announcement, &key, &err);
	if (rc == VK_OK)
		rc = check_place(&announcement, pins, &err);
	if (rc != VK_OK) {
		vk_log_err(VK_LOG_WARN, "announcement-refused", &err);
		return false;
	}
	if (!vk_announcement_is_active(&announcement, vk_clock_now()))
		return false;
	tell(&announcement, key);
	*statement = given.statement;
	return true;
}

static struct vkjson *make_file(
	const struct pins *pins, const struct tuf_role *role, const struct vkjson *list)
{
	struct vkjson *json = vkjson_object(), *items = vkjson_array();

	for (size_t i = 0; i < vkjson_count(list) && i < VK_ANNOUNCEMENTS_MAX; i++) {
		const char *statement = NULL;

		if (is_good(vkjson_at(list, i), pins, role, &statement))
			vkjson_append(items, vkjson_string(statement));
	}
	vkjson_set(json, "format", vkjson_int(ANNOUNCED_FORMAT));
	vkjson_set(json, "items", items);
	return json;
}

static bool is_there(const char *path, const struct vk_buf *text)
{
	struct vk_err ignored = VK_ERR_INIT;
	struct vk_buf last;
	bool is_same;

	vk_buf_init(&last, ANNOUNCED_MAX_BYTES);
	is_same = vk_file_read(AT_FDCWD, path, VK_FILE_NOFOLLOW, &last, &ignored) == VK_OK &&
		  last.len == text->len && memcmp(last.data, text->data, text->len) == 0;
	vk_buf_release(&last);
	return is_same;
}

enum vk_rc announced_take(const char *state, const struct pins *pins, const struct tuf_role *role,
	const struct vkjson *list, struct vk_err *err)
{
	struct vkjson *json = make_file(pins, role, list);
	char *path = announced_path(state);
	struct vk_buf text;
	enum vk_rc rc;

	vk_buf_init(&text, ANNOUNCED_MAX_BYTES);
	vkjson_format(json, false, &text);
	vk_buf_addc(&text, '\n');
	rc = vk_buf_check(&text, path, err);
	if (rc == VK_OK && vkjson_count(vkjson_get(json, "items")) == 0) {
		rc = vk_file_remove(AT_FDCWD, path, err);
	} else if (rc == VK_OK && !is_there(path, &text)) {
		rc = vk_file_replace(AT_FDCWD, path, 0600, text.data, text.len, err);
	}
	vk_buf_release(&text);
	vkjson_free(json);
	free(path);
	return rc;
}
