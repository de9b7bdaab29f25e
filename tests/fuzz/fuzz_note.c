/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes as a checkpoint: accepted only as the seed, or as the seed with signatures of others;
 * and as a cosignature, which this key has never made. */
#include "config.h"

#include "common/note.h"

#include <stdbool.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t seed[VK_SEED_BYTES] = {7};
	static uint8_t public_key[VK_PUBLIC_KEY_BYTES];
	static bool is_ready;
	const struct note_checkpoint cosigned = {.size = 17};
	struct note_checkpoint checkpoint;
	struct vk_err err = VK_ERR_INIT;

	if (!is_ready) {
		struct vk_signkey *key = vk_signkey_from_seed(seed);

		vk_signkey_public(key, public_key);
		vk_signkey_free(key);
		is_ready = true;
	}
	if (note_verify_checkpoint(
		    (const char *)data, size, "demo/log", public_key, &checkpoint, &err) == VK_OK) {
		if (checkpoint.size != 17)
			abort(); /* the only size that this key has ever signed */
	} else if (err.msg[0] == '\0') {
		abort();
	}
	if (note_verify_cosignature((const char *)data, size, "demo/log", &cosigned, "demo/host/db1",
		    public_key, NULL, &err) == VK_OK)
		abort();
	return 0;
}
