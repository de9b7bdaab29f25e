/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/config/conf.h"
#include "tests/unit/differential/generate.h"

enum { VALUE_MAX_BYTES = 8192 };

static bool is_one_of(const char *name, const char *const *list)
{
	for (; *list != NULL; list++) {
		if (strcmp(name, *list) == 0)
			return true;
	}
	return false;
}

/* What would load or read files, need privileges or another build, or fail for what is not in the
 * file. */
static bool is_left_out(const struct cfg_directive *d)
{
	static const char *const names[] = {"aclfile", "include", "loadmodule", "dir",
		"locale-collate", "unixsocketgroup", "rdma-port", "rdma-bind", "tls-cluster",
		"tls-replication", "maxmemory-clients", "activedefrag", "oom-score-adj",
		"hash-seed", "replicaof", NULL};

	return is_one_of(d->name, names);
}

static void blanks(struct dice *dice, struct vk_buf *out)
{
	static const char *const gaps[] = {"  ", "\t", " \t ", "\v", "\f", " \v", "\r", NULL};

	vk_buf_adds(out, dice_once_in(dice, 12) ? dice_pick(dice, gaps) : " ");
}

static void double_quoted(struct dice *dice, const char *word, struct vk_buf *out)
{
	vk_buf_addc(out, '"');
	for (; *word != '\0'; word++) {
		if (dice_once_in(dice, 6))
			vk_buf_addf(out, dice_once_in(dice, 2) ? "\\x%02x" : "\\x%02X",
				(unsigned char)*word);
		else if (*word == '"' || *word == '\\')
			vk_buf_addf(out, "\\%c", *word);
		else
			vk_buf_addc(out, *word);
	}
	vk_buf_addc(out, '"');
}

static void single_quoted(const char *word, struct vk_buf *out)
{
	vk_buf_addc(out, '\'');
	for (; *word != '\0'; word++)
		vk_buf_addf(out, *word == '\'' ? "\\%c" : "%c", *word);
	vk_buf_addc(out, '\'');
}

/* Quotes and escapes that are no word, or not the one that was meant. */
static void damaged(struct dice *dice, const char *word, struct vk_buf *out)
{
	static const char *const forms[] = {"\"%", "'%", "\"%\"x", "'%'\"", "%\"", "x\"%\"",
		"\"\\x4%\"", "\"\\q%\"", "\"%\\\"", "'\\%'", "\"%\\n\"", "\"\\x01%\"",
		"\"%\\x00b\"", "\\%", "\"\" %", "% #", "# %", "\x01%", "\x7f%", NULL};
	const char *form = dice_pick(dice, forms);

	for (; *form != '\0'; form++) {
		if (*form == '%')
			vk_buf_adds(out, word);
		else
			vk_buf_addc(out, *form);
	}
}

static void add_word(struct dice *dice, const char *word, struct vk_buf *out)
{
	switch (dice_roll(dice, 16)) {
	case 0:
	case 1:
		double_quoted(dice, word, out);
		break;
	case 2:
		single_quoted(word, out);
		break;
	case 3:
		damaged(dice, word, out);
		break;
	case 4:
	case 5:
		cfg_conf_quote(word, out);
		break;
	default:
		vk_buf_adds(out, word);
	}
}

/* The words of a value that has several, each by itself or all in one. */
static void add_words(struct dice *dice, char *value, struct vk_buf *out)
{
	if (dice_once_in(dice, 10)) {
		double_quoted(dice, value, out);
		return;
	}
	for (;;) {
		char *blank = strchr(value, ' ');

		if (blank != NULL)
			*blank = '\0';
		add_word(dice, value, out);
		if (blank == NULL)
			return;
		blanks(dice, out);
		value = blank + 1;
	}
}

static void add_name(struct dice *dice, const char *name, struct vk_buf *out)
{
	size_t from = out->len;

	if (dice_once_in(dice, 40)) {
		double_quoted(dice, name, out);
		return;
	}
	vk_buf_adds(out, name);
	for (size_t i = from; i < out->len && dice_once_in(dice, 10); i++) {
		if (out->data[i] >= 'a' && out->data[i] <= 'z')
			out->data[i] = (char)(out->data[i] - 'a' + 'A');
	}
}

