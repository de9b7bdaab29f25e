/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/valkey/valkey.h"

#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>
#include <sodium.h>

#include "common/clock.h"
#include "common/mem.h"

#include "common/banned.h"

enum { READ_BYTES = 16384 };

struct valkey {
	struct transport *transport;
	struct reply_parser *parser;
	int timeout_ms;
};

enum vk_rc valkey_open(const struct address *address, const struct transport_tls *tls,
	int timeout_ms, struct valkey **out, struct vk_err *err)
{
	int64_t deadline_ms = vk_clock_monotonic_ms() + timeout_ms;
	struct transport *transport;
	enum vk_rc rc = transport_open(address, tls, deadline_ms, &transport, err);
	struct valkey *valkey;

	if (rc != VK_OK)
		return rc;
	valkey = xcalloc(1, sizeof(*valkey));
	valkey->transport = transport;
	valkey->parser = reply_parser_new();
	valkey->timeout_ms = timeout_ms;
	*out = valkey;
	return VK_OK;
}

void valkey_free(struct valkey *valkey)
{
	if (valkey == NULL)
		return;
	transport_free(valkey->transport);
	reply_parser_free(valkey->parser);
	free(valkey);
}

bool valkey_peer_uid(const struct valkey *valkey, unsigned *out)
{
	return transport_peer_uid(valkey->transport, out);
}

static enum vk_rc receive(
	struct valkey *valkey, int64_t deadline_ms, struct reply **out, struct vk_err *err)
{
	char data[READ_BYTES];
	struct reply *reply = NULL;
	enum vk_rc rc = VK_OK;

	while (rc == VK_OK && reply == NULL) {
		size_t got = 0;

		rc = transport_read(valkey->transport, data, sizeof(data), deadline_ms, &got, err);
		if (rc == VK_OK && got == 0)
			rc = vk_err_set(err, VK_EUNAVAIL, "Valkey closed the connection");
		if (rc == VK_OK)
			rc = reply_parser_feed(valkey->parser, data, got, &reply, err);
	}
	sodium_memzero(data, sizeof(data)); /* CONFIG GET shows passwords */
	if (rc == VK_OK)
		*out = reply;
	return rc;
}

enum vk_rc valkey_command(struct valkey *valkey, size_t argc, const char *const *argv,
	struct reply **out, struct vk_err *err)
{
	int64_t deadline_ms = vk_clock_monotonic_ms() + valkey->timeout_ms;
	char *text = NULL;
	/* hiredis copies the arguments; it only lacks a const. */
	int len =
		(int)redisFormatCommandArgv(&text, (int)argc, (const char **)(uintptr_t)argv, NULL);
	enum vk_rc rc;

	if (len < 0)
		abort();
	rc = transport_write(valkey->transport, text, (size_t)len, deadline_ms, err);
	sodium_memzero(text, (size_t)len);
	redisFreeCommand(text);
	if (rc == VK_OK)
		rc = receive(valkey, deadline_ms, out, err);
	return rc;
}

static enum vk_rc error_code(const struct reply *reply)
{
	static const struct {
		const char *word;
		enum vk_rc rc;
	} codes[] = {
		{"LOADING", VK_EUNAVAIL},
		{"BUSY", VK_EUNAVAIL},
		{"MASTERDOWN", VK_EUNAVAIL},
		{"NOAUTH", VK_EDENIED},
		{"NOPERM", VK_EDENIED},
		{"WRONGPASS", VK_EDENIED},
		{"DENIED", VK_EDENIED},
	};

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		if (reply_is_error(reply, codes[i].word))
			return codes[i].rc;
	}
	/* rename-command: nobody may give it, which is no fault of what was asked. */
	return strncmp(reply->text, "ERR unknown command", 19) == 0 ? VK_EDENIED : VK_EINPUT;
}

enum vk_rc valkey_demand(struct valkey *valkey, size_t argc, const char *const *argv,
	struct reply **out, struct vk_err *err)
{
	struct reply *reply;
	enum vk_rc rc = valkey_command(valkey, argc, argv, &reply, err);

	if (rc != VK_OK)
		return rc;
	if (reply->kind == REPLY_ERROR)
		rc = vk_err_set(
			err, error_code(reply), "Valkey answers to %s: %s", argv[0], reply->text);
	if (rc == VK_OK && out != NULL) {
		*out = reply;
		reply = NULL;
	}
	reply_free(reply);
	return rc;
}

enum vk_rc valkey_auth(
	struct valkey *valkey, const char *user, const char *password, struct vk_err *err)
{
	struct reply *reply;
	enum vk_rc rc = valkey_command(valkey, VALKEY_ARGV("AUTH", user, password), &reply, err);

	if (rc != VK_OK)
		return rc;
	if (!reply_is_status(reply, "OK"))
		rc = vk_err_set(err, VK_EDENIED, "Valkey refuses user '%s': %s", user,
			reply->kind == REPLY_ERROR ? reply->text : "unexpected reply");
	reply_free(reply);
	return rc;
}
