/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/cmd.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "client/admin/current.h"
#include "client/admin/session.h"
#include "client/admin/table.h"
#include "common/ca_set.h"
#include "common/clock.h"
#include "common/file.h"
#include "common/tuf/tuf_client.h"
#include "common/x509.h"

#include "common/banned.h"

enum { WARN_DAYS = 30 };

/* Adds what was verified to an environment of the reply: whether the release that the server shows
 * is the one that the approvers signed. */
static enum vk_rc verify_environment(
	struct session *session, struct vkjson *environment, struct vk_err *err)
{
	const char *name = NULL;
	int64_t shown = 0;
	struct current current;
	enum vk_rc rc = vkjson_get_string(environment, "name", &name, err);

	current_init(&current);
	if (rc == VK_OK)
		rc = vkjson_get_opt_int(environment, "release", 0, INT64_MAX, 0, &shown, err);
	if (rc == VK_OK)
		rc = current_load(session, name, &current, err);
	if (rc == VK_OK && current.base.number != shown)
		rc = vk_err_set(err, VK_EUNTRUSTED,
			"the server shows release %s/%lld, but %lld is the one that is signed",
			name, (long long)shown, (long long)current.base.number);
	if (rc == VK_OK)
		vkjson_set(environment, "verified", vkjson_bool(true));
	current_release(&current);
	return rc;
}

/* What is wrong with one environment is said, and does not hide the others: *lost keeps the first
 * failure, which becomes the exit status. */
static enum vk_rc verify_status(
	struct session *session, struct vkjson *status, struct vk_err *lost, struct vk_err *err)
{
	const struct vkjson *environments = NULL;
	struct vkjson *verified = vkjson_array();
	struct tuf_client *tuf = NULL;
	enum vk_rc rc = session_trust(session, &tuf, err);

	if (rc == VK_OK)
		rc = vkjson_get_array(status, "environments", &environments, err);
	for (size_t i = 0; rc == VK_OK && i < vkjson_count(environments); i++) {
		struct vkjson *environment = vkjson_copy(vkjson_at(environments, i));

		rc = verify_environment(session, environment, err);
		if (rc == VK_EUNTRUSTED) {
			vkjson_set(environment, "verified", vkjson_bool(false));
			vkjson_set(environment, "problem", vkjson_string(err->msg));
			if (lost->rc == VK_OK)
				*lost = *err;
			rc = VK_OK;
		}
		vkjson_append(verified, environment);
	}
	if (rc == VK_OK) {
		struct vkjson *root = vkjson_object();

		vkjson_set(root, "version", vkjson_int(tuf_meta_version(tuf_client_root(tuf))));
		vkjson_set(root, "expires", vkjson_time(tuf_meta_expires(tuf_client_root(tuf))));
		vkjson_set(status, "root", root);
		vkjson_set(status, "environments", vkjson_ref(verified));
	}
	vkjson_free(verified);
	return rc;
}

static void warn(struct vkjson *warnings, const char *what, int64_t expires, int64_t until)
{
	struct vkjson *item;

	if (expires > until)
		return;
	item = vkjson_object();
	vkjson_set(item, "what", vkjson_string(what));
	vkjson_set(item, "expires", vkjson_time(expires));
	vkjson_set(item, "expired", vkjson_bool(expires <= vk_clock_now()));
	vkjson_append(warnings, item);
}

static enum vk_rc warn_of_certificate(
	const struct session *session, struct vkjson *warnings, int64_t until, struct vk_err *err)
{
	char *path = home_tls_path(
		session_home(session), session_identity(session), "tls.crt");
	int64_t not_before, not_after = 0;
	struct vk_buf pem;
	enum vk_rc rc;

	vk_buf_init(&pem, X509_MAX_PEM_BYTES);
	rc = vk_file_read(AT_FDCWD, path, VK_FILE_DEFAULT, &pem, err);
	if (rc == VK_OK)
		rc = x509_read_validity(pem.data, pem.len, &not_before, &not_after, err);
	if (rc == VK_OK)
		warn(warnings, "your certificate", not_after, until);
	vk_buf_release(&pem);
	free(path);
	return rc;
}

