/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes as a sealed secret from the server, or from the disk: what is accepted formats to an
 * envelope that is accepted again, and nothing opens with a key that it is not sealed to. */
#include "config.h"

#include "client/pull/envelope.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_closed(const struct envelope *envelope)
{
	static const uint8_t seed[VK_SEED_BYTES] = {7};
	struct vk_signkey *key = vk_signkey_from_seed(seed);
	struct vk_secret_value *value = NULL;
	struct vk_err err = VK_ERR_INIT;

	if (envelope_open(envelope, &envelope->body->id, envelope->body->digest, key, &value,
		    &err) != VK_EUNTRUSTED)
		abort();
	vk_signkey_free(key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct envelope envelope = {.body = NULL};
	struct envelope again = {.body = NULL};
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf out;
	enum vk_rc rc = envelope_parse((const char *)data, size, &envelope, &err);

	if (rc != VK_OK && rc != VK_EUNTRUSTED)
		abort();
	if (rc != VK_OK)
		return 0;
	vk_buf_init(&out, ENVELOPE_MAX_BYTES);
	if (envelope_format(&envelope, &out, &err) != VK_OK ||
		envelope_parse(out.data, out.len, &again, &err) != VK_OK ||
		memcmp(again.sealed, envelope.sealed, sizeof(again.sealed)) != 0 ||
		memcmp(again.body->digest, envelope.body->digest, sizeof(again.body->digest)) != 0)
		abort();
	check_closed(&envelope);
	envelope_release(&again);
	envelope_release(&envelope);
	vk_buf_release(&out);
	return 0;
}
