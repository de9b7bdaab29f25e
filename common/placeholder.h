/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The placeholders of secrets in the files of a bundle (docs/formats.md, Bundle):
 * @{secret:NAME@VERSION} becomes the value, @{sha256:NAME@VERSION} the 64
 * hexadecimal digits of its SHA-256. This module finds and writes them; what a
 * host fills in is the agent's.
 */
#ifndef VK_PLACEHOLDER_H
#define VK_PLACEHOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/name.h"

enum vk_placeholder_form {
	VK_PLACEHOLDER_SECRET, /* the value */
	VK_PLACEHOLDER_SHA256, /* its digest */
};

struct vk_placeholder {
	enum vk_placeholder_form form;
	bool is_valid;	   /* false: begins like one, but names no version of a secret */
	const char *start; /* of "@{", in the text that was searched */
	size_t len;	   /* up to and with "}" */
	char name[VK_NAME_BYTES];
	int64_t version;
};

/* The first placeholder of a secret in text; false if there is none. To go on, search from
 * out->start + out->len. One that is not valid has the length of its beginning, "@{secret:". */
bool vk_placeholder_find(const char *text, struct vk_placeholder *out);

/* Appends the placeholder. */
void vk_placeholder_format(
	enum vk_placeholder_form form, const char *name, int64_t version, struct vk_buf *out);

#endif
