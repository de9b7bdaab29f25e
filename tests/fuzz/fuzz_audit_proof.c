/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes as the file that proves an entry, believed with the root document in it: what is
 * verified is an entry of the log that its checkpoint says. */
#include "config.h"

#include "client/admin/audit_proof.h"

#include <stdlib.h>
#include <string.h>

#include "common/vkjson.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use(const struct vkjson *proof)
{
	const char *document = vkjson_text(vkjson_get(vkjson_get(proof, "root"), "document"));
	struct vk_err err = VK_ERR_INIT;
	uint8_t digest[VK_SHA256_BYTES];
	struct tuf_meta *root = NULL;
	struct audit_proven proven;

	if (document == NULL)
		return;
	vk_sha256(document, strlen(document), digest);
	if (audit_proof_root(proof, digest, &root, &err) != VK_OK)
		return;
	if (audit_proof_verify(proof, root, &proven, &err) == VK_OK) {
		if (proven.index >= proven.size || proven.entry == NULL)
			abort();
	} else if (err.msg[0] == '\0') {
		abort();
	}
	tuf_meta_free(root);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vkjson *proof = NULL;

	if (size > AUDIT_PROOF_MAX_BYTES ||
		vkjson_parse((const char *)data, size, &proof, NULL) != VK_OK)
		return 0;
	use(proof);
	vkjson_free(proof);
	return 0;
}
