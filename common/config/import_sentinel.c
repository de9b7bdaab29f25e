/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The lines "sentinel ..." of a Sentinel's file. Sentinel keeps them until the file is read, and
 * then takes first what is about itself, then the groups, then what is about a group.
 */
#include "config.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/config/import_internal.h"
#include "common/mem.h"

#include "common/banned.h"

enum { ADDRESS_BYTES = 16, ID_LENGTH = 40 };

enum phase { SELF, MONITOR, GROUP, PHASES };

enum check {
	ANY,
	YES_NO,
	POSITIVE,
	NOT_NEGATIVE,
	SCRIPT,
	ID,
	MONITORED,
	SERVER, /* GROUP ADDRESS PORT */
	RENAMED,
	PASSWORD,
	LEARNT, /* Sentinel writes it itself */
};

static const struct statement {
	const char *name;
	enum phase phase;
	size_t min, max; /* words behind the name */
	enum check check;
} statements[] = {
	{"announce-hostnames", SELF, 1, 1, YES_NO},
	{"announce-ip", SELF, 1, 1, ANY},
	{"announce-port", SELF, 1, 1, ANY},
	{"auth-pass", GROUP, 2, 2, PASSWORD},
	{"auth-user", GROUP, 2, 2, ANY},
	{"client-reconfig-script", GROUP, 2, 2, SCRIPT},
	{"config-epoch", GROUP, 2, 2, LEARNT},
	{"current-epoch", SELF, 1, 1, LEARNT},
	{"deny-scripts-reconfig", SELF, 1, 1, YES_NO},
	{"down-after-milliseconds", GROUP, 2, 2, POSITIVE},
	{"failover-timeout", GROUP, 2, 2, POSITIVE},
	{"known-replica", GROUP, 3, 3, SERVER},
	{"known-sentinel", GROUP, 3, 4, SERVER},
	{"known-slave", GROUP, 3, 3, SERVER},
	{"leader-epoch", GROUP, 2, 2, LEARNT},
	{"master-reboot-down-after-period", GROUP, 2, 2, NOT_NEGATIVE},
	{"monitor", MONITOR, 4, 4, MONITORED},
	{"myid", SELF, 1, 1, ID},
	{"notification-script", GROUP, 2, 2, SCRIPT},
	{"parallel-syncs", GROUP, 2, 2, ANY},
	{"primary-reboot-down-after-period", GROUP, 2, 2, NOT_NEGATIVE},
	{"rename-command", GROUP, 3, 3, RENAMED},
	{"resolve-hostnames", SELF, 1, 1, YES_NO},
	{"sentinel-pass", SELF, 1, 1, PASSWORD},
	{"sentinel-user", SELF, 1, 1, ANY},
};

struct sentinel_line {
	const struct statement *statement;
	struct import_place place;
	const char *subject;
	const char *words[4]; /* behind the name; of a password nothing */
};

static const struct statement *find_statement(const char *name, size_t words)
{
	for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++) {
		if (strcasecmp(statements[i].name, name) == 0)
			return words >= statements[i].min && words <= statements[i].max
				       ? &statements[i]
				       : NULL;
	}
	return NULL;
}

static bool has_statement(const char *name)
{
	for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++) {
		if (strcasecmp(statements[i].name, name) == 0)
			return true;
	}
	return false;
}

/* "sentinel monitor": never more, as a password may stand behind. */
static const char *subject_of(const struct import_reading *r, const char *name)
{
	return arena_printf(r->import->arena, "sentinel%s%s", has_statement(name) ? " " : "",
		has_statement(name) ? name : "");
}

