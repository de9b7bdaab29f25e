/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/signer_message.h"

#include <string.h>

#include "common/banned.h"

void signer_put_byte(struct vk_buf *out, uint8_t value)
{
	vk_buf_add(out, &value, 1);
}

static void put_big_endian(struct vk_buf *out, uint64_t value, size_t count)
{
	for (size_t i = count; i > 0; i--)
		signer_put_byte(out, (uint8_t)(value >> (8 * (i - 1))));
}

void signer_put_number(struct vk_buf *out, uint64_t value)
{
	put_big_endian(out, value, sizeof(value));
}

void signer_put_bytes(struct vk_buf *out, const void *data, size_t len)
{
	put_big_endian(out, len, sizeof(uint32_t));
	vk_buf_add(out, data, len);
}

static uint64_t take_big_endian(struct signer_reader *reader, size_t count)
{
	uint64_t value = 0;

	if (reader->is_bad || reader->left < count) {
		reader->is_bad = true;
		return 0;
	}
	for (size_t i = 0; i < count; i++)
		value = value << 8 | reader->at[i];
	reader->at += count;
	reader->left -= count;
	return value;
}

uint8_t signer_take_byte(struct signer_reader *reader)
{
	return (uint8_t)take_big_endian(reader, 1);
}

uint64_t signer_take_number(struct signer_reader *reader)
{
	return take_big_endian(reader, sizeof(uint64_t));
}

const void *signer_take_bytes(struct signer_reader *reader, size_t max_bytes, size_t *len)
{
	size_t count = (size_t)take_big_endian(reader, sizeof(uint32_t));
	const void *data = reader->at;

	if (count > max_bytes || count > reader->left)
		reader->is_bad = true;
	*len = 0;
	if (reader->is_bad)
		return "";
	*len = count;
	reader->at += count;
	reader->left -= count;
	return data;
}

void signer_take_exactly(struct signer_reader *reader, void *out, size_t len)
{
	size_t have;
	const void *data = signer_take_bytes(reader, len, &have);

	if (have != len)
		reader->is_bad = true;
	memset(out, 0, len);
	memcpy(out, data, have);
}

void signer_take_text(struct signer_reader *reader, char *out, size_t size)
{
	size_t len;
	const void *data = signer_take_bytes(reader, size - 1, &len);

	if (memchr(data, '\0', len) != NULL) {
		reader->is_bad = true;
		len = 0;
	}
	memcpy(out, data, len);
	out[len] = '\0';
}

bool signer_is_whole(const struct signer_reader *reader)
{
	return !reader->is_bad && reader->left == 0;
}

void signer_put_failure(struct vk_buf *out, const struct vk_err *failure)
{
	signer_put_byte(out, (uint8_t)failure->rc);
	signer_put_bytes(out, failure->msg, strlen(failure->msg));
	signer_put_bytes(out, failure->hint, strlen(failure->hint));
}

enum vk_rc signer_take_result(struct signer_reader *reader, struct vk_err *err)
{
	struct vk_err failure = VK_ERR_INIT;
	uint8_t rc = signer_take_byte(reader);

	if (!reader->is_bad && rc == VK_OK)
		return VK_OK;
	signer_take_text(reader, failure.msg, sizeof(failure.msg));
	signer_take_text(reader, failure.hint, sizeof(failure.hint));
	if (!signer_is_whole(reader) || rc >= VK_RC_COUNT)
		return vk_err_set(err, VK_EIO, "the signer's answer makes no sense");
	vk_err_set(err, (enum vk_rc)rc, "signer: %s", failure.msg);
	if (failure.hint[0] != '\0')
		vk_err_hint(err, "%s", failure.hint);
	return (enum vk_rc)rc;
}
