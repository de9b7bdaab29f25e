/* SPDX-License-Identifier: BSD-3-Clause */
/* The rules about a Sentinel, which has few of a server's directives and other defaults. */
#include "config.h"

#include <string.h>

#include "common/config/baseline_internal.h"

#include "common/banned.h"

/* "sentinel WORD ..." */
static bool is_line(const struct cfg_conf_line *line, const char *word)
{
	return strcmp(line->name, "sentinel") == 0 && line->word_count > 0 &&
	       strcmp(line->words[0], word) == 0;
}

bool baseline_is_sentinel(const struct baseline_look *look)
{
	for (size_t i = 0; i < cfg_conf_count(look->conf); i++) {
		if (strcmp(cfg_conf_at(look->conf, i)->name, "sentinel") == 0)
			return true;
	}
	return look->subject->is_sentinel;
}

/* Whether there is "sentinel WORD", of this primary where one is named. */
static bool has_line(const struct baseline_look *look, const char *word, const char *primary)
{
	for (size_t i = 0; i < cfg_conf_count(look->conf); i++) {
		const struct cfg_conf_line *line = cfg_conf_at(look->conf, i);

		if (is_line(line, word) &&
			(primary == NULL ||
				(line->word_count > 1 && strcmp(line->words[1], primary) == 0)))
			return true;
	}
	return false;
}

static void check_scripts(struct baseline_look *look, const struct cfg_conf_line *line)
{
	if (is_line(line, "deny-scripts-reconfig") && line->word_count > 1 &&
		strcmp(line->words[1], "no") == 0)
		baseline_add(look, "cmd-sentinel-scripts", line->number,
			"deny-scripts-reconfig is 'no'");
	if ((is_line(line, "notification-script") || is_line(line, "client-reconfig-script")) &&
		line->word_count > 1)
		baseline_add(look, "cmd-sentinel-scripts", line->number, "%s of %.80s",
			line->words[0], line->words[1]);
}

static void check_login(struct baseline_look *look, const struct cfg_conf_line *line)
{
	const char *primary = line->word_count > 1 ? line->words[1] : "";

	if (!is_line(line, "monitor"))
		return;
	if (!has_line(look, "auth-pass", primary))
		baseline_add(
			look, "cmd-sentinel-auth", line->number, "%.80s has no auth-pass", primary);
	else if (!has_line(look, "auth-user", primary))
		baseline_add(
			look, "cmd-sentinel-auth", line->number, "%.80s has no auth-user", primary);
}

static void check_secrets(struct baseline_look *look, const struct cfg_conf_line *line)
{
	if ((is_line(line, "auth-pass") && line->word_count > 2 &&
		    strncmp(line->words[2], "@{", 2) != 0) ||
		(is_line(line, "sentinel-pass") && line->word_count > 1 &&
			strncmp(line->words[1], "@{", 2) != 0))
		baseline_add(look, "ops-secret-scope", line->number, "%s stands in clear text",
			line->words[0]);
}

void baseline_check_sentinel(struct baseline_look *look)
{
	const char *protected = cfg_conf_values_get(look->values, "protected-mode");

	baseline_check_network(look);
	if (protected == NULL || strcmp(protected, "yes") != 0)
		baseline_add(look, "net-protected-mode", baseline_line(look, "protected-mode"),
			"protected-mode is '%.10s'", protected != NULL ? protected : "no");
	if (baseline_is_open(look))
		baseline_add(look, "cmd-sentinel-auth", 0, "clients need no password");
	else if (!has_line(look, "sentinel-pass", NULL))
		baseline_add(look, "cmd-sentinel-auth", 0, "sentinel-pass is not set");
	if (baseline_has_tls(look) && baseline_is(look, "tls-replication", "no"))
		baseline_add(look, "tls-replication", baseline_line(look, "tls-port"),
			"tls-replication is 'no', so servers and Sentinels are asked without TLS");
	for (size_t i = 0; i < cfg_conf_count(look->conf); i++) {
		check_scripts(look, cfg_conf_at(look->conf, i));
		check_login(look, cfg_conf_at(look->conf, i));
		check_secrets(look, cfg_conf_at(look->conf, i));
	}
}
