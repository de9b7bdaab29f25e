/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where a Valkey listens, as people and pull.yaml (`connect`) say it:
 * unix:/path, tcp:HOST:PORT or tls:HOST:PORT (HOST may be [IPv6]).
 */
#ifndef VK_VALKEY_ADDRESS_H
#define VK_VALKEY_ADDRESS_H

#include <stdint.h>

#include "common/err.h"

enum address_kind { ADDRESS_UNIX, ADDRESS_TCP, ADDRESS_TLS };

enum { ADDRESS_HOST_BYTES = 256 };

struct address {
	enum address_kind kind;
	char path[108]; /* unix: what fits into struct sockaddr_un */
	char host[ADDRESS_HOST_BYTES];
	char port[6];
};

/* VK_EINPUT with a hint unless text is one of the three forms. */
VK_CHECKED enum vk_rc address_parse(const char *text, struct address *out, struct vk_err *err);

#endif
