/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/log.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/clock.h"

#include "common/banned.h"

enum { LINE_MAX_BYTES = 8192 };

static atomic_int max_level = VK_LOG_INFO;

static const struct {
	const char *name;
	int priority; /* syslog(3) */
} levels[] = {
	[VK_LOG_ERROR] = {"error", 3},
	[VK_LOG_WARN] = {"warn", 4},
	[VK_LOG_INFO] = {"info", 6},
	[VK_LOG_DEBUG] = {"debug", 7},
};

void vk_log_set_level(enum vk_log_level level)
{
	atomic_store(&max_level, (int)level);
}

bool vk_log_level_parse(const char *text, enum vk_log_level *out)
{
	for (int i = VK_LOG_ERROR; i <= VK_LOG_DEBUG; i++) {
		if (strcmp(levels[i].name, text) == 0) {
			*out = (enum vk_log_level)i;
			return true;
		}
	}
	return false;
}

static bool is_plain(const char *value)
{
	if (*value == '\0')
		return false;
	for (const char *c = value; *c != '\0'; c++) {
		if ((unsigned char)*c <= ' ' || *c == '"' || *c == '=' || *c == '\\' || *c == 0x7f)
			return false;
	}
	return true;
}

static void add_value(struct vk_buf *line, const char *value)
{
	if (is_plain(value)) {
		vk_buf_adds(line, value);
		return;
	}
	vk_buf_addc(line, '"');
	for (const char *c = value; *c != '\0'; c++) {
		if (*c == '"' || *c == '\\')
			vk_buf_addf(line, "\\%c", *c);
		else if ((unsigned char)*c < ' ' || *c == 0x7f)
			vk_buf_addf(line, "\\x%02x", (unsigned char)*c);
		else
			vk_buf_addc(line, *c);
	}
	vk_buf_addc(line, '"');
}

static void add_head(struct vk_buf *line, enum vk_log_level level, const char *event)
{
	char now[VK_TIME_TEXT_BYTES];

	if (getenv("JOURNAL_STREAM") != NULL) {
		vk_buf_addf(line, "<%d>%s %s", levels[level].priority, levels[level].name, event);
		return;
	}
	vk_time_format(vk_clock_now(), now);
	vk_buf_addf(line, "%s %s %s", now, levels[level].name, event);
}

void vk_log_fields(enum vk_log_level level, const char *event, const struct vk_log_field *fields)
{
	struct vk_buf line;

	if ((int)level > atomic_load(&max_level))
		return;
	vk_buf_init(&line, LINE_MAX_BYTES);
	add_head(&line, level, event);
	for (; fields->key != NULL; fields++) {
		vk_buf_addf(&line, " %s=", fields->key);
		if (fields->value != NULL)
			add_value(&line, fields->value);
		else
			vk_buf_addf(&line, "%lld", (long long)fields->number);
	}
	line.is_overflowed = false; /* a cut line is better than none */
	line.max_bytes++;
	vk_buf_addc(&line, '\n');
	if (write(STDERR_FILENO, line.data, line.len) < 0)
		level = VK_LOG_ERROR; /* nowhere left to say it */
	vk_buf_release(&line);
}

void vk_log_err(enum vk_log_level level, const char *event, const struct vk_err *err)
{
	if (err->hint[0] == '\0')
		vk_log(level, event, VK_KV("error", vk_rc_name(err->rc)), VK_KV("reason", err->msg));
	else
		vk_log(level, event, VK_KV("error", vk_rc_name(err->rc)), VK_KV("reason", err->msg),
			VK_KV("hint", err->hint));
}
