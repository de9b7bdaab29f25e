/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What OpenSSL says about a failure, as a struct vk_err. OpenSSL keeps its errors in a queue of the
 * thread; what is left there would be taken for the cause of the next failure.
 */
#ifndef VK_SSLERR_H
#define VK_SSLERR_H

#include "common/err.h"

/* Like vk_err_set(), with ": " and the reason of the newest error in OpenSSL's queue appended, if
 * there is one. Empties the queue. */
enum vk_rc vk_err_openssl(struct vk_err *err, enum vk_rc rc, const char *fmt, ...) VK_PRINTF(3, 4);

#endif
