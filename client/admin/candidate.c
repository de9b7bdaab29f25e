/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/candidate.h"

#include <string.h>

#include "common/config/render.h"
#include "common/num.h"
#include "common/tuf/tuf_build.h"
#include "common/vkjson.h"

#include "common/banned.h"

enum vk_rc candidate_content_of(const char *tree_digest, const struct cfg_rendered *rendered,
	struct candidate_content *out, struct vk_err *err)
{
	struct candidate_content content;

	if (!vk_parse_hex(tree_digest, strlen(tree_digest), content.tree, VK_SHA256_BYTES))
		return vk_err_set(err, VK_EINPUT, "'%s' is no tree digest", tree_digest);
	content.bundle_count = (int64_t)cfg_rendered_count(rendered);
	memcpy(content.bundle_root, cfg_rendered_root(rendered), VK_SHA256_BYTES);
	*out = content;
	return VK_OK;
}

enum vk_rc candidate_format_document(const struct candidate_base *base,
	const struct candidate_content *content, const struct candidate_words *words,
	struct vk_buf *out, struct vk_err *err)
{
	struct vk_release release = {
		.fleet = base->fleet,
		.environment = base->environment,
		.number = base->number + 1,
		.base = base->number,
		.author = words->author,
		.message = words->message,
		.change = words->change,
		.created = words->created,
		.renderer = CFG_RENDERER_VERSION,
		.commit = words->commit,
		.bundle_count = content->bundle_count,
		.has_fallback = base->number > 0,
		.fallback_release = base->number,
	};

	memcpy(release.tree, content->tree, VK_SHA256_BYTES);
	memcpy(release.bundle_root, content->bundle_root, VK_SHA256_BYTES);
	memcpy(release.fallback_sha256, base->document_sha256, VK_SHA256_BYTES);
	return vk_release_format(&release, out, err);
}

enum vk_rc candidate_format_metadata(const struct candidate_base *base, const void *document,
	size_t document_len, int64_t expires, struct vk_buf *out, struct vk_err *err)
{
	struct tuf_release_spec releases[2] = {
		{.number = base->number + 1, .length = document_len},
		{.number = base->number, .length = base->document_len},
	};
	const struct tuf_role_spec spec = {
		.environment = base->environment,
		.version = base->role_version + 1,
		.expires = expires,
		.releases = releases,
		.release_count = base->number > 0 ? 2 : 1,
	};

	vk_sha256(document, document_len, releases[0].sha256);
	memcpy(releases[1].sha256, base->document_sha256, VK_SHA256_BYTES);
	return tuf_build_role(&spec, out, err);
}

static enum vk_rc check_base(
	const struct candidate_base *base, const struct vk_release *release, struct vk_err *err)
{
	if (strcmp(release->fleet, base->fleet) != 0)
		return vk_err_set(err, VK_EUNTRUSTED, "the change is for fleet '%s', not for '%s'",
			release->fleet, base->fleet);
	if (strcmp(release->environment, base->environment) != 0)
		return vk_err_set(err, VK_EUNTRUSTED,
			"the change is for environment '%s', not for '%s'", release->environment,
			base->environment);
	if (release->base != base->number) {
		vk_err_set(err, VK_ECONFLICT,
			"the change was made from release %lld, but release %lld is current",
			(long long)release->base, (long long)base->number);
		vk_err_hint(err, "its author submits it again");
		return VK_ECONFLICT;
	}
	if (release->number != base->number + 1)
		return vk_err_set(err, VK_EUNTRUSTED,
			"the change numbers its release %lld; after %lld comes %lld",
			(long long)release->number, (long long)base->number,
			(long long)base->number + 1);
	if (release->has_fallback != (base->number > 0) ||
		(release->has_fallback &&
			(release->fallback_release != base->number ||
				memcmp(release->fallback_sha256, base->document_sha256,
					VK_SHA256_BYTES) != 0)))
		return vk_err_set(
			err, VK_EUNTRUSTED, "the change's fallback is not the current release");
	return VK_OK;
}

static enum vk_rc check_content(const struct candidate_content *content,
	const struct vk_release *release, struct vk_err *err)
{
	if (strcmp(release->renderer, CFG_RENDERER_VERSION) != 0) {
		vk_err_set(err, VK_EUNTRUSTED,
			"the change was rendered by version '%s', this vkcfg renders by '%s'",
			release->renderer, CFG_RENDERER_VERSION);
		vk_err_hint(err, "author and approvers need the same release of vkcfg");
		return VK_EUNTRUSTED;
	}
	if (memcmp(release->tree, content->tree, VK_SHA256_BYTES) != 0)
		return vk_err_set(err, VK_EUNTRUSTED,
			"the change's document names another tree than the one that was fetched");
	if (release->bundle_count != content->bundle_count ||
		memcmp(release->bundle_root, content->bundle_root, VK_SHA256_BYTES) != 0)
		return vk_err_set(err, VK_EUNTRUSTED,
			"the tree does not render to what the change's document says");
	return VK_OK;
}

