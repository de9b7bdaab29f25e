/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What vkcfgd and its signer say to each other: one datagram per request, one
 * per answer. A request begins with a byte for its type, an answer with a byte
 * for its result (enum vk_rc); fields follow in a fixed order: numbers as eight
 * bytes, big-endian, and byte strings behind their length in four. The reader
 * cannot pass the end, and a message must end where its last field ends.
 */
#ifndef VK_SIGNER_MESSAGE_H
#define VK_SIGNER_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"
#include "server/signer.h"

enum {
	SIGNER_MESSAGE_MAX_BYTES = SIGNER_SNAPSHOT_MAX_BYTES + 4096,
	SIGNER_FIELD_MAX_BYTES = 1024, /* of names and keys */
};

enum signer_request {
	SIGNER_SIGN_SNAPSHOT = 1, /* signed part -> signature */
	SIGNER_MAKE_TIMESTAMP,	  /* version, expires, snapshot's version, length, sha256
				   * -> signed part, signature */
	SIGNER_MAKE_CHECKPOINT,	  /* size, root, proof -> note */
	SIGNER_ISSUE_CERTIFICATE, /* CA, spki, kind, name, not_before, not_after, count, names...
				   * -> PEM */
};

void signer_put_byte(struct vk_buf *out, uint8_t value);
void signer_put_number(struct vk_buf *out, uint64_t value);
void signer_put_bytes(struct vk_buf *out, const void *data, size_t len);

/* Reads a message from its beginning; the first thing that does not fit makes it bad for good. */
struct signer_reader {
	const uint8_t *at;
	size_t left;
	bool is_bad;
};

uint8_t signer_take_byte(struct signer_reader *reader);
uint64_t signer_take_number(struct signer_reader *reader);

/* Borrowed from the message; "" where it is bad. */
const void *signer_take_bytes(struct signer_reader *reader, size_t max_bytes, size_t *len);

/* Exactly len bytes. */
void signer_take_exactly(struct signer_reader *reader, void *out, size_t len);

/* Text of at most size - 1 bytes without a NUL inside. */
void signer_take_text(struct signer_reader *reader, char *out, size_t size);

/* True if all was there and nothing is left. */
bool signer_is_whole(const struct signer_reader *reader);

/* An answer that reports a failure, and back: reads an answer's first byte; unless it is VK_OK, the
 * failure goes to err. */
void signer_put_failure(struct vk_buf *out, const struct vk_err *failure);
VK_CHECKED enum vk_rc signer_take_result(struct signer_reader *reader, struct vk_err *err);

#endif