static const struct cfg_directive *any_directive(struct dice *dice, const char *version)
{
	/* What has a grammar of its own comes more often. */
	static const char *const special[] = {"save", "client-output-buffer-limit",
		"notify-keyspace-events", "oom-score-adj-values",
		"latency-tracking-info-percentiles", "shutdown-on-sigterm", "bind",
		"unixsocketperm", "proc-title-template", NULL};
	const struct cfg_directive *d;

	if (dice_once_in(dice, 4))
		return cfg_directive_find(dice_pick(dice, special), version);
	do
		d = cfg_directive_at(version, dice_roll(dice, cfg_directive_count(version)));
	while (is_left_out(d) || d->type == CFG_TYPE_RENAME || strcmp(d->name, "user") == 0);
	return d;
}

static void directive_line(struct dice *dice, const char *version, struct vk_buf *out)
{
	const struct cfg_directive *d = any_directive(dice, version);
	const char *name = d->alias != NULL && dice_once_in(dice, 3) ? d->alias : d->name;
	struct vk_buf value;

	vk_buf_init(&value, VALUE_MAX_BYTES);
	add_name(dice, dice_once_in(dice, 30) && d->other != NULL ? d->other : name, out);
	if (!dice_once_in(dice, 40)) {
		blanks(dice, out);
		generate_value(dice, d, &value);
		if ((d->flags & CFG_MULTI) != 0)
			add_words(dice, value.data, out);
		else
			add_word(dice, value.data, out);
	}
	if (dice_once_in(dice, 40)) {
		static const char *const tails[] = {" # comment", " more", " \"\"", " #", NULL};

		vk_buf_adds(out, dice_pick(dice, tails));
	}
	vk_buf_release(&value);
}

static void bind_line(struct dice *dice, struct vk_buf *out)
{
	static const char *const addresses[] = {
		"127.0.0.1", "-::1", "::1", "*", "-::*", "localhost", "-127.0.0.1", NULL};
	size_t count = dice_once_in(dice, 10) ? 14 + dice_roll(dice, 6) : dice_roll(dice, 4);

	vk_buf_adds(out, "bind");
	for (size_t i = 0; i < count; i++) {
		blanks(dice, out);
		add_word(dice, dice_pick(dice, addresses), out);
	}
}

/* Renaming what the test itself needs is for other tests. */
static void rename_line(struct dice *dice, struct vk_buf *out)
{
	static const char *const names[] = {
		"FLUSHALL", "keys", "nothing", "Debug", "flushall", "get", "\"\"", NULL};
	static const char *const others[] = {
		"\"\"", "x", "''", "HIDDEN", "x y", "\"a b\"", "", "set", "XX1", NULL};

	vk_buf_addf(out, "rename-command %s %s", dice_pick(dice, names), dice_pick(dice, others));
}

static void user_line(struct dice *dice, struct vk_buf *out)
{
	static const char *const names[] = {
		"app", "App", "worker", "default", "\"a\"", "\"a b\"", "", NULL};

	vk_buf_addf(out, "user %s ", dice_pick(dice, names));
	generate_rules(dice, out);
}

static void odd_line(struct dice *dice, struct vk_buf *out)
{
	static const char *const lines[] = {"", " ", "\t", "# comment", "  # comment", "#",
		"nothing 1", "maxmemroy 1gb", "port", "\"\" 1", "\"\"", "''", "por\"t\" 0",
		"[section]", "timeout=1", "timeout: 1", ";comment", "// comment",
		"sentinel monitor m 127.0.0.1 6379 2", "vm-enabled no", "server-threads 2",
		"replicaof no one", "replicaof NO ONE", "replicaof x", "replicaof x y",
		"replicaof x 70000", "replicaof x 6379", "slaveof no one", "user", NULL};

	vk_buf_adds(out, dice_pick(dice, lines));
}

void generate_conf(struct dice *dice, const char *version, struct vk_buf *out)
{
	size_t count = 1 + dice_roll(dice, dice_once_in(dice, 3) ? 12 : 3);

	if (dice_once_in(dice, 200))
		vk_buf_adds(out, "\xef\xbb\xbf");
	vk_buf_adds(out, "user probe " PROBE_RULES "\n");
	for (size_t i = 0; i < count; i++) {
		size_t roll = dice_roll(dice, 40);

		vk_buf_adds(out, dice_once_in(dice, 15) ? "  " : "");
		if (roll == 0)
			bind_line(dice, out);
		else if (roll == 1)
			rename_line(dice, out);
		else if (roll == 2)
			user_line(dice, out);
		else if (roll <= 4)
			odd_line(dice, out);
		else
			directive_line(dice, version, out);
		vk_buf_adds(out, dice_once_in(dice, 20) ? " \t" : "");
		vk_buf_adds(out, dice_once_in(dice, 10) ? "\r" : "");
		vk_buf_adds(out, i + 1 < count || !dice_once_in(dice, 4) ? "\n" : "");
	}
}