/* The CA is the one that is believed here; of the rest the server tells. */
static enum vk_rc warn_of_ca(
	const struct session *session, struct vkjson *warnings, int64_t until, struct vk_err *err)
{
	char *path = home_tls_path(
		session_home(session), session_identity(session), "ca.crt");
	struct ca_set set;
	struct vk_buf pem;
	enum vk_rc rc;

	ca_set_init(&set);
	vk_buf_init(&pem, CA_SET_MAX_BYTES);
	rc = vk_file_read(AT_FDCWD, path, VK_FILE_DEFAULT, &pem, err);
	if (rc == VK_OK)
		rc = ca_set_parse(&set, pem.data, pem.len, err);
	if (rc == VK_OK)
		warn(warnings, "the CA", set.items[set.count - 1].not_after, until);
	vk_buf_release(&pem);
	ca_set_release(&set);
	free(path);
	return rc;
}

/* {"what","count"} instead of an expiry */
static void warn_of_many(struct vkjson *warnings, const char *what, const struct vkjson *counts)
{
	struct vkjson *item;
	int64_t due = 0;

	if (vkjson_get_int(counts, "due", 1, INT64_MAX, &due, NULL) != VK_OK)
		return;
	item = vkjson_object();
	vkjson_set(item, "what", vkjson_string(what));
	vkjson_set(item, "count", vkjson_int(due));
	vkjson_append(warnings, item);
}

static void warn_of_others(
	const struct vkjson *certificates, struct vkjson *warnings, int64_t until)
{
	int64_t expires = 0;

	if (vkjson_get_time(vkjson_get(certificates, "server"), "expires", &expires, NULL) == VK_OK)
		warn(warnings, "the server's certificate", expires, until);
	warn_of_many(warnings, "host certificates that were not renewed in time",
		vkjson_get(certificates, "host"));
	warn_of_many(warnings, "users whose certificate expires", vkjson_get(certificates, "user"));
}

/* All that somebody must sign or fetch anew within so many days. */
static enum vk_rc add_warnings(
	struct session *session, struct vkjson *status, uint64_t days, struct vk_err *err)
{
	struct vkjson *warnings = vkjson_array();
	int64_t until = vk_clock_now() + (int64_t)days * 86400;
	const struct vkjson *environments = vkjson_get(status, "environments");
	struct tuf_client *tuf = NULL;
	enum vk_rc rc = warn_of_certificate(session, warnings, until, err);

	if (rc == VK_OK)
		rc = warn_of_ca(session, warnings, until, err);
	if (rc == VK_OK)
		warn_of_others(vkjson_get(status, "certificates"), warnings, until);
	if (rc == VK_OK && session_has_root(session))
		rc = session_trust(session, &tuf, err);
	if (tuf != NULL) {
		warn(warnings, "root", tuf_meta_expires(tuf_client_root(tuf)), until);
		warn(warnings, "targets", tuf_meta_expires(tuf_client_targets(tuf)), until);
	}
	for (size_t i = 0; tuf != NULL && i < vkjson_count(environments); i++) {
		const struct vkjson *item = vkjson_at(environments, i);
		const char *name = vkjson_text(vkjson_get(item, "name"));
		int64_t expires = 0;

		if (name != NULL && vkjson_get_time(item, "role_expires", &expires, NULL) == VK_OK)
			warn(warnings, name, expires, until);
	}
	vkjson_set(status, "warnings", warnings);
	return rc;
}

static void print_warnings(const struct cli *cli, const struct vkjson *warnings)
{
	for (size_t i = 0; i < vkjson_count(warnings); i++) {
		const struct vkjson *item = vkjson_at(warnings, i);

		cli_say_in(cli, CLI_WARN, "%swarning: ", i == 0 ? "\n" : "");
		cli_say_foreign(cli, CLI_WARN, vkjson_text(vkjson_get(item, "what")));
		if (vkjson_get(item, "count") != NULL)
			cli_say_in(cli, CLI_WARN, ": %lld\n",
				(long long)vkjson_integer(vkjson_get(item, "count")));
		else
			cli_say_in(cli, CLI_WARN, " %s %s\n",
				vkjson_is_true(vkjson_get(item, "expired")) ? "has expired:"
									    : "expires",
				vkjson_text(vkjson_get(item, "expires")));
	}
}

