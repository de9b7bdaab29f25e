/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/pkcs11_uri.h"

#include <stdbool.h>
#include <string.h>

#include "common/banned.h"

#define SCHEME "pkcs11:"

static void hint_form(struct vk_err *err)
{
	vk_err_hint(err,
		"as in pkcs11:token=NAME;object=KEY, with ?module-path=/PATH where the module "
		"is not registered with p11-kit");
}

/* RFC 3986: what a URI consists of. Everything else must be percent-encoded. */
static bool is_uri_char(char c)
{
	return c > ' ' && c < 0x7f && strchr("\"<>\\^`{|}", c) == NULL;
}

/* Decodes one character; returns how much of the text it took, 0 if it is none. */
static size_t decode_one(const char *text, size_t len, uint8_t *out)
{
	if (text[0] != '%') {
		*out = (uint8_t)text[0];
		return is_uri_char(text[0]) ? 1 : 0;
	}
	if (len < 3)
		return 0;
	for (size_t i = 1; i < 3; i++) {
		static const char digits[] = "0123456789abcdef";
		char c = text[i] >= 'A' && text[i] <= 'F' ? (char)(text[i] | 0x20) : text[i];
		const char *digit = c != '\0' ? strchr(digits, c) : NULL;

		if (digit == NULL)
			return 0;
		*out = (uint8_t)(*out << 4 | (digit - digits));
	}
	return 3;
}

static enum vk_rc decode(const char *name, const char *text, size_t len, uint8_t *out, size_t size,
	size_t *out_len, struct vk_err *err)
{
	size_t used = 0;

	while (len > 0) {
		uint8_t byte = 0;
		size_t taken = decode_one(text, len, &byte);

		if (taken == 0)
			return vk_err_set(err, VK_EINPUT,
				"attribute '%s' of the PKCS#11 URI: not percent-encoded", name);
		if (used == size)
			return vk_err_set(err, VK_ELIMIT,
				"attribute '%s' of the PKCS#11 URI: more than %zu bytes", name,
				size);
		out[used++] = byte;
		text += taken;
		len -= taken;
	}
	*out_len = used;
	return VK_OK;
}

static enum vk_rc set_text(
	const char *name, const char *value, size_t len, char *out, struct vk_err *err)
{
	char text[PKCS11_URI_VALUE_BYTES] = "";
	size_t text_len = 0;
	enum vk_rc rc;

	if (out[0] != '\0')
		return vk_err_set(
			err, VK_EINPUT, "attribute '%s' stands twice in the PKCS#11 URI", name);
	rc = decode(name, value, len, (uint8_t *)text, sizeof(text) - 1, &text_len, err);
	if (rc != VK_OK)
		return rc;
	if (text_len == 0)
		return vk_err_set(
			err, VK_EINPUT, "attribute '%s' of the PKCS#11 URI is empty", name);
	for (size_t i = 0; i < text_len; i++) {
		if ((uint8_t)text[i] < ' ' || text[i] == 0x7f)
			return vk_err_set(err, VK_EINPUT,
				"attribute '%s' of the PKCS#11 URI holds a control character",
				name);
	}
	memcpy(out, text, sizeof(text));
	return VK_OK;
}

static enum vk_rc set_id(struct pkcs11_uri *uri, const char *value, size_t len, struct vk_err *err)
{
	if (uri->id_len != 0)
		return vk_err_set(err, VK_EINPUT, "attribute 'id' stands twice in the PKCS#11 URI");
	if (len == 0)
		return vk_err_set(err, VK_EINPUT, "attribute 'id' of the PKCS#11 URI is empty");
	return decode("id", value, len, uri->id, sizeof(uri->id), &uri->id_len, err);
}

static enum vk_rc check_type(const char *value, size_t len, struct vk_err *err)
{
	if (len == strlen("private") && memcmp(value, "private", len) == 0)
		return VK_OK;
	vk_err_set(err, VK_EINPUT, "the PKCS#11 URI does not name a private key");
	vk_err_hint(err, "leave 'type' out, or say type=private");
	return VK_EINPUT;
}

static enum vk_rc refuse_pin(struct vk_err *err)
{
	vk_err_set(err, VK_EINPUT,
		"a PIN must not stand in a PKCS#11 URI, nor a place to read it from");
	vk_err_hint(err, "it is asked for on the terminal, or read with --passphrase-fd");
	return VK_EINPUT;
}

static bool is_name(const char *expected, const char *name, size_t len)
{
	return strlen(expected) == len && memcmp(expected, name, len) == 0;
}

static enum vk_rc refuse_attribute(const char *name, size_t len, struct vk_err *err)
{
	char shown[32] = "";

	for (size_t i = 0; i < len && i < sizeof(shown) - 1; i++)
		shown[i] = is_uri_char(name[i]) ? name[i] : '?';
	vk_err_set(err, VK_EINPUT, "attribute '%s' of the PKCS#11 URI is not understood", shown);
	vk_err_hint(err, "token, serial, manufacturer, model, object, id, type=private; after '?' "
			 "module-path");
	return VK_EINPUT;
}

