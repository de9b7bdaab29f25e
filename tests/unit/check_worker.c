/* SPDX-License-Identifier: BSD-3-Clause */
/* Worker threads on real sockets, asked by the real client. */
#include "config.h"

#include "server/worker.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/httpc.h"
#include "server/listener.h"
#include "server/request.h"
#include "server/view.h"

#include "tests/unit/pki.h"
#include "tests/unit/unit.h"

enum { HOUR = 3600, WORKERS = 2, CLIENTS = 8, ROUNDS = 20 };

static struct pki pki;
static struct pki_leaf server_leaf;
static struct pki_leaf host_leaf;
static struct vktls_ctx *server_ctx;
static struct view_slot *views;
static struct worker_pool *pool;
static struct worker_pool_options options;
static char url[64];
static atomic_int version; /* what /poll tells */

/* A request that is answered by a message, as the writer does it. */
struct later {
	struct worker_message message;
	struct request *req;
	struct worker *worker;
};

static void answer_later(struct worker_message *message)
{
	struct later *later = (struct later *)message;

	reply_bytes(later->req, 200, "text/plain", "later", 5);
	free(later);
}

static void *post_later(void *arg)
{
	struct later *later = arg;

	worker_post(later->worker, &later->message);
	return NULL;
}

static void handle_later(struct request *req)
{
	struct later *later = calloc(1, sizeof(*later));
	pthread_t thread;

	later->message.run = answer_later;
	later->req = req;
	later->worker = request_worker(req);
	request_defer(req);
	ck_assert_int_eq(pthread_create(&thread, NULL, post_later, later), 0);
	pthread_detach(thread);
}

static void handle_poll(struct request *req)
{
	char etag[32];

	snprintf(etag, sizeof(etag), "\"%d\"", atomic_load(&version));
	if (!request_etag_matches(req, etag))
		reply_send(req, &(struct reply){.status = 200, .etag = etag});
	else if (!request_park(req))
		reply_not_modified(req, etag);
}

static const struct route table[] = {
	{"GET", "/later", PERMISSION_HOST, ENVIRONMENT_NONE, handle_later, 0, NULL, NULL},
	{"GET", "/poll", PERMISSION_HOST, ENVIRONMENT_NONE, handle_poll, 0, NULL, NULL},
};

static void publish(void)
{
	struct view_builder *builder = view_builder_new(NULL, "demo");
	struct vk_err err = VK_ERR_INIT;
	struct x509_info info;
	struct view_identity identity = {
		.kind = IDENTITY_HOST, .name = "db1", .environment = "prod"};

	assert_ok(x509_parse_identity(
			  host_leaf.cert_pem, strlen(host_leaf.cert_pem), &info, &err),
		err);
	identity.not_after = info.not_after;
	view_builder_add_identity(builder, info.fingerprint, &identity);
	view_slot_put(views, view_builder_finish(builder));
}

static void set_up(void)
{
	static const char *const listen[] = {"127.0.0.1:0", NULL};
	struct vk_err err = VK_ERR_INIT;

	pki_init(&pki, "demo");
	server_leaf = pki_issue(&pki, X509_KIND_SERVER, "vkcfgd", HOUR);
	host_leaf = pki_issue(&pki, X509_KIND_HOST, "db1", HOUR);
	server_ctx = pki_server_ctx(&pki, &server_leaf);
	views = view_slot_new();
	publish();
	options = (struct worker_pool_options){
		.listen = listen,
		.workers = WORKERS,
		.tls = server_ctx,
		.views = views,
		.routes = table,
		.route_count = sizeof(table) / sizeof(table[0]),
		.limits = {.drain_ms = 20000},
	};
	assert_ok(worker_pool_new(&options, &pool, &err), err);
	assert_ok(worker_pool_start(pool, &err), err);
	snprintf(url, sizeof(url), "https://127.0.0.1:%u", worker_pool_port(pool));
}

static void tear_down(void)
{
	worker_pool_free(pool);
	view_slot_free(views);
	vktls_ctx_free(server_ctx);
	pki_leaf_release(&server_leaf);
	pki_leaf_release(&host_leaf);
	pki_release(&pki);
}

static struct httpc *open_client(void)
{
	const struct httpc_options o = {.url = url,
		.ca_pem = pki.ca_pem,
		.cert_pem = host_leaf.cert_pem,
		.key_pem = host_leaf.key_pem,
		.fleet = "demo"};
	struct vk_err err = VK_ERR_INIT;
	struct httpc *client = NULL;

	assert_ok(httpc_new(&o, &client, &err), err);
	return client;
}

START_TEST(refuses_addresses_that_are_none)
{
	static const char *const bad[] = {"", "a", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536",
		"localhost:1", "::1:1", "[::1]", "[127.0.0.1]:1", "1.2.3:4", ":1", "[]:1"};
	union listener_address address;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(
			listener_parse(bad[i], &address, NULL) == VK_EINPUT, "'%s'", bad[i]);
	ck_assert_int_eq(listener_parse("[::1]:7443", &address, NULL), VK_OK);
	ck_assert_int_eq(listener_parse("0.0.0.0:0", &address, NULL), VK_OK);
}
END_TEST

