/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/approval.h"

#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/tuf/tuf_build.h"

#include "common/banned.h"

static enum vk_rc find_role(
	const struct approval_change *change, const struct tuf_delegation **out, struct vk_err *err)
{
	const struct tuf_delegation *delegation =
		tuf_meta_delegation(change->targets, change->environment);

	if (delegation == NULL) {
		vk_err_set(err, VK_ENOTFOUND, "nobody may sign for environment '%s'",
			change->environment);
		vk_err_hint(err, "an admin publishes targets that delegate it: vkcfg env add");
		return VK_ENOTFOUND;
	}
	*out = delegation;
	return VK_OK;
}

static enum vk_rc check_against(const struct approval_change *change,
	const struct tuf_delegation *delegation, const struct approval *approval,
	struct vk_err *err)
{
	const struct tuf_key *key = NULL;
	const char *owner;
	enum vk_rc rc = tuf_role_verify_one(delegation->role, approval->keyid, approval->sig,
		change->metadata, change->metadata_len, &key, err);

	if (rc != VK_OK)
		return rc;
	owner = tuf_key_user(key);
	if (owner == NULL || strcmp(owner, approval->user) != 0)
		return vk_err_set(err, VK_EDENIED,
			"the key belongs to '%s', the certificate to '%s'",
			owner != NULL ? owner : "nobody", approval->user);
	if (!delegation->author_may_approve && strcmp(change->author, approval->user) == 0) {
		vk_err_set(err, VK_EDENIED, "an author cannot approve a change of his own in '%s'",
			change->environment);
		vk_err_hint(err, "ask another approver");
		return VK_EDENIED;
	}
	return VK_OK;
}

enum vk_rc approval_check(
	const struct approval_change *change, const struct approval *approval, struct vk_err *err)
{
	const struct tuf_delegation *delegation = NULL;
	enum vk_rc rc = find_role(change, &delegation, err);

	return rc == VK_OK ? check_against(change, delegation, approval, err) : rc;
}

/* True if an earlier one that counts is by the same person. */
static bool is_repeated(const struct approval *approvals, const bool *is_counted, size_t at)
{
	for (size_t i = 0; i < at; i++) {
		if (is_counted[i] && strcmp(approvals[i].user, approvals[at].user) == 0)
			return true;
	}
	return false;
}

/* Marks those that count and returns how many. */
static size_t mark(const struct approval_change *change, const struct tuf_delegation *delegation,
	const struct approval *approvals, size_t count, bool *is_counted)
{
	size_t counted = 0;

	for (size_t i = 0; i < count; i++) {
		is_counted[i] = check_against(change, delegation, &approvals[i], NULL) == VK_OK &&
				!is_repeated(approvals, is_counted, i);
		counted += is_counted[i];
	}
	return counted;
}

enum vk_rc approval_count(const struct approval_change *change, const struct approval *approvals,
	size_t count, size_t *counted, size_t *threshold, struct vk_err *err)
{
	const struct tuf_delegation *delegation = NULL;
	enum vk_rc rc = find_role(change, &delegation, err);
	bool *is_counted;

	if (rc != VK_OK)
		return rc;
	is_counted = xcalloc(count + 1, sizeof(*is_counted));
	*counted = mark(change, delegation, approvals, count, is_counted);
	*threshold = tuf_role_threshold(delegation->role);
	free(is_counted);
	return VK_OK;
}

static enum vk_rc take_signature(
	const struct approval *approval, struct tuf_signature *out, struct vk_err *err)
{
	if (strlen(approval->keyid) >= sizeof(out->keyid) ||
		strlen(approval->sig) >= sizeof(out->sig))
		return vk_err_set(err, VK_EUNTRUSTED, "a signature of the change is too long");
	memcpy(out->keyid, approval->keyid, strlen(approval->keyid) + 1);
	memcpy(out->sig, approval->sig, strlen(approval->sig) + 1);
	return VK_OK;
}

/* The last look before publication: what the hosts will do. */
static enum vk_rc verify_file(const struct approval_change *change,
	const struct tuf_delegation *delegation, const struct vk_buf *file, struct vk_err *err)
{
	struct tuf_meta *meta = NULL;
	enum vk_rc rc = tuf_meta_parse(file->data, file->len, TUF_TARGETS, &meta, err);

	if (rc == VK_OK)
		rc = tuf_meta_verify(meta, delegation->role, change->environment, err);
	tuf_meta_free(meta);
	return rc;
}

enum vk_rc approval_build_role(const struct approval_change *change,
	const struct approval *approvals, size_t count, struct vk_buf *out, struct vk_err *err)
{
	const struct tuf_delegation *delegation = NULL;
	struct tuf_signature *signatures = NULL;
	bool *is_counted = NULL;
	size_t used = 0;
	enum vk_rc rc = find_role(change, &delegation, err);

	if (rc != VK_OK)
		return rc;
	signatures = xcalloc(count + 1, sizeof(*signatures));
	is_counted = xcalloc(count + 1, sizeof(*is_counted));
	mark(change, delegation, approvals, count, is_counted);
	for (size_t i = 0; rc == VK_OK && i < count; i++) {
		if (is_counted[i])
			rc = take_signature(&approvals[i], &signatures[used++], err);
	}
	if (rc == VK_OK)
		rc = tuf_build_file(
			change->metadata, change->metadata_len, signatures, used, out, err);
	if (rc == VK_OK)
		rc = verify_file(change, delegation, out, err);
	free(signatures);
	free(is_counted);
	return rc;
}
