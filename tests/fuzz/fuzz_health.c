/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes as what INFO, CLUSTER NODES and ACL LOG answer, and as health.json: what was read comes
 * back from the file, is judged without harm, and what is new today is not new twice. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "client/pull/health_checks.h"
#include "common/mem.h"
#include "common/vkjson.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	struct health_state state, copy;
	struct denials denials, blamed;
	struct health_verdict verdict;
};

static void fuzz_denials(const uint8_t *data, size_t size, struct denials *out)
{
	struct reply_parser *parser = reply_parser_new();
	struct vk_err err = VK_ERR_INIT;
	struct reply *reply = NULL;

	if (reply_parser_feed(parser, data, size, &reply, &err) == VK_OK && reply != NULL)
		denials_take(reply, out);
	reply_free(reply);
	reply_parser_free(parser);
}

static void fuzz_state(const char *text, struct seen *seen)
{
	struct vk_err err = VK_ERR_INIT;
	struct vkjson *json;

	health_state_take_info(text, &seen->state);
	health_state_take_nodes(text, &seen->state);
	json = health_state_to_json(&seen->state);
	if (health_state_from_json(json, &seen->copy, &err) != VK_OK ||
		seen->copy.evicted != seen->state.evicted || seen->copy.slots != seen->state.slots)
		abort();
	vkjson_free(json);
	/* From here on both are whatever a file of that text says, if anything. */
	if (vkjson_parse(text, strlen(text), &json, &err) != VK_OK)
		return;
	if (health_state_from_json(json, &seen->copy, &err) != VK_OK)
		seen->copy = seen->state;
	if (denials_from_json(json, &seen->blamed, &err) != VK_OK)
		seen->blamed.count = 0;
	vkjson_free(json);
}

static void fuzz_verdict(struct seen *seen)
{
	static const struct vk_bundle bundle = {.bake_s = 1};
	struct users users;
	struct health_subject subject = {.bundle = &bundle,
		.before = &seen->copy,
		.now = &seen->state,
		.denials = &seen->denials,
		.scope = {.before = &seen->blamed, .old_users = &users, .new_users = &users},
		.elapsed_s = 1};
	const struct denial *example;
	struct vk_buf text;

	users_init(&users);
	users_add(&users, "app", "on");
	users_sort(&users);
	vk_buf_init(&text, HEALTH_MAX_CHECKS * 3 * HEALTH_TEXT_BYTES);
	health_judge(&subject, &seen->verdict);
	health_describe(&seen->verdict, &text);
	if (text.is_overflowed)
		abort();
	vkjson_free(health_verdict_to_json(&seen->verdict));
	seen->blamed.is_known = true;
	denials_add_new(&seen->blamed, &seen->denials, &subject.scope);
	if (seen->blamed.count < DENIALS_MAX &&
		denials_count_new(&seen->denials, &subject.scope, &example) != 0)
		abort();
	vk_buf_release(&text);
	users_release(&users);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seen *seen = xcalloc(1, sizeof(*seen));
	char *text = xcalloc(1, size + 1);

	if (size > 0)
		memcpy(text, data, size);
	fuzz_state(text, seen);
	fuzz_denials(data, size, &seen->denials);
	fuzz_verdict(seen);
	free(text);
	free(seen);
	return 0;
}
