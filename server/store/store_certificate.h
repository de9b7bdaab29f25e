/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Certificates that the fleet's CA has issued to hosts and users, and the
 * identities that they stand for: what the view is built from. One that was
 * replaced stays valid until it expires, unless many have come after it;
 * revoking is for all of an identity's certificates at once.
 */
#ifndef VK_STORE_CERTIFICATE_H
#define VK_STORE_CERTIFICATE_H

#include <stdbool.h>

#include "server/identity.h"
#include "server/store/store.h"

enum {
	STORE_FINGERPRINT_BYTES = 32,
	STORE_CERTIFICATES_KEPT = 8, /* of one identity; also how many it gets in a minute */
};

struct store_certificate {
	uint8_t fingerprint[STORE_FINGERPRINT_BYTES]; /* SHA-256 of the DER */
	enum identity_kind kind;		      /* host or user */
	const char *name;
	const char *serial; /* hexadecimal */
	const char *issuer; /* digest of the CA, hexadecimal */
	int64_t not_before;
	int64_t not_after;
};

VK_CHECKED enum vk_rc store_add_certificate(struct store *store,
	const struct store_certificate *certificate, int64_t now, struct vk_err *err);

/* Lets an identity in that is known by its name (server/own_pki.h), also one that was revoked. */
VK_CHECKED enum vk_rc store_admit_identity(struct store *store,
	const struct store_certificate *identity, int64_t now, struct vk_err *err);

/* All of an identity's certificates that are not revoked yet. Nothing to revoke is no error. */
VK_CHECKED enum vk_rc store_revoke_certificates(struct store *store, enum identity_kind kind,
	const char *name, int64_t now, struct vk_err *err);

/* VK_EDENIED unless the certificate is known, not revoked and not expired as of this transaction.
 */
VK_CHECKED enum vk_rc store_check_certificate(struct store *store,
	const uint8_t fingerprint[STORE_FINGERPRINT_BYTES], int64_t now, struct vk_err *err);

/* Before a certificate is renewed: VK_EUNAVAIL if the identity got STORE_CERTIFICATES_KEPT within
 * the last minute. Older ones than as many are forgotten, except the one that asks: an answer that
 * was lost leaves a certificate that nobody has, and one identity must not fill view and disk. */
VK_CHECKED enum vk_rc store_make_room_for_certificate(struct store *store, enum identity_kind kind,
	const char *name, const uint8_t asking[STORE_FINGERPRINT_BYTES], int64_t now,
	struct vk_err *err);

/* Certificates of which nobody noted the issuer are of this CA: those from before it was noted. */
VK_CHECKED enum vk_rc store_has_unknown_issuer(
	struct store *store, bool *out, struct vk_err *err);
VK_CHECKED enum vk_rc store_set_unknown_issuer(
	struct store *store, const char *issuer, struct vk_err *err);

/* The CA of a certificate. VK_ENOTFOUND. */
VK_CHECKED enum vk_rc store_get_issuer(struct store *store,
	const uint8_t fingerprint[STORE_FINGERPRINT_BYTES], struct arena *arena, const char **out,
	struct vk_err *err);

/* Revokes all certificates but those of these CAs (hexadecimal); *count: how many. */
VK_CHECKED enum vk_rc store_revoke_other_issuers(struct store *store, const char *const *issuers,
	size_t issuer_count, int64_t now, int64_t *count, struct vk_err *err);

/* An identity that has no certificate of a CA. */
struct store_lacking {
	enum identity_kind kind;
	const char *name;
	int64_t not_after; /* of its certificates */
};

struct store_lacking_list {
	const struct store_lacking *items;
	size_t count;
	const char *next;
};

/* Whoever has certificates that count, but none of this CA: hosts first, by name. */
VK_CHECKED enum vk_rc store_list_lacking(struct store *store, const char *issuer, int64_t now,
	const struct store_page *page, struct arena *arena, struct store_lacking_list *out,
	struct vk_err *err);

/* Of hosts and people that are enrolled and not revoked: when the first certificate expires that is
 * still good (0: none is), the best one of each counting; and how many need a person. Hosts: half of the
 * time that they have for renewing is over, or all; people: it expires within warning_seconds, or has. */
VK_CHECKED enum vk_rc store_count_expiring(struct store *store, int64_t now,
	int64_t warning_seconds, int64_t *hosts_expire, int64_t *hosts_due, int64_t *users_expire,
	int64_t *users_due, struct vk_err *err);

struct store_identity {
	uint8_t fingerprint[STORE_FINGERPRINT_BYTES];
	enum identity_kind kind;
	unsigned roles; /* users: in all environments */
	const struct identity_scope *scopes; /* users: in single ones */
	size_t scope_count;
	bool is_revoked;
	int64_t not_after;
	const char *name;
	const char *environment; /* hosts; "" for users */
};

/* Calls fn for each certificate that has not expired at `now`, revoked ones included; the
 * struct's texts live as long as the call. */
VK_CHECKED enum vk_rc store_each_identity(struct store *store, int64_t now,
	void (*fn)(void *ctx, const struct store_identity *identity), void *ctx,
	struct vk_err *err);

#endif
