/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/token.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "common/base64.h"
#include "common/mem.h"
#include "common/vkjson.h"

#include "common/banned.h"

static const char prefix[] = "vkcfg1.";
static const char *const kinds[] = {"host", "user", "card"};
enum { KIND_COUNT = sizeof(kinds) / sizeof(kinds[0]) };

const char *vk_token_kind_name(enum vk_token_kind kind)
{
	return kinds[kind];
}

void vk_token_make_secret(uint8_t out[VK_TOKEN_SECRET_BYTES])
{
	if (sodium_init() < 0)
		abort();
	randombytes_buf(out, VK_TOKEN_SECRET_BYTES);
}

static enum vk_rc wrong(struct vk_err *err, const char *member, const char *expected)
{
	return vk_err_set(err, VK_EINPUT, "member '%s': expected %s", member, expected);
}

static bool is_url(const char *text)
{
	static const char scheme[] = "https://";
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i++) {
		if (text[i] <= ' ' || text[i] > '~' || text[i] == '"' || text[i] == '\\')
			return false;
	}
	return len > sizeof(scheme) - 1 && len <= VK_TOKEN_URL_MAX_BYTES &&
	       strncmp(text, scheme, sizeof(scheme) - 1) == 0;
}

static enum vk_rc check(const struct vk_token *token, struct vk_err *err)
{
	if (token->kind == VK_TOKEN_CARD ? token->name[0] != '\0' : !vk_name_is_valid(token->name))
		return wrong(
			err, "name", token->kind == VK_TOKEN_CARD ? "nothing in a card" : "a name");
	if (!vk_name_is_valid(token->fleet))
		return wrong(err, "fleet", "a name");
	if (!is_url(token->server))
		return wrong(err, "server", "an https:// address");
	if (token->kind == VK_TOKEN_HOST && !vk_environment_is_valid(token->environment))
		return wrong(err, "environment", "the name of an environment");
	if (token->kind == VK_TOKEN_USER && token->environment[0] != '\0')
		return wrong(err, "environment", "nothing for a user");
	if (token->kind == VK_TOKEN_CARD && token->environment[0] != '\0' &&
		!vk_environment_is_valid(token->environment))
		return wrong(err, "environment", "the name of an environment");
	if (token->kind != VK_TOKEN_USER && !token->has_root)
		return wrong(err, "root", "the digest of the root that the host trusts");
	if (token->has_root && token->root_version < 1)
		return wrong(err, "root_version", "a number from 1 on");
	return VK_OK;
}

/* Copies a member into one of the token's arrays. */
static enum vk_rc copy_text(const struct vkjson *doc, const char *name, const char *fallback,
	char *out, size_t size, struct vk_err *err)
{
	const char *text = NULL;
	enum vk_rc rc = vkjson_get_opt_string(doc, name, fallback, &text, err);

	if (rc != VK_OK)
		return rc;
	if (text == NULL)
		return wrong(err, name, "a string");
	if (strlen(text) >= size)
		return wrong(err, name, "less text");
	memcpy(out, text, strlen(text) + 1);
	return VK_OK;
}

static enum vk_rc parse_root(const struct vkjson *doc, struct vk_token *out, struct vk_err *err)
{
	enum vk_rc rc;

	out->has_root = vkjson_get(doc, "root") != NULL || vkjson_get(doc, "root_version") != NULL;
	if (!out->has_root)
		return VK_OK;
	rc = vkjson_get_hex(doc, "root", out->root, sizeof(out->root), err);
	if (rc == VK_OK)
		rc = vkjson_get_int(doc, "root_version", 1, INT64_MAX, &out->root_version, err);
	return rc;
}

static enum vk_rc parse_kind(const struct vkjson *doc, enum vk_token_kind *out, struct vk_err *err)
{
	const char *kind = NULL;
	enum vk_rc rc = vkjson_get_string(doc, "kind", &kind, err);

	for (int i = 0; rc == VK_OK && i < KIND_COUNT; i++) {
		if (strcmp(kind, kinds[i]) == 0) {
			*out = (enum vk_token_kind)i;
			return VK_OK;
		}
	}
	return rc == VK_OK ? wrong(err, "kind", "host, user or card") : rc;
}

/* What names somebody and lets him in. */
static enum vk_rc parse_person(const struct vkjson *doc, struct vk_token *out, struct vk_err *err)
{
	enum vk_rc rc;

	if (out->kind == VK_TOKEN_CARD && vkjson_get(doc, "secret") != NULL)
		return wrong(err, "secret", "nothing in a card");
	rc = copy_text(doc, "name", out->kind == VK_TOKEN_CARD ? "" : NULL, out->name,
		sizeof(out->name), err);
	if (rc == VK_OK && out->kind != VK_TOKEN_CARD)
		rc = vkjson_get_hex(doc, "secret", out->secret, sizeof(out->secret), err);
	return rc;
}

