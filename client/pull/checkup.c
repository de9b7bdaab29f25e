/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/checkup.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/arena.h"
#include "common/mem.h"
#include "common/vkjson.h"

#include "common/banned.h"

struct entry {
	enum checkup_verdict verdict;
	const char *subject; /* NULL: the host */
	const char *check;
	const char *text;
	const char *remedy; /* NULL: none is needed */
};

struct checkup {
	struct arena *arena;
	const char *subject;
	struct entry *entries;
	size_t count;
	size_t cap;
};

static const char *const verdict_names[] = {
	[CHECKUP_OK] = "ok",
	[CHECKUP_WARNING] = "warning",
	[CHECKUP_PROBLEM] = "problem",
};

struct checkup *checkup_new(void)
{
	struct checkup *checkup = xcalloc(1, sizeof(*checkup));

	checkup->arena = arena_new();
	return checkup;
}

void checkup_free(struct checkup *checkup)
{
	if (checkup == NULL)
		return;
	free(checkup->entries);
	arena_free(checkup->arena);
	free(checkup);
}

void checkup_set_subject(struct checkup *checkup, const char *subject)
{
	checkup->subject = subject != NULL ? arena_strdup(checkup->arena, subject) : NULL;
}

static void add(struct checkup *checkup, enum checkup_verdict verdict, const char *check,
	const char *remedy, const char *text)
{
	if (checkup->count == checkup->cap) {
		checkup->cap = checkup->cap * 2 + 16;
		checkup->entries =
			xreallocarray(checkup->entries, checkup->cap, sizeof(*checkup->entries));
	}
	checkup->entries[checkup->count++] = (struct entry){
		.verdict = verdict,
		.subject = checkup->subject,
		.check = check,
		.text = arena_strdup(checkup->arena, text),
		.remedy = remedy != NULL ? arena_strdup(checkup->arena, remedy) : NULL,
	};
}

void checkup_add(struct checkup *checkup, enum checkup_verdict verdict, const char *check,
	const char *remedy, const char *fmt, ...)
{
	struct vk_err text = VK_ERR_INIT;
	va_list args;

	va_start(args, fmt);
	vsnprintf(text.msg, sizeof(text.msg), fmt, args);
	va_end(args);
	add(checkup, verdict, check, remedy, text.msg);
}

void checkup_add_failure(struct checkup *checkup, enum checkup_verdict verdict, const char *check,
	const char *remedy, const struct vk_err *err)
{
	add(checkup, verdict, check, err->hint[0] != '\0' ? err->hint : remedy, err->msg);
}

size_t checkup_count(const struct checkup *checkup, enum checkup_verdict verdict)
{
	size_t count = 0;

	for (size_t i = 0; i < checkup->count; i++)
		count += checkup->entries[i].verdict == verdict;
	return count;
}

void checkup_format(const struct checkup *checkup, struct vk_buf *out)
{
	size_t problems = checkup_count(checkup, CHECKUP_PROBLEM);
	size_t warnings = checkup_count(checkup, CHECKUP_WARNING);

	for (size_t i = 0; i < checkup->count; i++) {
		const struct entry *entry = &checkup->entries[i];

		vk_buf_addf(out, "%-8s %-12s %s\n", verdict_names[entry->verdict],
			entry->subject != NULL ? entry->subject : "host", entry->text);
		if (entry->remedy != NULL)
			vk_buf_addf(out, "%-22sdo: %s\n", "", entry->remedy);
	}
	vk_buf_addf(out, "%zu checks, %zu problem%s, %zu warning%s\n", checkup->count, problems,
		problems == 1 ? "" : "s", warnings, warnings == 1 ? "" : "s");
}

void checkup_format_json(const struct checkup *checkup, struct vk_buf *out)
{
	struct vkjson *json = vkjson_object();
	struct vkjson *checks = vkjson_array();

	for (size_t i = 0; i < checkup->count; i++) {
		const struct entry *entry = &checkup->entries[i];
		struct vkjson *object = vkjson_object();

		vkjson_set(object, "verdict", vkjson_string(verdict_names[entry->verdict]));
		if (entry->subject != NULL)
			vkjson_set(object, "instance", vkjson_string(entry->subject));
		vkjson_set(object, "check", vkjson_string(entry->check));
		vkjson_set(object, "text", vkjson_string(entry->text));
		if (entry->remedy != NULL)
			vkjson_set(object, "remedy", vkjson_string(entry->remedy));
		vkjson_append(checks, object);
	}
	vkjson_set(json, "problems", vkjson_int((int64_t)checkup_count(checkup, CHECKUP_PROBLEM)));
	vkjson_set(json, "warnings", vkjson_int((int64_t)checkup_count(checkup, CHECKUP_WARNING)));
	vkjson_set(json, "checks", checks);
	vkjson_format(json, true, out);
	vkjson_free(json);
}
