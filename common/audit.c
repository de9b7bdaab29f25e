/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/audit.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/vkjson.h"

#include "common/banned.h"

/* Graphic ASCII without quotes: fit for a line of text, whoever reads it. */
static bool is_plain(const char *text)
{
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i++) {
		if (text[i] <= ' ' || text[i] > '~' || text[i] == '"' || text[i] == '\\')
			return false;
	}
	return len > 0 && len <= VK_AUDIT_FIELD_MAX_BYTES;
}

/* NOUN.VERB */
static bool is_action(const char *text)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz-";
	size_t noun = strspn(text, letters);
	size_t verb = text[noun] == '.' ? strspn(text + noun + 1, letters) : 0;

	return noun > 0 && verb > 0 && text[noun + 1 + verb] == '\0' && is_plain(text);
}

static enum vk_rc wrong(struct vk_err *err, const char *member, const char *expected)
{
	return vk_err_set(
		err, VK_EINPUT, "audit entry: member '%s': expected %s", member, expected);
}

static enum vk_rc check(const struct vk_audit_entry *entry, struct vk_err *err)
{
	if (!is_action(entry->action))
		return wrong(err, "action", "NOUN.VERB");
	if (!is_plain(entry->actor))
		return wrong(err, "actor", "KIND/NAME");
	if (!is_plain(entry->object))
		return wrong(err, "object", "KIND/NAME");
	if (!is_plain(entry->result))
		return wrong(err, "result", "a word");
	if (entry->detail != NULL && vkjson_type(entry->detail) != VKJSON_OBJECT)
		return wrong(err, "detail", "an object");
	return VK_OK;
}

static enum vk_rc parse_members(
	const struct vkjson *doc, struct vk_audit_entry *out, struct vk_err *err)
{
	static const char *const names[] = {
		"action", "actor", "at", "detail", "format", "object", "result", NULL};
	int64_t format;
	enum vk_rc rc = vkjson_check_members(doc, names, err);

	if (rc == VK_OK)
		rc = vkjson_get_int(doc, "format", 1, 1, &format, err);
	if (rc == VK_OK)
		rc = vkjson_get_string(doc, "action", &out->action, err);
	if (rc == VK_OK)
		rc = vkjson_get_string(doc, "actor", &out->actor, err);
	if (rc == VK_OK)
		rc = vkjson_get_time(doc, "at", &out->at, err);
	if (rc == VK_OK)
		rc = vkjson_get_object(doc, "detail", &out->detail, err);
	if (rc == VK_OK)
		rc = vkjson_get_string(doc, "object", &out->object, err);
	if (rc == VK_OK)
		rc = vkjson_get_string(doc, "result", &out->result, err);
	if (rc != VK_OK)
		vk_err_prefix(err, rc, "audit entry");
	return rc;
}

enum vk_rc vk_audit_entry_parse(
	const char *text, size_t len, struct vk_audit_entry **out, struct vk_err *err)
{
	struct vk_audit_entry *entry = xcalloc(1, sizeof(*entry));
	enum vk_rc rc = VK_OK;

	if (len > VK_AUDIT_ENTRY_MAX_BYTES)
		rc = vk_err_set(err, VK_ELIMIT, "audit entry is larger than %d bytes",
			VK_AUDIT_ENTRY_MAX_BYTES);
	if (rc == VK_OK)
		rc = vkjson_parse_canonical(text, len, &entry->owner, err);
	if (rc == VK_OK)
		rc = parse_members(entry->owner, entry, err);
	if (rc == VK_OK)
		rc = check(entry, err);
	if (rc != VK_OK) {
		vk_audit_entry_free(entry);
		return rc;
	}
	*out = entry;
	return VK_OK;
}

enum vk_rc vk_audit_entry_format(
	const struct vk_audit_entry *entry, struct vk_buf *out, struct vk_err *err)
{
	enum vk_rc rc = check(entry, err);
	size_t begin = out->len;
	struct vkjson *doc;

	if (rc != VK_OK)
		return rc;
	doc = vkjson_object();
	vkjson_set(doc, "action", vkjson_string(entry->action));
	vkjson_set(doc, "actor", vkjson_string(entry->actor));
	vkjson_set(doc, "at", vkjson_time(entry->at));
	vkjson_set(
		doc, "detail", entry->detail != NULL ? vkjson_ref(entry->detail) : vkjson_object());
	vkjson_set(doc, "format", vkjson_int(1));
	vkjson_set(doc, "object", vkjson_string(entry->object));
	vkjson_set(doc, "result", vkjson_string(entry->result));
	rc = vkjson_canonical(doc, out, err);
	vkjson_free(doc);
	if (rc == VK_OK && out->len - begin > VK_AUDIT_ENTRY_MAX_BYTES)
		rc = vk_err_set(err, VK_ELIMIT, "audit entry is larger than %d bytes",
			VK_AUDIT_ENTRY_MAX_BYTES);
	return rc;
}

void vk_audit_entry_free(struct vk_audit_entry *entry)
{
	if (entry == NULL)
		return;
	vkjson_free(entry->owner);
	free(entry);
}