static enum vk_rc parse_members(const struct vkjson *doc, struct vk_token *out, struct vk_err *err)
{
	static const char *const names[] = {"ca", "environment", "fleet", "kind", "name", "root",
		"root_version", "secret", "server", NULL};
	enum vk_rc rc = vkjson_check_members(doc, names, err);

	if (rc == VK_OK)
		rc = parse_kind(doc, &out->kind, err);
	if (rc == VK_OK)
		rc = parse_person(doc, out, err);
	if (rc == VK_OK)
		rc = copy_text(doc, "fleet", NULL, out->fleet, sizeof(out->fleet), err);
	if (rc == VK_OK)
		rc = copy_text(
			doc, "environment", "", out->environment, sizeof(out->environment), err);
	if (rc == VK_OK)
		rc = copy_text(doc, "server", NULL, out->server, sizeof(out->server), err);
	if (rc == VK_OK)
		rc = vkjson_get_hex(doc, "ca", out->ca, sizeof(out->ca), err);
	if (rc == VK_OK)
		rc = parse_root(doc, out, err);
	return rc == VK_OK ? check(out, err) : rc;
}

/* Undoes the wrapping into json, which has VK_TOKEN_MAX_BYTES. */
static enum vk_rc unwrap(
	const char *text, size_t len, char *json, size_t *json_len, struct vk_err *err)
{
	const size_t prefix_len = sizeof(prefix) - 1;

	while (len > 0 && strchr(" \t\r\n", text[len - 1]) != NULL && text[len - 1] != '\0')
		len--;
	if (len > VK_TOKEN_MAX_BYTES)
		return vk_err_set(err, VK_ELIMIT, "it is longer than %d bytes", VK_TOKEN_MAX_BYTES);
	if (len <= prefix_len || memcmp(text, prefix, prefix_len) != 0)
		return vk_err_set(err, VK_EINPUT, "it does not begin with '%s'", prefix);
	if (!vk_base64_decode(VK_BASE64_URL, text + prefix_len, len - prefix_len, json,
		    VK_TOKEN_MAX_BYTES, json_len))
		return vk_err_set(err, VK_EINPUT, "it is damaged: not base64url");
	return VK_OK;
}

enum vk_rc vk_token_parse(const char *text, size_t len, struct vk_token **out, struct vk_err *err)
{
	struct vk_token *token = xcalloc(1, sizeof(*token));
	char json[VK_TOKEN_MAX_BYTES];
	struct vkjson *doc = NULL;
	size_t json_len = 0;
	enum vk_rc rc = unwrap(text, len, json, &json_len, err);

	if (rc == VK_OK)
		rc = vkjson_parse_canonical(json, json_len, &doc, err);
	if (rc == VK_OK)
		rc = parse_members(doc, token, err);
	if (rc == VK_OK) {
		*out = token;
		token = NULL;
	} else {
		vk_err_prefix(err, rc, "enrolment token");
		vk_err_hint(err, "copy the whole token again, from 'vkcfg1.' to its end");
	}
	vkjson_free_wiped(doc);
	vk_token_free(token);
	sodium_memzero(json, sizeof(json));
	return rc;
}

static struct vkjson *to_json(const struct vk_token *token)
{
	struct vkjson *doc = vkjson_object();

	vkjson_set(doc, "ca", vkjson_hex(token->ca, sizeof(token->ca)));
	if (token->environment[0] != '\0')
		vkjson_set(doc, "environment", vkjson_string(token->environment));
	vkjson_set(doc, "fleet", vkjson_string(token->fleet));
	vkjson_set(doc, "kind", vkjson_string(kinds[token->kind]));
	if (token->kind != VK_TOKEN_CARD)
		vkjson_set(doc, "name", vkjson_string(token->name));
	if (token->has_root) {
		vkjson_set(doc, "root", vkjson_hex(token->root, sizeof(token->root)));
		vkjson_set(doc, "root_version", vkjson_int(token->root_version));
	}
	if (token->kind != VK_TOKEN_CARD)
		vkjson_set(doc, "secret", vkjson_hex(token->secret, sizeof(token->secret)));
	vkjson_set(doc, "server", vkjson_string(token->server));
	return doc;
}

enum vk_rc vk_token_format(const struct vk_token *token, struct vk_buf *out, struct vk_err *err)
{
	enum vk_rc rc = check(token, err);
	struct vkjson *doc;
	struct vk_buf json;

	if (rc != VK_OK) {
		vk_err_prefix(err, rc, "enrolment token");
		return rc;
	}
	doc = to_json(token);
	vk_buf_init(&json, VK_TOKEN_MAX_BYTES / 2);
	rc = vkjson_canonical(doc, &json, err);
	if (rc == VK_OK) {
		vk_buf_adds(out, prefix);
		vk_base64_encode(VK_BASE64_URL, json.data, json.len, out);
		rc = vk_buf_check(out, "enrolment token", err);
	}
	vk_buf_release_wiped(&json);
	vkjson_free_wiped(doc);
	return rc;
}

void vk_token_free(struct vk_token *token)
{
	if (token == NULL)
		return;
	sodium_memzero(token, sizeof(*token));
	free(token);
}
