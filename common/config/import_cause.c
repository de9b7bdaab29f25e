/* SPDX-License-Identifier: BSD-3-Clause */
/* Why Valkey refuses something, in its own words, which people search for. */
#include "config.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/config/import_internal.h"
#include "common/config/value.h"
#include "common/config/value_words.h"
#include "common/num.h"

#include "common/banned.h"

enum { BIND_MAX = 16 };

/* As string2ll(): no sign but '-', no leading zero, 64 bits. */
static bool is_integer(const char *text)
{
	bool is_negative = text[0] == '-';
	int64_t number;

	return (text[is_negative] != '0' || strcmp(text, "0") == 0) &&
	       vk_parse_int(text, INT64_MIN, INT64_MAX, &number);
}

static void add_range(const struct cfg_directive *d, struct vk_buf *out)
{
	vk_buf_addf(out, "argument must be between %lld and %llu inclusive", (long long)d->min,
		(unsigned long long)d->max);
}

static void add_choices(const struct cfg_directive *d, struct vk_buf *out)
{
	vk_buf_adds(out, "argument(s) must be one of the following: ");
	for (const char *c = d->values != NULL ? d->values : ""; *c != '\0'; c++) {
		if (*c == '|')
			vk_buf_adds(out, ", ");
		else
			vk_buf_addc(out, *c);
	}
}

static const char *fixed_cause(enum cfg_type type)
{
	switch (type) {
	case CFG_TYPE_BOOL:
		return "argument must be 'yes' or 'no'";
	case CFG_TYPE_OCTAL:
		return "argument couldn't be parsed as an octal number";
	case CFG_TYPE_MEMORY:
		return "argument must be a memory value";
	case CFG_TYPE_PERCENT_OR_MEMORY:
		return "argument must be a memory or percent value";
	case CFG_TYPE_SAVE:
		return "Invalid save parameters";
	case CFG_TYPE_EVENTS:
		return "Invalid event class character. Use 'Ag$lshzxeKEtmdn'.";
	case CFG_TYPE_PERCENTILES: /* of what is no number; else limits are named */
		return "Invalid latency-tracking-info-percentiles parameters";
	case CFG_TYPE_RENAME:
		return "No such command in rename-command";
	case CFG_TYPE_INT:
	case CFG_TYPE_UINT:
	case CFG_TYPE_ENUM:
	case CFG_TYPE_FLAGS:
	case CFG_TYPE_IPV4:
		return "Invalid IPv4 address";
	case CFG_TYPE_IPV6:
		return "Invalid IPv6 address";
	case CFG_TYPE_STRING:
	case CFG_TYPE_HOSTNAME:
	case CFG_TYPE_PATH:
	case CFG_TYPE_FILENAME:
	case CFG_TYPE_BIND:
	case CFG_TYPE_OUTPUT_LIMIT:
	case CFG_TYPE_OOM_VALUES: /* of another count than three */
	case CFG_TYPE_REFUSED:
		return "wrong number of arguments";
	}
	return "";
}

static size_t count_words(const char *text)
{
	size_t count = 0;

	while (*(text += strspn(text, " ")) != '\0') {
		text += strcspn(text, " ");
		count++;
	}
	return count;
}

static bool is_percent(const char *text)
{
	size_t digits = strspn(text, "0123456789");

	return digits > 0 && strcmp(text + digits, "%") == 0;
}

static bool is_octal(const char *text)
{
	text += text[0] == '-';
	return text[0] != '\0' && text[strspn(text, "01234567")] == '\0';
}

/* CLASS HARD SOFT SECONDS, once or several times. */
static const char *limit_cause(const char *text)
{
	const char *cause = NULL;
	size_t count, len;
	uint64_t number;
	char **words;

	if (cfg_conf_split(text, strlen(text), &words, &count, NULL) != VK_OK)
		return "Wrong number of arguments in buffer limit configuration.";
	if (count == 0 || count % 4 != 0)
		cause = "Wrong number of arguments in buffer limit configuration.";
	for (size_t i = 0; i < count && cause == NULL; i += 4) {
		if (cfg_value_find_choice("normal|replica|slave|pubsub", words[i], &len) == NULL)
			cause = "Invalid client class specified in buffer limit configuration.";
		else if (!cfg_memory_parse(words[i + 1], &number) ||
			 !cfg_memory_parse(words[i + 2], &number) ||
			 !vk_parse_uint(words[i + 3], 0, INT_MAX, &number))
			cause = "Error in hard, soft or soft_seconds setting in buffer limit "
				"configuration.";
	}
	free(words);
	return cause != NULL ? cause : "";
}

