/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/health_denials.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/config/acl.h"
#include "common/vkjson.h"

#include "common/banned.h"

enum { MAX_TEXT = 10, MAX_MEMBERS = 64 };

/* Copies, cut to size; what cannot be printed becomes '?'. */
static void copy(const char *text, size_t len, char *out, size_t size)
{
	if (len >= size)
		len = size - 1;
	for (size_t i = 0; i < len; i++)
		out[i] = text[i] > ' ' && text[i] != 0x7f ? text[i] : '?';
	out[len] = '\0';
}

/* The member of an entry, which is a flat list of names and values; NULL: there is none. */
static const struct reply *member(const struct reply *entry, const char *name)
{
	if (entry->kind != REPLY_ARRAY)
		return NULL;
	for (size_t i = 0; i + 1 < entry->count && i < MAX_MEMBERS; i += 2) {
		const struct reply *key = entry->items[i];

		if (key->kind == REPLY_STRING && strcmp(key->text, name) == 0)
			return entry->items[i + 1];
	}
	return NULL;
}

static bool take_text(const struct reply *entry, const char *name, char *out, size_t size)
{
	const struct reply *value = member(entry, name);

	if (value == NULL || value->kind != REPLY_STRING)
		return false;
	copy(value->text, value->len, out, size);
	return true;
}

static int64_t take_number(const struct reply *entry, const char *name)
{
	const struct reply *value = member(entry, name);

	return value != NULL && value->kind == REPLY_INTEGER ? value->number : 0;
}

/* The object is a command for this reason only, else a key or channel, which is none of ours: the
 * command then stands in what is said about the client, whose name holds no blank. */
static void take_command(const struct reply *entry, struct denial *out)
{
	static const char mark[] = " cmd=";
	const struct reply *client = member(entry, "client-info");
	const char *text =
		client != NULL && client->kind == REPLY_STRING ? strstr(client->text, mark) : NULL;

	if (strcmp(out->reason, "command") == 0)
		(void)take_text(entry, "object", out->command, sizeof(out->command));
	else if (text != NULL)
		copy(text + strlen(mark), strcspn(text + strlen(mark), " "), out->command,
			sizeof(out->command));
}

void denials_take(const struct reply *reply, struct denials *out)
{
	memset(out, 0, sizeof(*out));
	out->is_known = reply->kind == REPLY_ARRAY;
	for (size_t i = 0; out->is_known && i < reply->count && out->count < DENIALS_MAX; i++) {
		const struct reply *entry = reply->items[i];
		struct denial *denial = &out->items[out->count];

		memset(denial, 0, sizeof(*denial));
		if (!take_text(entry, "username", denial->user, sizeof(denial->user)) ||
			!take_text(entry, "reason", denial->reason, sizeof(denial->reason)))
			continue;
		take_command(entry, denial);
		denial->count = take_number(entry, "count");
		denial->created_ms = take_number(entry, "timestamp-created");
		denial->updated_ms = take_number(entry, "timestamp-last-updated");
		out->count++;
	}
}

enum vk_rc denials_read(struct valkey *valkey, struct denials *out, struct vk_err *err)
{
	struct reply *reply = NULL;
	char count[MAX_TEXT];
	enum vk_rc rc;

	snprintf(count, sizeof(count), "%d", DENIALS_MAX);
	rc = valkey_command(valkey, VALKEY_ARGV("ACL", "LOG", count), &reply, err);
	if (rc == VK_OK)
		denials_take(reply, out); /* an error reply: nothing is known */
	reply_free(reply);
	return rc;
}

static bool is_same(const struct denial *a, const struct denial *b)
{
	return strcmp(a->user, b->user) == 0 && strcmp(a->reason, b->reason) == 0 &&
	       strcmp(a->command, b->command) == 0;
}

static bool is_in(const struct denials *denials, const struct denial *wanted)
{
	for (size_t i = 0; i < denials->count; i++) {
		if (is_same(&denials->items[i], wanted))
			return true;
	}
	return false;
}

