/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "tests/unit/differential/differ.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/mem.h"

enum { SHOWN = 20 };

struct server_program programs[SERVER_PROGRAMS_MAX];
size_t program_count;
uint64_t seed = 1, rounds = 1;

/* ---- what is found ---- */

static size_t differences;

void differ(const char *fmt, ...)
{
	struct vk_buf text;
	va_list ap;

	if (differences++ >= SHOWN * rounds)
		return;
	vk_buf_init(&text, TEXT_MAX_BYTES);
	va_start(ap, fmt);
	vk_buf_vaddf(&text, fmt, ap);
	va_end(ap);
	fputs("# ", stdout);
	for (const char *c = text.data; *c != '\0'; c++) {
		if (*c == '\n')
			fputs("\n# ", stdout);
		else if ((unsigned char)*c < ' ' || *c == 0x7f)
			printf("\\x%02x", (unsigned char)*c);
		else
			putchar(*c);
	}
	putchar('\n');
	vk_buf_release(&text);
}

void judge(const char *version, size_t cases)
{
	printf("# %s: %zu cases of seed %llu, %zu differences\n", version, cases,
		(unsigned long long)seed, differences);
	fflush(stdout);
	ck_assert_uint_eq(differences, 0);
}

/* Each case by itself can be had again from its number. */
struct dice dice_of(size_t number)
{
	return (struct dice){seed * 1000003 + number};
}

void start_plain(struct server *server, int program)
{
	server_make_dir(server, programs[program].path);
	server_write_file(server, "valkey.conf", "");
	server_start(server);
}

/* ---- what the importer says ---- */

struct cfg_import *new_import(const char *version)
{
	struct cfg_import_options options = {.host = "db1", .instance = "main", .version = version};

	return cfg_import_new(&options);
}

/* What Valkey looks at when it has read all lines, which may be refused before. */
bool is_late(const struct cfg_import_note *note)
{
	static const char *const beginnings[] = {"Configured to not listen", "Failed listening",
		"No tls-cert-file configured", "Spaces not allowed in ACL usernames",
		"Error loading ACL rule for the user named"};

	for (size_t i = 0; i < sizeof(beginnings) / sizeof(beginnings[0]); i++) {
		if (strncmp(note->message, beginnings[i], strlen(beginnings[i])) == 0)
			return true;
	}
	return false;
}

/* The refused line that comes first, or NULL. */
const struct cfg_import_note *first_refused(const struct cfg_import *import)
{
	const struct cfg_import_note *first = NULL;

	for (size_t i = 0; i < cfg_import_note_count(import); i++) {
		const struct cfg_import_note *note = cfg_import_note_at(import, i);

		if (note->kind == CFG_IMPORT_REFUSED && !is_late(note) &&
			(first == NULL || note->line < first->line))
			first = note;
	}
	return first;
}

/* A word that begins with '(' and none behind it in its line that ends with ')': a selector that
 * makes Valkey 8.0.1, 8.1.1 and 9.1.2 read address 0, when they start and at ACL LOAD. */
static bool has_open_selector(const char *text)
{
	for (const char *at = text; (at = strstr(at, " (")) != NULL; at++) {
		size_t len = strcspn(at, "\r\n");
		bool is_closed = false;

		for (size_t i = 1; i < len; i++)
			is_closed =
				is_closed || (at[i] == ')' && (i + 1 == len || at[i + 1] == ' ' ||
								      at[i + 1] == '\t'));
		if (!is_closed)
			return true;
	}
	return false;
}

/* From 9.0 on a word goes on behind a quote that is closed, which vkcfg refuses for all versions.
 */
bool is_not_comparable(const struct cfg_import *import, const char *text)
{
	bool is_new = cfg_version_order(cfg_import_version(import)) >= cfg_version_order("9.0");

	for (size_t i = 0; i < cfg_import_note_count(import); i++) {
		const char *message = cfg_import_note_at(import, i)->message;

		if (strstr(message, "a NUL byte in a word") != NULL ||
			(is_new && strstr(message, "Unbalanced quotes") != NULL))
			return true;
	}
	return has_open_selector(text) || (is_new && strpbrk(text, "\v\f") != NULL);
}

const struct cfg_import_note *refusal_of(const struct cfg_import *import, unsigned line)
{
	for (size_t i = 0; i < cfg_import_note_count(import); i++) {
		const struct cfg_import_note *note = cfg_import_note_at(import, i);

		if (note->kind == CFG_IMPORT_REFUSED && note->line == line)
			return note;
	}
	return NULL;
}
