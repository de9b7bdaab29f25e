/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/proposal.h"

#include <inttypes.h>
#include <string.h>

#include "common/buf.h"
#include "common/digest.h"
#include "common/tuf/tuf_build.h"
#include "common/vkjson.h"

#include "common/banned.h"

static enum vk_rc stale(const struct proposal_base *base, const char *what, int64_t got,
	int64_t current, struct vk_err *err)
{
	vk_err_set(err, VK_ECONFLICT, "stale: the change has %s %" PRId64 ", %s is at %" PRId64,
		what, got, base->environment, current);
	vk_err_hint(err, "bring the tree up to date with release %" PRId64 " and submit again",
		base->release);
	return VK_ECONFLICT;
}

static enum vk_rc differs(
	const char *member, const char *got, const char *expected, struct vk_err *err)
{
	return vk_err_set(err, VK_EUNTRUSTED, "the document's %s is '%s' instead of '%s'", member,
		got, expected);
}

static enum vk_rc check_words(const struct proposal_base *base, const char *author,
	const struct vk_release *release, struct vk_err *err)
{
	const struct {
		const char *member, *got, *expected;
	} words[] = {
		{"fleet", release->fleet, base->fleet},
		{"environment", release->environment, base->environment},
		{"author", release->author, author},
		{"renderer", release->renderer, CFG_RENDERER_VERSION},
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(words[i].got, words[i].expected) != 0)
			return differs(words[i].member, words[i].got, words[i].expected, err);
	}
	if (release->created < base->now - PROPOSAL_CLOCK_SKEW_S ||
		release->created > base->now + PROPOSAL_CLOCK_SKEW_S) {
		vk_err_set(err, VK_EUNTRUSTED, "the document was created more than a day off");
		vk_err_hint(err, "compare the clocks of your machine and the server, submit again");
		return VK_EUNTRUSTED;
	}
	return VK_OK;
}

static enum vk_rc check_numbers(
	const struct proposal_base *base, const struct vk_release *release, struct vk_err *err)
{
	uint8_t digest[VK_SHA256_BYTES];

	if (release->base != base->release)
		return stale(base, "base", release->base, base->release, err);
	if (release->number != base->release + 1)
		return stale(base, "number", release->number, base->release, err);
	if (base->release == 0)
		return VK_OK; /* vk_release_parse() refused a fallback without a base */
	vk_sha256(base->document, base->document_len, digest);
	if (!release->has_fallback || release->fallback_release != base->release ||
		memcmp(release->fallback_sha256, digest, sizeof(digest)) != 0)
		return vk_err_set(err, VK_EUNTRUSTED,
			"the document's fallback is not release %" PRId64, base->release);
	return VK_OK;
}

static struct tuf_release_spec describe(int64_t number, const char *document, size_t len)
{
	struct tuf_release_spec spec = {.number = number, .length = len};

	vk_sha256(document, len, spec.sha256);
	return spec;
}

/* The one role that this document makes: metadata must be it to the byte. */
static enum vk_rc build_expected(const struct proposal_base *base, int64_t expires,
	const char *document, size_t document_len, struct vk_buf *out, struct vk_err *err)
{
	const struct tuf_release_spec releases[] = {
		describe(base->release + 1, document, document_len),
		describe(base->release, base->document, base->document_len),
	};
	const struct tuf_role_spec spec = {
		.environment = base->environment,
		.version = base->role_version + 1,
		.expires = expires,
		.releases = releases,
		.release_count = base->release > 0 ? 2 : 1,
	};

	return tuf_build_role(&spec, out, err);
}