/* Whether somebody was denied the same before the release. */
static bool is_old(
	const struct denials *now, const struct denials_scope *scope, const struct denial *denial)
{
	if (scope->before != NULL && scope->before->is_known)
		return is_in(scope->before, denial);
	for (size_t i = 0; i < now->count; i++) {
		if (is_same(&now->items[i], denial) && now->items[i].created_ms < scope->since_ms)
			return true;
	}
	return false;
}

static bool is_concerned(const struct denials_scope *scope, const struct denial *denial)
{
	const struct user *old = users_find(scope->old_users, denial->user);
	const struct user *new = users_find(scope->new_users, denial->user);

	if ((old == NULL && new == NULL) || strcmp(denial->user, CFG_AGENT_USER) == 0)
		return false;
	if (strcmp(denial->reason, "auth") != 0)
		return true;
	return old == NULL || new == NULL || strcmp(old->rules, new->rules) != 0;
}

static bool is_new(
	const struct denials *now, const struct denials_scope *scope, const struct denial *denial)
{
	return denial->updated_ms >= scope->since_ms && is_concerned(scope, denial) &&
	       !is_old(now, scope, denial);
}

int64_t denials_latest_ms(const struct denials *denials)
{
	int64_t latest_ms = 0;

	for (size_t i = 0; i < denials->count; i++) {
		if (denials->items[i].updated_ms > latest_ms)
			latest_ms = denials->items[i].updated_ms;
	}
	return latest_ms;
}

void denials_remove(struct denials *denials, const struct denials *these)
{
	size_t kept = 0;

	for (size_t i = 0; i < denials->count; i++) {
		if (!is_in(these, &denials->items[i]))
			denials->items[kept++] = denials->items[i];
	}
	denials->count = kept;
}

void denials_add_new(
	struct denials *out, const struct denials *now, const struct denials_scope *scope)
{
	for (size_t i = 0; i < now->count && out->count < DENIALS_MAX; i++) {
		if (is_new(now, scope, &now->items[i]) && !is_in(out, &now->items[i]))
			out->items[out->count++] = now->items[i];
	}
}

int64_t denials_count_new(
	const struct denials *now, const struct denials_scope *scope, const struct denial **example)
{
	int64_t count = 0;

	*example = NULL;
	for (size_t i = 0; i < now->count; i++) {
		const struct denial *denial = &now->items[i];

		if (!is_new(now, scope, denial))
			continue;
		if (*example == NULL)
			*example = denial;
		count += denial->count > 0 && denial->count < INT32_MAX ? denial->count : 1;
	}
	return count;
}

struct vkjson *denials_to_json(const struct denials *denials)
{
	struct vkjson *list = vkjson_array();

	for (size_t i = 0; i < denials->count; i++) {
		struct vkjson *item = vkjson_object();

		vkjson_set(item, "user", vkjson_string(denials->items[i].user));
		vkjson_set(item, "reason", vkjson_string(denials->items[i].reason));
		vkjson_set(item, "command", vkjson_string(denials->items[i].command));
		vkjson_append(list, item);
	}
	return list;
}

enum vk_rc denials_from_json(const struct vkjson *json, struct denials *out, struct vk_err *err)
{
	memset(out, 0, sizeof(*out));
	out->is_known = true;
	for (size_t i = 0; i < vkjson_count(json) && i < DENIALS_MAX; i++) {
		const struct vkjson *item = vkjson_at(json, i);
		struct denial *denial = &out->items[i];
		const char *user = "", *reason = "", *command = "";
		enum vk_rc rc = vkjson_get_string(item, "user", &user, err);

		if (rc == VK_OK)
			rc = vkjson_get_string(item, "reason", &reason, err);
		if (rc == VK_OK)
			rc = vkjson_get_string(item, "command", &command, err);
		if (rc != VK_OK)
			return rc;
		copy(user, strlen(user), denial->user, sizeof(denial->user));
		copy(reason, strlen(reason), denial->reason, sizeof(denial->reason));
		copy(command, strlen(command), denial->command, sizeof(denial->command));
		out->count++;
	}
	return VK_OK;
}
