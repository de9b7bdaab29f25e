/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/server.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/mem.h"
#include "server/authority.h"
#include "server/background.h"
#include "server/ca_change.h"
#include "server/cleanup.h"
#include "server/context.h"
#include "server/denials.h"
#include "server/descriptors.h"
#include "server/expiry.h"
#include "server/handovers.h"
#include "server/new_keys.h"
#include "server/offline.h"
#include "server/own_pki.h"
#include "server/publish.h"
#include "server/readers.h"
#include "server/routes.h"
#include "server/server_settings.h"
#include "server/server_tls.h"
#include "server/signer.h"
#include "server/state_dir.h"
#include "server/store/store_certificate.h"
#include "server/throttle.h"
#include "server/view_load.h"
#include "server/waiting.h"
#include "server/worker.h"
#include "server/writer.h"

#include "common/banned.h"

enum {
	EXPIRY_CHECK_MS = 60 * 1000,
	TICK_S = 5, /* how often the main thread looks whether the timestamp is due */
	CLEANUP_MS = 60 * 60 * 1000,
	ALL_CHANGES = WRITER_CHANGED_LOG | WRITER_CHANGED_IDENTITIES | WRITER_CHANGED_PUBLICATION,
};

struct server {
	char *config_path;
	struct settings *settings;
	struct state_dir *dir;
	char *state;	/* path of the state directory */
	char *database; /* path */
	char *fleet;
	unsigned log_number; /* which log of the fleet */
	struct signer *signer;
	struct view_slot *views;
	struct server_tls *tls;
	struct worker_pool *workers;
	pthread_mutex_t wake_lock; /* guards is_waking */
	bool is_waking;		   /* false while the workers do not exist, or not any more */
	struct context context;
	struct event_base *base; /* the main thread's */
	int64_t expiry_check_ms; /* when certificates are counted next */
	int64_t cleanup_ms;
	bool is_signer_gone;
	atomic_bool is_view_lost;
};

/* Signals are the main thread's and are held back until its loop runs: a reload or a stop that
 * comes while the server starts waits for that. Threads that are started inherit the mask. */
static void block_signals(int how)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	pthread_sigmask(how, &set, NULL);
}

struct server *server_new(const char *config_path, struct settings *settings)
{
	struct server *server = xcalloc(1, sizeof(*server));

	server->config_path = xstrdup(config_path);
	server->settings = settings;
	server->state = xstrdup(settings_string(settings, "state"));
	server->database = xasprintf("%s/%s", server->state, STATE_DATABASE);
	server->views = view_slot_new();
	pthread_mutex_init(&server->wake_lock, NULL);
	block_signals(SIG_BLOCK);
	return server;
}

/* Settings that may change while the server runs. */
static void apply_settings(struct server *server)
{
	const struct settings *settings = server->settings;
	enum vk_log_level level = VK_LOG_INFO;

	if (vk_log_level_parse(settings_string(settings, "log-level"), &level))
		vk_log_set_level(level);
	atomic_store(&server->context.host_certificate_seconds,
		settings_int(settings, "host-certificate-lifetime"));
	atomic_store(&server->context.user_certificate_seconds,
		settings_int(settings, "user-certificate-lifetime"));
	atomic_store(&server->context.expiry_warning_seconds,
		settings_int(settings, "expiry-warning") * 86400);
	atomic_store(&server->context.author_quota_bytes,
		settings_int(settings, "author-quota") * 1024 * 1024);
	atomic_store(&server->context.max_restarts, settings_int(settings, "max-restarts"));
}

/* The signer needs the fleet's name before anything else is opened. */
static enum vk_rc read_fleet(struct server *server, struct vk_err *err)
{
	return offline_read(server->state, &server->fleet, &server->log_number, err);
}

enum vk_rc server_open(struct server *server, struct vk_err *err)
{
	enum vk_rc rc = state_dir_open(server->state, &server->dir, err);

	apply_settings(server);
	return rc == VK_OK ? read_fleet(server, err) : rc;
}

enum vk_rc server_start_signer(struct server *server, struct vk_err *err)
{
	const struct signer_options options = {.state = server->state,
		.fleet = server->fleet,
		.log_number = server->log_number};

	return signer_start(&options, &server->signer, err);
}

/* A server that cannot build the view of what it has committed would go on serving what was
 * revoked: it stops instead. */
static void give_up(struct server *server, const struct vk_err *err)
{
	vk_log_err(VK_LOG_ERROR, "view-not-built", err);
	atomic_store(&server->is_view_lost, true);
	kill(getpid(), SIGTERM);
}

static void set_waking(struct server *server, bool is_waking)
{
	pthread_mutex_lock(&server->wake_lock);
	server->is_waking = is_waking;
	pthread_mutex_unlock(&server->wake_lock);
}