void import_sentinel_line(const struct import_reading *r)
{
	struct cfg_import *import = r->import;
	const char *name = r->line->words[0];
	const struct statement *statement = find_statement(name, r->line->word_count - 1);
	struct sentinel_line *line;

	if (statement == NULL) {
		import_note(import, CFG_IMPORT_REFUSED, r->place, subject_of(r, name),
			import_remedy(r->line, has_statement(name) ? "another number of words"
								   : "see vkcfg schema list"),
			"Unrecognized sentinel configuration statement.");
		return;
	}
	if (import->sentinel_count == CFG_IMPORT_MAX_NOTES) {
		import_note(import, CFG_IMPORT_LEFT_OUT, r->place, r->line->name, "",
			"more lines of Sentinel than an import takes");
		return;
	}
	if (import->sentinel_count % 64 == 0)
		import->sentinel = xreallocarray(
			import->sentinel, import->sentinel_count + 64, sizeof(*import->sentinel));
	line = &import->sentinel[import->sentinel_count++];
	*line = (struct sentinel_line){statement, *r->place, subject_of(r, name), {NULL}};
	for (size_t i = 0; i < statement->max; i++) {
		bool is_there = i + 1 < r->line->word_count;
		bool is_secret = statement->check == PASSWORD && i + 1 == statement->max;

		line->words[i] = !is_there || is_secret
					 ? ""
					 : arena_strdup(import->arena, r->line->words[i + 1]);
	}
}

/* ---- when all is read ---- */

/* As Sentinel reads numbers: digits as far as there are any. */
static long number_of(const char *text)
{
	return strtol(text, NULL, 10);
}

static bool is_monitored(const struct cfg_import *import, const char *group)
{
	for (size_t i = 0; i < import->group_count; i++) {
		if (strcmp(import->groups[i].name, group) == 0)
			return true;
	}
	return false;
}

static const char *address_cause(
	const struct cfg_import *import, const char *address, const char *port)
{
	unsigned char bytes[ADDRESS_BYTES];
	long number = number_of(port);

	if (number < 0 || number > 65535)
		return "Invalid port number.";
	if (!import->resolves_hostnames && inet_pton(AF_INET, address, bytes) != 1 &&
		inet_pton(AF_INET6, address, bytes) != 1)
		return "Can't resolve instance hostname.";
	return "";
}

static const char *monitor_cause(struct cfg_import *import, const struct sentinel_line *line)
{
	const char *cause = address_cause(import, line->words[1], line->words[2]);

	if (number_of(line->words[3]) <= 0)
		return "Quorum must be 1 or greater.";
	if (cause[0] != '\0')
		return cause;
	if (is_monitored(import, line->words[0]))
		return "Duplicate master name.";
	if (import->group_count == CFG_IMPORT_MAX_GROUPS)
		return ""; /* more than a Sentinel can watch */
	import->groups[import->group_count++] = (struct import_group){line->words[0],
		line->words[1], number_of(line->words[2]), number_of(line->words[3]), line->place};
	return "";
}

static const char *yes_no_cause(struct cfg_import *import, const struct sentinel_line *line)
{
	bool is_yes = strcasecmp(line->words[0], "yes") == 0;

	if (!is_yes && strcasecmp(line->words[0], "no") != 0)
		return arena_printf(import->arena, "Please specify yes or no for the %s option%s.",
			line->statement->name, line->statement->name[0] == 'd' ? "s" : "");
	if (strcmp(line->statement->name, "resolve-hostnames") == 0)
		import->resolves_hostnames = is_yes;
	return "";
}

/* Has an earlier line renamed the same command of this group? */
static bool is_renamed(const struct cfg_import *import, const struct sentinel_line *line)
{
	for (const struct sentinel_line *l = import->sentinel; l < line; l++) {
		if (l->statement == line->statement && strcmp(l->words[0], line->words[0]) == 0 &&
			strcasecmp(l->words[1], line->words[1]) == 0)
			return true;
	}
	return false;
}

/* "" where Sentinel takes the line. */
static const char *cause_of(struct cfg_import *import, const struct sentinel_line *line)
{
	if (line->statement->phase == GROUP && !is_monitored(import, line->words[0]))
		return "No such master with specified name.";
	switch (line->statement->check) {
	case YES_NO:
		return yes_no_cause(import, line);
	case POSITIVE:
		return number_of(line->words[1]) > 0 ? "" : "negative or zero time parameter.";
	case NOT_NEGATIVE:
		return number_of(line->words[1]) >= 0 ? "" : "negative time parameter.";
	case ID:
		return strlen(line->words[0]) == ID_LENGTH
			       ? ""
			       : "Malformed Sentinel id in myid option.";
	case MONITORED:
		return monitor_cause(import, line);
	case SERVER:
		return address_cause(import, line->words[1], line->words[2]);
	case RENAMED:
		return is_renamed(import, line) ? "Same command renamed multiple times with "
						  "rename-command."
						: "";
	case ANY:
	case SCRIPT:
	case PASSWORD:
	case LEARNT:
		break;
	}
	return "";
}

