/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/buf.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "common/mem.h"

#include "common/banned.h"

enum { FIRST_CAP = 64 };

void vk_buf_init(struct vk_buf *buf, size_t max_bytes)
{
	buf->cap = FIRST_CAP;
	buf->data = xmalloc(buf->cap);
	buf->data[0] = '\0';
	buf->len = 0;
	buf->max_bytes = max_bytes;
	buf->is_overflowed = false;
}

void vk_buf_release(struct vk_buf *buf)
{
	free(buf->data);
	buf->data = NULL;
	buf->len = 0;
	buf->cap = 0;
}

void vk_buf_release_wiped(struct vk_buf *buf)
{
	if (buf->data != NULL)
		sodium_memzero(buf->data, buf->cap);
	vk_buf_release(buf);
}

void vk_buf_reset(struct vk_buf *buf)
{
	buf->len = 0;
	buf->data[0] = '\0';
	buf->is_overflowed = false;
}

/* Copies by hand instead of realloc(), so that no block of a secret stays behind unwiped. */
static void grow(struct vk_buf *buf, size_t need)
{
	size_t cap = buf->cap;
	char *data;

	while (cap < need)
		cap *= 2;
	data = xmalloc(cap);
	memcpy(data, buf->data, buf->len + 1);
	sodium_memzero(buf->data, buf->len);
	free(buf->data);
	buf->data = data;
	buf->cap = cap;
}

void *vk_buf_reserve(struct vk_buf *buf, size_t len)
{
	if (buf->is_overflowed || len > buf->max_bytes - buf->len) {
		buf->is_overflowed = true;
		return NULL;
	}
	if (buf->cap - buf->len < len + 1)
		grow(buf, buf->len + len + 1);
	return buf->data + buf->len;
}

void vk_buf_commit(struct vk_buf *buf, size_t len)
{
	assert(len < buf->cap - buf->len);
	buf->len += len;
	buf->data[buf->len] = '\0';
}

void vk_buf_add(struct vk_buf *buf, const void *data, size_t len)
{
	void *room;

	if (len == 0)
		return;
	room = vk_buf_reserve(buf, len);
	if (room == NULL)
		return;
	memcpy(room, data, len);
	vk_buf_commit(buf, len);
}

void vk_buf_addc(struct vk_buf *buf, char c)
{
	vk_buf_add(buf, &c, 1);
}

void vk_buf_adds(struct vk_buf *buf, const char *text)
{
	vk_buf_add(buf, text, strlen(text));
}

void vk_buf_vaddf(struct vk_buf *buf, const char *fmt, va_list ap)
{
	va_list again;
	char *room;
	int len;

	va_copy(again, ap);
	len = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	assert(len >= 0);
	if (len == 0)
		return;
	room = vk_buf_reserve(buf, (size_t)len);
	if (room == NULL)
		return;
	vsnprintf(room, (size_t)len + 1, fmt, ap);
	vk_buf_commit(buf, (size_t)len);
}

void vk_buf_addf(struct vk_buf *buf, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vk_buf_vaddf(buf, fmt, ap);
	va_end(ap);
}

void vk_buf_add_hex(struct vk_buf *buf, const void *data, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *byte = data;

	for (size_t i = 0; i < len; i++) {
		vk_buf_addc(buf, digits[byte[i] >> 4]);
		vk_buf_addc(buf, digits[byte[i] & 15]);
	}
}

void vk_buf_consume(struct vk_buf *buf, size_t len)
{
	assert(len <= buf->len);
	memmove(buf->data, buf->data + len, buf->len - len + 1);
	buf->len -= len;
}

enum vk_rc vk_buf_check(const struct vk_buf *buf, const char *what, struct vk_err *err)
{
	if (!buf->is_overflowed)
		return VK_OK;
	return vk_err_set(err, VK_ELIMIT, "%s is larger than %zu bytes", what, buf->max_bytes);
}

char *vk_buf_detach(struct vk_buf *buf, size_t *len_out)
{
	char *data = buf->data;

	if (len_out != NULL)
		*len_out = buf->len;
	vk_buf_init(buf, buf->max_bytes);
	return data;
}
