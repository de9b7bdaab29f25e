/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a Valkey answers: RESP2 bytes in, a tree of replies out. The bytes come
 * from hiredis' reader, but every object is built here, because the reader of
 * hiredis 0.14 believes any element count that a peer sends. A reply is bounded
 * in bytes, elements and depth before memory is taken for it.
 *
 * The parser knows no descriptor and no clock; valkey.c feeds it.
 */
#ifndef VK_VALKEY_REPLY_H
#define VK_VALKEY_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

enum {
	REPLY_MAX_BYTES = 4 * 1024 * 1024, /* of one reply; CONFIG GET * needs about 12 KiB */
	REPLY_MAX_ELEMENTS = 65536,	   /* of all arrays in one reply */
};

enum reply_kind { REPLY_STRING, REPLY_STATUS, REPLY_ERROR, REPLY_INTEGER, REPLY_NIL, REPLY_ARRAY };

/* Read-only for callers; lives until reply_free() of the whole tree. */
struct reply {
	enum reply_kind kind;
	char *text; /* STRING, STATUS, ERROR: NUL-terminated, may hold further NULs */
	size_t len;
	int64_t number;	      /* INTEGER */
	struct reply **items; /* ARRAY; never NULL inside a finished reply */
	size_t count;
};

void reply_free(struct reply *reply);

/* True for a status reply with exactly this text ("OK", "PONG"). */
bool reply_is_status(const struct reply *reply, const char *text);

/* True for an error whose first word is CODE ("NOAUTH", "LOADING"). */
bool reply_is_error(const struct reply *reply, const char *code);

struct reply_parser;

struct reply_parser *reply_parser_new(void);
void reply_parser_free(struct reply_parser *parser);

/* Takes bytes from the peer. *out is a whole reply (the caller's to free), or NULL while
 * more bytes are needed. VK_ELIMIT when the reply grows too large, VK_EUNAVAIL when the
 * bytes are no RESP2; after an error the parser is of no further use. */
VK_CHECKED enum vk_rc reply_parser_feed(struct reply_parser *parser, const void *data, size_t len,
	struct reply **out, struct vk_err *err);

#endif
