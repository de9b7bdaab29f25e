/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/valkey/reply.h"

#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>
#include <sodium.h>

#include "common/mem.h"

#include "common/banned.h"

#if HIREDIS_MAJOR >= 1
typedef size_t element_count;
#else
typedef int element_count;
#endif

struct reply_parser {
	redisReader *reader;
	redisReplyObjectFunctions functions;
	size_t bytes;	 /* fed for the reply that is being read */
	size_t elements; /* announced by its arrays */
	bool is_too_large;
};

void reply_free(struct reply *reply)
{
	if (reply == NULL)
		return;
	/* At most nine levels: the reader refuses deeper nesting. */
	for (size_t i = 0; i < reply->count; i++)
		reply_free(reply->items[i]);
	free(reply->items);
	if (reply->text != NULL)
		sodium_memzero(reply->text, reply->len); /* CONFIG GET shows passwords */
	free(reply->text);
	free(reply);
}

static void free_object(void *object)
{
	reply_free(object);
}

/* Hangs a new object into the array that announced it. */
static void *attach(const redisReadTask *task, struct reply *reply)
{
	if (task->parent != NULL) {
		struct reply *array = task->parent->obj;

		array->items[task->idx] = reply;
	}
	return reply;
}

static enum reply_kind text_kind(int type)
{
	if (type == REDIS_REPLY_ERROR)
		return REPLY_ERROR;
	return type == REDIS_REPLY_STATUS ? REPLY_STATUS : REPLY_STRING;
}

static void *create_string(const redisReadTask *task, char *text, size_t len)
{
	struct reply *reply = xcalloc(1, sizeof(*reply));

	reply->kind = text_kind(task->type);
	reply->text = xmalloc(len + 1); /* len bytes were fed, so len is bounded */
	memcpy(reply->text, text, len);
	reply->text[len] = '\0';
	reply->len = len;
	return attach(task, reply);
}

static void *create_array(const redisReadTask *task, element_count count)
{
	struct reply_parser *parser = task->privdata;
	struct reply *reply;

	if (count < 0 || (size_t)count > REPLY_MAX_ELEMENTS - parser->elements) {
		parser->is_too_large = true;
		return NULL;
	}
	parser->elements += (size_t)count;
	reply = xcalloc(1, sizeof(*reply));
	reply->kind = REPLY_ARRAY;
	reply->items = xcalloc((size_t)count + 1, sizeof(*reply->items));
	reply->count = (size_t)count;
	return attach(task, reply);
}

static void *create_integer(const redisReadTask *task, long long number)
{
	struct reply *reply = xcalloc(1, sizeof(*reply));

	reply->kind = REPLY_INTEGER;
	reply->number = number;
	return attach(task, reply);
}

static void *create_nil(const redisReadTask *task)
{
	struct reply *reply = xcalloc(1, sizeof(*reply));

	reply->kind = REPLY_NIL;
	return attach(task, reply);
}

struct reply_parser *reply_parser_new(void)
{
	struct reply_parser *parser = xcalloc(1, sizeof(*parser));

	parser->functions.createString = create_string;
	parser->functions.createArray = create_array;
	parser->functions.createInteger = create_integer;
	parser->functions.createNil = create_nil;
	parser->functions.freeObject = free_object;
	parser->reader = redisReaderCreateWithFunctions(&parser->functions);
	if (parser->reader == NULL)
		abort();
	parser->reader->privdata = parser;
	return parser;
}

void reply_parser_free(struct reply_parser *parser)
{
	if (parser == NULL)
		return;
	redisReaderFree(parser->reader);
	free(parser);
}

enum vk_rc reply_parser_feed(struct reply_parser *parser, const void *data, size_t len,
	struct reply **out, struct vk_err *err)
{
	void *reply = NULL;

	if (len > REPLY_MAX_BYTES - parser->bytes)
		return vk_err_set(
			err, VK_ELIMIT, "Valkey's reply is larger than %d bytes", REPLY_MAX_BYTES);
	parser->bytes += len;
	if (redisReaderFeed(parser->reader, data, len) != REDIS_OK ||
		redisReaderGetReply(parser->reader, &reply) != REDIS_OK) {
		if (parser->is_too_large)
			return vk_err_set(err, VK_ELIMIT,
				"Valkey's reply has more than %d elements", REPLY_MAX_ELEMENTS);
		return vk_err_set(
			err, VK_EUNAVAIL, "what answers is no Valkey: %s", parser->reader->errstr);
	}
	if (reply != NULL) {
		parser->bytes = 0;
		parser->elements = 0;
	}
	*out = reply;
	return VK_OK;
}

bool reply_is_status(const struct reply *reply, const char *text)
{
	return reply->kind == REPLY_STATUS && strcmp(reply->text, text) == 0;
}

bool reply_is_error(const struct reply *reply, const char *code)
{
	size_t len = strlen(code);

	return reply->kind == REPLY_ERROR && strncmp(reply->text, code, len) == 0 &&
	       (reply->text[len] == ' ' || reply->text[len] == '\0');
}
