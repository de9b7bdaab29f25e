/* SPDX-License-Identifier: BSD-3-Clause */
/* The rules that need the file system of the host. What is not there, or may not be looked at, is
 * no finding. */
#include "config.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "client/admin/lint_sources.h"
#include "common/buf.h"
#include "common/clock.h"
#include "common/config/conf.h"
#include "common/config/directive.h"
#include "common/file.h"
#include "common/mem.h"
#include "common/x509.h"

#include "common/banned.h"

enum { CERT_MAX_BYTES = 65536, CERT_WARN_DAYS = 30, DAY_S = 24 * 60 * 60 };

static unsigned mode_of(const struct stat *st)
{
	return (unsigned)st->st_mode & 07777;
}

static void check_directory(struct cfg_lint *lint, const char *path, const char *rule)
{
	const char *slash = strrchr(path, '/');
	char *directory = slash == NULL	  ? xstrdup(".")
			  : slash == path ? xstrdup("/")
					  : xstrndup(path, (size_t)(slash - path));
	struct stat st;

	if (stat(directory, &st) == 0 && (st.st_mode & S_IWOTH) != 0)
		cfg_lint_note(lint, path, rule, 0, "everybody can write to %.200s", directory);
	free(directory);
}

void lint_host_file(struct cfg_lint *lint, const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return;
	if ((st.st_mode & (S_IWGRP | S_IRWXO)) != 0)
		cfg_lint_note(lint, path, "host-file-perm", 0, "mode %04o", mode_of(&st));
	check_directory(lint, path, "host-file-perm");
}

static void check_key(struct cfg_lint *lint, const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0 && (st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		cfg_lint_note(lint, path, "tls-key-perm", 0, "mode %04o", mode_of(&st));
}

static void check_certificate(struct cfg_lint *lint, const char *path)
{
	int64_t not_before, not_after, now = vk_clock_now();
	char end[VK_TIME_TEXT_BYTES];
	struct vk_buf pem;

	vk_buf_init(&pem, CERT_MAX_BYTES);
	if (vk_file_read(AT_FDCWD, path, VK_FILE_DEFAULT, &pem, NULL) == VK_OK &&
		x509_read_validity(pem.data, pem.len, &not_before, &not_after, NULL) == VK_OK &&
		not_after < now + CERT_WARN_DAYS * DAY_S) {
		vk_time_format(not_after, end);
		cfg_lint_note(lint, path, "tls-key-perm", 0, "the certificate ends on %s", end);
	}
	vk_buf_release(&pem);
}

static void check_data(struct cfg_lint *lint, const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode) && (st.st_mode & (S_IWGRP | S_IRWXO)) != 0)
		cfg_lint_note(lint, path, "data-dir", 0, "mode %04o", mode_of(&st));
}

static void check_module(struct cfg_lint *lint, const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return;
	if (st.st_uid != 0 || (st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		cfg_lint_note(lint, path, "cmd-modules-listed", 0, "mode %04o, owner %u",
			mode_of(&st), (unsigned)st.st_uid);
	check_directory(lint, path, "cmd-modules-listed");
}

void lint_host_named(struct cfg_lint *lint, const struct cfg_conf *conf, const char *version)
{
	static const struct {
		const char *name;
		void (*check)(struct cfg_lint *lint, const char *path);
	} checks[] = {
		{"tls-key-file", check_key},
		{"tls-client-key-file", check_key},
		{"tls-cert-file", check_certificate},
		{"tls-client-cert-file", check_certificate},
		{"dir", check_data},
		{"loadmodule", check_module},
	};

	for (size_t i = 0; i < cfg_conf_count(conf); i++) {
		const struct cfg_conf_line *line = cfg_conf_at(conf, i);
		const struct cfg_directive *d = cfg_directive_find(line->name, version);

		if (d == NULL || line->word_count == 0 || line->words[0][0] != '/')
			continue; /* a relative path depends on where the server is started */
		for (size_t k = 0; k < sizeof(checks) / sizeof(checks[0]); k++) {
			if (strcmp(d->name, checks[k].name) == 0)
				checks[k].check(lint, line->words[0]);
		}
	}
}