/* Words that are all one of the choices: only save and nosave exclude each other. */
static void flags_cause(const struct cfg_directive *d, const char *text, struct vk_buf *out)
{
	char **words;
	size_t count, known = 0, len;

	if (cfg_conf_split(text, strlen(text), &words, &count, NULL) != VK_OK) {
		add_choices(d, out);
		return;
	}
	for (size_t i = 0; i < count; i++)
		known += cfg_value_find_choice(d->values, words[i], &len) != NULL;
	free(words);
	if (known == count && count > 0)
		vk_buf_adds(out, "shutdown options SAVE and NOSAVE can't be used simultaneously");
	else
		add_choices(d, out);
}

/* Digits, before or behind one point at most. */
static bool is_decimal(const char *text, size_t len)
{
	size_t sign = text[0] == '+' || text[0] == '-', whole, fraction, digits;

	whole = strspn(text + sign, "0123456789");
	fraction = sign + whole + (text[sign + whole] == '.');
	digits = strspn(text + fraction, "0123456789");
	return whole + digits > 0 && fraction + digits == len;
}

/* Of a decimal. */
static bool is_percentage(const char *text, size_t len)
{
	const char *end = text + len, *whole = text + (text[0] == '+');
	size_t digits;

	whole += strspn(whole, "0");
	digits = strspn(whole, "0123456789");
	if (digits != 3 || strncmp(whole, "100", 3) != 0)
		return text[0] != '-' && digits < 3;
	whole += digits + (whole[digits] == '.');
	return strspn(whole, "0") == (size_t)(end - whole);
}

/* The first word that is wrong counts: no number, or one out of range. */
static bool is_out_of_range(const char *text)
{
	while (*(text += strspn(text, " ")) != '\0') {
		size_t len = strcspn(text, " ");

		if (!is_decimal(text, len))
			return false;
		if (!is_percentage(text, len))
			return true;
		text += len;
	}
	return true;
}

/* Digits and a unit, whatever they amount to. */
static bool is_memory(const char *text)
{
	size_t digits = strspn(text, "0123456789"), len;

	return digits > 0 && (text[digits] == '\0' || cfg_value_find_choice("b|k|kb|m|mb|g|gb",
							      text + digits, &len) != NULL);
}

/* Text of the wrong characters, or too long. */
static void text_cause(const struct cfg_directive *d, const char *text, struct vk_buf *out)
{
	bool is_long = d->max != 0 && strlen(text) > d->max;

	if (d->type == CFG_TYPE_HOSTNAME)
		vk_buf_adds(out, is_long ? "Hostnames must be less than 256 characters"
					 : "Hostnames may only contain alphanumeric characters, "
					   "hyphens or dots");
	else if (strcmp(d->name, "cluster-announce-human-nodename") == 0)
		vk_buf_adds(out, "Announced human node name contained invalid character");
	else
		vk_buf_addf(out, "%s %s", d->name,
			is_long ? "is too long" : "contains invalid character");
}

void import_cause(const struct cfg_directive *d, const char *text, struct vk_buf *out)
{
	if (d->type == CFG_TYPE_ENUM)
		add_choices(d, out);
	else if (d->type == CFG_TYPE_FLAGS)
		flags_cause(d, text, out);
	else if (d->type == CFG_TYPE_OUTPUT_LIMIT)
		vk_buf_adds(out, limit_cause(text));
	else if (d->type == CFG_TYPE_STRING || d->type == CFG_TYPE_HOSTNAME)
		text_cause(d, text, out);
	else if (d->type == CFG_TYPE_BIND)
		vk_buf_adds(out, count_words(text) > BIND_MAX ? "Too many bind addresses specified."
							      : "Failed listening on port");
	else if (d->type == CFG_TYPE_OCTAL && is_octal(text))
		vk_buf_adds(out, "argument must be between 0 and 777 inclusive");
	else if (d->type == CFG_TYPE_OOM_VALUES && count_words(text) == 3)
		vk_buf_addf(out, "Invalid %s, elements must be between -2000 and 2000.", d->name);
	else if (d->type == CFG_TYPE_PERCENT_OR_MEMORY && is_percent(text))
		vk_buf_adds(out, "percentage argument must be less or equal to 100");
	else if (d->type == CFG_TYPE_PERCENTILES && is_out_of_range(text))
		vk_buf_addf(out, "%s parameters should sit between [0.0,100.0]", d->name);
	else if (d->type == CFG_TYPE_FILENAME)
		vk_buf_addf(out, "%s can't be a path, just a filename", d->name);
	else if ((d->type == CFG_TYPE_INT || d->type == CFG_TYPE_UINT) && !is_integer(text))
		vk_buf_adds(out, "argument couldn't be parsed into an integer");
	else if (d->type == CFG_TYPE_INT || d->type == CFG_TYPE_UINT ||
		 (d->type == CFG_TYPE_MEMORY &&
			 (is_memory(text) || (d->min < 0 && text[0] == '-' && is_integer(text)))))
		add_range(d, out);
	else
		vk_buf_adds(out, fixed_cause(d->type));
}

