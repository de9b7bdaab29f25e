/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Private to common/pkcs11*.c: PKCS#11 modules and the tokens that they see.
 */
#ifndef VK_PKCS11_MODULE_H
#define VK_PKCS11_MODULE_H

#include <stdbool.h>

#include <p11-kit/pkcs11.h>

#include "common/err.h"
#include "common/pkcs11_uri.h"

struct pkcs11_module {
	CK_FUNCTION_LIST *calls;
	bool is_initialised_here; /* by this user of it, and to be finalised by it */
};

/* Loads and initialises the module of the URI. VK_ENOTFOUND, VK_EIO. */
VK_CHECKED enum vk_rc pkcs11_module_open(
	const struct pkcs11_uri *uri, struct pkcs11_module *out, struct vk_err *err);
void pkcs11_module_close(struct pkcs11_module *module);

/* The one token that the URI names. VK_ENOTFOUND, VK_EINPUT if there are several. */
VK_CHECKED enum vk_rc pkcs11_module_find_token(const struct pkcs11_module *module,
	const struct pkcs11_uri *uri, CK_SLOT_ID *slot, CK_TOKEN_INFO *token, struct vk_err *err);

/* What a failed call is in our terms. what: what was being done. */
enum vk_rc pkcs11_module_error(CK_RV status, const char *what, struct vk_err *err);

#endif
