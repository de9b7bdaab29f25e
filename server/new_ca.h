/* SPDX-License-Identifier: BSD-3-Clause */
/* `vkcfgd new-ca`: the CA that is to take the place of the present one. */
#ifndef VK_SERVER_NEW_CA_H
#define VK_SERVER_NEW_CA_H

#include <stdint.h>

#include "common/digest.h"
#include "common/err.h"

/* Makes it in the state directory, while no vkcfgd runs, with an entry in the audit log. It counts for
 * nothing until a root names it. VK_ECONFLICT if one waits already, VK_EUNAVAIL under a running
 * vkcfgd. */
VK_CHECKED enum vk_rc new_ca_make(
	const char *state, uint8_t digest[VK_SHA256_BYTES], struct vk_err *err);

#endif