/* What a variable of proc-title-template becomes while the file is read: -1 no such variable, 0 no
 * text, 1 some. */
static int title_variable(const struct cfg_import *import, const char *name)
{
	const struct import_entry *cluster = import_find(import, "cluster-enabled");
	const struct import_entry *socket = import_find(import, "unixsocket");

	if (strcmp(name, "server-mode") == 0)
		return cluster != NULL && strcasecmp(cluster->items[0], "yes") == 0;
	if (strcmp(name, "unixsocket") == 0)
		return socket != NULL && socket->items[0][0] != '\0';
	if (strcmp(name, "title") == 0)
		return 0;
	return cfg_value_is_choice("listen-addr|port|tls-port|config-file", name) ? 1 : -1;
}

/* proc-title-template: only variables that Valkey knows, and not nothing at all. */
static bool is_title(const struct cfg_import *import, const char *text)
{
	bool has_text = false;

	while (*text != '\0') {
		char name[32];
		size_t len = strcspn(text + 1, "}");
		int found;

		if (text[0] != '{' || text[1] == '{') { /* {{ is a brace */
			has_text = has_text || text[0] != ' ';
			text += text[0] == '{' ? 2 : 1;
			continue;
		}
		if (text[1 + len] == '\0' || len >= sizeof(name))
			return false;
		memcpy(name, text + 1, len);
		name[len] = '\0';
		found = title_variable(import, name);
		if (found < 0)
			return false;
		has_text = has_text || found > 0;
		text += len + 2;
	}
	return has_text;
}

static const char *file_name_cause(const char *name, const char *text)
{
	if (text[0] == '\0')
		return strcmp(name, "dbfilename") == 0	     ? "dbfilename can't be empty"
		       : strcmp(name, "appendfilename") == 0 ? "appendfilename can't be empty"
		       : strcmp(name, "appenddirname") == 0  ? "appenddirname can't be empty"
							     : "";
	if (strcmp(name, "appenddirname") == 0 && strchr(text, '/') != NULL)
		return "appenddirname can't be a path, just a dirname";
	return "";
}

const char *import_string_cause(const struct cfg_import *import, const char *name, const char *text)
{
	if (strcmp(name, "proc-title-template") == 0 && !is_title(import, text))
		return "template format is invalid or contains unknown variables";
	return file_name_cause(name, text);
}

const char *import_acl_reason(const char *message)
{
	static const struct {
		const char *said, *reason;
	} rows[] = {
		{"&* before it",
			"Adding a pattern after the * pattern (or the 'allchannels' flag) is not "
			"valid and does not have any effect. Try 'resetchannels' to start with an "
			"empty list of channels"},
		{"~* before it",
			"Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid "
			"and does not have any effect. Try 'resetkeys' to start with an empty list "
			"of patterns"},
		{"password hash", "The password hash must be exactly 64 characters and contain "
				  "only lowercase hexadecimal characters"},
		{"password to be removed",
			"The password you are trying to remove from the user does not exist"},
		{"closing parenthesis", "Wrong format"},
		{"argument of a subcommand", "Allowing first-arg of a subcommand is not supported"},
		{"number of a database", "The provided database ID is out of range"},
		{"no command", "Unknown command or category name in ACL"},
		{"no such c", "Unknown command or category name in ACL"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (strstr(message, rows[i].said) != NULL)
			return rows[i].reason;
	}
	return "Syntax error";
}
