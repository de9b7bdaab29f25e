/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/textfile.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "common/file.h"

#include "common/banned.h"

enum { TEXTFILE_MAX_BYTES = 256 * 1024, TEXTFILE_MODE = 0644 };

/* HELP and TYPE of a gauge whose samples follow. */
static void head(struct vk_buf *out, const char *name, const char *help)
{
	vk_buf_addf(out, "# HELP vkcfg_pull_%s %s\n# TYPE vkcfg_pull_%s gauge\n", name, help, name);
}

static void gauge(struct vk_buf *out, const char *name, const char *help, int64_t value)
{
	head(out, name, help);
	vk_buf_addf(out, "vkcfg_pull_%s %" PRId64 "\n", name, value);
}

/* A time that is known. */
static void moment(struct vk_buf *out, const char *name, const char *help, int64_t time)
{
	if (time != 0)
		gauge(out, name, help, time);
}

/* Names of instances are of the form in docs/formats.md: nothing in them needs an escape. */
static void sample(
	struct vk_buf *out, const char *name, const struct outcome *outcome, int64_t value)
{
	vk_buf_addf(out, "vkcfg_pull_%s{instance=\"%s\"} %" PRId64 "\n", name, outcome->instance,
		value);
}

static int64_t drift_left(const struct outcome *outcome)
{
	int64_t count = 0;

	for (size_t i = 0; i < outcome->drift_count; i++)
		count += outcome_is_left(&outcome->drift[i]);
	return count;
}

/* Of those that have certificates. */
static void format_tls(const struct textfile *textfile, struct vk_buf *out)
{
	bool has_head = false;

	for (size_t i = 0; i < textfile->count; i++) {
		if (textfile->outcomes[i].tls.expires == 0)
			continue;
		if (!has_head)
			head(out, "instance_certificate_expires_timestamp_seconds",
				"When a certificate in the instance's TLS files expires first.");
		has_head = true;
		sample(out, "instance_certificate_expires_timestamp_seconds",
			&textfile->outcomes[i], textfile->outcomes[i].tls.expires);
	}
}

/* Only where one waits. */
static void format_windows(const struct textfile *textfile, struct vk_buf *out)
{
	static const char name[] = "instance_restart_window_opens_timestamp_seconds";
	bool has_head = false;

	for (size_t i = 0; i < textfile->count; i++) {
		if (textfile->outcomes[i].window_opens == 0)
			continue;
		if (!has_head)
			head(out, name, "When the window opens that a restart waits for.");
		has_head = true;
		sample(out, name, &textfile->outcomes[i], textfile->outcomes[i].window_opens);
	}
}

static void format_instances(const struct textfile *textfile, struct vk_buf *out)
{
	head(out, "instance_release", "Release that the instance runs; 0 before the first.");
	for (size_t i = 0; i < textfile->count; i++)
		sample(out, "instance_release", &textfile->outcomes[i],
			textfile->outcomes[i].release);
	head(out, "instance_healthy", "1 where Valkey answers, has its data and its primary.");
	for (size_t i = 0; i < textfile->count; i++)
		sample(out, "instance_healthy", &textfile->outcomes[i],
			strcmp(textfile->outcomes[i].health, "ok") == 0);
	head(out, "instance_failed", "1 where the last run could not do what it should.");
	for (size_t i = 0; i < textfile->count; i++)
		sample(out, "instance_failed", &textfile->outcomes[i],
			textfile->outcomes[i].failure.rc != VK_OK);
	head(out, "instance_pending_restart", "1 where a value waits for a restart.");
	for (size_t i = 0; i < textfile->count; i++)
		sample(out, "instance_pending_restart", &textfile->outcomes[i],
			textfile->outcomes[i].state == OUTCOME_PENDING_RESTART);
	format_tls(textfile, out);
	format_windows(textfile, out);
	head(out, "instance_drift", "Differences that were found and not put right.");
	for (size_t i = 0; i < textfile->count; i++)
		sample(out, "instance_drift", &textfile->outcomes[i],
			drift_left(&textfile->outcomes[i]));
}

void textfile_format(const struct textfile *textfile, struct vk_buf *out)
{
	gauge(out, "last_run_timestamp_seconds", "When the agent has last run to its end.",
		textfile->now);
	gauge(out, "server_reached", "1 where a server answered the last run.",
		textfile->update != VK_EUNAVAIL);
	gauge(out, "server_believed", "1 where all that it said was signed, fresh and proven.",
		textfile->update == VK_OK);
	gauge(out, "wanted_release", "Release that this host should run; 0 before the first.",
		textfile->release);
	moment(out, "vouched_until_timestamp_seconds", "How long the server's last word counts.",
		textfile->timestamp_expires);
	moment(out, "signed_until_timestamp_seconds", "When signatures of people expire first.",
		textfile->trust_expires);
	moment(out, "certificate_expires_timestamp_seconds", "When the host's certificate expires.",
		textfile->host_expires);
	if (textfile->count > 0)
		format_instances(textfile, out);
}

enum vk_rc textfile_write(const char *path, const struct textfile *textfile, struct vk_err *err)
{
	struct vk_buf text;
	enum vk_rc rc;

	vk_buf_init(&text, TEXTFILE_MAX_BYTES);
	textfile_format(textfile, &text);
	rc = vk_buf_check(&text, "metrics", err);
	if (rc == VK_OK)
		rc = vk_file_replace(AT_FDCWD, path, TEXTFILE_MODE, text.data, text.len, err);
	vk_buf_release(&text);
	return rc;
}
