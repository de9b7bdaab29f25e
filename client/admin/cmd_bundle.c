/* SPDX-License-Identifier: BSD-3-Clause */
/* What a host gets from the server, as a file: for hosts without a network. */
#include "config.h"

#include "client/admin/cmd.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "client/admin/current.h"
#include "client/admin/options.h"
#include "client/admin/parcel_make.h"
#include "client/admin/session.h"
#include "common/bundle.h"
#include "common/clock.h"
#include "common/file.h"
#include "common/mem.h"
#include "common/num.h"
#include "common/parcel.h"
#include "common/tuf/tuf_meta.h"
#include "common/vkjson.h"

#include "common/banned.h"

const struct option_spec bundle_export_options[] = {
	{"env", 0, "ENV", "the environment of a host that the server does not know", false},
	{"out", 0, "FILE", "where to write it", false},
	{"log-size", 0, "N", "how many entries of the log the host has seen", true},
	OPTIONS_END,
};

static enum vk_rc read_parcel(const char *path, struct parcel **out, struct vk_err *err)
{
	struct vk_buf text;
	enum vk_rc rc;

	vk_buf_init(&text, PARCEL_MAX_BYTES);
	rc = vk_file_read(AT_FDCWD, path, VK_FILE_DEFAULT, &text, err);
	if (rc == VK_OK) {
		rc = parcel_parse(text.data, text.len, out, err);
		if (rc != VK_OK)
			vk_err_prefix(err, rc, "%s", path);
	}
	vk_buf_release(&text);
	return rc;
}

/* The file that is replaced remembers how far its host may have come: whoever exports to the same
 * file again and again need not know. */
static void remember_sizes(const char *path, struct parcel_wish *wish)
{
	struct vk_err ignored = VK_ERR_INIT;
	struct parcel *parcel = NULL;

	if (read_parcel(path, &parcel, &ignored) == VK_OK &&
		strcmp(parcel_host(parcel), wish->host) == 0)
		wish->log_size_count +=
			parcel_log_sizes(parcel, wish->log_sizes + wish->log_size_count,
				PARCEL_MAX_LOG_SIZES - wish->log_size_count);
	parcel_free(parcel);
}

/* What the server knows of the host: its environment, and how much of the log it has seen. One that
 * has never been online is not known. */
static enum vk_rc ask_about_host(struct session *session, struct parcel_wish *wish,
	char environment[VK_NAME_BYTES], struct vk_err *err)
{
	char *target = xasprintf("/v1/hosts/%s", wish->host);
	struct vkjson *host = NULL;
	const char *text = NULL;
	int64_t witnessed = 0;
	enum vk_rc rc = session_get(session, target, &host, err);

	if (rc == VK_OK)
		rc = vkjson_get_string(host, "environment", &text, err);
	if (rc == VK_OK)
		rc = vkjson_get_opt_int(host, "witnessed", 0, INT64_MAX, 0, &witnessed, err);
	if (rc == VK_OK && environment[0] == '\0' && strlen(text) < VK_NAME_BYTES)
		memcpy(environment, text, strlen(text) + 1);
	if (rc == VK_OK && witnessed > 0)
		wish->log_sizes[wish->log_size_count++] = (uint64_t)witnessed;
	if (rc == VK_ENOTFOUND && environment[0] != '\0') {
		*err = (struct vk_err)VK_ERR_INIT;
		rc = VK_OK;
	} else if (rc == VK_ENOTFOUND) {
		vk_err_hint(err, "for a host that is not known there, give --env ENV");
	}
	vkjson_free(host);
	free(target);
	return rc;
}

