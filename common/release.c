/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/release.h"

#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/name.h"
#include "common/vkjson.h"

#include "common/banned.h"

enum { RENDERER_MAX_BYTES = 32, COMMIT_MIN_HEX = 40, COMMIT_MAX_HEX = 64 };

static bool is_lower_hex(const char *text, size_t min, size_t max)
{
	size_t len = strlen(text);

	return len >= min && len <= max && strspn(text, "0123456789abcdef") == len;
}

/* What a person wrote, shown on terminals later: no control characters but newline and tab. */
static bool is_message(const char *text)
{
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f)
			return false;
	}
	return len > 0 && len <= VK_RELEASE_MESSAGE_MAX_BYTES;
}

static enum vk_rc wrong(struct vk_err *err, const char *member, const char *expected)
{
	return vk_err_set(err, VK_EINPUT, "member '%s': expected %s", member, expected);
}

static enum vk_rc check_names(const struct vk_release *r, struct vk_err *err)
{
	if (!vk_name_is_valid(r->fleet))
		return wrong(err, "fleet", "a name");
	if (!vk_environment_is_valid(r->environment))
		return wrong(err, "environment", "the name of an environment");
	if (!vk_name_is_valid(r->author))
		return wrong(err, "author", "a user's name");
	if (!is_message(r->message))
		return wrong(err, "message", "1 to 16384 bytes of text without control characters");
	if (!is_lower_hex(r->change, VK_CHANGE_ID_HEX, VK_CHANGE_ID_HEX))
		return wrong(err, "change", "16 lower-case hexadecimal digits");
	if (r->renderer[0] == '\0' || strlen(r->renderer) > RENDERER_MAX_BYTES)
		return wrong(err, "renderer", "a version");
	if (r->commit != NULL && !is_lower_hex(r->commit, COMMIT_MIN_HEX, COMMIT_MAX_HEX))
		return wrong(err, "commit", "a git commit");
	return VK_OK;
}

static enum vk_rc check(const struct vk_release *r, struct vk_err *err)
{
	enum vk_rc rc = check_names(r, err);

	if (rc != VK_OK)
		return rc;
	if (r->number < 1)
		return wrong(err, "number", "a number from 1 on");
	if (r->base < 0 || r->base >= r->number)
		return wrong(err, "base", "a number smaller than the release's own");
	if (r->bundle_count < 0 || r->bundle_count > VK_RELEASE_MAX_BUNDLES)
		return wrong(err, "count", "at most 1000000 bundles");
	if (r->has_fallback != (r->base > 0))
		return wrong(err, "fallback",
			"the base release, and nothing where there is no base release");
	if (r->has_fallback && r->fallback_release != r->base)
		return wrong(err, "fallback", "the base release");
	if (r->rollout != NULL && vkjson_type(r->rollout) != VKJSON_OBJECT)
		return wrong(err, "rollout", "an object");
	return VK_OK;
}

static enum vk_rc parse_bundles(
	const struct vkjson *doc, struct vk_release *out, struct vk_err *err)
{
	static const char *const names[] = {"count", "root", NULL};
	const struct vkjson *obj = NULL;
	enum vk_rc rc = vkjson_get_object(doc, "bundles", &obj, err);

	if (rc == VK_OK)
		rc = vkjson_check_members(obj, names, err);
	if (rc == VK_OK)
		rc = vkjson_get_int(
			obj, "count", 0, VK_RELEASE_MAX_BUNDLES, &out->bundle_count, err);
	if (rc == VK_OK)
		rc = vkjson_get_hex(obj, "root", out->bundle_root, VK_SHA256_BYTES, err);
	return rc;
}

static enum vk_rc parse_fallback(
	const struct vkjson *doc, struct vk_release *out, struct vk_err *err)
{
	static const char *const names[] = {"release", "sha256", NULL};
	const struct vkjson *obj = NULL;
	enum vk_rc rc = vkjson_get_opt_object(doc, "fallback", &obj, err);

	if (rc != VK_OK || obj == NULL)
		return rc;
	out->has_fallback = true;
	rc = vkjson_check_members(obj, names, err);
	if (rc == VK_OK)
		rc = vkjson_get_int(obj, "release", 1, INT64_MAX, &out->fallback_release, err);
	if (rc == VK_OK)
		rc = vkjson_get_hex(obj, "sha256", out->fallback_sha256, VK_SHA256_BYTES, err);
	return rc;
}

static enum vk_rc parse_source(const struct vkjson *doc, struct vk_release *out, struct vk_err *err)
{
	static const char *const names[] = {"commit", NULL};
	const struct vkjson *obj = NULL;
	enum vk_rc rc = vkjson_get_object(doc, "source", &obj, err);

	if (rc == VK_OK)
		rc = vkjson_check_members(obj, names, err);
	if (rc == VK_OK)
		rc = vkjson_get_opt_string(obj, "commit", NULL, &out->commit, err);
	return rc;
}

static enum vk_rc parse_head(const struct vkjson *doc, struct vk_err *err)
{
	static const char *const names[] = {"_type", "author", "base", "bundles", "change",
		"created", "environment", "fallback", "fleet", "format", "message", "number",
		"renderer", "rollout", "source", "tree", NULL};
	const char *type = NULL;
	int64_t format;
	enum vk_rc rc = vkjson_check_members(doc, names, err);

