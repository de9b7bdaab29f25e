/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/tls_proof.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/pull/fill.h"
#include "common/clock.h"
#include "common/file.h"
#include "common/mem.h"
#include "common/x509.h"

#include "common/banned.h"

static const char cert_file[] = "tls-cert-file";

static const char *text_of(const struct values *values, const char *name)
{
	const char *text = values_get(values, name);

	return text != NULL ? text : "";
}

/* An address to listen on, as one to connect to. */
static const char *reachable(const char *address)
{
	if (strcmp(address, "*") == 0 || strcmp(address, "0.0.0.0") == 0)
		return "127.0.0.1";
	if (strcmp(address, "::*") == 0 || strcmp(address, "::") == 0)
		return "::1";
	return address;
}

bool tls_proof_address(const struct instance *instance, const struct values *values, size_t number,
	struct address *out)
{
	const char *port = text_of(values, "tls-port");
	const char *bind = values_get(values, "bind");
	char word[ADDRESS_HOST_BYTES];
	size_t len;

	if (*port == '\0' || strcmp(port, "0") == 0 || strlen(port) >= sizeof(out->port))
		return false;
	/* How the agent reaches it anyway. */
	if (instance->address.kind == ADDRESS_TLS && strcmp(instance->address.port, port) == 0) {
		*out = instance->address;
		return number == 0;
	}
	if (bind == NULL) /* a Sentinel's file need not say it */
		bind = "*";
	bind += strspn(bind, " ");
	for (; number > 0; number--) {
		bind += strcspn(bind, " ");
		bind += strspn(bind, " ");
	}
	if (*bind == '-') /* one that need not exist */
		bind++;
	len = strcspn(bind, " ");
	if (len == 0 || len >= sizeof(word))
		return false;
	snprintf(word, sizeof(word), "%.*s", (int)len, bind);
	*out = (struct address){.kind = ADDRESS_TLS};
	snprintf(out->host, sizeof(out->host), "%s", reachable(word));
	snprintf(out->port, sizeof(out->port), "%s", port);
	return true;
}

/* The first address where somebody answers. */
static enum vk_rc see(const struct instance *instance, const struct values *values,
	struct transport_leaf *leaf, struct vk_err *err)
{
	int64_t deadline_ms = vk_clock_monotonic_ms() + INSTANCE_COMMAND_TIMEOUT_MS;
	enum vk_rc rc = VK_EUNAVAIL;
	struct address address;

	for (size_t i = 0; rc != VK_OK && tls_proof_address(instance, values, i, &address); i++)
		rc = transport_see_leaf(&address, deadline_ms, leaf, err);
	return rc == VK_OK ? rc : vk_err_prefix(err, rc, "the TLS port");
}

/* VK_ENOTFOUND: it is not there for the agent, who may not read all that Valkey reads. */
static enum vk_rc read_wanted(
	const char *path, uint8_t out[X509_FINGERPRINT_BYTES], struct vk_err *err)
{
	struct vk_buf pem;
	enum vk_rc rc;

	if (access(path, R_OK) != 0)
		return vk_err_errno(err, VK_ENOTFOUND, errno, "%s", path);
	vk_buf_init(&pem, X509_MAX_PEM_BYTES);
	rc = vk_file_read(AT_FDCWD, path, VK_FILE_DEFAULT, &pem, err);
	if (rc == VK_OK && x509_fingerprint(pem.data, pem.len, out, err) != VK_OK)
		rc = vk_err_set(err, VK_EINPUT, "%s: %s holds no certificate", cert_file, path);
	vk_buf_release(&pem);
	return rc;
}

static void put_hex(const uint8_t digest[VK_SHA256_BYTES], char out[VK_SHA256_HEX_BYTES])
{
	struct vk_buf hex;

	vk_buf_init(&hex, VK_SHA256_HEX_BYTES);
	vk_buf_add_hex(&hex, digest, VK_SHA256_BYTES);
	snprintf(out, VK_SHA256_HEX_BYTES, "%s", hex.data);
	vk_buf_release(&hex);
}

enum vk_rc tls_proof_look(const struct instance *instance, const struct values *values,
	struct tls_proof *out, struct vk_err *err)
{
	const char *path = text_of(values, cert_file);
	uint8_t wanted[X509_FINGERPRINT_BYTES];
	struct transport_leaf leaf;
	struct address address;
	enum vk_rc rc;

	*out = (struct tls_proof){.verdict = TLS_PROOF_NONE};
	if (*path == '\0' || !tls_proof_address(instance, values, 0, &address))
		return VK_OK;
	rc = read_wanted(path, wanted, err);
	if (rc == VK_ENOTFOUND)
		return VK_OK;
	if (rc == VK_OK)
		rc = see(instance, values, &leaf, err);
	if (rc != VK_OK)
		return rc;
	out->verdict =
		memcmp(wanted, leaf.sha256, sizeof(wanted)) == 0 ? TLS_PROOF_SAME : TLS_PROOF_OTHER;
	put_hex(wanted, out->wanted);
	put_hex(leaf.sha256, out->served);
	return VK_OK;
}

bool tls_proof_is_ours(const struct instance *instance, const struct values *values)
{
	char *current = fill_current_path(instance);
	const char *path = text_of(values, cert_file);
	size_t len = strlen(current);
	bool is_ours = strncmp(path, current, len) == 0 && path[len] == '/';

	free(current);
	return is_ours;
}

bool tls_proof_is_stale(const struct instance *instance, const struct values *values)
{
	struct vk_err ignored = VK_ERR_INIT;
	struct tls_proof proof;

	return tls_proof_is_ours(instance, values) &&
	       tls_proof_look(instance, values, &proof, &ignored) == VK_OK &&
	       proof.verdict == TLS_PROOF_OTHER;
}

enum vk_rc tls_proof_check(
	const struct instance *instance, const struct values *values, struct vk_err *err)
{
	struct tls_proof proof;
	enum vk_rc rc = tls_proof_look(instance, values, &proof, err);

	if (rc == VK_OK && proof.verdict == TLS_PROOF_OTHER)
		rc = vk_err_set(err, VK_EINPUT,
			"TLS: the certificate that is served (sha256 %.16s..) is not that of %s "
			"(%.16s..)",
			proof.served, cert_file, proof.wanted);
	return rc;
}
