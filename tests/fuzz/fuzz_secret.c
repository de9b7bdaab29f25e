/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes as a sealed secret: what is accepted formats to the same bytes, and opens to a value
 * only if it is the body that the data key was made for. */
#include "config.h"

#include "common/secret.h"

#include <stdlib.h>
#include <string.h>

#include "common/num.h"
#include "tests/unit/secret_vector.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct vk_secret_key *vector_key(void)
{
	static struct vk_secret_key *key;
	uint8_t seal[VK_SECRET_SEALED_BYTES];
	uint8_t seed[VK_SEED_BYTES];
	struct vk_signkey *owner;

	if (key != NULL)
		return key;
	if (!vk_parse_hex(vector_seed, strlen(vector_seed), seed, sizeof(seed)) ||
		!vk_parse_hex(vector_seal, strlen(vector_seal), seal, sizeof(seal)))
		abort();
	owner = vk_signkey_from_seed(seed);
	if (vk_secret_unseal(seal, owner, &key, NULL) != VK_OK)
		abort();
	vk_signkey_free(owner);
	return key;
}

static void check_bytes(const struct vk_secret *secret, const uint8_t *data, size_t size)
{
	struct vk_buf out;

	vk_buf_init(&out, VK_SECRET_BODY_MAX_BYTES);
	if (vk_secret_format(secret, &out, NULL) != VK_OK || out.len != size ||
		memcmp(out.data, data, size) != 0)
		abort();
	vk_buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vk_secret_value *value = NULL;
	struct vk_secret *secret = NULL;
	bool is_vector = size == strlen(vector_body) && memcmp(data, vector_body, size) == 0;
	bool is_opened;

	if (vk_secret_parse((const char *)data, size, &secret, NULL) != VK_OK)
		return 0;
	check_bytes(secret, data, size);
	is_opened = vk_secret_open(secret, vector_key(), &value, NULL) == VK_OK;
	if (is_opened != is_vector ||
		(is_opened && strcmp(vk_secret_value_text(value), vector_value) != 0))
		abort();
	vk_secret_value_free(value);
	vk_secret_free(secret);
	return 0;
}