static enum vk_rc check_author(
	const struct vk_release *release, const char *author, int64_t now, struct vk_err *err)
{
	if (strcmp(release->author, author) != 0)
		return vk_err_set(err, VK_EUNTRUSTED,
			"the document names '%s' as its author, the server says '%s'",
			release->author, author);
	if (release->created > now + CANDIDATE_CLOCK_SKEW_S) {
		vk_err_set(err, VK_EUNTRUSTED, "the change was made in the future");
		vk_err_hint(err, "compare the clocks of author and approver");
		return VK_EUNTRUSTED;
	}
	return VK_OK;
}

/* Reads version and expiry, which decide the messages; all else is compared as bytes. */
static enum vk_rc check_role(const struct candidate_base *base, const struct candidate_texts *texts,
	int64_t now, int64_t *expires, struct vk_err *err)
{
	struct vkjson *role = NULL;
	int64_t version = 0;
	enum vk_rc rc;

	rc = vkjson_parse_canonical(texts->metadata, texts->metadata_len, &role, err);
	if (rc == VK_OK)
		rc = vkjson_get_int(role, "version", 1, INT64_MAX, &version, err);
	if (rc == VK_OK)
		rc = vkjson_get_time(role, "expires", expires, err);
	if (rc != VK_OK) {
		vk_err_prefix(err, rc, "the change's metadata");
		rc = err->rc = VK_EUNTRUSTED;
	} else if (version != base->role_version + 1) {
		rc = vk_err_set(err, VK_EUNTRUSTED,
			"the change's role has version %lld; after %lld comes %lld",
			(long long)version, (long long)base->role_version,
			(long long)base->role_version + 1);
	} else if (*expires <= now) {
		rc = vk_err_set(err, VK_EUNTRUSTED, "the change's metadata has expired");
	} else if (*expires > now + CANDIDATE_LIFETIME_MAX_S) {
		rc = vk_err_set(err, VK_EUNTRUSTED,
			"the change's metadata would be valid for more than %d days",
			CANDIDATE_LIFETIME_MAX_S / 86400);
	}
	vkjson_free(role);
	return rc;
}

static bool is_same(const struct vk_buf *ours, const char *theirs, size_t len)
{
	return ours->len == len && memcmp(ours->data, theirs, len) == 0;
}

/* The comparison that counts; the checks before it only find better words. */
static enum vk_rc compare_bytes(const struct candidate_base *base,
	const struct candidate_content *content, const struct candidate_texts *texts,
	const struct vk_release *release, int64_t expires, struct vk_err *err)
{
	const struct candidate_words words = {
		.author = release->author,
		.message = release->message,
		.change = release->change,
		.commit = release->commit,
		.created = release->created,
		.expires = expires,
	};
	struct vk_buf document;
	struct vk_buf metadata;
	enum vk_rc rc;

	vk_buf_init(&document, CANDIDATE_DOCUMENT_MAX_BYTES);
	vk_buf_init(&metadata, CANDIDATE_METADATA_MAX_BYTES);
	rc = candidate_format_document(base, content, &words, &document, err);
	if (rc == VK_OK && !is_same(&document, texts->document, texts->document_len))
		rc = vk_err_set(err, VK_EUNTRUSTED,
			"the change's document is not what its tree and base make");
	if (rc == VK_OK)
		rc = candidate_format_metadata(
			base, document.data, document.len, expires, &metadata, err);
	if (rc == VK_OK && !is_same(&metadata, texts->metadata, texts->metadata_len))
		rc = vk_err_set(err, VK_EUNTRUSTED,
			"the change's metadata lists something else than its document");
	vk_buf_release(&document);
	vk_buf_release(&metadata);
	return rc;
}

enum vk_rc candidate_check(const struct candidate_base *base,
	const struct candidate_content *content, const struct candidate_texts *texts,
	const char *author, int64_t now, struct vk_release **out, struct vk_err *err)
{
	struct vk_release *release = NULL;
	int64_t expires = 0;
	enum vk_rc rc;

	rc = vk_release_parse(texts->document, texts->document_len, &release, err);
	if (rc != VK_OK) {
		vk_err_prefix(err, rc, "the change's document");
		return err->rc = VK_EUNTRUSTED;
	}
	rc = check_base(base, release, err);
	if (rc == VK_OK)
		rc = check_content(content, release, err);
	if (rc == VK_OK)
		rc = check_author(release, author, now, err);
	if (rc == VK_OK)
		rc = check_role(base, texts, now, &expires, err);
	if (rc == VK_OK)
		rc = compare_bytes(base, content, texts, release, expires, err);
	if (rc == VK_OK)
		*out = release;
	else
		vk_release_free(release);
	return rc;
}