static enum vk_rc check_role_fields(const struct proposal_base *base, const char *metadata,
	size_t metadata_len, int64_t *expires, struct vk_err *err)
{
	struct vkjson *role = NULL;
	enum vk_rc rc = vkjson_parse_canonical(metadata, metadata_len, &role, err);
	int64_t version = 0;

	if (rc == VK_OK)
		rc = vkjson_get_int(role, "version", 1, INT64_MAX, &version, err);
	if (rc == VK_OK)
		rc = vkjson_get_time(role, "expires", expires, err);
	vkjson_free(role);
	if (rc != VK_OK) {
		vk_err_prefix(err, rc, "metadata");
		return rc;
	}
	if (version != base->role_version + 1)
		return stale(base, "role version", version, base->role_version, err);
	if (*expires <= base->now || *expires > base->now + PROPOSAL_ROLE_LIFETIME_MAX_S)
		return vk_err_set(err, VK_EUNTRUSTED,
			"the role expires in the past or more than two years from now");
	return VK_OK;
}

static enum vk_rc check_metadata(const struct proposal_base *base, const char *document,
	size_t document_len, const char *metadata, size_t metadata_len, struct vk_err *err)
{
	struct vk_buf expected;
	int64_t expires = 0;
	enum vk_rc rc = check_role_fields(base, metadata, metadata_len, &expires, err);

	if (rc != VK_OK)
		return rc;
	vk_buf_init(&expected, TUF_TARGETS_MAX_BYTES);
	rc = build_expected(base, expires, document, document_len, &expected, err);
	if (rc == VK_OK && (expected.len != metadata_len ||
				   memcmp(expected.data, metadata, metadata_len) != 0))
		rc = vk_err_set(err, VK_EUNTRUSTED,
			"metadata is not the role '%s' that lists this document and its fallback",
			base->environment);
	vk_buf_release(&expected);
	return rc;
}

enum vk_rc proposal_check(const struct proposal_base *base, const char *author,
	const char *document, size_t document_len, const char *metadata, size_t metadata_len,
	struct vk_release **out, struct vk_err *err)
{
	struct vk_release *release = NULL;
	enum vk_rc rc = vk_release_parse(document, document_len, &release, err);

	if (rc != VK_OK) {
		vk_err_prefix(err, rc, "document");
		return rc;
	}
	rc = check_numbers(base, release, err);
	if (rc == VK_OK)
		rc = check_words(base, author, release, err);
	if (rc == VK_OK)
		rc = check_metadata(base, document, document_len, metadata, metadata_len, err);
	if (rc != VK_OK) {
		vk_release_free(release);
		return rc;
	}
	*out = release;
	return VK_OK;
}

enum vk_rc proposal_check_tree(const struct vk_release *release, const struct cfg_tree *tree,
	struct cfg_rendered **out, struct vk_err *err)
{
	char digest[VK_SHA256_HEX_BYTES];
	struct cfg_rendered *rendered = NULL;
	enum vk_rc rc;

	vk_digest_format(release->tree, digest);
	if (strcmp(digest, cfg_tree_digest(tree)) != 0)
		return differs("tree", digest, cfg_tree_digest(tree), err);
	rc = cfg_render(tree, release->environment, NULL, &rendered, err);
	if (rc == VK_OK)
		rc = cfg_rendered_check_fleet(rendered, release->fleet, err);
	if (rc != VK_OK) {
		cfg_rendered_free(rendered);
		return rc;
	}
	if ((size_t)release->bundle_count != cfg_rendered_count(rendered))
		rc = vk_err_set(err, VK_EUNTRUSTED,
			"the document counts %" PRId64 " bundles, the tree renders to %zu",
			release->bundle_count, cfg_rendered_count(rendered));
	else if (memcmp(release->bundle_root, cfg_rendered_root(rendered), VK_SHA256_BYTES) != 0)
		rc = vk_err_set(err, VK_EUNTRUSTED,
			"the tree renders to other bundles here than where it was submitted");
	if (rc != VK_OK) {
		vk_err_hint(err, "is your vkcfg of the same version as the server?");
		cfg_rendered_free(rendered);
		return rc;
	}
	*out = rendered;
	return VK_OK;
}
