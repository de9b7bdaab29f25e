/* SPDX-License-Identifier: BSD-3-Clause */
/* The part of common/http.h that is not the parser: values of headers, and messages to be sent. */
#include "config.h"

#include "common/http.h"

#include <string.h>
#include <strings.h>

#include "common/banned.h"

enum { MAX_WAIT_DIGITS = 5 };

static const char unreserved[] =
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._~-";

bool http_etag_matches(const char *if_none_match, const char *etag)
{
	size_t etag_len = strlen(etag);

	if (if_none_match == NULL)
		return false;
	if (strcmp(if_none_match, "*") == 0)
		return true;
	while (*if_none_match != '\0') {
		const char *end;

		if_none_match += strspn(if_none_match, " \t,");
		if (strncmp(if_none_match, "W/", 2) == 0) /* weak comparison, RFC 9110, 13.1.2 */
			if_none_match += 2;
		if (*if_none_match != '"')
			return false;
		end = strchr(if_none_match + 1, '"');
		if (end == NULL)
			return false;
		end++;
		if ((size_t)(end - if_none_match) == etag_len &&
			memcmp(if_none_match, etag, etag_len) == 0)
			return true;
		if_none_match = end;
	}
	return false;
}

unsigned http_prefer_wait(const char *prefer)
{
	while (prefer != NULL) {
		prefer += strspn(prefer, " \t,");
		if (strncasecmp(prefer, "wait=", 5) == 0) {
			size_t digits = strspn(prefer + 5, "0123456789");
			unsigned seconds = 0;

			if (digits == 0 || digits > MAX_WAIT_DIGITS ||
				strchr(" \t,;", prefer[5 + digits]) == NULL)
				return 0;
			for (size_t i = 0; i < digits; i++)
				seconds = seconds * 10 + (unsigned)(prefer[5 + i] - '0');
			return seconds;
		}
		prefer = strchr(prefer, ',');
	}
	return 0;
}

bool http_target_is_valid(const char *target)
{
	size_t len = strlen(target);

	return target[0] == '/' && len < HTTP_MAX_HEAD_BYTES / 2 &&
		target[strspn(target,
			"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._~-"
			"/?&=%!$'()*,;:@")] == '\0';
}

void http_query_encode(struct vk_buf *out, const char *text)
{
	for (; *text != '\0'; text++) {
		if (strchr(unreserved, *text) != NULL)
			vk_buf_addc(out, *text);
		else
			vk_buf_addf(out, "%%%02X", (unsigned char)*text);
	}
}

static void add_value(struct vk_buf *out, const char *value)
{
	for (; *value != '\0'; value++) {
		unsigned char c = (unsigned char)*value;

		/* One line stays one line, whatever the value came from. */
		vk_buf_addc(out, c < 0x20 || c > 0x7e ? '?' : *value);
	}
}

static void add_fields(struct vk_buf *out, const struct http_field *fields)
{
	for (; fields != NULL && fields->name != NULL; fields++) {
		if (fields->value == NULL)
			continue;
		vk_buf_adds(out, fields->name);
		vk_buf_adds(out, ": ");
		add_value(out, fields->value);
		vk_buf_adds(out, "\r\n");
	}
}

void http_format_request(struct vk_buf *out, const char *method, const char *target,
	const char *host, const struct http_field *fields, size_t body_len)
{
	vk_buf_addf(out, "%s %s HTTP/1.1\r\nHost: ", method, target);
	add_value(out, host);
	vk_buf_adds(out, "\r\n");
	add_fields(out, fields);
	if (body_len > 0 || strcmp(method, "POST") == 0)
		vk_buf_addf(out, "Content-Length: %zu\r\n", body_len);
	vk_buf_adds(out, "\r\n");
}

void http_format_response(struct vk_buf *out, int status, const struct http_field *fields,
	size_t body_len, bool is_last)
{
	vk_buf_addf(out, "HTTP/1.1 %d %s\r\n", status, http_reason(status));
	add_fields(out, fields);
	if (status != 204 && status != 304)
		vk_buf_addf(out, "Content-Length: %zu\r\n", body_len);
	if (is_last)
		vk_buf_adds(out, "Connection: close\r\n");
	vk_buf_adds(out, "\r\n");
}

const char *http_reason(int status)
{
	static const struct {
		int status;
		const char *text;
	} reasons[] = {
		{200, "OK"},
		{201, "Created"},
		{202, "Accepted"},
		{204, "No Content"},
		{304, "Not Modified"},
		{400, "Bad Request"},
		{401, "Unauthorized"},
		{403, "Forbidden"},
		{404, "Not Found"},
		{405, "Method Not Allowed"},
		{408, "Request Timeout"},
		{409, "Conflict"},
		{411, "Length Required"},
		{413, "Content Too Large"},
		{415, "Unsupported Media Type"},
		{417, "Expectation Failed"},
		{422, "Unprocessable Content"},
		{429, "Too Many Requests"},
		{431, "Request Header Fields Too Large"},
		{500, "Internal Server Error"},
		{501, "Not Implemented"},
		{503, "Service Unavailable"},
		{505, "HTTP Version Not Supported"},
	};

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (reasons[i].status == status)
			return reasons[i].text;
	}
	return "Status";
}
