/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/desired.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/file.h"
#include "common/mem.h"
#include "common/num.h"
#include "common/vkjson.h"

#include "common/banned.h"

enum { DESIRED_MAX_BYTES = 65536, DESIRED_FORMAT = 1 };

static enum vk_rc get_text(
	const struct vkjson *json, const char *name, char *out, size_t size, struct vk_err *err)
{
	const char *text;
	enum vk_rc rc = vkjson_get_opt_string(json, name, "", &text, err);

	if (rc != VK_OK)
		return rc;
	if (strlen(text) >= size)
		return vk_err_set(err, VK_ELIMIT, "member '%s' is too long", name);
	snprintf(out, size, "%s", text);
	return VK_OK;
}

static enum vk_rc parse_bundles(const struct vkjson *json, struct desired *out, struct vk_err *err)
{
	for (struct vkjson_iter it = vkjson_iter(json); vkjson_next(&it);) {
		struct desired_bundle *bundle = &out->bundles[out->count];
		const char *digest = vkjson_text(it.value);

		if (digest == NULL || strlen(digest) != VK_SHA256_HEX_BYTES - 1 ||
			!vk_name_is_valid(it.name) || out->count == PINS_MAX_INSTANCES)
			return vk_err_set(err, VK_EINPUT, "member 'bundles' is damaged");
		snprintf(bundle->instance, sizeof(bundle->instance), "%s", it.name);
		snprintf(bundle->digest, sizeof(bundle->digest), "%s", digest);
		out->count++;
	}
	return VK_OK;
}

static enum vk_rc parse_ca(const struct vkjson *json, struct ca_list *out, struct vk_err *err)
{
	const struct vkjson *list = NULL;
	enum vk_rc rc = vkjson_get_opt_array(json, "ca", &list, err);

	for (size_t i = 0; rc == VK_OK && i < vkjson_count(list); i++) {
		const char *text = vkjson_text(vkjson_at(list, i));

		if (text == NULL || out->count == CA_SET_MAX ||
			!vk_parse_hex(
				text, strlen(text), out->digests[out->count], VK_SHA256_BYTES))
			return vk_err_set(err, VK_EINPUT, "member 'ca' is damaged");
		out->count++;
	}
	return rc;
}

static enum vk_rc parse(const struct vkjson *json, struct desired *out, struct vk_err *err)
{
	const struct vkjson *bundles = NULL;
	int64_t format;
	enum vk_rc rc =
		vkjson_get_int(json, "format", DESIRED_FORMAT, DESIRED_FORMAT, &format, err);

	if (rc == VK_OK)
		rc = get_text(json, "etag", out->etag, sizeof(out->etag), err);
	if (rc == VK_OK)
		rc = vkjson_get_int(
			json, "timestamp-expires", 0, INT64_MAX, &out->timestamp_expires, err);
	if (rc == VK_OK)
		rc = get_text(json, "trust-role", out->trust_role, sizeof(out->trust_role), err);
	if (rc == VK_OK)
		rc = vkjson_get_opt_int(
			json, "trust-expires", 0, INT64_MAX, 0, &out->trust_expires, err);
	if (rc == VK_OK)
		rc = parse_ca(json, &out->ca, err);
	if (rc == VK_OK)
		rc = vkjson_get_int(json, "release", 0, INT64_MAX, &out->release, err);
	if (rc == VK_OK)
		rc = vkjson_get_int(json, "highest", 0, INT64_MAX, &out->highest, err);
	if (rc == VK_OK)
		rc = get_text(json, "document", out->document, sizeof(out->document), err);
	if (rc == VK_OK)
		rc = vkjson_get_int(json, "fallback", 0, INT64_MAX, &out->fallback, err);
	if (rc == VK_OK)
		rc = get_text(json, "fallback-document", out->fallback_document,
			sizeof(out->fallback_document), err);
	if (rc == VK_OK)
		rc = vkjson_get_object(json, "bundles", &bundles, err);
	return rc == VK_OK ? parse_bundles(bundles, out, err) : rc;
}

enum vk_rc desired_read(const char *state, struct desired *out, struct vk_err *err)
{
	char *path = xasprintf("%s/desired.json", state);
	struct desired desired = {.release = 0};
	struct vkjson *json = NULL;
	struct vk_buf text;
	enum vk_rc rc;

