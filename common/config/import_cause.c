/* SPDX-License-Identifier: BSD-3-Clause */
/* Why Valkey refuses something, in its own words, which people search for. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

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

void import_cause(const struct cfg_directive *d, const char *text, struct vk_buf *out)
{
	uint64_t bytes;

	if (d->type == CFG_TYPE_ENUM || d->type == CFG_TYPE_FLAGS)
		add_choices(d, out);
	else if (d->type == CFG_TYPE_OUTPUT_LIMIT)
		vk_buf_adds(out, limit_cause(text));
	else if (d->type == CFG_TYPE_OCTAL && text[0] != '\0' &&
		 text[strspn(text, "01234567")] == '\0')
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
		 (d->type == CFG_TYPE_MEMORY && cfg_memory_parse(text, &bytes)))
		add_range(d, out);
	else
		vk_buf_adds(out, fixed_cause(d->type));
}

bool import_is_title(const char *text)
{
	while ((text = strchr(text, '{')) != NULL) {
		char name[32];
		size_t len = strcspn(++text, "}");

		if (text[0] == '{') { /* {{ is a brace */
			text++;
			continue;
		}
		if (text[len] == '\0' || len >= sizeof(name))
			return false;
		memcpy(name, text, len);
		name[len] = '\0';
		if (!cfg_value_is_choice(
			    "title|listen-addr|server-mode|port|tls-port|unixsocket|config-file",
			    name))
			return false;
		text += len + 1;
	}
	return true;
}

const char *import_acl_reason(const char *message)
{
	if (strstr(message, "&* before it") != NULL)
		return "Adding a pattern after the * pattern (or the 'allchannels' flag) is not "
		       "valid and does not have any effect. Try 'resetchannels' to start with an "
		       "empty list of channels";
	if (strstr(message, "~* before it") != NULL)
		return "Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid "
		       "and does not have any effect. Try 'resetkeys' to start with an empty list "
		       "of patterns";
	if (strstr(message, "password hash") != NULL)
		return "The password hash must be exactly 64 characters and contain only "
		       "lowercase hexadecimal characters";
	if (strstr(message, "command") != NULL)
		return "Unknown command or category name in ACL";
	return "Syntax error";
}