static void wake_workers(struct server *server)
{
	pthread_mutex_lock(&server->wake_lock);
	if (server->is_waking)
		worker_wake_all(server->workers);
	pthread_mutex_unlock(&server->wake_lock);
}

/* Which CAs count is said by the root. */
static enum vk_rc follow_root(struct server *server, struct store *store, struct vk_err *err)
{
	struct ca_list list;
	enum vk_rc rc = ca_change_read_list(store, &list, err);

	if (rc == VK_OK)
		authority_follow(server->context.authority, &list);
	return rc;
}

/* Once, after the upgrade that notes issuers: until then there was one CA. */
static enum vk_rc note_issuers(struct store *store, const char *digest, struct vk_err *err)
{
	bool is_needed = false;
	enum vk_rc rc = store_has_unknown_issuer(store, &is_needed, err);

	if (rc != VK_OK || !is_needed)
		return rc;
	rc = store_begin(store, err);
	if (rc == VK_OK)
		rc = store_set_unknown_issuer(store, digest, err);
	if (rc == VK_OK)
		return store_commit(store, err);
	store_rollback(store);
	return rc;
}

static enum vk_rc open_authority(struct server *server, struct store *store, struct vk_err *err)
{
	char digest[VK_SHA256_HEX_BYTES];
	enum vk_rc rc =
		authority_new(state_dir_fd(server->dir), settings_string(server->settings, "ca"),
			&server->context.authority, err);

	if (rc == VK_OK && settings_string(server->settings, "ca") != NULL)
		return own_pki_new(server->fleet, settings_string(server->settings, "host-names"),
			settings_string(server->settings, "user-names"), &server->context.own_pki, err);
	if (rc != VK_OK)
		return rc;
	vk_digest_format(authority_known(server->context.authority)->items[0].digest, digest);
	rc = note_issuers(store, digest, err);
	return rc == VK_OK ? follow_root(server, store, err) : rc;
}

/* The writer's publish hook. */
static void publish(void *ctx, struct store *store, unsigned changes)
{
	struct server *server = ctx;
	const struct view *previous = view_slot_get(server->views), *next = NULL;
	struct vk_err err = VK_ERR_INIT;
	enum vk_rc rc =
		view_load(store, server->fleet, previous, changes, vk_clock_now(), &next, &err);

	view_unref(previous);
	if (rc == VK_OK && (changes & WRITER_CHANGED_PUBLICATION) != 0)
		rc = follow_root(server, store, &err);
	if (rc != VK_OK) {
		view_unref(next);
		give_up(server, &err);
		return;
	}
	view_slot_put(server->views, next);
	/* A new checkpoint alone interests nobody who waits. */
	if ((changes & ~(unsigned)WRITER_CHANGED_LOG) != 0)
		wake_workers(server);
}

static enum vk_rc open_writer(struct server *server, struct vk_err *err)
{
	struct writer_options options = {
		.signer = server->signer,
		.fleet = server->fleet,
		.timestamp_seconds = settings_int(server->settings, "timestamp-lifetime"),
		.publish = publish,
		.publish_ctx = server,
		.post = worker_post,
	};
	const struct view *view = NULL;
	enum vk_rc rc = store_open(server->database, STORE_WRITE, &options.store, err);

	if (rc == VK_OK)
		rc = new_keys_settle(server->dir, options.store, server->signer, err);
	if (rc == VK_OK)
		rc = open_authority(server, options.store, err);
	if (rc == VK_OK)
		rc = view_load(options.store, server->fleet, NULL, ALL_CHANGES, vk_clock_now(), &view, err);
	if (rc != VK_OK) {
		store_close(options.store);
		return rc;
	}
	view_slot_put(server->views, view);
	server->context.writer = writer_new(&options);
	return VK_OK;
}

static enum vk_rc open_tls(struct server *server, struct vk_err *err)
{
	const struct server_tls_files files = {
		.certificate = settings_string(server->settings, "certificate"),
		.key = settings_string(server->settings, "key")};

	return server_tls_open(state_dir_fd(server->dir), &files, server->context.writer,
		server->context.readers, server->context.authority, &server->tls, err);
}

static void on_denied(void *ctx, const struct request *req, const struct vk_err *why)
{
	struct context *context = ctx;

	denials_note(context->denials, req, why);
}

static bool identify(void *ctx, const void *der, size_t len, uint8_t key[VK_SHA256_BYTES])
{
	const struct context *context = ctx;

	return own_pki_identify(context->own_pki, der, len, key);
}

static enum vk_rc open_workers(struct server *server, struct vk_err *err)
{
	const char *const *listen = NULL;
	unsigned connections = descriptors_for_connections(
		(unsigned)settings_int(server->settings, "max-connections"));
	struct worker_pool_options options = {
		.workers = (unsigned)settings_int(server->settings, "workers"),
		.tls = server_tls_ctx(server->tls),
		.views = server->views,
		.routes = routes,
		.route_count = route_count,
		.hooks = {.context = &server->context,
			.denied = on_denied,
			.identify = server->context.own_pki != NULL ? identify : NULL},
		.limits = {.connections = connections,
			.connections_per_identity = (unsigned)settings_int(
				server->settings, "max-connections-per-identity")},
	};

