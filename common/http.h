/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * HTTP/1.1 messages (RFC 9110, RFC 9112), strictly: bytes in, a message or an error out. No
 * descriptor, no clock, no threads. Where the RFC leaves a receiver room, this parser refuses: one
 * spelling of each message means that nobody in between can read it differently (smuggling).
 *
 * Refused: any version but HTTP/1.1; bare LF, folded lines, blanks before the colon, anything but
 * printable ASCII; a header twice; a request without Host; Transfer-Encoding; a Content-Length that
 * is not digits only; a body where the method has none; any target but an absolute path of
 * [A-Za-z0-9._~-] segments without "." and "..", with an optional query.
 *
 * Life of a parser: http_request_parser_new(), then http_parse() with whatever has arrived, as
 * often as it says HTTP_MORE. It stops at the end of the head (HTTP_HEAD), where the caller sets
 * the limit of the body by what the head asks for, and at the end of the message (HTTP_DONE).
 * http_parser_reset() makes it ready for the next message. Borrowed strings live until then.
 */
#ifndef VK_HTTP_H
#define VK_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"

enum {
	HTTP_MAX_HEAD_BYTES = 16384,
	HTTP_MAX_HEADERS = 32,
	HTTP_MAX_SEGMENTS = 16,
	HTTP_MAX_QUERY = 16,
	HTTP_MAX_METHOD_BYTES = 16, /* with the NUL */
};

enum http_result {
	HTTP_MORE,   /* all bytes taken, the message is not complete */
	HTTP_HEAD,   /* the head is complete; set the body's limit and go on */
	HTTP_DONE,   /* the message is complete */
	HTTP_FAILED, /* it is none; http_parser_error() */
};

struct http_parser;

struct http_parser *http_request_parser_new(void);
struct http_parser *http_response_parser_new(void);
void http_parser_free(struct http_parser *parser);

/* Ready for the next message; large buffers are given back, small ones kept. */
void http_parser_reset(struct http_parser *parser);

/* Takes bytes; *consumed tells how many belong to this message (all with HTTP_MORE). After
 * HTTP_DONE or HTTP_FAILED nothing more is taken before a reset. */
enum http_result http_parse(
	struct http_parser *parser, const void *data, size_t len, size_t *consumed);

/* Between HTTP_HEAD and the next http_parse(): the largest body that is accepted, 0 by default. A
 * larger Content-Length fails at once, before a byte of it is read. */
void http_parser_limit_body(struct http_parser *parser, size_t max_body_bytes);

/* Whether no byte of a message has been taken since the last reset. */
bool http_parser_is_idle(const struct http_parser *parser);

/* Why parsing failed: fills err (VK_EINPUT or VK_ELIMIT) and returns the HTTP status for a server
 * to answer: 400, 411, 413, 417, 431, 501 or 505. */
int http_parser_error(const struct http_parser *parser, struct vk_err *err);

/* Of a request, after HTTP_HEAD. */
const char *http_method(const struct http_parser *parser);
size_t http_segment_count(const struct http_parser *parser); /* "/" has none */
bool http_segment_equals(
	const struct http_parser *parser, size_t index, const char *text, size_t len);
const char *http_segment(const struct http_parser *parser, size_t index);

/* The segments from index to the last one, joined with '/'; index < count. Asking for one of them
 * alone afterwards cuts the joined text. */
const char *http_segments_from(const struct http_parser *parser, size_t index);

/* Appends the whole path, for messages and logs. */
void http_path_format(const struct http_parser *parser, struct vk_buf *out);

/* Percent-decoded value of a query parameter; NULL if absent. */
const char *http_query(const struct http_parser *parser, const char *name);

/* Whether the query names a parameter that is not in the NULL-terminated list; returns it, or
 * NULL if all are known. */
const char *http_query_unknown(const struct http_parser *parser, const char *const *known);

/* Whether the client waits for "100 Continue" before it sends the body. */
bool http_expects_continue(const struct http_parser *parser);

/* Of a response, after HTTP_HEAD. */
int http_status(const struct http_parser *parser);

/* Of both. name in lower case; the value without surrounding blanks; NULL if absent. */
const char *http_header(const struct http_parser *parser, const char *name);
uint64_t http_content_length(const struct http_parser *parser);
bool http_is_keep_alive(const struct http_parser *parser);

/* The body, after HTTP_DONE; NUL-terminated, never NULL. */
const char *http_body(const struct http_parser *parser, size_t *len);

/* Moves the body (free()) out of the parser. */
char *http_body_detach(struct http_parser *parser, size_t *len);

/* If-None-Match (RFC 9110, 13.1.2): whether the header's value, a list or "*", names the strong
 * ETag, which is given with its quotes. false for NULL. */
bool http_etag_matches(const char *if_none_match, const char *etag);

/* Prefer: wait=N (RFC 7240): the N out of a list of preferences; 0 if there is none or it is
 * malformed. false for NULL. */
unsigned http_prefer_wait(const char *prefer);

/* Whether text may stand in a request line as path and query. */
bool http_target_is_valid(const char *target);

/* Appends text as a query value: everything but [A-Za-z0-9._~-] percent-encoded. */
void http_query_encode(struct vk_buf *out, const char *text);

struct http_field {
	const char *name;
	const char *value; /* NULL: the field is left out; control characters become '?' */
};

/* Appends the head of a request; fields end with a NULL name. Content-Length is written when
 * body_len > 0 or the method is POST. target must be valid. */
void http_format_request(struct vk_buf *out, const char *method, const char *target,
	const char *host, const struct http_field *fields, size_t body_len);

/* Appends the head of a response. Content-Length is written except for 204 and 304; "Connection:
 * close" when is_last. */
void http_format_response(struct vk_buf *out, int status, const struct http_field *fields,
	size_t body_len, bool is_last);

/* "Not Found"; "Status" for one that is not in the table. */
const char *http_reason(int status);

#endif