	if (rc == VK_OK)
		rc = vkjson_get_string(doc, "_type", &type, err);
	if (rc == VK_OK && strcmp(type, "release") != 0)
		rc = wrong(err, "_type", "release");
	if (rc == VK_OK)
		rc = vkjson_get_int(doc, "format", 1, 1, &format, err);
	return rc;
}

static enum vk_rc parse_members(
	const struct vkjson *doc, struct vk_release *out, struct vk_err *err)
{
	enum vk_rc rc = vkjson_get_string(doc, "author", &out->author, err);

	if (rc == VK_OK)
		rc = vkjson_get_int(doc, "base", 0, INT64_MAX, &out->base, err);
	if (rc == VK_OK)
		rc = vkjson_get_string(doc, "change", &out->change, err);
	if (rc == VK_OK)
		rc = vkjson_get_time(doc, "created", &out->created, err);
	if (rc == VK_OK)
		rc = vkjson_get_string(doc, "environment", &out->environment, err);
	if (rc == VK_OK)
		rc = vkjson_get_string(doc, "fleet", &out->fleet, err);
	if (rc == VK_OK)
		rc = vkjson_get_string(doc, "message", &out->message, err);
	if (rc == VK_OK)
		rc = vkjson_get_int(doc, "number", 1, INT64_MAX, &out->number, err);
	if (rc == VK_OK)
		rc = vkjson_get_string(doc, "renderer", &out->renderer, err);
	if (rc == VK_OK)
		rc = vkjson_get_object(doc, "rollout", &out->rollout, err);
	if (rc == VK_OK)
		rc = vkjson_get_hex(doc, "tree", out->tree, VK_SHA256_BYTES, err);
	return rc;
}

enum vk_rc vk_release_parse(
	const char *text, size_t len, struct vk_release **out, struct vk_err *err)
{
	struct vk_release *release = xcalloc(1, sizeof(*release));
	enum vk_rc rc = VK_OK;

	if (len > VK_RELEASE_MAX_BYTES)
		rc = vk_err_set(err, VK_ELIMIT, "it is larger than %d bytes", VK_RELEASE_MAX_BYTES);
	if (rc == VK_OK)
		rc = vkjson_parse_canonical(text, len, &release->owner, err);
	if (rc == VK_OK)
		rc = parse_head(release->owner, err);
	if (rc == VK_OK)
		rc = parse_members(release->owner, release, err);
	if (rc == VK_OK)
		rc = parse_bundles(release->owner, release, err);
	if (rc == VK_OK)
		rc = parse_fallback(release->owner, release, err);
	if (rc == VK_OK)
		rc = parse_source(release->owner, release, err);
	if (rc == VK_OK)
		rc = check(release, err);
	if (rc != VK_OK) {
		vk_release_free(release);
		vk_err_prefix(err, rc, "release document");
		return rc;
	}
	*out = release;
	return VK_OK;
}

static struct vkjson *digest_pair(
	const char *name, int64_t number, const char *digest_name, const uint8_t *digest)
{
	struct vkjson *obj = vkjson_object();

	vkjson_set(obj, name, vkjson_int(number));
	vkjson_set(obj, digest_name, vkjson_hex(digest, VK_SHA256_BYTES));
	return obj;
}

static struct vkjson *default_rollout(void)
{
	struct vkjson *obj = vkjson_object();

	vkjson_set(obj, "waves", vkjson_array());
	return obj;
}

static struct vkjson *to_json(const struct vk_release *r)
{
	struct vkjson *source = vkjson_object();
	struct vkjson *doc = vkjson_object();

	if (r->commit != NULL)
		vkjson_set(source, "commit", vkjson_string(r->commit));
	vkjson_set(doc, "_type", vkjson_string("release"));
	vkjson_set(doc, "author", vkjson_string(r->author));
	vkjson_set(doc, "base", vkjson_int(r->base));
	vkjson_set(doc, "bundles", digest_pair("count", r->bundle_count, "root", r->bundle_root));
	vkjson_set(doc, "change", vkjson_string(r->change));
	vkjson_set(doc, "created", vkjson_time(r->created));
	vkjson_set(doc, "environment", vkjson_string(r->environment));
	if (r->has_fallback)
		vkjson_set(doc, "fallback",
			digest_pair("release", r->fallback_release, "sha256", r->fallback_sha256));
	vkjson_set(doc, "fleet", vkjson_string(r->fleet));
	vkjson_set(doc, "format", vkjson_int(1));
	vkjson_set(doc, "message", vkjson_string(r->message));
	vkjson_set(doc, "number", vkjson_int(r->number));
	vkjson_set(doc, "renderer", vkjson_string(r->renderer));
	vkjson_set(doc, "rollout", r->rollout != NULL ? vkjson_ref(r->rollout) : default_rollout());
	vkjson_set(doc, "source", source);
	vkjson_set(doc, "tree", vkjson_hex(r->tree, VK_SHA256_BYTES));
	return doc;
}

enum vk_rc vk_release_format(
	const struct vk_release *release, struct vk_buf *out, struct vk_err *err)
{
	enum vk_rc rc = check(release, err);
	struct vkjson *doc;

	if (rc != VK_OK) {
		vk_err_prefix(err, rc, "release document");
		return rc;
	}
	doc = to_json(release);
	rc = vkjson_canonical(doc, out, err);
	vkjson_free(doc);
	return rc;
}

void vk_release_free(struct vk_release *release)
{
	if (release == NULL)
		return;
	vkjson_free(release->owner);
	free(release);
}
