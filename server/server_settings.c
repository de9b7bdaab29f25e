/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/server_settings.h"

#include <fcntl.h>
#include <string.h>

#include "common/buf.h"
#include "common/file.h"
#include "server/listener.h"
#include "server/own_pki.h"

#include "common/banned.h"

enum { DAY_S = 24 * 60 * 60, WHERE_BYTES = 256, SETTINGS_MAX_BYTES = 1024 * 1024 };

static const struct setting rows[] = {
	{
		.name = "state",
		.type = SETTING_PATH,
		.fallback = "/var/lib/vkcfgd",
		.help = "directory of database, certificates and online keys",
	},
	{
		.name = "listen",
		.type = SETTING_LIST,
		.min = 1,
		.max = 8,
		.fallback = "127.0.0.1:7443",
		.help = "addresses to serve on, ADDRESS:PORT or [IPV6]:PORT",
	},
	{
		.name = "url",
		.type = SETTING_STRING,
		.fallback = "https://localhost:7443",
		.help = "where hosts and people reach this server; stands in tokens",
	},
	{
		.name = "user",
		.type = SETTING_STRING,
		.help = "user to become when started as root; root without it is refused",
	},
	{
		.name = "workers",
		.type = SETTING_INT,
		.min = 1,
		.max = 64,
		.fallback = "2",
		.help = "threads that serve connections; one per core is right",
	},
	{
		.name = "max-connections",
		.type = SETTING_INT,
		.min = 16,
		.max = 1000 * 1000,
		.fallback = "16000",
		.help = "connections held at once; more are turned away",
	},
	{
		.name = "max-connections-per-identity",
		.type = SETTING_INT,
		.min = 1,
		.max = 1000 * 1000,
		.fallback = "16",
		.help = "connections held at once by one certificate",
	},
	{
		.name = "log-level",
		.type = SETTING_ENUM,
		.flags = SETTING_RELOADABLE,
		.choices = "error|warn|info|debug",
		.fallback = "info",
		.help = "least important events that are logged",
	},
	{
		.name = "timestamp-lifetime",
		.type = SETTING_INT,
		.min = 60,
		.max = 30 * DAY_S,
		.fallback = "86400",
		.help = "seconds after which hosts take the server for frozen; renewed at half of "
			"it",
	},
	{
		.name = "host-certificate-lifetime",
		.type = SETTING_INT,
		.flags = SETTING_RELOADABLE,
		.min = 60,
		.max = 30 * DAY_S, /* the signer's own limit */
		.fallback = "2592000",
		.help = "seconds that a host's certificate is valid; hosts renew at two thirds of "
			"it",
	},
	{
		.name = "user-certificate-lifetime",
		.type = SETTING_INT,
		.flags = SETTING_RELOADABLE,
		.min = 60,
		.max = 366 * DAY_S, /* the signer's own limit */
		.fallback = "31536000",
		.help = "seconds that a person's certificate is valid",
	},
	{
		.name = "author-quota",
		.type = SETTING_INT,
		.flags = SETTING_RELOADABLE,
		.min = 1,
		.max = 1024 * 1024,
		.fallback = "1024",
		.help = "MiB that one author's trees, changes and secrets may take before they are "
			"released",
	},
	{
		.name = "max-restarts",
		.type = SETTING_INT,
		.flags = SETTING_RELOADABLE,
		.min = 0,
		.max = 100 * 1000,
		.fallback = "0",
		.help = "instances of one environment that may be restarted at once; of a shard it "
			"is one in any case; 0: no limit",
	},
	{
		.name = "keep-unreleased",
		.type = SETTING_INT,
		.flags = SETTING_RELOADABLE,
		.min = 1,
		.max = 3650,
		.fallback = "30",
		.help = "days after which a tree that became no release is forgotten",
	},
	{
		.name = "ca",
		.type = SETTING_PATH,
		.help = "a PKI of your own: the CAs of all certificates, PEM; with certificate and key",
	},
	{
		.name = "certificate",
		.type = SETTING_PATH,
		.help = "with ca: the server's certificate and intermediates, PEM; reread when it "
			"changes",
	},
	{
		.name = "key",
		.type = SETTING_PATH,
		.help = "with ca: its private key, PEM, the server's own",
	},
	{
		.name = "host-names",
		.type = SETTING_STRING,
		.help = "with ca: where a host's name stands in its certificate",
	},
	{
		.name = "user-names",
		.type = SETTING_STRING,
		.help = "with ca: where a user's name stands in his certificate",
	},
	{
		.name = "expiry-warning",
		.type = SETTING_INT,
		.flags = SETTING_RELOADABLE,
		.min = 0,
		.max = 366,
		.fallback = "30",
		.help = "days before root, targets or an environment's signatures expire, from "
			"which on /metrics says so",
	},
};

