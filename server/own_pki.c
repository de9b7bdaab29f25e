/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/own_pki.h"

#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/mem.h"
#include "common/name.h"
#include "common/x509.h"

#include "common/banned.h"

static const char placeholder[] = "{name}";

struct pattern {
	enum x509_text_kind where;
	char *prefix;
	char *suffix;
};

struct own_pki {
	struct pattern host;
	struct pattern user;
};

static enum vk_rc parse_pattern(const char *text, struct pattern *out, struct vk_err *err)
{
	static const struct {
		const char *word;
		enum x509_text_kind where;
	} kinds[] = {{"uri:", X509_TEXT_URI}, {"dns:", X509_TEXT_DNS}, {"cn:", X509_TEXT_CN}};
	const char *at = strstr(text, placeholder);

	for (size_t i = 0; at != NULL && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		size_t len = strlen(kinds[i].word);

		if (strncmp(text, kinds[i].word, len) != 0)
			continue;
		out->where = kinds[i].where;
		out->prefix = xstrndup(text + len, (size_t)(at - text) - len);
		out->suffix = xstrdup(at + strlen(placeholder));
		if (strstr(out->suffix, placeholder) == NULL)
			return VK_OK;
	}
	vk_err_set(err, VK_EINPUT, "'%.200s' does not say where a name stands", text);
	vk_err_hint(err, "uri:TEXT, dns:TEXT or cn:TEXT, with {name} in it once");
	return VK_EINPUT;
}

enum vk_rc own_pki_new(const char *fleet, const char *host_names, const char *user_names,
	struct own_pki **out, struct vk_err *err)
{
	struct own_pki *pki = xcalloc(1, sizeof(*pki));
	char *host = xasprintf("uri:vkcfg://%s/host/{name}", fleet);
	char *user = xasprintf("uri:vkcfg://%s/user/{name}", fleet);
	enum vk_rc rc = parse_pattern(host_names != NULL ? host_names : host, &pki->host, err);

	if (rc == VK_OK)
		rc = parse_pattern(user_names != NULL ? user_names : user, &pki->user, err);
	if (rc == VK_OK)
		*out = pki;
	else
		own_pki_free(pki);
	free(host);
	free(user);
	return rc;
}

void own_pki_free(struct own_pki *pki)
{
	if (pki == NULL)
		return;
	free(pki->host.prefix);
	free(pki->host.suffix);
	free(pki->user.prefix);
	free(pki->user.suffix);
	free(pki);
}

/* The name that the pattern leaves of a text; false if the text is another. */
static bool match(const struct pattern *pattern, const char *text, char out[VK_NAME_BYTES])
{
	size_t len = strlen(text), before = strlen(pattern->prefix),
	       after = strlen(pattern->suffix);

	if (len <= before + after || len - before - after >= VK_NAME_BYTES ||
		strncmp(text, pattern->prefix, before) != 0 ||
		strcmp(text + len - after, pattern->suffix) != 0)
		return false;
	memcpy(out, text + before, len - before - after);
	out[len - before - after] = '\0';
	return vk_name_is_valid(out);
}

/* How many names the pattern finds; the last one in out. */
static size_t find(
	const struct pattern *pattern, const void *der, size_t len, char out[VK_NAME_BYTES])
{
	struct x509_names texts;
	size_t found = 0;

	if (x509_read_texts(der, len, pattern->where, &texts, NULL) != VK_OK)
		return 0;
	for (size_t i = 0; i < texts.count; i++)
		found += match(pattern, texts.texts[i], out);
	return found;
}

void own_pki_key(enum identity_kind kind, const char *name, uint8_t key[VK_SHA256_BYTES])
{
	char *text = xasprintf("vkcfg identity\n%s/%s\n", identity_kind_name(kind), name);

	vk_sha256(text, strlen(text), key);
	free(text);
}

bool own_pki_identify(
	const struct own_pki *pki, const void *der, size_t len, uint8_t key[VK_SHA256_BYTES])
{
	char host[VK_NAME_BYTES], user[VK_NAME_BYTES];
	size_t hosts = find(&pki->host, der, len, host);
	size_t users = find(&pki->user, der, len, user);

	vk_sha256("vkcfg identity\nnobody\n", 22, key);
	if (hosts + users != 1)
		return false;
	if (hosts == 1)
		own_pki_key(IDENTITY_HOST, host, key);
	else
		own_pki_key(IDENTITY_USER, user, key);
	return true;
}
