/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/http.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/http_internal.h"
#include "common/mem.h"
#include "common/num.h"

#include "common/banned.h"

enum {
	KEPT_HEAD_BYTES = 1024, /* a buffer up to this size is kept between messages */
	MAX_BODY_BYTES = 1 << 30,
	MAX_LENGTH_DIGITS = 15,
};

static_assert(HTTP_MAX_HEAD_BYTES <= UINT16_MAX, "offsets into the head have 16 bits");

static struct http_parser *parser_new(enum http_kind kind)
{
	struct http_parser *p = xcalloc(1, sizeof(*p));

	p->kind = kind;
	vk_buf_init(&p->head, HTTP_MAX_HEAD_BYTES);
	return p;
}

struct http_parser *http_request_parser_new(void)
{
	return parser_new(HTTP_REQUEST);
}

struct http_parser *http_response_parser_new(void)
{
	return parser_new(HTTP_RESPONSE);
}

void http_parser_free(struct http_parser *p)
{
	if (p == NULL)
		return;
	vk_buf_release(&p->head);
	vk_buf_release(&p->body);
	free(p);
}

void http_parser_reset(struct http_parser *p)
{
	struct vk_buf head = p->head;
	enum http_kind kind = p->kind;

	vk_buf_release(&p->body);
	if (head.cap > KEPT_HEAD_BYTES) {
		vk_buf_release(&head);
		vk_buf_init(&head, HTTP_MAX_HEAD_BYTES);
	}
	*p = (struct http_parser){.kind = kind, .head = head};
	vk_buf_reset(&p->head);
}

static bool fail(struct http_parser *p, int status, const char *error)
{
	p->state = HTTP_HAS_FAILED;
	p->error_status = status;
	p->error = error;
	return false;
}

/* Characters. */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c);
}

/* unreserved, RFC 3986, 2.3 */
static bool is_unreserved(char c)
{
	return is_alnum(c) || (c != '\0' && strchr("-._~", c) != NULL);
}

