/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/metrics.h"

#include <inttypes.h>
#include <string.h>

#include "common/clock.h"
#include "server/context.h"
#include "server/expiry.h"
#include "server/routes.h"
#include "server/view.h"
#include "server/worker.h"
#include "server/writer.h"

#include "common/banned.h"

static void head(struct vk_buf *out, const char *name, const char *type, const char *help)
{
	vk_buf_addf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void counter(struct vk_buf *out, const char *name, const char *help, uint64_t value)
{
	head(out, name, "counter", help);
	vk_buf_addf(out, "%s %" PRIu64 "\n", name, value);
}

static void gauge(struct vk_buf *out, const char *name, const char *help, int64_t value)
{
	head(out, name, "gauge", help);
	vk_buf_addf(out, "%s %" PRId64 "\n", name, value);
}

static void format_network(const struct worker_stats *stats, struct vk_buf *out)
{
	gauge(out, "vkcfgd_connections", "Connections that are open.", (int64_t)stats->connections);
	gauge(out, "vkcfgd_parked", "Long polls that wait for something new.",
		(int64_t)stats->parked);
	counter(out, "vkcfgd_accepted_total", "Connections accepted.", stats->accepted_total);
	counter(out, "vkcfgd_refused_total", "Connections turned away over a limit.",
		stats->refused_total);
	counter(out, "vkcfgd_handshakes_total", "TLS handshakes done.", stats->handshakes_total);
	counter(out, "vkcfgd_handshakes_resumed_total", "TLS handshakes that resumed a session.",
		stats->resumed_total);
	counter(out, "vkcfgd_handshake_failures_total", "TLS handshakes that failed.",
		stats->handshake_failures_total);
	counter(out, "vkcfgd_timeouts_total", "Connections closed at their deadline.",
		stats->timeouts_total);
}

/* One row of the route table; index route_count: what no route took. */
static void format_route(const struct context *context, size_t index, struct vk_buf *out)
{
	uint64_t counts[WORKER_STATUS_CLASSES];

	worker_pool_requests(context->workers, index, counts);
	for (int kind = 2; kind < WORKER_STATUS_CLASSES; kind++) {
		if (counts[kind] == 0)
			continue;
		vk_buf_addf(out,
			"vkcfgd_requests_total{method=\"%s\",route=\"%s\",status=\"%dxx\"} %" PRIu64
			"\n",
			index < route_count ? routes[index].method : "",
			index < route_count ? routes[index].pattern : "", kind, counts[kind]);
	}
}

static void format_requests(const struct context *context, struct vk_buf *out)
{
	head(out, "vkcfgd_requests_total", "counter",
		"Requests answered, by route and class of status; no route: nothing served it.");
	for (size_t i = 0; i <= route_count; i++)
		format_route(context, i, out);
}

static void format_writer(const struct writer_stats *stats, struct vk_buf *out)
{
	counter(out, "vkcfgd_writer_commands_total", "Changes handed to the writer.",
		stats->commands_total);
	counter(out, "vkcfgd_writer_groups_total",
		"Transactions: commands divided by this is the mean group.", stats->groups_total);
	counter(out, "vkcfgd_writer_failed_commits_total", "Transactions that failed.",
		stats->failed_commits_total);
	gauge(out, "vkcfgd_writer_queued", "Changes that wait for the writer.",
		(int64_t)stats->queued);
}

static void format_view(const struct view *view, struct vk_buf *out)
{
	const struct view_environment *environments;
	const struct view_expiry *expiries;
	size_t count = 0;

	gauge(out, "vkcfgd_log_size", "Entries of the audit log.", view_log(view)->size);
	environments = view_environments(view, &count);
	head(out, "vkcfgd_release", "gauge", "Current release of each environment.");
	for (size_t i = 0; i < count; i++)
		vk_buf_addf(out, "vkcfgd_release{environment=\"%s\"} %" PRId64 "\n",
			environments[i].name, environments[i].release);
	expiries = view_expiries(view, &count);
	head(out, "vkcfgd_role_expires_seconds", "gauge",
		"Seconds until the metadata of a TUF role expires.");
	for (size_t i = 0; i < count; i++)
		vk_buf_addf(out, "vkcfgd_role_expires_seconds{role=\"%s\"} %" PRId64 "\n",
			expiries[i].role, expiries[i].expires - vk_clock_now());
}

/* What people must sign anew; snapshot and timestamp are the server's own. */
static void format_expiry(const struct context *context, const struct view *view, struct vk_buf *out)
{
	int64_t until = vk_clock_now() + atomic_load(&context->expiry_warning_seconds);
	const struct view_expiry *expiries;
	size_t count = 0;

	expiries = view_expiries(view, &count);
	head(out, "vkcfgd_expires_soon", "gauge",
		"1 where a role must be signed anew: it expires within expiry-warning days.");
	for (size_t i = 0; i < count; i++) {
		if (strcmp(expiries[i].role, "snapshot") == 0 ||
			strcmp(expiries[i].role, "timestamp") == 0)
			continue;
		vk_buf_addf(out, "vkcfgd_expires_soon{role=\"%s\"} %d\n", expiries[i].role,
			expiries[i].expires <= until);
	}
}

static void format_certificates(const struct context *context, struct vk_buf *out)
{
	struct expiry_count counts[EXPIRY_KINDS];

	expiry_get(context->expiry, counts);
	head(out, "vkcfgd_certificate_expires_seconds", "gauge",
		"Seconds until the first certificate of a kind expires, of those that are good.");
	for (int i = 0; i < EXPIRY_KINDS; i++) {
		if (counts[i].expires != 0)
			vk_buf_addf(out,
				"vkcfgd_certificate_expires_seconds{kind=\"%s\"} %" PRId64 "\n",
				expiry_kind_name((enum expiry_kind)i),
				counts[i].expires - vk_clock_now());
	}
	head(out, "vkcfgd_certificates_due", "gauge",
		"Certificates that need a person: hosts' that were not renewed in time, others that "
		"expire within expiry-warning days.");
	for (int i = 0; i < EXPIRY_KINDS; i++)
		vk_buf_addf(out, "vkcfgd_certificates_due{kind=\"%s\"} %" PRId64 "\n",
			expiry_kind_name((enum expiry_kind)i), counts[i].due);
}

void metrics_format(const struct context *context, const struct view *view, struct vk_buf *out)
{
	struct worker_stats network;
	struct writer_stats writer;

	worker_pool_stats(context->workers, &network);
	writer_get_stats(context->writer, &writer);
	format_network(&network, out);
	format_requests(context, out);
	format_writer(&writer, out);
	format_view(view, out);
	format_expiry(context, view, out);
	format_certificates(context, out);
}
