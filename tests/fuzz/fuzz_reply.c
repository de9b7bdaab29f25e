/* SPDX-License-Identifier: BSD-3-Clause */
/* What a Valkey answers: fed whole and byte by byte, it must come to the same end. */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>

#include "common/valkey/calls.h"
#include "common/valkey/reply.h"
#include "common/valkey/users.h"
#include "common/valkey/values.h"

#include "common/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum vk_rc feed(const uint8_t *data, size_t size, size_t step, struct reply **out)
{
	struct reply_parser *parser = reply_parser_new();
	struct vk_err err = VK_ERR_INIT;
	enum vk_rc rc = VK_OK;

	*out = NULL;
	for (size_t at = 0; at < size && rc == VK_OK && *out == NULL; at += step)
		rc = reply_parser_feed(
			parser, data + at, size - at < step ? size - at : step, out, &err);
	reply_parser_free(parser);
	return rc;
}

static void use(const struct reply *reply)
{
	struct vk_err err = VK_ERR_INIT;
	struct values values;
	struct calls calls;
	struct users users;

	if (reply->kind == REPLY_STRING)
		calls_parse(reply->text, &calls);
	for (int i = 0; reply->kind == REPLY_STRING && i < CALLS; i++) {
		if (calls.counts[i] < 0)
			abort();
	}
	values_init(&values);
	users_init(&users);
	if (values_add_reply(&values, "key", "8.0", reply, &err) != VK_OK &&
		users_add_reply(&users, reply, &err) != VK_OK && err.msg[0] == '\0')
		abort();
	values_release(&values);
	users_release(&users);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reply *whole;
	struct reply *pieces;
	enum vk_rc rc = feed(data, size, size + 1, &whole);

	if (rc == VK_OK && feed(data, size, 1, &pieces) != VK_OK)
		abort();
	if (rc == VK_OK)
		reply_free(pieces);
	if (whole != NULL)
		use(whole);
	reply_free(whole);
	return 0;
}
