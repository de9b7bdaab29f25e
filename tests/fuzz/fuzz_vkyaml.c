/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes as YAML: parsed within the limits, every node reachable, or refused with a message. */
#include "config.h"

#include "common/vkyaml.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void visit(const struct vkyaml_node *node)
{
	for (size_t i = 0; i < vkyaml_count(node); i++) {
		visit(vkyaml_at(node, i));
		if (vkyaml_kind(node) == VKYAML_MAP &&
			vkyaml_get(node, vkyaml_key(node, i)) != vkyaml_at(node, i))
			abort();
	}
	if (vkyaml_kind(node) == VKYAML_SCALAR && strlen(vkyaml_text(node)) > VKYAML_MAX_BYTES)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vk_err err = VK_ERR_INIT;
	struct vkyaml *doc = NULL;

	if (vkyaml_parse("fuzz.yaml", (const char *)data, size, &doc, &err) != VK_OK) {
		if (err.msg[0] == '\0')
			abort();
		return 0;
	}
	if (vkyaml_root(doc) != NULL)
		visit(vkyaml_root(doc));
	vkyaml_free(doc);
	return 0;
}
