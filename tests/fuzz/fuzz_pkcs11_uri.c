/* SPDX-License-Identifier: BSD-3-Clause */
/* PKCS#11 URIs out of a pointer file: what is accepted names a token and a key. */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/pkcs11_uri.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = xstrndup((const char *)data, size);
	struct vk_err err = VK_ERR_INIT;
	struct pkcs11_uri uri;

	if (pkcs11_uri_parse(text, &uri, &err) == VK_OK &&
		((uri.token[0] == '\0' && uri.serial[0] == '\0') ||
			(uri.object[0] == '\0' && uri.id_len == 0) ||
			(uri.module_path[0] != '\0' && uri.module_path[0] != '/')))
		abort();
	free(text);
	return 0;
}
