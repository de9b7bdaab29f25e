/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/audit_export.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/vkjson.h"

#include "common/banned.h"

enum {
	SEVERITY_DONE = 3,
	SEVERITY_REFUSED = 6,
	MS_PER_SECOND = 1000,
	/* RFC 5424, section 6.2.1: facility 13 (log audit), severity notice or warning */
	PRIORITY_DONE = 13 * 8 + 5,
	PRIORITY_REFUSED = 13 * 8 + 4,
	MSGID_MAX_BYTES = 32,
};

enum vk_rc audit_format_parse(const char *name, enum audit_format *out, struct vk_err *err)
{
	if (name == NULL || strcmp(name, "jsonl") == 0)
		*out = AUDIT_JSONL;
	else if (strcmp(name, "cef") == 0)
		*out = AUDIT_CEF;
	else if (strcmp(name, "syslog") == 0)
		*out = AUDIT_SYSLOG;
	else
		return vk_err_set(
			err, VK_EINPUT, "--format: expected jsonl, cef or syslog, not '%s'", name);
	return VK_OK;
}

static void add_jsonl(uint64_t index, const struct vk_audit_entry *entry, struct vk_buf *out)
{
	struct vkjson *object = vkjson_object();

	vkjson_set(object, "index", vkjson_int((int64_t)index));
	vkjson_set(object, "at", vkjson_time(entry->at));
	vkjson_set(object, "actor", vkjson_string(entry->actor));
	vkjson_set(object, "action", vkjson_string(entry->action));
	vkjson_set(object, "object", vkjson_string(entry->object));
	vkjson_set(object, "result", vkjson_string(entry->result));
	vkjson_set(object, "detail",
		entry->detail != NULL ? vkjson_ref(entry->detail) : vkjson_object());
	vkjson_format(object, false, out);
	vkjson_free(object);
}

/* Escapes what would end a field; control characters become \n, the only one that CEF knows. */
static void add_escaped(const char *text, const char *special, struct vk_buf *out)
{
	for (; *text != '\0'; text++) {
		if ((unsigned char)*text < 0x20 || *text == 0x7f) {
			vk_buf_adds(out, "\\n");
			continue;
		}
		if (strchr(special, *text) != NULL)
			vk_buf_addc(out, '\\');
		vk_buf_addc(out, *text);
	}
}

static void add_header(const char *text, struct vk_buf *out)
{
	vk_buf_addc(out, '|');
	add_escaped(text, "\\|", out);
}

static void add_field(const char *name, const char *text, struct vk_buf *out)
{
	vk_buf_addf(out, " %s=", name);
	add_escaped(text, "\\=", out);
}

static void add_cef(uint64_t index, const struct vk_audit_entry *entry, struct vk_buf *out)
{
	struct vk_buf detail;

	vk_buf_init(&detail, AUDIT_LINE_MAX_BYTES);
	if (entry->detail != NULL)
		vkjson_format(entry->detail, false, &detail);
	vk_buf_adds(out, "CEF:0|vkcfg|vkcfgd");
	add_header(PACKAGE_VERSION, out);
	add_header(entry->action, out);
	add_header(entry->action, out);
	vk_buf_addf(out, "|%d|externalId=%" PRIu64 " rt=%" PRId64,
		strcmp(entry->result, "ok") == 0 ? SEVERITY_DONE : SEVERITY_REFUSED, index,
		entry->at * MS_PER_SECOND);
	add_field("act", entry->action, out);
	add_field("suser", entry->actor, out);
	add_field("outcome", entry->result, out);
	add_field("cs1Label", "object", out);
	add_field("cs1", entry->object, out);
	add_field("cs2Label", "detail", out);
	add_field("cs2", detail.len > 0 ? detail.data : "{}", out);
	vk_buf_release(&detail);
}

/* A field of the header: visible ASCII, one word. */
static void add_word(const char *text, size_t max, struct vk_buf *out)
{
	for (size_t i = 0; i < max && text[i] != '\0'; i++)
		vk_buf_addc(out, text[i] > ' ' && text[i] <= '~' ? text[i] : '?');
}

/* A parameter of the structured data: three characters are escaped (section 6.3.3). A control
 * character could end the line for whoever reads lines. */
static void add_param(const char *name, const char *text, struct vk_buf *out)
{
	vk_buf_addf(out, " %s=\"", name);
	for (; *text != '\0'; text++) {
		if (strchr("\"\\]", *text) != NULL)
			vk_buf_addc(out, '\\');
		vk_buf_addc(out, (unsigned char)*text < 0x20 || *text == 0x7f ? '?' : *text);
	}
	vk_buf_addc(out, '"');
}

/* 32473 is the number that RFC 5612 gives to those who have none of their own. */
static void add_syslog(const struct audit_style *style, uint64_t index,
	const struct vk_audit_entry *entry, struct vk_buf *out)
{
	const bool is_done = strcmp(entry->result, "ok") == 0;
	char time[VK_TIME_TEXT_BYTES];
	struct vk_buf detail;

	vk_buf_init(&detail, AUDIT_LINE_MAX_BYTES);
	if (entry->detail != NULL)
		vkjson_format(entry->detail, false, &detail);
	vk_time_format(entry->at, time);
	vk_buf_addf(out, "<%d>1 %s ", is_done ? PRIORITY_DONE : PRIORITY_REFUSED, time);
	add_word(style->host, AUDIT_HOST_BYTES, out);
	vk_buf_adds(out, " vkcfgd - ");
	add_word(entry->action, MSGID_MAX_BYTES, out);
	vk_buf_adds(out, " [vkcfg@32473");
	add_param("fleet", style->fleet, out);
	vk_buf_addf(out, " index=\"%" PRIu64 "\"", index);
	add_param("actor", entry->actor, out);
	add_param("action", entry->action, out);
	add_param("object", entry->object, out);
	add_param("result", entry->result, out);
	add_param("detail", detail.len > 0 ? detail.data : "{}", out);
	vk_buf_adds(out, "] ");
	add_word(entry->actor, VK_AUDIT_FIELD_MAX_BYTES, out);
	vk_buf_addc(out, ' ');
	add_word(entry->action, VK_AUDIT_FIELD_MAX_BYTES, out);
	vk_buf_addc(out, ' ');
	add_word(entry->object, VK_AUDIT_FIELD_MAX_BYTES, out);
	vk_buf_adds(out, ": ");
	add_word(entry->result, VK_AUDIT_FIELD_MAX_BYTES, out);
	vk_buf_release(&detail);
}

void audit_host_of_url(const char *url, char out[AUDIT_HOST_BYTES])
{
	const char *host = strstr(url, "://");
	size_t len;

	host = host != NULL ? host + 3 : url;
	len = host[0] == '[' ? strcspn(host, "]/") + 1 : strcspn(host, ":/");
	if (len == 0 || len >= AUDIT_HOST_BYTES || strlen(host) < len)
		snprintf(out, AUDIT_HOST_BYTES, "-");
	else
		snprintf(out, AUDIT_HOST_BYTES, "%.*s", (int)len, host);
}

void audit_export_line(const struct audit_style *style, uint64_t index,
	const struct vk_audit_entry *entry, struct vk_buf *out)
{
	switch (style->format) {
	case AUDIT_JSONL:
		add_jsonl(index, entry, out);
		break;
	case AUDIT_CEF:
		add_cef(index, entry, out);
		break;
	case AUDIT_SYSLOG:
		add_syslog(style, index, entry, out);
		break;
	}
	vk_buf_addc(out, '\n');
}
