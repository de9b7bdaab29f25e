/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/sentinel_preflight.h"

#include <stdlib.h>
#include <string.h>

#include "client/pull/fill.h"
#include "client/pull/preflight.h"
#include "client/pull/secrets.h"
#include "client/pull/sentinel_file.h"
#include "client/pull/sentinel_merge.h"
#include "client/pull/sentinel_values.h"
#include "common/config/conf.h"
#include "common/file.h"
#include "common/num.h"

#include "common/banned.h"

/* Lines that the copy has of its own, or not at all. */
static const char *const replaced[] = {"port", "tls-port", "bind", "unixsocket", "unixsocketperm",
	"unixsocketgroup", "logfile", "pidfile", "daemonize", "supervised", "syslog-enabled", "dir",
	"aclfile"};

static bool is_replaced(const char *name)
{
	for (size_t i = 0; i < sizeof(replaced) / sizeof(replaced[0]); i++) {
		if (strcmp(replaced[i], name) == 0)
			return true;
	}
	return false;
}

static void copy_line(const struct cfg_conf_line *line, struct vk_buf *out)
{
	if (is_replaced(line->name))
		return;
	vk_buf_adds(out, line->name);
	for (size_t i = 0; i < line->word_count; i++) {
		bool is_address = sentinel_line_is(line, "monitor", 4) && i == 2;
		bool is_port = sentinel_line_is(line, "monitor", 4) && i == 3;

		vk_buf_addc(out, ' ');
		cfg_conf_quote(is_address ? "127.0.0.1" : is_port ? "0" : line->words[i], out);
	}
	vk_buf_addc(out, '\n');
}

static const char *last_word(const struct cfg_conf *conf, const char *name)
{
	const char *found = "";

	for (size_t i = 0; i < cfg_conf_count(conf); i++) {
		const struct cfg_conf_line *line = cfg_conf_at(conf, i);

		if (strcmp(line->name, name) == 0 && line->word_count > 0)
			found = line->words[0];
	}
	return found;
}

static enum vk_rc check_harmless(const struct cfg_conf *conf, struct vk_err *err)
{
	const char *text = last_word(conf, "maxclients");
	uint64_t number;

	if (*text == '\0' || vk_parse_uint(text, 0, PREFLIGHT_MAX_CLIENTS, &number))
		return VK_OK;
	vk_err_set(err, VK_EINPUT, "maxclients %s would stall Sentinel", text);
	vk_err_hint(err, "at most %d", PREFLIGHT_MAX_CLIENTS);
	return VK_EINPUT;
}

/* With tls-port 0 the certificates are looked at for tls-replication only. */
static void add_own_lines(
	const struct cfg_conf *conf, const char *candidate, const char *scratch, struct vk_buf *out)
{
	const char *tls_port = last_word(conf, "tls-port");

	vk_buf_adds(out, "port 0\ntls-port 0\nbind 127.0.0.1\nunixsocket s\nunixsocketperm 700\n"
			 "dir ");
	cfg_conf_quote(scratch, out);
	vk_buf_addf(out, "\naclfile \"%s/" FILL_ACL "\"\n", candidate);
	if ((*tls_port != '\0' && strcmp(tls_port, "0") != 0) ||
		*last_word(conf, "tls-cert-file") != '\0')
		vk_buf_adds(out, "tls-replication yes\n");
}

static enum vk_rc copy(const struct vk_buf *text, const char *candidate, const char *scratch,
	struct vk_buf *out, struct vk_err *err)
{
	struct cfg_conf *conf = NULL;
	enum vk_rc rc = cfg_conf_parse(VK_BUNDLE_SENTINEL, text->data, text->len, &conf, err);

	if (rc == VK_OK)
		rc = check_harmless(conf, err);
	for (size_t i = 0; rc == VK_OK && i < cfg_conf_count(conf); i++)
		copy_line(cfg_conf_at(conf, i), out);
	if (rc == VK_OK) {
		add_own_lines(conf, candidate, scratch, out);
		rc = vk_buf_check(out, VK_BUNDLE_SENTINEL, err);
	}
	cfg_conf_free(conf);
	return rc;
}

enum vk_rc sentinel_preflight_write(const struct instance *instance, const struct vk_bundle *bundle,
	const char *candidate, const char *scratch, int scratch_fd, struct vk_err *err)
{
	struct secrets *secrets = NULL;
	struct vk_buf text;
	struct vk_buf own;
	enum vk_rc rc = secrets_open(instance, bundle, &secrets, err);

	vk_buf_init(&text, CFG_CONF_MAX_BYTES);
	vk_buf_init(&own, CFG_CONF_MAX_BYTES);
	if (rc == VK_OK)
		rc = sentinel_file_text(instance, bundle, candidate, secrets, true, &text, err);
	if (rc == VK_OK)
		rc = copy(&text, candidate, scratch, &own, err);
	if (rc == VK_OK)
		rc = vk_file_create(scratch_fd, VK_BUNDLE_SENTINEL, 0600, own.data, own.len, err);
	vk_buf_release_wiped(&own);
	vk_buf_release_wiped(&text);
	secrets_free(secrets);
	return rc;
}

enum vk_rc sentinel_preflight_expect(const struct instance *instance,
	const struct vk_bundle *bundle, struct values *out, struct vk_err *err)
{
	char *current = fill_current_path(instance);
	char schema[SENTINEL_SCHEMA_BYTES];
	struct secrets *secrets = NULL;
	struct vk_buf text;
	enum vk_rc rc = secrets_open(instance, bundle, &secrets, err);

	vk_buf_init(&text, CFG_CONF_MAX_BYTES);
	if (rc == VK_OK)
		rc = sentinel_file_text(instance, bundle, current, secrets, false, &text, err);
	if (rc == VK_OK)
		rc = sentinel_values_read(text.data, text.len, sentinel_schema(bundle, schema),
			instance->agent_password, out, err);
	vk_buf_release_wiped(&text);
	secrets_free(secrets);
	free(current);
	return rc;
}
