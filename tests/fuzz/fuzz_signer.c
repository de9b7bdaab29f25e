/* SPDX-License-Identifier: BSD-3-Clause */
/* The signer takes requests from the process that talks to the network: any bytes must get an
 * answer, and none may end it. */
#include "config.h"

#include <stdlib.h>

#include "common/clock.h"
#include "server/signer_core.h"
#include "server/signer_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct signer_core *make_core(void)
{
	struct signer_keys keys = {.snapshot = vk_signkey_generate(),
		.timestamp = vk_signkey_generate(),
		.log = vk_signkey_generate()};
	struct vk_buf pem;

	vk_buf_init(&pem, X509_MAX_PEM_BYTES);
	if (x509_key_generate(&keys.cas[0].key, NULL) != VK_OK ||
		x509_make_ca(keys.cas[0].key, "demo", 0, vk_clock_now() + 86400, &pem, NULL) != VK_OK)
		abort();
	keys.ca_count = 1;
	keys.cas[0].pem = vk_buf_detach(&pem, NULL);
	vk_buf_release(&pem);
	return signer_core_new("demo", &keys);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct signer_core *core = make_core();
	struct vk_buf reply;

	vk_buf_init(&reply, SIGNER_MESSAGE_MAX_BYTES);
	signer_core_answer(core, data, size, &reply);
	if (reply.len == 0 || reply.is_overflowed)
		abort();
	vk_buf_release(&reply);
	signer_core_free(core);
	return 0;
}