START_TEST(says_that_an_address_is_not_its_own)
{
	static const char *const listen[] = {"192.0.2.1:7443", NULL};
	struct worker_pool_options other = options;
	struct vk_err err = VK_ERR_INIT;
	struct worker_pool *none = NULL;

	other.listen = listen;
	assert_fails(worker_pool_new(&other, &none, &err), VK_EUNAVAIL);
	ck_assert_ptr_nonnull(strstr(err.msg, "192.0.2.1:7443: cannot listen"));
	ck_assert_ptr_null(none);
}
END_TEST

START_TEST(refuses_an_address_where_another_pool_listens)
{
	char address[32];
	const char *const listen[] = {address, NULL};
	struct worker_pool_options other = options;
	struct vk_err err = VK_ERR_INIT;
	struct worker_pool *none = NULL;

	snprintf(address, sizeof(address), "127.0.0.1:%u", (unsigned)worker_pool_port(pool));
	other.listen = listen;
	assert_fails(worker_pool_new(&other, &none, &err), VK_EUNAVAIL);
	ck_assert_ptr_nonnull(strstr(err.msg, "Address already in use"));
	ck_assert_ptr_nonnull(strstr(err.hint, "another process listens there"));
	ck_assert_ptr_null(none);
}
END_TEST

static void *ask_often(void *arg)
{
	struct httpc *client = open_client();
	struct httpc_reply reply = HTTPC_REPLY_INIT;
	struct vk_err err = VK_ERR_INIT;
	int *failures = arg;

	for (int i = 0; i < ROUNDS; i++) {
		if (httpc_get(client, i % 2 == 0 ? "/later" : "/poll", 0, &reply, &err) != VK_OK)
			(*failures)++;
		if (i % 5 == 0)
			httpc_disconnect(client);
	}
	httpc_reply_release(&reply);
	httpc_free(client);
	return NULL;
}

START_TEST(many_clients_are_answered_by_all_workers)
{
	pthread_t threads[CLIENTS];
	int failures[CLIENTS] = {0};
	struct worker_stats stats;
	uint64_t later[WORKER_STATUS_CLASSES], poll[WORKER_STATUS_CLASSES];

	for (int i = 0; i < CLIENTS; i++)
		ck_assert_int_eq(
			pthread_create(&threads[i], NULL, ask_often, &failures[i]), 0);
	for (int i = 0; i < ROUNDS; i++) {
		publish();
		worker_wake_all(pool);
	}
	for (int i = 0; i < CLIENTS; i++) {
		pthread_join(threads[i], NULL);
		ck_assert_int_eq(failures[i], 0);
	}
	worker_pool_stats(pool, &stats);
	worker_pool_requests(pool, 0, later);
	worker_pool_requests(pool, 1, poll);
	ck_assert_uint_eq(later[2] + poll[2], CLIENTS * ROUNDS);
	ck_assert_uint_eq(stats.deferred, 0);
	ck_assert_uint_ge(stats.handshakes_total, CLIENTS * (ROUNDS / 5));
}
END_TEST

/* A long-poll; its status, or -1. */
static void *poll_once(void *arg)
{
	const struct httpc_call call = {
		.target = "/poll", .if_none_match = "\"0\"", .wait_seconds = 55,
		.flags = HTTPC_ANY_STATUS};
	struct httpc *client = open_client();
	struct httpc_reply reply = HTTPC_REPLY_INIT;
	struct vk_err err = VK_ERR_INIT;
	int *status = arg;

	*status = httpc_request(client, &call, &reply, &err) == VK_OK ? reply.status : -1;
	httpc_reply_release(&reply);
	httpc_free(client);
	return NULL;
}

static void park_all(pthread_t *threads, int *statuses)
{
	struct worker_stats stats = {.parked = 0};

	for (int i = 0; i < CLIENTS; i++)
		ck_assert_int_eq(
			pthread_create(&threads[i], NULL, poll_once, &statuses[i]), 0);
	while (stats.parked < CLIENTS)
		worker_pool_stats(pool, &stats);
}

static void join_all(pthread_t *threads, const int *statuses, int expected)
{
	for (int i = 0; i < CLIENTS; i++) {
		pthread_join(threads[i], NULL);
		ck_assert_int_eq(statuses[i], expected);
	}
}

START_TEST(a_publication_answers_all_parked_requests)
{
	pthread_t threads[CLIENTS];
	int statuses[CLIENTS];

	park_all(threads, statuses);
	atomic_store(&version, 1);
	worker_wake_all(pool);
	join_all(threads, statuses, 200);
}
END_TEST

START_TEST(draining_answers_all_parked_requests)
{
	pthread_t threads[CLIENTS];
	int statuses[CLIENTS];
	struct worker_stats stats = {.connections = 1};

	park_all(threads, statuses);
	worker_pool_drain(pool);
	join_all(threads, statuses, 503);
	while (stats.connections > 0)
		worker_pool_stats(pool, &stats);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("worker");
	TCase *tc = tcase_create("core");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, refuses_addresses_that_are_none);
	tcase_add_test(tc, says_that_an_address_is_not_its_own);
	tcase_add_test(tc, refuses_an_address_where_another_pool_listens);
	tcase_add_test(tc, many_clients_are_answered_by_all_workers);
	tcase_add_test(tc, a_publication_answers_all_parked_requests);
	tcase_add_test(tc, draining_answers_all_parked_requests);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