static enum vk_rc read_wish(const struct args *args, struct parcel_wish *wish,
	char environment[VK_NAME_BYTES], struct vk_err *err)
{
	const char *env = args_get(args, "env");

	wish->host = args_at(args, 0);
	if (!vk_name_is_valid(wish->host))
		return vk_err_set(err, VK_EINPUT, "'%s' is no name of a host", wish->host);
	if (env != NULL && !vk_environment_is_valid(env))
		return vk_err_set(err, VK_EINPUT, "'%s' is no name of an environment", env);
	if (!args_has(args, "out"))
		return vk_err_set(err, VK_EINPUT, "no file was named (--out FILE)");
	if (env != NULL)
		memcpy(environment, env, strlen(env) + 1);
	/* One more comes from the server. */
	if (args_option_count(args, "log-size") >= PARCEL_MAX_LOG_SIZES / 2)
		return vk_err_set(err, VK_ELIMIT, "--log-size: at most %d times",
			PARCEL_MAX_LOG_SIZES / 2 - 1);
	for (size_t i = 0; i < args_option_count(args, "log-size"); i++) {
		const char *text = args_option_at(args, "log-size", i);

		if (!vk_parse_uint(text, 0, INT64_MAX, &wish->log_sizes[wish->log_size_count++]))
			return vk_err_set(err, VK_EINPUT,
				"--log-size: '%.40s' is no number of entries", text);
	}
	return VK_OK;
}

static enum vk_rc write_parcel(
	const char *path, const struct parcel *parcel, size_t *len, struct vk_err *err)
{
	struct vk_buf text;
	enum vk_rc rc;

	vk_buf_init(&text, PARCEL_MAX_BYTES);
	rc = parcel_format(parcel, &text, err);
	if (rc == VK_OK)
		rc = vk_file_replace(AT_FDCWD, path, 0600, text.data, text.len, err);
	*len = text.len;
	vk_buf_release(&text);
	return rc;
}

static void print_exported(const struct cli *cli, const char *path, const struct parcel *parcel,
	const struct parcel_made *made, size_t len)
{
	struct vkjson *result = vkjson_object();
	char expires[VK_TIME_TEXT_BYTES];

	vkjson_set(result, "file", vkjson_string(path));
	vkjson_set(result, "bytes", vkjson_int((int64_t)len));
	vkjson_set(result, "host", vkjson_string(parcel_host(parcel)));
	vkjson_set(result, "environment", vkjson_string(parcel_environment(parcel)));
	vkjson_set(result, "release", vkjson_int(made->release));
	vkjson_set(result, "expires", vkjson_time(made->expires));
	vkjson_set(result, "log_size", vkjson_int((int64_t)made->log_size));
	vkjson_set(result, "bundles", vkjson_int((int64_t)made->bundles));
	vkjson_set(result, "secrets", vkjson_int((int64_t)made->secrets));
	vk_time_format(made->expires, expires);
	if (!cli_print_json(cli, result)) {
		cli_say(cli, "%s: release %s/%lld for %s, %zu instance%s, %zu secret%s\n", path,
			parcel_environment(parcel), (long long)made->release, parcel_host(parcel),
			made->bundles, made->bundles == 1 ? "" : "s", made->secrets,
			made->secrets == 1 ? "" : "s");
		cli_say(cli, "The host takes it until %s: vkcfg-pull --bundle FILE\n", expires);
	}
	vkjson_free(result);
}

enum vk_rc cmd_bundle_export(struct cli *cli, const struct args *args, struct vk_err *err)
{
	char environment[VK_NAME_BYTES] = "";
	struct parcel_wish wish = {.host = NULL};
	struct session *session = NULL;
	struct parcel *parcel = NULL;
	struct parcel_made made;
	struct current current;
	size_t len = 0;
	enum vk_rc rc = read_wish(args, &wish, environment, err);

	current_init(&current);
	if (rc == VK_OK)
		rc = session_open(cli, &session, err);
	if (rc == VK_OK)
		rc = ask_about_host(session, &wish, environment, err);
	if (rc == VK_OK)
		remember_sizes(args_get(args, "out"), &wish);
	if (rc == VK_OK)
		rc = current_load(session, environment, &current, err);
	if (rc == VK_OK)
		rc = parcel_make(session, &current, &wish, &parcel, &made, err);
	if (rc == VK_OK)
		rc = write_parcel(args_get(args, "out"), parcel, &len, err);
	if (rc == VK_OK)
		print_exported(cli, args_get(args, "out"), parcel, &made, len);
	parcel_free(parcel);
	current_release(&current);
	session_free(session);
	return rc;
}

/* ---- show ---- */

/* When the timestamp says that it expires; its signature is for the host to check. */
static enum vk_rc read_expiry(const struct vkjson *desired, int64_t *out, struct vk_err *err)
{
	struct tuf_meta *meta = NULL;
	const char *text = NULL;
	enum vk_rc rc = vkjson_get_string(desired, "timestamp", &text, err);

