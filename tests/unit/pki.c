/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "tests/unit/pki.h"

#include <string.h>

#include "common/clock.h"

#include "tests/unit/unit.h"

enum { TEXT_MAX = 65536, HOUR = 3600 };

static char *key_text(const struct x509_key *key)
{
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf buf;
	char *text;

	vk_buf_init(&buf, TEXT_MAX);
	assert_ok(x509_key_format(key, &buf, &err), err);
	text = vk_buf_detach(&buf, NULL);
	vk_buf_release(&buf);
	return text;
}

void pki_init(struct pki *pki, const char *fleet)
{
	struct vk_err err = VK_ERR_INIT;
	int64_t now = vk_clock_now();
	struct vk_buf pem;

	vk_buf_init(&pem, TEXT_MAX);
	ck_assert_uint_lt(strlen(fleet), sizeof(pki->fleet));
	memcpy(pki->fleet, fleet, strlen(fleet) + 1);
	assert_ok(x509_key_generate(&pki->key, &err), err);
	assert_ok(x509_make_ca(pki->key, fleet, now - HOUR, now + 24 * HOUR, &pem, &err), err);
	pki->ca_pem = vk_buf_detach(&pem, NULL);
	vk_buf_release(&pem);
}

void pki_release(struct pki *pki)
{
	x509_key_free(pki->key);
	free(pki->ca_pem);
}

struct pki_leaf pki_issue(
	const struct pki *pki, enum x509_kind kind, const char *name, int64_t seconds)
{
	static const char *const names[] = {"localhost", "127.0.0.1", NULL};
	struct vk_err err = VK_ERR_INIT;
	int64_t now = vk_clock_now();
	struct x509_request request = {
		.identity = {.kind = kind},
		.names = kind == X509_KIND_SERVER ? names : NULL,
		.not_before = now - HOUR,
		.not_after = now + seconds,
	};
	struct x509_key *key = NULL;
	struct pki_leaf leaf;
	struct vk_buf spki;
	struct vk_buf pem;

	vk_buf_init(&spki, TEXT_MAX);
	vk_buf_init(&pem, TEXT_MAX);
	assert_ok(x509_key_generate(&key, &err), err);
	assert_ok(x509_key_public(key, &spki, &err), err);
	request.spki = spki.data;
	request.spki_len = spki.len;
	memcpy(request.identity.fleet, pki->fleet, sizeof(pki->fleet));
	memcpy(request.identity.name, name, strlen(name) + 1);
	assert_ok(x509_issue(&request, pki->key, pki->ca_pem, &pem, &err), err);
	leaf.cert_pem = vk_buf_detach(&pem, NULL);
	leaf.key_pem = key_text(key);
	x509_key_free(key);
	vk_buf_release(&spki);
	vk_buf_release(&pem);
	return leaf;
}

struct pki_leaf pki_self_signed(void)
{
	struct vk_err err = VK_ERR_INIT;
	int64_t now = vk_clock_now();
	struct x509_key *key = NULL;
	struct pki_leaf leaf;
	struct vk_buf pem;

	vk_buf_init(&pem, TEXT_MAX);
	assert_ok(x509_key_generate(&key, &err), err);
	assert_ok(x509_self_signed(key, now - HOUR, now + HOUR, &pem, &err), err);
	leaf.cert_pem = vk_buf_detach(&pem, NULL);
	leaf.key_pem = key_text(key);
	x509_key_free(key);
	vk_buf_release(&pem);
	return leaf;
}

void pki_leaf_release(struct pki_leaf *leaf)
{
	free(leaf->cert_pem);
	free(leaf->key_pem);
}

struct vktls_ctx *pki_server_ctx(const struct pki *pki, const struct pki_leaf *leaf)
{
	const struct vktls_server_options options = {
		.ca_pem = pki->ca_pem,
		.cert_pem = leaf->cert_pem,
		.key_pem = leaf->key_pem,
	};
	struct vk_err err = VK_ERR_INIT;
	struct vktls_ctx *ctx = NULL;

	assert_ok(vktls_server_new(&options, &ctx, &err), err);
	return ctx;
}

struct vktls_ctx *pki_client_ctx(const struct pki *pki, const struct pki_leaf *leaf)
{
	const struct vktls_client_options options = {
		.ca_pem = pki->ca_pem,
		.fleet = pki->fleet,
		.cert_pem = leaf->cert_pem,
		.key_pem = leaf->key_pem,
	};
	struct vk_err err = VK_ERR_INIT;
	struct vktls_ctx *ctx = NULL;

	assert_ok(vktls_client_new(&options, &ctx, &err), err);
	return ctx;
}