	settings_list(server->settings, "listen", &listen);
	options.listen = listen;
	return worker_pool_new(&options, &server->workers, err);
}

static void fill_context(struct server *server)
{
	struct context *context = &server->context;

	context->fleet = server->fleet;
	context->signer = server->signer;
	context->expiry = expiry_new();
	context->denials = denials_new(context->writer);
	context->throttle = throttle_new();
	context->waiting = waiting_new();
	context->handovers = handovers_new();
	context->workers = server->workers;
}

static enum vk_rc start_threads(struct server *server, struct vk_err *err)
{
	enum vk_rc rc = writer_start(server->context.writer, err);

	if (rc == VK_OK)
		rc = background_start(&server->context.background, err);
	if (rc == VK_OK)
		rc = worker_pool_start(server->workers, err);
	set_waking(server, rc == VK_OK);
	return rc;
}

enum vk_rc server_start(struct server *server, struct vk_err *err)
{
	enum vk_rc rc = open_writer(server, err);

	server->context.readers = readers_new(server->database);
	if (rc == VK_OK)
		rc = open_tls(server, err);
	if (rc == VK_OK)
		rc = open_workers(server, err);
	if (rc != VK_OK)
		return rc;
	fill_context(server);
	return start_threads(server, err);
}

static enum vk_rc run_timestamp(
	struct writer_tx *tx, struct writer_command *command, struct vk_err *err)
{
	(void)command;
	return publish_timestamp(tx, err);
}

/* Nothing is due before the first root. */
static bool is_timestamp_due(struct server *server)
{
	struct vk_err err = VK_ERR_INIT;
	struct store *store = NULL;
	bool is_due = false;
	enum vk_rc rc = readers_take(server->context.readers, &store, &err);

	if (rc == VK_OK) {
		rc = publish_is_timestamp_due(store,
			settings_int(server->settings, "timestamp-lifetime"), vk_clock_now(),
			&is_due, &err);
		readers_give(server->context.readers, store);
	}
	if (rc != VK_OK && rc != VK_ENOTFOUND)
		vk_log_err(VK_LOG_ERROR, "timestamp-not-checked", &err);
	return is_due;
}

/* Connections that are open keep the certificate with which they began. */
static void look_at_certificate(struct server *server)
{
	if (server_tls_look(server->tls))
		worker_pool_set_tls(server->workers, server_tls_ctx(server->tls));
}

/* Once an hour, and until nothing is left. */
static void clean_up(struct server *server)
{
	int64_t now_ms = vk_clock_monotonic_ms();

	if (now_ms < server->cleanup_ms ||
		cleanup_run(server->context.readers, server->context.writer,
			settings_int(server->settings, "keep-unreleased") * 86400))
		return;
	server->cleanup_ms = now_ms + CLEANUP_MS;
}

/* Once a minute, and after SIGHUP: the time of warning may be another. */
static void look_at_expiry(struct server *server)
{
	struct vk_err err = VK_ERR_INIT;
	struct store *store = NULL;
	struct authority_now now;
	int64_t ca_expires = 0;

	server->expiry_check_ms = vk_clock_monotonic_ms() + EXPIRY_CHECK_MS;
	if (readers_take(server->context.readers, &store, &err) != VK_OK)
		vk_log_err(VK_LOG_ERROR, "certificates-not-counted", &err);
	authority_now(server->context.authority, &now);
	if (now.trusted.count > 0)
		ca_expires = now.trusted.items[now.trusted.count - 1].not_after;
	authority_now_release(&now);
	expiry_look(server->context.expiry, store, ca_expires, server_tls_expires(server->tls),
		atomic_load(&server->context.expiry_warning_seconds), vk_clock_now());
	if (store != NULL)
		readers_give(server->context.readers, store);
}

static void on_tick(evutil_socket_t fd, short events, void *arg)
{
	struct writer_command command = {.name = "timestamp", .run = run_timestamp};
	struct vk_err err = VK_ERR_INIT;
	struct server *server = arg;

	(void)fd;
	(void)events;
	look_at_certificate(server);
	clean_up(server);
	if (vk_clock_monotonic_ms() >= server->expiry_check_ms)
		look_at_expiry(server);
	if (!is_timestamp_due(server))
		return;
	if (writer_execute(server->context.writer, &command, &err) != VK_OK)
		vk_log_err(VK_LOG_ERROR, "timestamp-not-signed", &err);
	else
		vk_log(VK_LOG_INFO, "timestamp-signed");
}

