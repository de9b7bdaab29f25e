/* SPDX-License-Identifier: BSD-3-Clause */
/* Plain HTTP/1.0 GET for the TUF test client: one connection per request, no redirects. vkcfg
 * itself speaks TLS only (common/httpc). */
#ifndef VK_TEST_FETCH_H
#define VK_TEST_FETCH_H

#include "common/buf.h"
#include "common/err.h"

/* Appends the body of base + "/" + name, at most out's maximum (VK_ELIMIT). Both are used as they
 * are, never decoded or encoded. VK_ENOTFOUND for status 404 and 403, VK_EUNAVAIL for everything
 * else that is not a complete 200. */
VK_CHECKED enum vk_rc test_fetch(
	const char *base, const char *name, struct vk_buf *out, struct vk_err *err);

#endif
