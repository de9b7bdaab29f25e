/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One byte stream to a Valkey over a unix socket, TCP or TLS. Descriptors are
 * non-blocking; every call takes an absolute deadline on vk_clock_monotonic_ms()
 * and waits in poll(2) no longer. One thread at a time.
 */
#ifndef VK_VALKEY_TRANSPORT_H
#define VK_VALKEY_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/valkey/address.h"

struct transport;

/* What proves both sides in TLS; paths of PEM files. Only read for ADDRESS_TLS. */
struct transport_tls {
	const char *ca;	  /* the CA of the Valkey's certificate */
	const char *cert; /* NULL: no client certificate */
	const char *key;
};

/* Connects (and shakes hands, with TLS). VK_EUNAVAIL when nobody answers in time,
 * VK_EUNTRUSTED when the peer's certificate is not good. */
VK_CHECKED enum vk_rc transport_open(const struct address *address, const struct transport_tls *tls,
	int64_t deadline_ms, struct transport **out, struct vk_err *err);

void transport_free(struct transport *transport);

/* The certificate that a server shows. */
struct transport_leaf {
	uint8_t sha256[32]; /* of its DER */
	int64_t not_after;
};

/* Shakes hands at an address of kind ADDRESS_TLS for no other purpose than to see it, whoever has
 * issued it; says nothing. VK_EUNAVAIL when none is shown in time. */
VK_CHECKED enum vk_rc transport_see_leaf(const struct address *address, int64_t deadline_ms,
	struct transport_leaf *out, struct vk_err *err);

/* The user of the process at the other end of a Unix socket; false for all else. */
bool transport_peer_uid(const struct transport *transport, unsigned *out);

/* Reads what is there, at most size bytes; *got == 0 means that the peer has closed. */
VK_CHECKED enum vk_rc transport_read(struct transport *transport, void *data, size_t size,
	int64_t deadline_ms, size_t *got, struct vk_err *err);

/* Writes all of it. */
VK_CHECKED enum vk_rc transport_write(struct transport *transport, const void *data, size_t len,
	int64_t deadline_ms, struct vk_err *err);

#endif