/* tchar, RFC 9110, 5.6.2 */
static bool is_token(char c)
{
	return is_alnum(c) || (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

/* What may stand in a query besides percent-encoding; no '+', which some read as a blank. */
static bool is_query_char(char c)
{
	return is_unreserved(c) || (c != '\0' && strchr("!$'()*,;:@/", c) != NULL);
}

static bool is_printable(char c)
{
	return c >= ' ' && c <= '~';
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* The request line. Each parse_ function takes the text up to its NUL, which is cut in place. */

static bool parse_method(struct http_parser *p, const char *text)
{
	size_t len = strlen(text);

	if (len == 0 || len >= sizeof(p->method))
		return fail(p, 501, "unknown method");
	for (size_t i = 0; i < len; i++) {
		if (text[i] < 'A' || text[i] > 'Z')
			return fail(p, 400, "malformed method");
	}
	memcpy(p->method, text, len + 1);
	return true;
}

static bool add_segment(struct http_parser *p, const char *start, size_t len)
{
	if (p->segment_count == HTTP_MAX_SEGMENTS)
		return fail(p, 400, "the path has too many segments");
	if (len == 0)
		return fail(p, 400, "the path has an empty segment");
	if (strncmp(start, "..", len) == 0 && len <= 2)
		return fail(p, 400, "the path has a segment '.' or '..'");
	p->segments[p->segment_count].start = (uint16_t)(start - p->head.data);
	p->segments[p->segment_count].len = (uint16_t)len;
	p->segment_count++;
	return true;
}

static bool parse_path(struct http_parser *p, char *path)
{
	if (path[0] != '/')
		return fail(p, 400, "the request target is not an absolute path");
	if (path[1] == '\0')
		return true;
	for (char *start = path + 1, *end = start;; end++) {
		if (*end != '/' && *end != '\0') {
			if (!is_unreserved(*end))
				return fail(p, 400, "the path has a character that is not allowed");
			continue;
		}
		if (!add_segment(p, start, (size_t)(end - start)))
			return false;
		if (*end == '\0')
			return true;
		start = end + 1;
	}
}

static int hex_digit(char c)
{
	if (is_digit(c))
		return c - '0';
	c = lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decodes in place; false for anything that is not printable ASCII before or after. */
static bool decode_query(char *text)
{
	char *to = text;

	for (const char *from = text; *from != '\0'; from++) {
		char c = *from;

		if (c == '%') {
			int high = hex_digit(from[1]);
			int low = high < 0 ? -1 : hex_digit(from[2]);

			if (low < 0)
				return false;
			c = (char)(high * 16 + low);
			from += 2;
			if (!is_printable(c))
				return false;
		} else if (!is_query_char(c)) {
			return false;
		}
		*to++ = c;
	}
	*to = '\0';
	return true;
}

static bool is_query_name(const char *name)
{
	size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-");

	return len > 0 && name[len] == '\0';
}

static bool add_query(struct http_parser *p, char *text)
{
	char *equals = strchr(text, '=');

	if (equals == NULL)
		return fail(p, 400, "a query parameter is not of the form name=value");
	*equals = '\0';
	if (!is_query_name(text))
		return fail(p, 400, "malformed name of a query parameter");
	if (!decode_query(equals + 1))
		return fail(p, 400, "a query value has a character that is not allowed");
	if (http_query(p, text) != NULL)
		return fail(p, 400, "a query parameter is given twice");
	if (p->query_count == HTTP_MAX_QUERY)
		return fail(p, 400, "too many query parameters");
	p->query[p->query_count].name = (uint16_t)(text - p->head.data);
	p->query[p->query_count].value = (uint16_t)(equals + 1 - p->head.data);
	p->query_count++;
	return true;
}

static bool parse_query(struct http_parser *p, char *query)
{
	for (char *next; query != NULL; query = next) {
		next = strchr(query, '&');
		if (next != NULL)
			*next++ = '\0';
		if (!add_query(p, query))
			return false;
	}
	return true;
}

static bool parse_request_line(struct http_parser *p, char *line)
{
	char *target = strchr(line, ' ');
	char *version = target == NULL ? NULL : strchr(target + 1, ' ');
	char *query;

	if (version == NULL)
		return fail(p, 400, "malformed request line");
	*target++ = '\0';
	*version++ = '\0';
	if (strncmp(version, "HTTP/", 5) != 0)
		return fail(p, 400, "malformed request line");
	if (strcmp(version, "HTTP/1.1") != 0)
		return fail(p, 505, "only HTTP/1.1 is spoken here");
	query = strchr(target, '?');
	if (query != NULL)
		*query++ = '\0';
	return parse_method(p, line) && parse_path(p, target) && parse_query(p, query);
}

static bool parse_status_line(struct http_parser *p, const char *line)
{
	static const char version[] = "HTTP/1.1 ";
	const char *digits = line + sizeof(version) - 1;

	if (strncmp(line, version, sizeof(version) - 1) != 0)
		return fail(p, 400, "the answer is not HTTP/1.1");
	if (digits[0] < '2' || digits[0] > '5' || !is_digit(digits[1]) || !is_digit(digits[2]) ||
		digits[3] != ' ')
		return fail(p, 400, "malformed status line");
	p->status = (digits[0] - '0') * 100 + (digits[1] - '0') * 10 + (digits[2] - '0');
	return true;
}

/* Headers. */

static bool add_header(struct http_parser *p, char *name, char *value)
{
	if (http_header(p, name) != NULL)
		return fail(p, 400, "a header is given twice");
	if (p->header_count == HTTP_MAX_HEADERS)
		return fail(p, 431, "too many headers");
	p->headers[p->header_count].name = (uint16_t)(name - p->head.data);
	p->headers[p->header_count].value = (uint16_t)(value - p->head.data);
	p->header_count++;
	return true;
}

static bool parse_header(struct http_parser *p, char *line)
{
	char *value = line;
	size_t len;

	while (is_token(*value)) {
		*value = lower(*value);
		value++;
	}
	if (value == line || *value != ':')
		return fail(p, 400, "malformed header name");
	*value++ = '\0';
	value += strspn(value, " \t");
	len = strlen(value);
	while (len > 0 && (value[len - 1] == ' ' || value[len - 1] == '\t'))
		value[--len] = '\0';
	return add_header(p, line, value);
}

static bool is_host(const char *text)
{
	return *text != '\0' &&
		text[strspn(text,
			"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.:_[]-")] ==
		'\0';
}

static bool method_has_body(const char *method)
{
	return strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0 ||
		strcmp(method, "PATCH") == 0;
}

static bool parse_length(struct http_parser *p)
{
	const char *text = http_header(p, "content-length");

	if (http_header(p, "transfer-encoding") != NULL)
		return fail(p, 501, "Transfer-Encoding is not spoken here");
	if (text == NULL)
		return true;
	if (strlen(text) > MAX_LENGTH_DIGITS || !vk_parse_uint(text, 0, UINT64_MAX, &p->content_length))
		return fail(p, 400, "malformed Content-Length");
	return true;
}

static bool check_request(struct http_parser *p)
{
	const char *host = http_header(p, "host");
	const char *expect = http_header(p, "expect");

	if (host == NULL || !is_host(host))
		return fail(p, 400, "missing or malformed Host");
	if (method_has_body(p->method) && http_header(p, "content-length") == NULL)
		return fail(p, 411, "Content-Length is missing");
	if (!method_has_body(p->method) && p->content_length > 0)
		return fail(p, 400, "this method has no body");
	if (expect != NULL && strcasecmp(expect, "100-continue") != 0)
		return fail(p, 417, "unknown expectation");
	return true;
}

static bool check_response(struct http_parser *p)
{
	if (p->status == 204 || p->status == 304)
		p->content_length = 0;
	else if (http_header(p, "content-length") == NULL)
		return fail(p, 400, "the answer has no Content-Length");
	return true;
}

/* Cuts the line at its CRLF and returns where the next one begins; the head is known to hold
 * CRs and LFs as pairs only, and to end with an empty line. */
static char *cut_line(char *line)
{
	char *cr = strchr(line, '\r');

	*cr = '\0';
	return cr + 2;
}

static bool parse_head(struct http_parser *p)
{
	char *line = p->head.data;
	char *next = cut_line(line);
	bool is_good = p->kind == HTTP_REQUEST ? parse_request_line(p, line)
					  : parse_status_line(p, line);

	while (is_good && *next != '\r') {
		line = next;
		next = cut_line(line);
		is_good = parse_header(p, line);
	}
	is_good = is_good && parse_length(p);
	return is_good && (p->kind == HTTP_REQUEST ? check_request(p) : check_response(p));
}

/* Looks at one byte of the head; true when it ends the head. The failure, if any, is in p. */
static bool scan(struct http_parser *p, char c)
{
	if (p->has_cr) {
		p->has_cr = false;
		if (c != '\n')
			return fail(p, 400, "CR without LF");
		if (p->line_len == 0)
			return true;
		p->line_len = 0;
	} else if (c == '\r') {
		p->has_cr = true;
	} else if (is_printable(c) || c == '\t') {
		p->line_len++;
	} else {
		return fail(p, 400, c == '\n' ? "LF without CR" : "a byte that is no text");
	}
	return false;
}

static size_t take_head(struct http_parser *p, const char *data, size_t len)
{
	bool is_complete = false;
	size_t taken = 0;

	if (len > HTTP_MAX_HEAD_BYTES - p->head.len)
		len = HTTP_MAX_HEAD_BYTES - p->head.len;
	while (taken < len && !is_complete && p->state == HTTP_IN_HEAD)
		is_complete = scan(p, data[taken++]);
	if (p->state == HTTP_HAS_FAILED)
		return taken;
	vk_buf_add(&p->head, data, taken);
	if (is_complete) {
		if (parse_head(p))
			p->state = HTTP_AT_BODY;
	} else if (p->head.len == HTTP_MAX_HEAD_BYTES) {
		fail(p, 431, "the head of the message is too large");
	}
	return taken;
}

static void begin_body(struct http_parser *p)
{
	if (p->content_length > p->max_body_bytes) {
		fail(p, 413, "the body is too large");
		return;
	}
	if (p->content_length > 0)
		vk_buf_init(&p->body, (size_t)p->content_length);
	p->state = HTTP_IN_BODY;
}

static size_t take_body(struct http_parser *p, const char *data, size_t len)
{
	size_t missing = (size_t)p->content_length - p->body.len;

	if (len > missing)
		len = missing;
	if (len > 0)
		vk_buf_add(&p->body, data, len);
	if (len == missing)
		p->state = HTTP_IS_DONE;
	return len;
}

enum http_result http_parse(struct http_parser *p, const void *data, size_t len, size_t *consumed)
{
	*consumed = 0;
	switch (p->state) {
	case HTTP_IN_HEAD:
		*consumed = take_head(p, data, len);
		break;
	case HTTP_AT_BODY:
		begin_body(p);
		if (p->state == HTTP_IN_BODY)
			*consumed = take_body(p, data, len);
		break;
	case HTTP_IN_BODY:
		*consumed = take_body(p, data, len);
		break;
	case HTTP_IS_DONE:
	case HTTP_HAS_FAILED:
		break;
	}
	switch (p->state) {
	case HTTP_AT_BODY:
		return HTTP_HEAD;
	case HTTP_IS_DONE:
		return HTTP_DONE;
	case HTTP_HAS_FAILED:
		return HTTP_FAILED;
	case HTTP_IN_HEAD:
	case HTTP_IN_BODY:
		break;
	}
	return HTTP_MORE;
}

void http_parser_limit_body(struct http_parser *p, size_t max_body_bytes)
{
	p->max_body_bytes = max_body_bytes < MAX_BODY_BYTES ? max_body_bytes : MAX_BODY_BYTES;
}

bool http_parser_is_idle(const struct http_parser *p)
{
	return p->state == HTTP_IN_HEAD && p->head.len == 0;
}

int http_parser_error(const struct http_parser *p, struct vk_err *err)
{
	bool is_limit = p->error_status == 413 || p->error_status == 431;

	assert(p->state == HTTP_HAS_FAILED);
	vk_err_set(err, is_limit ? VK_ELIMIT : VK_EINPUT, "%s", p->error);
	return p->error_status;
}