static void print_status(const struct cli *cli, const struct vkjson *status)
{
	static const struct table_column columns[] = {
		{"ENVIRONMENT", "name", TABLE_TEXT},
		{"RELEASE", "release", TABLE_NUMBER},
		{"VERIFIED", "verified", TABLE_TEXT},
		{"HOSTS", "hosts", TABLE_NUMBER},
		{"CONVERGED", "converged", TABLE_NUMBER},
		{"FAILED", "failed", TABLE_NUMBER},
		{"DRIFTED", "drifted", TABLE_NUMBER},
		{"WAITING", "waiting", TABLE_NUMBER},
		{"OBSERVING", "observing", TABLE_NUMBER},
		{"OPEN CHANGES", "open_changes", TABLE_NUMBER},
		{"SIGNED UNTIL", "role_expires", TABLE_TIME},
		{NULL, NULL, TABLE_TEXT},
	};
	static const struct table_column metadata[] = {
		{"version", "version", TABLE_TEXT},
		{"valid until", "expires", TABLE_TIME},
		{NULL, NULL, TABLE_TEXT},
	};
	static const struct table_column log[] = {
		{"entries", "size", TABLE_TEXT},
		{"witnessed by most hosts", "witnessed", TABLE_TEXT},
		{NULL, NULL, TABLE_TEXT},
	};

	cli_say_in(cli, CLI_BOLD, "fleet ");
	cli_say_foreign(cli, CLI_PLAIN,
		vkjson_text(vkjson_get(status, "fleet")) != NULL
			? vkjson_text(vkjson_get(status, "fleet"))
			: "");
	cli_say(cli, "\n\n");
	table_print(cli, columns, vkjson_get(status, "environments"),
		"no environments; 'vkcfg root init --env' or 'vkcfg env add' makes one");
	if (vkjson_get(status, "root") != NULL) {
		cli_say_in(cli, CLI_BOLD, "\nroot\n");
		table_print_object(cli, metadata, vkjson_get(status, "root"));
	}
	if (vkjson_type(vkjson_get(status, "timestamp")) == VKJSON_OBJECT) {
		cli_say_in(cli, CLI_BOLD, "\ntimestamp\n");
		table_print_object(cli, metadata, vkjson_get(status, "timestamp"));
	}
	if (vkjson_type(vkjson_get(status, "log")) == VKJSON_OBJECT) {
		cli_say_in(cli, CLI_BOLD, "\naudit log\n");
		table_print_object(cli, log, vkjson_get(status, "log"));
	}
}

/* Before `vkcfg root init` there is nothing to verify with: said, not hidden. */
enum vk_rc cmd_status(struct cli *cli, const struct args *args, struct vk_err *err)
{
	struct session *session = NULL;
	struct vkjson *status = NULL;
	struct vk_err lost = VK_ERR_INIT;
	uint64_t days = 0;
	enum vk_rc rc = args_get_uint(args, "warn-days", 0, 366, WARN_DAYS, &days, err);

	if (rc == VK_OK)
		rc = session_open(cli, &session, err);
	if (rc == VK_OK)
		rc = session_get(session, "/v1/status", &status, err);
	if (rc == VK_OK && session_has_root(session))
		rc = verify_status(session, status, &lost, err);
	else if (rc == VK_OK)
		cli_note(cli, "note: no root is pinned yet; nothing here is verified");
	if (rc == VK_OK)
		rc = add_warnings(session, status, days, err);
	if (rc == VK_OK && !cli_print_json(cli, status)) {
		print_status(cli, status);
		print_warnings(cli, vkjson_get(status, "warnings"));
	}
	if (rc == VK_OK && lost.rc != VK_OK) {
		*err = lost;
		rc = lost.rc;
	}
	vkjson_free(status);
	session_free(session);
	return rc;
}
