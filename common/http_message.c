/* SPDX-License-Identifier: BSD-3-Clause */
/* What the parser has read. */
#include "config.h"

#include "common/http.h"

#include <assert.h>
#include <string.h>

#include "common/http_internal.h"
#include "common/mem.h"

#include "common/banned.h"

const char *http_method(const struct http_parser *p)
{
	return p->method;
}

size_t http_segment_count(const struct http_parser *p)
{
	return p->segment_count;
}

bool http_segment_equals(const struct http_parser *p, size_t index, const char *text, size_t len)
{
	return index < p->segment_count && p->segments[index].len == len &&
		memcmp(p->head.data + p->segments[index].start, text, len) == 0;
}

const char *http_segment(const struct http_parser *p, size_t index)
{
	const struct http_segment *segment = &p->segments[index];

	assert(index < p->segment_count);
	p->head.data[segment->start + segment->len] = '\0';
	return p->head.data + segment->start;
}

const char *http_segments_from(const struct http_parser *p, size_t index)
{
	assert(index < p->segment_count);
	for (size_t i = index; i + 1 < p->segment_count; i++)
		p->head.data[p->segments[i + 1].start - 1] = '/';
	http_segment(p, p->segment_count - 1u);
	return p->head.data + p->segments[index].start;
}

void http_path_format(const struct http_parser *p, struct vk_buf *out)
{
	if (p->segment_count == 0)
		vk_buf_addc(out, '/');
	for (size_t i = 0; i < p->segment_count; i++) {
		vk_buf_addc(out, '/');
		vk_buf_add(out, p->head.data + p->segments[i].start, p->segments[i].len);
	}
}

static const char *find_pair(const struct http_parser *p, const struct http_pair *pairs, size_t count,
	const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(p->head.data + pairs[i].name, name) == 0)
			return p->head.data + pairs[i].value;
	}
	return NULL;
}

const char *http_query(const struct http_parser *p, const char *name)
{
	return find_pair(p, p->query, p->query_count, name);
}

const char *http_query_unknown(const struct http_parser *p, const char *const *known)
{
	for (size_t i = 0; i < p->query_count; i++) {
		const char *name = p->head.data + p->query[i].name;
		size_t j = 0;

		while (known[j] != NULL && strcmp(known[j], name) != 0)
			j++;
		if (known[j] == NULL)
			return name;
	}
	return NULL;
}

bool http_expects_continue(const struct http_parser *p)
{
	return p->content_length > 0 && http_header(p, "expect") != NULL;
}

int http_status(const struct http_parser *p)
{
	return p->status;
}

const char *http_header(const struct http_parser *p, const char *name)
{
	return find_pair(p, p->headers, p->header_count, name);
}

uint64_t http_content_length(const struct http_parser *p)
{
	return p->content_length;
}

bool http_is_keep_alive(const struct http_parser *p)
{
	const char *connection = http_header(p, "connection");

	return connection == NULL || strcasestr(connection, "close") == NULL;
}

const char *http_body(const struct http_parser *p, size_t *len)
{
	*len = p->body.len;
	return p->body.data == NULL ? "" : p->body.data;
}

char *http_body_detach(struct http_parser *p, size_t *len)
{
	char *data = p->body.data;

	*len = p->body.len;
	p->body = (struct vk_buf){.data = NULL};
	return data == NULL ? xstrdup("") : data;
}