const struct setting *server_settings_rows(size_t *count)
{
	*count = sizeof(rows) / sizeof(rows[0]);
	return rows;
}

static enum vk_rc refuse(const struct settings *settings, const char *name, const char *value,
	const char *hint, struct vk_err *err)
{
	char where[WHERE_BYTES];

	settings_where(settings, name, where, sizeof(where));
	vk_err_set(err, VK_EINPUT, "%s: %s: '%s' cannot be used", where, name, value);
	vk_err_hint(err, "%s", hint);
	return VK_EINPUT;
}

/* Port 0, any that is free, is of no use to those who shall find it. */
static bool is_address(const char *text)
{
	union listener_address address;

	return listener_parse(text, &address, NULL) == VK_OK && address.ip4.sin_port != 0;
}

/* All three, or none. */
static enum vk_rc check_own_pki(const struct settings *settings, struct vk_err *err)
{
	static const char *const names[] = {"ca", "certificate", "key", "host-names", "user-names"};
	const char *ca = settings_string(settings, "ca");
	struct own_pki *pki = NULL;
	enum vk_rc rc;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = settings_string(settings, names[i]);

		if (ca == NULL && value != NULL)
			return refuse(settings, names[i], value, "it goes with 'ca' only", err);
		if (ca != NULL && value == NULL && i < 3)
			return refuse(settings, "ca", ca, "it takes 'certificate' and 'key' as well",
				err);
	}
	rc = own_pki_new("fleet", settings_string(settings, "host-names"),
		settings_string(settings, "user-names"), &pki, err);
	own_pki_free(pki);
	return rc;
}

static enum vk_rc check(const struct settings *settings, struct vk_err *err)
{
	const char *url = settings_string(settings, "url");
	const char *const *listen;
	size_t count = settings_list(settings, "listen", &listen);

	for (size_t i = 0; i < count; i++) {
		if (!is_address(listen[i]))
			return refuse(settings, "listen", listen[i],
				"write ADDRESS:PORT, like 127.0.0.1:7443 or [::]:7443", err);
	}
	if (strncmp(url, "https://", 8) != 0 || url[8] == '\0' || strchr(url + 8, '/') != NULL)
		return refuse(settings, "url", url,
			"write https://NAME:PORT without a path, like https://vkcfg.example:7443",
			err);
	return check_own_pki(settings, err);
}

enum vk_rc server_settings_load(const char *path, struct settings **out, struct vk_err *err)
{
	struct vk_buf text;
	enum vk_rc rc;

	vk_buf_init(&text, SETTINGS_MAX_BYTES);
	rc = vk_file_read(AT_FDCWD, path, VK_FILE_DEFAULT, &text, err);
	if (rc == VK_ENOTFOUND)
		vk_err_hint(err, "'vkcfgd init' writes it; --config FILE names another");
	if (rc == VK_OK)
		rc = server_settings_parse(path, text.data, text.len, out, err);
	vk_buf_release(&text);
	return rc;
}

enum vk_rc server_settings_parse(
	const char *file, const char *text, size_t len, struct settings **out, struct vk_err *err)
{
	struct settings *settings = NULL;
	enum vk_rc rc = settings_parse(
		file, text, len, rows, sizeof(rows) / sizeof(rows[0]), &settings, err);

	if (rc == VK_OK)
		rc = check(settings, err);
	if (rc != VK_OK) {
		settings_free(settings);
		return rc;
	}
	*out = settings;
	return VK_OK;
}

enum vk_rc server_settings_reload(const char *path, struct settings **settings, struct vk_err *err)
{
	struct settings *fresh = NULL;
	enum vk_rc rc = server_settings_load(path, &fresh, err);
	const char *fixed = NULL;

	if (rc == VK_OK)
		fixed = settings_fixed_change(*settings, fresh);
	if (fixed != NULL) {
		rc = vk_err_set(
			err, VK_ECONFLICT, "%s: '%s' takes a restart to change", path, fixed);
		vk_err_hint(err, "restart vkcfgd, or put the old value back and reload");
	}
	if (rc != VK_OK) {
		settings_free(fresh);
		return rc;
	}
	settings_free(*settings);
	*settings = fresh;
	return VK_OK;
}