/* One NAME=VALUE of the path. */
static enum vk_rc parse_path_attribute(
	struct pkcs11_uri *uri, const char *text, size_t len, struct vk_err *err)
{
	const char *equals = memchr(text, '=', len);
	size_t name_len = equals != NULL ? (size_t)(equals - text) : len;
	const char *value = equals != NULL ? equals + 1 : text + len;
	size_t value_len = equals != NULL ? len - name_len - 1 : 0;

	if (is_name("token", text, name_len))
		return set_text("token", value, value_len, uri->token, err);
	if (is_name("serial", text, name_len))
		return set_text("serial", value, value_len, uri->serial, err);
	if (is_name("manufacturer", text, name_len))
		return set_text("manufacturer", value, value_len, uri->manufacturer, err);
	if (is_name("model", text, name_len))
		return set_text("model", value, value_len, uri->model, err);
	if (is_name("object", text, name_len))
		return set_text("object", value, value_len, uri->object, err);
	if (is_name("id", text, name_len))
		return set_id(uri, value, value_len, err);
	if (is_name("type", text, name_len))
		return check_type(value, value_len, err);
	return refuse_attribute(text, name_len, err);
}

static enum vk_rc parse_query_attribute(
	struct pkcs11_uri *uri, const char *text, size_t len, struct vk_err *err)
{
	const char *equals = memchr(text, '=', len);
	size_t name_len = equals != NULL ? (size_t)(equals - text) : len;
	enum vk_rc rc;

	if (is_name("pin-value", text, name_len) || is_name("pin-source", text, name_len))
		return refuse_pin(err);
	if (equals == NULL || !is_name("module-path", text, name_len))
		return refuse_attribute(text, name_len, err);
	rc = set_text("module-path", equals + 1, len - name_len - 1, uri->module_path, err);
	if (rc == VK_OK && uri->module_path[0] != '/') {
		rc = vk_err_set(
			err, VK_EINPUT, "the module-path of the PKCS#11 URI is not absolute");
		vk_err_hint(err, "as in ?module-path=/usr/lib/softhsm/libsofthsm2.so");
	}
	return rc;
}

typedef enum vk_rc parse_attribute(
	struct pkcs11_uri *uri, const char *text, size_t len, struct vk_err *err);

static enum vk_rc parse_list(struct pkcs11_uri *uri, const char *text, size_t len, char separator,
	parse_attribute *parse, struct vk_err *err)
{
	enum vk_rc rc = VK_OK;

	while (rc == VK_OK && len > 0) {
		const char *end = memchr(text, separator, len);
		size_t item_len = end != NULL ? (size_t)(end - text) : len;
		size_t taken = item_len + (end != NULL);

		rc = parse(uri, text, item_len, err);
		text += taken;
		len -= taken;
	}
	return rc;
}

static enum vk_rc check_named(const struct pkcs11_uri *uri, struct vk_err *err)
{
	if (uri->token[0] == '\0' && uri->serial[0] == '\0') {
		vk_err_set(err, VK_EINPUT, "the PKCS#11 URI names no token");
		hint_form(err);
		return VK_EINPUT;
	}
	if (uri->object[0] == '\0' && uri->id_len == 0) {
		vk_err_set(err, VK_EINPUT, "the PKCS#11 URI names no key on its token");
		hint_form(err);
		return VK_EINPUT;
	}
	return VK_OK;
}

enum vk_rc pkcs11_uri_parse(const char *text, struct pkcs11_uri *out, struct vk_err *err)
{
	struct pkcs11_uri uri;
	size_t len = strnlen(text, PKCS11_URI_MAX_BYTES + 1);
	const char *query;
	size_t path_len;
	enum vk_rc rc;

	memset(&uri, 0, sizeof(uri));
	if (len > PKCS11_URI_MAX_BYTES)
		return vk_err_set(
			err, VK_ELIMIT, "a PKCS#11 URI has at most %d bytes", PKCS11_URI_MAX_BYTES);
	if (strncmp(text, SCHEME, strlen(SCHEME)) != 0) {
		vk_err_set(
			err, VK_EINPUT, "this is no PKCS#11 URI: it does not begin with " SCHEME);
		hint_form(err);
		return VK_EINPUT;
	}
	text += strlen(SCHEME);
	len -= strlen(SCHEME);
	query = memchr(text, '?', len);
	path_len = query != NULL ? (size_t)(query - text) : len;
	rc = parse_list(&uri, text, path_len, ';', parse_path_attribute, err);
	if (rc == VK_OK && query != NULL)
		rc = parse_list(
			&uri, query + 1, len - path_len - 1, '&', parse_query_attribute, err);
	if (rc == VK_OK)
		rc = check_named(&uri, err);
	if (rc == VK_OK)
		*out = uri;
	return rc;
}