static void on_hangup(evutil_socket_t fd, short events, void *arg)
{
	struct vk_err err = VK_ERR_INIT;
	struct server *server = arg;

	(void)fd;
	(void)events;
	if (server_settings_reload(server->config_path, &server->settings, &err) != VK_OK) {
		vk_log(VK_LOG_ERROR, "settings-kept", VK_KV("error", vk_rc_name(err.rc)),
			VK_KV("reason", err.msg), VK_KV("hint", err.hint));
	} else {
		apply_settings(server);
		look_at_expiry(server);
		vk_log(VK_LOG_INFO, "settings-reloaded", VK_KV("file", server->config_path));
	}
	if (server_tls_reload(server->tls, &err) != VK_OK)
		vk_log_err(VK_LOG_ERROR, "certificate-kept", &err);
	else
		worker_pool_set_tls(server->workers, server_tls_ctx(server->tls));
}

static void on_stop(evutil_socket_t fd, short events, void *arg)
{
	struct server *server = arg;

	(void)events;
	vk_log(VK_LOG_INFO, "stopping", VK_KN("signal", fd));
	event_base_loopbreak(server->base);
}

static void on_signer_gone(evutil_socket_t fd, short events, void *arg)
{
	struct server *server = arg;

	(void)fd;
	(void)events;
	server->is_signer_gone = true;
	vk_log(VK_LOG_ERROR, "signer-died");
	event_base_loopbreak(server->base);
}

static bool watch(struct server *server, struct event **events)
{
	static const struct timeval tick = {.tv_sec = TICK_S};

	events[0] = evsignal_new(server->base, SIGTERM, on_stop, server);
	events[1] = evsignal_new(server->base, SIGINT, on_stop, server);
	events[2] = evsignal_new(server->base, SIGHUP, on_hangup, server);
	events[3] = event_new(server->base, signer_fd(server->signer), EV_READ | EV_PERSIST,
		on_signer_gone, server);
	events[4] = event_new(server->base, -1, EV_PERSIST, on_tick, server);
	for (int i = 0; i < 5; i++) {
		if (events[i] == NULL || event_add(events[i], i == 4 ? &tick : NULL) != 0)
			return false;
	}
	return true;
}

/* In this order: what is begun may still need the writer, and the writer the signer; and those who
 * post answers to the workers end before these are freed. */
static void drain(struct server *server)
{
	atomic_store(&server->context.is_ready, false);
	set_waking(server, false);
	worker_pool_join(server->workers);
	background_stop(server->context.background);
	server->context.background = NULL;
	if (server->context.writer != NULL)
		writer_stop(server->context.writer);
	worker_pool_free(server->workers);
	server->workers = NULL;
}

enum vk_rc server_loop(struct server *server, struct vk_err *err)
{
	struct event *events[5] = {NULL};

	server->base = event_base_new();
	if (server->base == NULL || !watch(server, events))
		return vk_err_set(err, VK_EIO, "cannot make an event loop");
	block_signals(SIG_UNBLOCK);
	on_tick(-1, 0, server);
	atomic_store(&server->context.is_ready, true);
	vk_log(VK_LOG_INFO, "serving", VK_KV("fleet", server->fleet),
		VK_KV("version", PACKAGE_VERSION), VK_KN("port", worker_pool_port(server->workers)),
		VK_KV("state", server->state));
	event_base_dispatch(server->base);
	drain(server);
	for (int i = 0; i < 5; i++)
		event_free(events[i]);
	if (server->is_signer_gone)
		return vk_err_set(err, VK_EIO, "the signer process has died");
	if (atomic_load(&server->is_view_lost))
		return vk_err_set(err, VK_EIO, "the view of what was committed could not be built");
	vk_log(VK_LOG_INFO, "stopped");
	return VK_OK;
}

void server_free(struct server *server)
{
	if (server == NULL)
		return;
	if (server->workers != NULL)
		drain(server);
	background_stop(server->context.background);
	/* Readers first: only the writer's connection, closed last, folds the write-ahead log into
	 * the database, so that a copy of the one file of a stopped server is complete. */
	readers_free(server->context.readers);
	writer_free(server->context.writer);
	denials_free(server->context.denials);
	throttle_free(server->context.throttle);
	waiting_free(server->context.waiting);
	handovers_free(server->context.handovers);
	signer_stop(server->signer);
	server_tls_free(server->tls);
	authority_free(server->context.authority);
	own_pki_free(server->context.own_pki);
	expiry_free(server->context.expiry);
	view_slot_free(server->views);
	pthread_mutex_destroy(&server->wake_lock);
	state_dir_close(server->dir);
	settings_free(server->settings);
	if (server->base != NULL)
		event_base_free(server->base);
	free(server->fleet);
	free(server->database);
	free(server->state);
	free(server->config_path);
	free(server);
}
