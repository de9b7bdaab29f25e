/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/valkey/calls.h"

#include <stdbool.h>
#include <string.h>

#include "common/banned.h"

/* Valkey's own words: a command that was renamed keeps them here. */
static const char *const names[CALLS] = {
	[CALL_CONFIG_SET] = "config|set",
	[CALL_CONFIG_REWRITE] = "config|rewrite",
	[CALL_CONFIG_RESETSTAT] = "config|resetstat",
	[CALL_ACL_SETUSER] = "acl|setuser",
	[CALL_ACL_DELUSER] = "acl|deluser",
	[CALL_ACL_LOAD] = "acl|load",
	[CALL_ACL_SAVE] = "acl|save",
};

const char *calls_name(enum call call)
{
	return names[call];
}

/* The rest of a line after a word that it begins with; NULL if it does not. */
static const char *after(const char *line, const char *word)
{
	size_t len = strlen(word);

	return strncmp(line, word, len) == 0 ? line + len : NULL;
}

static int64_t parse_count(const char *text)
{
	int64_t count = 0;

	for (; *text >= '0' && *text <= '9'; text++) {
		if (count > (INT64_MAX - 9) / 10)
			return INT64_MAX;
		count = count * 10 + (*text - '0');
	}
	return count;
}

/* cmdstat_config|set:calls=3,usec=... */
static void parse_line(const char *line, struct calls *out)
{
	const char *command = after(line, "cmdstat_");

	for (int i = 0; command != NULL && i < CALLS; i++) {
		const char *rest = after(command, names[i]);
		const char *count = rest != NULL ? after(rest, ":calls=") : NULL;

		if (count != NULL)
			out->counts[i] = parse_count(count);
	}
}

void calls_parse(const char *text, struct calls *out)
{
	memset(out, 0, sizeof(*out));
	while (*text != '\0') {
		parse_line(text, out);
		text += strcspn(text, "\r\n");
		text += strspn(text, "\r\n");
	}
}

enum vk_rc calls_read(struct valkey *valkey, struct calls *out, struct vk_err *err)
{
	struct reply *reply = NULL;
	enum vk_rc rc = valkey_demand(valkey, VALKEY_ARGV("INFO", "commandstats"), &reply, err);

	if (rc == VK_OK && reply->kind == REPLY_STRING)
		calls_parse(reply->text, out);
	else if (rc == VK_OK)
		rc = vk_err_set(err, VK_EUNAVAIL, "INFO answers no text");
	reply_free(reply);
	return rc;
}
