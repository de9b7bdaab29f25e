/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The files of the issuing CA: ca.crt and online/ca.key, and while it is replaced those of the next
 * one, ca.next.crt and online/ca.next.key. They are written here; the keys are read by the signer
 * alone. A crash between two steps leaves files that signer_core_load() understands: it looks for the
 * key that fits each certificate.
 */
#ifndef VK_SERVER_CA_FILE_H
#define VK_SERVER_CA_FILE_H

#include <stdbool.h>

#include "common/buf.h"
#include "common/digest.h"
#include "common/err.h"

struct x509_key;

enum ca_file_which { CA_FILE_FIRST, CA_FILE_NEXT };

/* Makes a CA for a fleet and its two files, and appends its certificate to pem. The key goes to *key
 * (freed by x509_key_free()); NULL: to nobody. VK_ECONFLICT if one of the files exists. */
VK_CHECKED enum vk_rc ca_file_make(int state_fd, enum ca_file_which which, const char *fleet,
	struct x509_key **key, struct vk_buf *pem, struct vk_err *err);

/* `vkcfgd new-ca`: makes the next CA while no vkcfgd runs. VK_ECONFLICT if there is one already. */
VK_CHECKED enum vk_rc ca_file_make_next(
	int state_fd, const char *fleet, uint8_t digest[VK_SHA256_BYTES], struct vk_err *err);

/* Puts the next CA in the place of the first one, whose key is gone then. Safe to repeat. */
VK_CHECKED enum vk_rc ca_file_promote(int state_fd, struct vk_err *err);

#endif
