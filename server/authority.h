/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The CAs of this server: those whose certificates lie in the state directory, those of them that the
 * fleet's root names, and the one that its own certificate is from. As a rule that is one CA three
 * times; while the CA is replaced there are two. A CA that a root with a list does not name counts
 * for nothing here.
 *
 * Any thread: what is asked for is copied. Only the CAs that the root names change.
 */
#ifndef VK_AUTHORITY_H
#define VK_AUTHORITY_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/ca_set.h"
#include "common/err.h"

struct authority;

/* Reads ca.crt and ca.next.crt. Nothing is named yet: only the first CA counts. With a PKI of the
 * user's own, its file instead; then all CAs in it count, whatever the root names. */
VK_CHECKED enum vk_rc authority_new(
	int state_fd, const char *own_ca, struct authority **out, struct vk_err *err);
void authority_free(struct authority *authority);

/* What the current root names; an empty list: nothing. Does nothing with a PKI of the user's own. */
void authority_follow(struct authority *authority, const struct ca_list *list);

/* Which CA the server's own certificate is from. */
void authority_set_serving(struct authority *authority, const uint8_t digest[VK_SHA256_BYTES]);

/* Whose certificates the server's TLS takes: none is issued before. */
void authority_set_loaded(struct authority *authority, const struct ca_set *set);

/* What counts at one moment. Released by authority_now_release(). */
struct authority_now {
	struct ca_set trusted; /* oldest first; never empty unless the root names none that is here */
	bool is_listed;	       /* the root names CAs */
	bool is_newest_loaded; /* the server's TLS takes its certificates */
	uint8_t newest[VK_SHA256_BYTES];
	uint8_t serving[VK_SHA256_BYTES];
};
void authority_now(struct authority *authority, struct authority_now *out);
void authority_now_release(struct authority_now *now);

/* All CAs that lie here, whoever names them; borrowed, never changes. */
const struct ca_set *authority_known(const struct authority *authority);

#endif
