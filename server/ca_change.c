/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/ca_change.h"

#include <string.h>

#include "common/tuf/tuf_fleet.h"
#include "common/tuf/tuf_meta.h"
#include "server/signer.h"
#include "server/store/store_certificate.h"
#include "server/store/store_tuf.h"
#include "server/writer.h"

#include "common/banned.h"

enum vk_rc ca_change_read_list(struct store *store, struct ca_list *out, struct vk_err *err)
{
	struct arena *arena = arena_new();
	struct tuf_meta *root = NULL;
	struct tuf_fleet fleet;
	struct store_tuf file;
	enum vk_rc rc = store_get_tuf(store, tuf_type_name(TUF_ROOT), 0, arena, &file, err);

	if (rc == VK_ENOTFOUND) {
		out->count = 0;
		rc = VK_OK;
		goto out;
	}
	if (rc == VK_OK)
		rc = tuf_meta_parse(file.text, file.len, TUF_ROOT, &root, err);
	if (rc == VK_OK)
		rc = tuf_fleet_from_root(root, &fleet, err);
	if (rc == VK_OK)
		*out = fleet.ca;
out:
	tuf_meta_free(root);
	arena_free(arena);
	return rc;
}

enum vk_rc ca_change_wanted(const struct authority_now *authority, struct store *store, int64_t now,
	uint8_t out[VK_SHA256_BYTES], struct vk_err *err)
{
	const struct store_page one = {.limit = 1};
	struct store_lacking_list list = {.count = 0};
	struct arena *arena;
	char newest[VK_SHA256_HEX_BYTES];
	enum vk_rc rc;

	memcpy(out, authority->newest, VK_SHA256_BYTES);
	if (memcmp(authority->serving, authority->newest, VK_SHA256_BYTES) == 0 ||
		ca_set_find(&authority->trusted, authority->serving) == NULL)
		return VK_OK;
	vk_digest_format(authority->newest, newest);
	arena = arena_new();
	rc = store_list_lacking(store, newest, now, &one, arena, &list, err);
	if (rc == VK_OK && list.count > 0)
		memcpy(out, authority->serving, VK_SHA256_BYTES);
	arena_free(arena);
	return rc;
}

enum vk_rc ca_change_check(struct writer_tx *tx, const struct tuf_meta *root, struct vk_err *err)
{
	struct signer_public_keys keys;
	struct tuf_fleet fleet;
	char digest[VK_SHA256_HEX_BYTES];
	enum vk_rc rc = tuf_fleet_from_root(root, &fleet, err);

	if (rc != VK_OK)
		return rc;
	signer_get_public_keys(writer_tx_signer(tx), &keys);
	if (fleet.ca.count > 0 && keys.ca.count == 0)
		return vk_err_set(err, VK_EUNTRUSTED,
			"root: it names CAs, but this server's are those of another PKI");
	for (size_t i = 0; i < fleet.ca.count; i++) {
		if (ca_list_has(&keys.ca, fleet.ca.digests[i]))
			continue;
		vk_digest_format(fleet.ca.digests[i], digest);
		vk_err_set(err, VK_EUNTRUSTED, "root: this server has no CA %s", digest);
		vk_err_hint(err, "'vkcfgd new-ca' makes a CA and prints its digest; GET /v1/ca lists "
				 "those in use");
		return VK_EUNTRUSTED;
	}
	return VK_OK;
}

enum vk_rc ca_change_carry_out(struct writer_tx *tx, const struct tuf_meta *root, int64_t *revoked,
	struct vk_err *err)
{
	char texts[CA_SET_MAX][VK_SHA256_HEX_BYTES];
	const char *issuers[CA_SET_MAX];
	struct tuf_fleet fleet;
	enum vk_rc rc = tuf_fleet_from_root(root, &fleet, err);

	*revoked = 0;
	if (rc != VK_OK || fleet.ca.count == 0)
		return rc;
	for (size_t i = 0; i < fleet.ca.count; i++) {
		vk_digest_format(fleet.ca.digests[i], texts[i]);
		issuers[i] = texts[i];
	}
	rc = store_revoke_other_issuers(writer_tx_store(tx), issuers, fleet.ca.count,
		writer_tx_now(tx), revoked, err);
	if (rc == VK_OK && *revoked > 0)
		writer_tx_changed(tx, WRITER_CHANGED_IDENTITIES);
	return rc;
}

enum vk_rc ca_change_check_publisher(
	struct writer_tx *tx, const uint8_t *fingerprint, struct vk_err *err)
{
	const char *issuer = NULL;
	struct ca_list list;
	enum vk_rc rc = ca_change_read_list(writer_tx_store(tx), &list, err);

	if (rc != VK_OK || list.count == 0)
		return rc;
	rc = store_get_issuer(
		writer_tx_store(tx), fingerprint, writer_tx_arena(tx), &issuer, err);
	for (size_t i = 0; rc == VK_OK && i < list.count; i++) {
		char digest[VK_SHA256_HEX_BYTES];

		vk_digest_format(list.digests[i], digest);
		if (strcmp(digest, issuer) == 0)
			return VK_OK;
	}
	if (rc != VK_OK)
		return rc;
	vk_err_set(err, VK_ECONFLICT,
		"your own certificate is of a CA that this root drops: you would be shut out");
	vk_err_hint(err, "'vkcfg status' fetches one of the new CA; 'vkcfg ca' says who lacks one");
	return VK_ECONFLICT;
}
