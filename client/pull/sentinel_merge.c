/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/sentinel_merge.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/mem.h"
#include "common/name.h"
#include "common/num.h"

#include "common/banned.h"

enum { ID_LENGTH = 40, PORT_MAX = 65535 };

/* What words behind the name may be. */
enum form { FORM_NONE, FORM_GROUP, FORM_ADDRESS, FORM_PORT, FORM_ID, FORM_EPOCH };

enum { FORM_WORDS = 4 };

/* What a Sentinel writes of what it has learned. A Sentinel that it has not spoken with yet has no
 * id. */
static const struct lesson {
	const char *name;
	enum form forms[FORM_WORDS];
	size_t optional; /* words that may be missing */
} lessons[] = {
	{"myid", {FORM_ID}, 0},
	{"current-epoch", {FORM_EPOCH}, 0},
	{"config-epoch", {FORM_GROUP, FORM_EPOCH}, 0},
	{"leader-epoch", {FORM_GROUP, FORM_EPOCH}, 0},
	{"known-replica", {FORM_GROUP, FORM_ADDRESS, FORM_PORT}, 0},
	{"known-slave", {FORM_GROUP, FORM_ADDRESS, FORM_PORT}, 0},
	{"known-sentinel", {FORM_GROUP, FORM_ADDRESS, FORM_PORT, FORM_ID}, 1},
};

struct merge {
	const struct cfg_conf *desired;
	const struct cfg_conf *learned;
	struct vk_buf *out;
};

bool sentinel_word_is_plain(const char *word)
{
	if (*word == '\0' || *word == '#')
		return false;
	for (; *word != '\0'; word++) {
		if ((unsigned char)*word <= ' ' || (unsigned char)*word >= 0x7f ||
			strchr("\"'\\", *word) != NULL)
			return false;
	}
	return true;
}

bool sentinel_line_is(const struct cfg_conf_line *line, const char *what, size_t words)
{
	return strcmp(line->name, "sentinel") == 0 && line->word_count > words &&
	       strcasecmp(line->words[0], what) == 0;
}

const struct cfg_conf_line *sentinel_monitor_line(const struct cfg_conf *conf, const char *group)
{
	for (size_t i = 0; i < cfg_conf_count(conf); i++) {
		const struct cfg_conf_line *line = cfg_conf_at(conf, i);

		if (sentinel_line_is(line, "monitor", 4) && strcmp(line->words[1], group) == 0)
			return line;
	}
	return NULL;
}

static bool has_form(const struct merge *merge, enum form form, const char *word)
{
	uint64_t number;

	switch (form) {
	case FORM_NONE:
		break;
	case FORM_GROUP:
		return sentinel_monitor_line(merge->desired, word) != NULL;
	case FORM_ADDRESS:
		return vk_address_is_valid(word);
	case FORM_PORT:
		return vk_parse_uint(word, 1, PORT_MAX, &number);
	case FORM_ID:
		return strlen(word) == ID_LENGTH && strspn(word, "0123456789abcdef") == ID_LENGTH;
	case FORM_EPOCH:
		return vk_parse_uint(word, 0, UINT64_MAX, &number);
	}
	return false;
}

static size_t form_count(const struct lesson *lesson)
{
	size_t count = 0;

	while (count < FORM_WORDS && lesson->forms[count] != FORM_NONE)
		count++;
	return count;
}

static bool is_lesson(const struct merge *merge, const struct cfg_conf_line *line)
{
	if (strcmp(line->name, "sentinel") != 0 || line->word_count == 0)
		return false;
	for (size_t i = 0; i < sizeof(lessons) / sizeof(lessons[0]); i++) {
		const struct lesson *lesson = &lessons[i];
		size_t most = form_count(lesson);
		size_t words = line->word_count - 1;

		if (strcasecmp(line->words[0], lesson->name) != 0)
			continue;
		if (words > most || words + lesson->optional < most)
			return false;
		for (size_t w = 0; w < words; w++) {
			if (!has_form(merge, lesson->forms[w], line->words[w + 1]))
				return false;
		}
		return true;
	}
	return false;
}