	vk_buf_init(&text, DESIRED_MAX_BYTES);
	rc = vk_file_read(AT_FDCWD, path, VK_FILE_NOFOLLOW, &text, err);
	if (rc == VK_OK) {
		rc = vkjson_parse(text.data, text.len, &json, err);
		if (rc == VK_OK)
			rc = parse(json, &desired, err);
		if (rc != VK_OK)
			rc = vk_err_prefix(err, rc, "%s", path);
	} else if (rc == VK_ENOTFOUND) {
		desired.is_lost = true;
		rc = VK_OK;
	}
	if (rc == VK_OK)
		*out = desired;
	vkjson_free(json);
	vk_buf_release(&text);
	free(path);
	return rc;
}

static struct vkjson *to_json(const struct desired *desired)
{
	struct vkjson *json = vkjson_object();
	struct vkjson *bundles = vkjson_object();

	for (size_t i = 0; i < desired->count; i++)
		vkjson_set(bundles, desired->bundles[i].instance,
			vkjson_string(desired->bundles[i].digest));
	vkjson_set(json, "format", vkjson_int(DESIRED_FORMAT));
	vkjson_set(json, "etag", vkjson_string(desired->etag));
	vkjson_set(json, "timestamp-expires", vkjson_int(desired->timestamp_expires));
	vkjson_set(json, "trust-role", vkjson_string(desired->trust_role));
	vkjson_set(json, "trust-expires", vkjson_int(desired->trust_expires));
	vkjson_set(json, "release", vkjson_int(desired->release));
	vkjson_set(json, "highest", vkjson_int(desired->highest));
	vkjson_set(json, "document", vkjson_string(desired->document));
	vkjson_set(json, "fallback", vkjson_int(desired->fallback));
	vkjson_set(json, "fallback-document", vkjson_string(desired->fallback_document));
	if (desired->ca.count > 0) {
		struct vkjson *list = vkjson_array();

		for (size_t i = 0; i < desired->ca.count; i++)
			vkjson_append(list, vkjson_hex(desired->ca.digests[i], VK_SHA256_BYTES));
		vkjson_set(json, "ca", list);
	}
	vkjson_set(json, "bundles", bundles);
	return json;
}

enum vk_rc desired_write(const char *state, const struct desired *desired, struct vk_err *err)
{
	struct vkjson *json = to_json(desired);
	char *path = xasprintf("%s/desired.json", state);
	struct vk_buf text;
	enum vk_rc rc;

	vk_buf_init(&text, DESIRED_MAX_BYTES);
	vkjson_format(json, false, &text);
	vk_buf_addc(&text, '\n');
	rc = vk_buf_check(&text, "desired.json", err);
	if (rc == VK_OK)
		rc = vk_file_replace(AT_FDCWD, path, 0600, text.data, text.len, err);
	vk_buf_release(&text);
	free(path);
	vkjson_free(json);
	return rc;
}

/* A document under a number that this host knows must be the same document. */
static enum vk_rc check_known(
	int64_t number, const char *known, const char *document, struct vk_err *err)
{
	if (strcmp(known, document) == 0)
		return VK_OK;
	return vk_err_set(err, VK_EUNTRUSTED,
		"release %lld is another document than the one that this host knows",
		(long long)number);
}

enum vk_rc desired_move(struct desired *desired, const struct vk_release *release,
	const char *document, struct vk_err *err)
{
	bool is_unknown = release->number == desired->highest && desired->document[0] == '\0';
	enum vk_rc rc = VK_OK;

	if (release->number > desired->highest || is_unknown) {
		desired->highest = release->number;
		snprintf(desired->document, sizeof(desired->document), "%s", document);
		desired->fallback = release->has_fallback ? release->fallback_release : 0;
		desired->fallback_document[0] = '\0';
		if (release->has_fallback)
			vk_digest_format(release->fallback_sha256, desired->fallback_document);
	} else if (release->number == desired->highest) {
		rc = check_known(release->number, desired->document, document, err);
	} else if (release->number == desired->fallback) {
		rc = check_known(release->number, desired->fallback_document, document, err);
	} else {
		rc = vk_err_set(err, VK_EUNTRUSTED,
			"release %lld is older than release %lld, which this host has seen, and is "
			"not "
			"its signed fallback",
			(long long)release->number, (long long)desired->highest);
	}
	if (rc != VK_OK)
		return rc;
	desired->release = release->number;
	desired->etag[0] = '\0';
	desired->count = 0;
	return VK_OK;
}

const char *desired_digest(const struct desired *desired, const char *instance)
{
	for (size_t i = 0; i < desired->count; i++) {
		if (strcmp(desired->bundles[i].instance, instance) == 0)
			return desired->bundles[i].digest;
	}
	return NULL;
}
