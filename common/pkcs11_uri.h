/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The name of a key on a token: a PKCS#11 URI (RFC 7512), strictly. Understood
 * are token, serial, manufacturer, model, object, id, type=private and the
 * query module-path; whatever else a URI asks for is refused rather than
 * ignored. A PIN never stands in a URI: it would be in a file and in a history.
 */
#ifndef VK_PKCS11_URI_H
#define VK_PKCS11_URI_H

#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

enum {
	PKCS11_URI_MAX_BYTES = 1024,
	PKCS11_URI_VALUE_BYTES = 256, /* of an attribute, decoded, with its NUL */
	PKCS11_URI_ID_MAX_BYTES = 64,
};

/* "" or length 0: not named, so any will do. */
struct pkcs11_uri {
	char token[PKCS11_URI_VALUE_BYTES];
	char serial[PKCS11_URI_VALUE_BYTES];
	char manufacturer[PKCS11_URI_VALUE_BYTES];
	char model[PKCS11_URI_VALUE_BYTES];
	char object[PKCS11_URI_VALUE_BYTES];
	uint8_t id[PKCS11_URI_ID_MAX_BYTES];
	size_t id_len;
	char module_path[PKCS11_URI_VALUE_BYTES]; /* absolute */
};

/* Parses a URI that names one key: a token (by token or serial) and an object on it (by object or
 * id). VK_EINPUT says what is wrong; no part of a PIN is repeated. */
VK_CHECKED enum vk_rc pkcs11_uri_parse(
	const char *text, struct pkcs11_uri *out, struct vk_err *err);

#endif
