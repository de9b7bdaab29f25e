/* SPDX-License-Identifier: BSD-3-Clause */
/* Why Valkey refuses something, in its own words, which people search for. */
#include "config.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/config/acl_command.h"
#include "common/config/import_internal.h"
#include "common/config/value.h"
#include "common/config/value_words.h"

#include "common/banned.h"

/* As string2ll(): no sign but '-', no leading zero. */
static bool is_integer(const char *text)
{
	size_t digits;

	text += text[0] == '-';
	digits = strspn(text, "0123456789");
	return digits > 0 && digits < 19 && text[digits] == '\0' && (text[0] != '0' || digits == 1);
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
	case CFG_TYPE_STRING:
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
	char **words;
	size_t count, classes = 0;

	if (cfg_conf_split(text, strlen(text), &words, &count, NULL) != VK_OK)
		return "";
	for (size_t i = 0; i < count; i += 4)
		classes += cfg_value_is_choice("normal|replica|slave|pubsub", words[i]) ? 1 : 0;
	free(words);
	if (count == 0 || count % 4 != 0)
		return "Wrong number of arguments in buffer limit configuration.";
	if (classes != count / 4)
		return "Invalid client class specified in buffer limit configuration.";
	return "Error in hard, soft or soft_seconds setting in buffer limit configuration.";
}

/* At least one word, and each of them one that the directive knows. */
static bool are_choices(const struct cfg_directive *d, const char *text)
{
	char **words;
	size_t count, known = 0;

	if (cfg_conf_split(text, strlen(text), &words, &count, NULL) != VK_OK)
		return false;
	for (size_t i = 0; i < count; i++)
		known += cfg_value_is_choice(d->values, words[i]) ? 1 : 0;
	free(words);
	return count > 0 && known == count;
}

void import_cause(const struct cfg_directive *d, const char *text, struct vk_buf *out)
{
	uint64_t bytes;

	if (d->type == CFG_TYPE_FLAGS && are_choices(d, text))
		vk_buf_adds(out, "shutdown options SAVE and NOSAVE can't be used simultaneously");
	else if (d->type == CFG_TYPE_ENUM || d->type == CFG_TYPE_FLAGS)
		add_choices(d, out);
	else if (d->type == CFG_TYPE_OUTPUT_LIMIT)
		vk_buf_adds(out, limit_cause(text));
	else if (d->type == CFG_TYPE_OCTAL && is_octal(text))
		vk_buf_adds(out, "argument must be between 0 and 777 inclusive");
	else if (d->type == CFG_TYPE_OOM_VALUES && count_words(text) == 3)
		vk_buf_addf(out, "Invalid %s, elements must be between -2000 and 2000.", d->name);
	else if (d->type == CFG_TYPE_PERCENT_OR_MEMORY && is_percent(text))
		vk_buf_adds(out, "percentage argument must be less or equal to 100");
	else if (d->type == CFG_TYPE_PERCENTILES && text[strspn(text, "0123456789.- ")] == '\0')
		vk_buf_addf(out, "%s parameters should sit between [0.0,100.0]", d->name);
	else if (d->type == CFG_TYPE_FILENAME)
		vk_buf_addf(out, "%s can't be a path, just a filename", d->name);
	else if ((d->type == CFG_TYPE_INT || d->type == CFG_TYPE_UINT) && !is_integer(text))
		vk_buf_adds(out, "argument couldn't be parsed into an integer");
	else if (d->type == CFG_TYPE_INT || d->type == CFG_TYPE_UINT ||
		 (d->type == CFG_TYPE_MEMORY &&
			 (cfg_memory_parse(text, &bytes) ||
				 (text[0] != '\0' && text[strspn(text, "0123456789")] == '\0'))))
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

/* Characters of auxiliary fields of the nodes file. */
static bool is_node_name(const char *text)
{
	return text[strcspn(text, "!#$%&()*+:;<>?@[]^{|}~")] == '\0';
}

static const char *hostname_cause(const char *text)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.";

	if (strlen(text) >= 256)
		return "Hostnames must be less than 256 characters";
	if (text[strspn(text, allowed)] != '\0')
		return "Hostnames may only contain alphanumeric characters, hyphens or dots";
	return "";
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
	unsigned char address[16];

	if (strcmp(name, "proc-title-template") == 0 && !is_title(import, text))
		return "template format is invalid or contains unknown variables";
	if (strcmp(name, "cluster-announce-hostname") == 0)
		return hostname_cause(text);
	if (strcmp(name, "cluster-announce-human-nodename") == 0 && !is_node_name(text))
		return "Announced human node name contained invalid character";
	if (strcmp(name, "cluster-announce-client-ipv4") == 0 && text[0] != '\0' &&
		inet_pton(AF_INET, text, address) != 1)
		return "Invalid IPv4 address";
	if (strcmp(name, "cluster-announce-client-ipv6") == 0 && text[0] != '\0' &&
		inet_pton(AF_INET6, text, address) != 1)
		return "Invalid IPv6 address";
	return file_name_cause(name, text);
}

/* "rule '+config|get|x': ...": more than one | behind a subcommand that is known. */
static bool is_arg_of_subcommand(const char *message, const char *version)
{
	const char *rule = strchr(message, '\'');
	char name[64];
	size_t len;

	if (rule == NULL || (rule[1] != '+' && rule[1] != '-'))
		return false;
	rule += 2;
	len = strcspn(rule, "|'");
	len += rule[len] == '|' ? 1 + strcspn(rule + len + 1, "|'") : 0;
	if (rule[len] != '|' || len >= sizeof(name))
		return false;
	memcpy(name, rule, len);
	name[len] = '\0';
	return cfg_command_find(name) != NULL && cfg_command_is_known(name, version);
}

const char *import_acl_reason(const char *message, const char *version)
{
	if (strstr(message, "&* before it") != NULL)
		return "Adding a pattern after the * pattern (or the 'allchannels' flag) is not "
		       "valid and does not have any effect. Try 'resetchannels' to start with an "
		       "empty list of channels";
	if (strstr(message, "~* before it") != NULL)
		return "Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid "
		       "and does not have any effect. Try 'resetkeys' to start with an empty list "
		       "of patterns";
	if (strstr(message, "closing parenthesis") != NULL)
		return "Wrong format";
	if (strstr(message, "to remove") != NULL)
		return "The password you are trying to remove from the user does not exist";
	if (is_arg_of_subcommand(message, version))
		return "Allowing first-arg of a subcommand is not supported";
	if (strstr(message, "password hash") != NULL)
		return "The password hash must be exactly 64 characters and contain only "
		       "lowercase hexadecimal characters";
	if (strstr(message, "command") != NULL)
		return "Unknown command or category name in ACL";
	return "Syntax error";
}
