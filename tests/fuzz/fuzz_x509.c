/* SPDX-License-Identifier: BSD-3-Clause */
/* Certificates as they come from a file or a peer: whatever they hold, the identity is valid. */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>

#include "common/x509.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vk_err err = VK_ERR_INIT;
	struct x509_info info;

	if (x509_parse_identity(data, size, &info, &err) == VK_OK &&
		(!vk_name_is_valid(info.identity.fleet) || !vk_name_is_valid(info.identity.name)))
		abort();
	return 0;
}