static const char *remedy_of(const struct sentinel_line *line, const char *cause)
{
	for (size_t i = 0; i < line->statement->max; i++) {
		if (strstr(line->words[i], "${") != NULL || strstr(line->words[i], "{{") != NULL)
			return "a placeholder that is still to be filled in: import the file that "
			       "it becomes";
	}
	if (strstr(cause, "hostname") != NULL)
		return "write the address, or 'sentinel resolve-hostnames yes'";
	if (strstr(cause, "No such master") != NULL)
		return "the group has no good line 'sentinel monitor'";
	return "";
}

/* What becomes of a good line. */
static void take(struct cfg_import *import, const struct sentinel_line *line)
{
	const struct statement *s = line->statement;

	if (s->check == LEARNT || s->check == SERVER || s->check == ID)
		import_note(import, CFG_IMPORT_CHANGED, &line->place, line->subject, "",
			"left out: Sentinel finds it out by itself");
	else if (s->check == PASSWORD)
		import_note(import, CFG_IMPORT_SECRET, &line->place, line->subject,
			"seal it with 'vkcfg secret set', and name it where the group or the role "
			"of the Sentinel says it",
			"a password: not taken over");
	else if (s->check == SCRIPT)
		import_note(import, CFG_IMPORT_NEEDS, &line->place, line->subject,
			"write the line into the file on the host",
			"a tree cannot name a program that runs on a host; where it is missing, "
			"Sentinel says: %s script seems non existing or non executable.",
			s->name[0] == 'n' ? "Notification" : "Client reconfiguration");
	else if (s->check == MONITORED)
		import_note(import, CFG_IMPORT_LEFT_OUT, &line->place, line->subject,
			arena_printf(import->arena,
				"in groups/NAME.yaml: the instance at %.100s:%ld as first member, "
				"this Sentinel as one of its sentinels, quorum %ld",
				line->words[1], number_of(line->words[2]),
				number_of(line->words[3])),
			"group '%.100s': who is in it is said by the tree", line->words[0]);
	else
		import_note(import, CFG_IMPORT_LEFT_OUT, &line->place, line->subject,
			s->phase == GROUP ? "under 'sentinel' of the group in groups/NAME.yaml"
					  : "in the role of the Sentinel",
			"to be written by hand: %s %.200s", s->name,
			line->words[s->phase == GROUP ? 1 : 0]);
}

void import_sentinel_finish(struct cfg_import *import)
{
	for (int phase = SELF; phase < PHASES; phase++) {
		for (size_t i = 0; i < import->sentinel_count; i++) {
			const struct sentinel_line *line = &import->sentinel[i];
			const char *cause;

			if ((int)line->statement->phase != phase)
				continue;
			cause = cause_of(import, line);
			if (cause[0] != '\0')
				import_note(import, CFG_IMPORT_REFUSED, &line->place, line->subject,
					remedy_of(line, cause), "%s", cause);
			else
				take(import, line);
		}
	}
}

/* ---- whose file is it? ---- */

bool import_is_sentinel(const char *file, const struct cfg_document *document)
{
	const char *slash = strrchr(file, '/');
	size_t lines = 0, sentinel = 0;
	bool is_named = strcasestr(slash != NULL ? slash : file, "sentinel") != NULL;

	for (size_t i = 0; i < cfg_document_count(document); i++) {
		const struct cfg_document_line *line = cfg_document_at(document, i);

		lines += line->kind == CFG_DOCUMENT_DIRECTIVE || line->kind == CFG_DOCUMENT_BROKEN;
		sentinel += line->kind == CFG_DOCUMENT_DIRECTIVE && line->word_count > 1 &&
			    strcasecmp(line->words[0], "sentinel") == 0;
	}
	return sentinel > 0 && (is_named || 2 * sentinel >= lines);
}