	if (rc == VK_OK)
		rc = tuf_meta_parse(text, strlen(text), TUF_TIMESTAMP, &meta, err);
	if (rc == VK_OK)
		*out = tuf_meta_expires(meta);
	tuf_meta_free(meta);
	return rc;
}

static enum vk_rc list_instances(
	const struct parcel *parcel, int64_t release, struct vkjson *list, struct vk_err *err)
{
	char *target = xasprintf(
		"/v1/agent/bundles/%s/%lld", parcel_environment(parcel), (long long)release);
	const struct vkjson *bundles = NULL;
	enum vk_rc rc = vkjson_get_array(parcel_get_json(parcel, target), "bundles", &bundles, err);

	for (size_t i = 0; rc == VK_OK && i < vkjson_count(bundles); i++) {
		const char *text = NULL;
		struct vk_bundle *bundle = NULL;
		struct vkjson *item;

		rc = vkjson_get_string(vkjson_at(bundles, i), "bundle", &text, err);
		if (rc == VK_OK)
			rc = vk_bundle_parse(text, strlen(text), &bundle, err);
		if (rc != VK_OK)
			break;
		item = vkjson_object();
		vkjson_set(item, "instance", vkjson_string(bundle->instance));
		vkjson_set(item, "files", vkjson_int((int64_t)bundle->file_count));
		vkjson_set(item, "secrets", vkjson_int((int64_t)bundle->secret_count));
		vkjson_append(list, item);
		vk_bundle_free(bundle);
	}
	free(target);
	return rc;
}

static void print_parcel(const struct cli *cli, const struct vkjson *result, int64_t expires)
{
	const struct vkjson *instances = vkjson_get(result, "instances");
	char text[VK_TIME_TEXT_BYTES];

	if (cli_print_json(cli, result))
		return;
	vk_time_format(expires, text);
	cli_say(cli, "release %s/%lld for host %s of fleet %s\n",
		vkjson_text(vkjson_get(result, "environment")),
		(long long)vkjson_integer(vkjson_get(result, "release")),
		vkjson_text(vkjson_get(result, "host")), vkjson_text(vkjson_get(result, "fleet")));
	for (size_t i = 0; i < vkjson_count(instances); i++) {
		const struct vkjson *item = vkjson_at(instances, i);

		cli_say(cli, "  %s: files: %lld, secrets: %lld\n",
			vkjson_text(vkjson_get(item, "instance")),
			(long long)vkjson_integer(vkjson_get(item, "files")),
			(long long)vkjson_integer(vkjson_get(item, "secrets")));
	}
	cli_say(cli, "%s %s\n", vk_clock_now() < expires ? "The host takes it until" : "EXPIRED",
		text);
	cli_say(cli, "This is what the file says; its signatures are checked by the host.\n");
}

enum vk_rc cmd_bundle_show(struct cli *cli, const struct args *args, struct vk_err *err)
{
	struct vkjson *result = vkjson_object(), *instances = vkjson_array();
	const struct vkjson *desired = NULL;
	struct parcel *parcel = NULL;
	int64_t release = 0, expires = 0;
	enum vk_rc rc = read_parcel(args_at(args, 0), &parcel, err);

	vkjson_set(result, "instances", instances);
	if (rc == VK_OK) {
		desired = parcel_get_json(parcel, "/v1/agent/desired");
		rc = vkjson_get_int(desired, "release", 1, INT64_MAX, &release, err);
	}
	if (rc == VK_OK)
		rc = read_expiry(desired, &expires, err);
	if (rc == VK_OK)
		rc = list_instances(parcel, release, instances, err);
	if (rc == VK_OK) {
		vkjson_set(result, "fleet", vkjson_string(parcel_fleet(parcel)));
		vkjson_set(result, "host", vkjson_string(parcel_host(parcel)));
		vkjson_set(result, "environment", vkjson_string(parcel_environment(parcel)));
		vkjson_set(result, "release", vkjson_int(release));
		vkjson_set(result, "expires", vkjson_time(expires));
		print_parcel(cli, result, expires);
	}
	parcel_free(parcel);
	vkjson_free(result);
	return rc;
}