/* Of a group that was never failed over, the release says where the primary is. */
static const struct cfg_conf_line *learned_monitor(const struct merge *merge, const char *group)
{
	const struct cfg_conf_line *found = sentinel_monitor_line(merge->learned, group);
	uint64_t epoch = 0;

	if (found == NULL || !has_form(merge, FORM_ADDRESS, found->words[2]) ||
		!has_form(merge, FORM_PORT, found->words[3]))
		return NULL;
	for (size_t i = 0; i < cfg_conf_count(merge->learned); i++) {
		const struct cfg_conf_line *line = cfg_conf_at(merge->learned, i);

		if (sentinel_line_is(line, "config-epoch", 2) &&
			strcmp(line->words[1], group) == 0 &&
			vk_parse_uint(line->words[2], 1, UINT64_MAX, &epoch))
			return found;
	}
	return NULL;
}

static void add_words(const struct cfg_conf_line *line, struct vk_buf *out)
{
	vk_buf_adds(out, line->name);
	for (size_t i = 0; i < line->word_count; i++) {
		vk_buf_addc(out, ' ');
		cfg_conf_quote(line->words[i], out);
	}
	vk_buf_addc(out, '\n');
}

static void add_desired(const struct merge *merge, const struct cfg_conf_line *line)
{
	const struct cfg_conf_line *learned = sentinel_line_is(line, "monitor", 4)
						      ? learned_monitor(merge, line->words[1])
						      : NULL;

	if (strcmp(line->name, "include") == 0 || is_lesson(merge, line))
		return;
	if (learned != NULL)
		vk_buf_addf(merge->out, "sentinel monitor %s %s %s %s\n", line->words[1],
			learned->words[2], learned->words[3], line->words[4]);
	else
		add_words(line, merge->out);
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorted, so that the same knowledge makes the same file, and each line once: a Sentinel does not
 * start with one that is there twice. */
static void add_lessons(const struct merge *merge)
{
	char **lines = xcalloc(SENTINEL_MAX_LEARNED, sizeof(*lines));
	size_t count = 0;

	for (size_t i = 0; i < cfg_conf_count(merge->learned) && count < SENTINEL_MAX_LEARNED;
		i++) {
		const struct cfg_conf_line *line = cfg_conf_at(merge->learned, i);
		struct vk_buf text;

		if (!is_lesson(merge, line))
			continue;
		vk_buf_init(&text, CFG_CONF_MAX_BYTES);
		add_words(line, &text);
		lines[count++] = vk_buf_detach(&text, NULL);
		vk_buf_release(&text);
	}
	qsort(lines, count, sizeof(*lines), compare);
	for (size_t i = 0; i < count; i++) {
		if (i == 0 || strcmp(lines[i], lines[i - 1]) != 0)
			vk_buf_adds(merge->out, lines[i]);
	}
	for (size_t i = 0; i < count; i++)
		free(lines[i]);
	free(lines);
}

enum vk_rc sentinel_merge(const char *desired, size_t desired_len, const char *learned,
	size_t learned_len, struct vk_buf *out, struct vk_err *err)
{
	struct cfg_conf *wanted = NULL;
	struct cfg_conf *known = NULL;
	struct vk_err ignored = VK_ERR_INIT;
	enum vk_rc rc = cfg_conf_parse("sentinel.conf", desired, desired_len, &wanted, err);

	if (rc == VK_OK &&
		cfg_conf_parse("learned", learned, learned_len, &known, &ignored) != VK_OK)
		rc = cfg_conf_parse("nothing", "", 0, &known, err);
	if (rc == VK_OK) {
		const struct merge merge = {.desired = wanted, .learned = known, .out = out};

		for (size_t i = 0; i < cfg_conf_count(wanted); i++)
			add_desired(&merge, cfg_conf_at(wanted, i));
		add_lessons(&merge);
		rc = vk_buf_check(out, "sentinel.conf", err);
	}
	cfg_conf_free(known);
	cfg_conf_free(wanted);
	return rc;
}
