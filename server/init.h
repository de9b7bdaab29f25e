/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `vkcfgd init`: makes a fleet, once. State directory, database, issuing CA,
 * server certificate, online keys, the audit log's first entry, and the token
 * with which the first admin enrols. Never overwrites: a fleet that exists, or
 * that a crash left half made, is refused with what to do.
 */
#ifndef VK_INIT_H
#define VK_INIT_H

#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"

enum { INIT_MAX_NAMES = 16, INIT_TOKEN_MAX_BYTES = 4096 };

struct init_options {
	const char *state;
	const char *fleet;
	const char *url;     /* NULL: https://<first name>:<port> */
	const char *listen;  /* NULL: 127.0.0.1:7443 */
	const char *user;    /* whom vkcfgd becomes; NULL: the caller, who is not root */
	const char *admin;   /* the first admin's name */
	int64_t ttl_seconds; /* of the admin's token */
	const char *config;  /* settings file to write; NULL: STATE/vkcfgd.yaml */
	/* A PKI of one's own: all three, or none. Their paths go into the settings. */
	const char *ca;
	const char *certificate;
	const char *key;
	const char *names[INIT_MAX_NAMES]; /* DNS names and IP addresses of the server */
	size_t name_count;		   /* 0: localhost and 127.0.0.1 */
};

/* On success token_out (INIT_TOKEN_MAX_BYTES) holds the enrolment token's text; a secret. */
VK_CHECKED enum vk_rc init_fleet(
	const struct init_options *options, struct vk_buf *token_out, struct vk_err *err);

#endif
