/* SPDX-License-Identifier: BSD-3-Clause */
/* The parser's inside, for http.c, which fills it, and http_message.c, which answers from it. */
#ifndef VK_HTTP_INTERNAL_H
#define VK_HTTP_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/http.h"

enum http_kind { HTTP_REQUEST, HTTP_RESPONSE };

enum http_state {
	HTTP_IN_HEAD,
	HTTP_AT_BODY, /* the caller has been told of the head and may set the body's limit */
	HTTP_IN_BODY,
	HTTP_IS_DONE,
	HTTP_HAS_FAILED,
};

/* Offsets into the head, where all texts are NUL-terminated in place: a parked connection keeps its
 * head and this struct, so both are small. */
struct http_pair {
	uint16_t name;
	uint16_t value;
};

struct http_segment {
	uint16_t start;
	uint16_t len;
};

struct http_parser {
	enum http_kind kind;
	enum http_state state;
	struct vk_buf head;
	bool has_cr;       /* the last byte of the head was a CR */
	uint16_t line_len; /* of the line that is being read */
	uint8_t header_count;
	uint8_t segment_count;
	uint8_t query_count;
	struct http_pair headers[HTTP_MAX_HEADERS];
	struct http_segment segments[HTTP_MAX_SEGMENTS];
	struct http_pair query[HTTP_MAX_QUERY];
	char method[HTTP_MAX_METHOD_BYTES];
	int status;
	uint64_t content_length;
	size_t max_body_bytes;
	struct vk_buf body; /* data is NULL until there is one */
	int error_status;
	const char *error; /* constant text */
};

#endif
