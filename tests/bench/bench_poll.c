/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Load on an HTTPS server that wants client certificates: what many agents with nothing to do ask.
 * It speaks plain OpenSSL and epoll on purpose, so that it measures the server and not our own
 * client, and so that it can ask another server the same.
 *
 *   bench_poll --mode polls|handshakes|parked --port P --cert F --key F --ca F --path PATH
 *              [--connections N] [--seconds S] [--pid SERVER] [--prefix NAME]
 *
 * polls        keep-alive connections that poll as fast as they get answers
 * handshakes   a new connection with a full handshake for each poll
 * parked       connections that wait with `Prefer: wait=55`; the server's memory for each (a server that
 *              answers at once has idle connections instead)
 *
 * Output: key=value lines. --pid names the server's processes, separated by commas: their CPU time and
 * resident memory are reported per poll and per connection.
 */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/num.h"

#include "common/banned.h"

enum {
	MAX_CONNECTIONS = 100000,
	MAX_SECONDS = 3600,
	MAX_EVENTS = 256,
	REPLY_BYTES = 65536,
	PARK_SETTLE_MS = 1500, /* no reply for so long: all that were sent are parked */
};

enum mode { MODE_POLLS, MODE_HANDSHAKES, MODE_PARKED };

/* What a connection waits for. */
enum state {
	STATE_CONNECT, /* the TLS handshake, TCP's included */
	STATE_SEND,    /* room for the request */
	STATE_REPLY,   /* the reply */
	STATE_PARKED,  /* nothing: it stays open until the end */
};

struct connection {
	SSL *ssl;
	int fd;
	enum state state;
	size_t reply_len;
	char *reply; /* REPLY_BYTES, or NULL where the shared one serves */
};

struct load {
	enum mode mode;
	const char *path;
	const char *pids;
	const char *prefix;
	uint64_t port, connections, seconds;
	SSL_CTX *tls;
	int epoll;
	char request[2048];
	char etag[256];
	char reply[REPLY_BYTES];
	struct connection *conns;
	uint64_t polls, failures, parked, answered;
	uint64_t last_progress_ns, deadline_ns;
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static void die(const char *what)
{
	fprintf(stderr, "bench_poll: %s: %s\n", what, strerror(errno));
	ERR_print_errors_fp(stderr);
	exit(EXIT_FAILURE);
}

/* The CPU time of the server's processes in microseconds and their resident memory in kB. */
static void server_usage(const char *pids, uint64_t *cpu_us, uint64_t *rss_kb)
{
	long ticks = sysconf(_SC_CLK_TCK), page_kb = sysconf(_SC_PAGESIZE) / 1024;

	*cpu_us = *rss_kb = 0;
	for (const char *p = pids; p != NULL && *p != '\0'; p += strspn(p, ",")) {
		size_t len = strcspn(p, ",");
		unsigned long user = 0, sys = 0;
		char path[64];
		long rss = 0;
		FILE *f;

		snprintf(path, sizeof(path), "/proc/%.*s/stat", (int)len, p);
		p += len;
		f = fopen(path, "r");
		if (f == NULL)
			die(path);
		if (fscanf(f, "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu "
			      "%*d %*d %*d %*d %*d %*d %*u %*u %ld", &user, &sys, &rss) != 3)
			die(path);
		fclose(f);
		*cpu_us += (uint64_t)(user + sys) * 1000000u / (uint64_t)ticks;
		*rss_kb += (uint64_t)(rss * page_kb);
	}
}

static void set_interest(struct load *load, struct connection *c, uint32_t events)
{
	struct epoll_event ev = {.events = events, .data.ptr = c};

	if (epoll_ctl(load->epoll, EPOLL_CTL_MOD, c->fd, &ev) != 0)
		die("epoll_ctl");
}

static void connection_open(struct load *load, struct connection *c)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)load->port)};
	struct epoll_event ev = {.events = EPOLLOUT, .data.ptr = c};
	int one = 1;

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		die("socket");
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (connect(c->fd, (struct sockaddr *)&to, sizeof(to)) != 0 && errno != EINPROGRESS)
		die("connect");
	c->ssl = SSL_new(load->tls);
	if (c->ssl == NULL || SSL_set_fd(c->ssl, c->fd) != 1)
		die("SSL_new");
	SSL_set_connect_state(c->ssl);
	c->state = STATE_CONNECT;
	c->reply_len = 0;
	if (epoll_ctl(load->epoll, EPOLL_CTL_ADD, c->fd, &ev) != 0)
		die("epoll_ctl");
}

static void connection_close(struct connection *c)
{
	struct linger now = {.l_onoff = 1, .l_linger = 0};

	if (c->ssl == NULL)
		return;
	SSL_set_quiet_shutdown(c->ssl, 1);
	SSL_shutdown(c->ssl);
	SSL_free(c->ssl);
	/* A reset keeps thousands of handshakes a second from using up the ports. */
	setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(c->fd);
	c->ssl = NULL;
}

/* True if the step is done; otherwise the connection waits for what TLS wants, or is opened anew. */
static bool is_done(struct load *load, struct connection *c, int rc)
{
	int why = SSL_get_error(c->ssl, rc);

	if (rc > 0)
		return true;
	if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) {
		set_interest(load, c, why == SSL_ERROR_WANT_READ ? EPOLLIN : EPOLLOUT);
		return false;
	}
	load->failures++;
	connection_close(c);
	if (load->failures > 1000)
		die("the server refuses too often");
	connection_open(load, c);
	return false;
}

/* The length of the whole message in text, or 0 while it is incomplete. */
static size_t message_length(const char *text, size_t len)
{
	const char *end = memmem(text, len, "\r\n\r\n", 4);
	const char *field;
	uint64_t body = 0;
	char digits[24];
	size_t n;

	if (end == NULL)
		return 0;
	field = strcasestr(text, "\r\ncontent-length:");
	if (field != NULL && field < end) {
		field += strlen("\r\ncontent-length:");
		field += strspn(field, " ");
		n = strspn(field, "0123456789");
		if (n >= sizeof(digits))
			return 0;
		memcpy(digits, field, n);
		digits[n] = '\0';
		if (!vk_parse_uint(digits, 0, REPLY_BYTES, &body))
			return 0;
	}
	/* A 304 may name the length of the body that it does not carry. */
	if (strncmp(text, "HTTP/1.1 304", 12) == 0)
		body = 0;
	n = (size_t)(end - text) + 4 + (size_t)body;
	return n <= len ? n : 0;
}

static void on_reply(struct load *load, struct connection *c)
{
	load->polls++;
	c->reply_len = 0;
	if (load->mode == MODE_HANDSHAKES) {
		connection_close(c);
		connection_open(load, c);
		return;
	}
	c->state = STATE_SEND;
}

/* Moves on as far as it goes without waiting. */
static void step(struct load *load, struct connection *c)
{
	char *reply = c->reply != NULL ? c->reply : load->reply;
	int rc;

	switch (c->state) {
	case STATE_CONNECT:
		if (!is_done(load, c, SSL_do_handshake(c->ssl)))
			return;
		c->state = STATE_SEND;
		/* fall through */
	case STATE_SEND:
		if (!is_done(load, c, SSL_write(c->ssl, load->request, (int)strlen(load->request))))
			return;
		load->last_progress_ns = now_ns();
		set_interest(load, c, EPOLLIN);
		c->state = load->mode == MODE_PARKED ? STATE_PARKED : STATE_REPLY;
		load->parked += load->mode == MODE_PARKED;
		return;
	case STATE_REPLY:
		rc = SSL_read(c->ssl, reply + c->reply_len, (int)(REPLY_BYTES - 1 - c->reply_len));
		if (!is_done(load, c, rc))
			return;
		c->reply_len += (size_t)rc;
		reply[c->reply_len] = '\0';
		if (message_length(reply, c->reply_len) == 0)
			return;
		on_reply(load, c);
		if (c->state == STATE_SEND)
			step(load, c);
		return;
	case STATE_PARKED:
		/* Session tickets arrive here; a reply means that it is idle rather than parked. */
		rc = SSL_read(c->ssl, load->reply, REPLY_BYTES - 1);
		load->answered += rc > 0;
		return;
	}
}

static bool is_finished(const struct load *load)
{
	uint64_t now = now_ns();

	if (load->mode == MODE_PARKED)
		return load->parked >= load->connections &&
			now - load->last_progress_ns > (uint64_t)PARK_SETTLE_MS * 1000000u;
	return now >= load->deadline_ns;
}

static void run(struct load *load)
{
	struct epoll_event events[MAX_EVENTS];

	load->deadline_ns = now_ns() + load->seconds * 1000000000u;
	load->last_progress_ns = now_ns();
	while (!is_finished(load)) {
		int n = epoll_wait(load->epoll, events, MAX_EVENTS, 100);

		for (int i = 0; i < n; i++)
			step(load, events[i].data.ptr);
	}
}

/* One poll by hand, for the ETag that all others send. */
static void learn_etag(struct load *load)
{
	struct connection *c = &load->conns[0];
	uint64_t until = now_ns() + 10000000000u;
	struct epoll_event event;
	const char *field;
	size_t n;

	connection_open(load, c);
	while (load->polls == 0 && now_ns() < until) {
		if (epoll_wait(load->epoll, &event, 1, 100) == 1)
			step(load, c);
		if (load->polls > 0)
			break;
	}
	field = strcasestr(load->reply, "\r\netag:");
	if (load->polls == 0 || field == NULL) {
		fprintf(stderr, "bench_poll: no reply with an ETag: %.60s\n", load->reply);
		exit(EXIT_FAILURE);
	}
	field += strlen("\r\netag:");
	field += strspn(field, " ");
	n = strcspn(field, "\r\n");
	if (n >= sizeof(load->etag))
		die("ETag");
	memcpy(load->etag, field, n);
	connection_close(c);
	load->polls = 0;
}

static void make_request(struct load *load)
{
	bool is_conditional = load->etag[0] != '\0';

	snprintf(load->request, sizeof(load->request),
		"GET %s HTTP/1.1\r\nHost: localhost:%u\r\n%s%s%s%s\r\n", load->path,
		(unsigned)load->port, is_conditional ? "If-None-Match: " : "", load->etag,
		is_conditional ? "\r\n" : "",
		is_conditional && load->mode == MODE_PARKED ? "Prefer: wait=55\r\n" : "");
}

static void report(const struct load *load, uint64_t elapsed_ns, uint64_t cpu_us, int64_t rss_kb)
{
	const char *name = load->mode == MODE_POLLS ? "polls" : "handshakes";
	double seconds = (double)elapsed_ns / 1e9;

	printf("%s_connections=%llu\n", load->prefix, (unsigned long long)load->connections);
	printf("%s_failures=%llu\n", load->prefix, (unsigned long long)load->failures);
	if (load->mode == MODE_PARKED) {
		printf("%s_answered=%llu\n", load->prefix, (unsigned long long)load->answered);
		printf("%s_server_kb_per_connection=%.1f\n", load->prefix,
			(double)rss_kb / (double)load->connections);
		return;
	}
	printf("%s_%s_per_second=%.0f\n", load->prefix, name, (double)load->polls / seconds);
	if (load->pids != NULL && load->polls > 0)
		printf("%s_server_cpu_us_per_%.*s=%.1f\n", load->prefix, (int)strlen(name) - 1, name,
			(double)cpu_us / (double)load->polls);
}

static SSL_CTX *make_tls(const char *cert, const char *key, const char *ca)
{
	SSL_CTX *tls = SSL_CTX_new(TLS_client_method());

	if (tls == NULL || SSL_CTX_set_min_proto_version(tls, TLS1_3_VERSION) != 1 ||
		SSL_CTX_use_certificate_file(tls, cert, SSL_FILETYPE_PEM) != 1 ||
		SSL_CTX_use_PrivateKey_file(tls, key, SSL_FILETYPE_PEM) != 1 ||
		SSL_CTX_load_verify_locations(tls, ca, NULL) != 1)
		die("TLS material");
	SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_mode(tls, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_AUTO_RETRY);
	SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF);
	return tls;
}

static void set_mode(struct load *load, const char *name)
{
	static const char *const names[] = {"polls", "handshakes", "parked"};

	for (int i = 0; i < 3; i++) {
		if (strcmp(name, names[i]) == 0) {
			load->mode = (enum mode)i;
			return;
		}
	}
	fprintf(stderr, "bench_poll: --mode %s: polls, handshakes or parked\n", name);
	exit(2);
}

static uint64_t number(const char *text, uint64_t max)
{
	uint64_t value;

	if (!vk_parse_uint(text, 1, max, &value)) {
		fprintf(stderr, "bench_poll: %s: expected a number from 1 to %llu\n", text,
			(unsigned long long)max);
		exit(2);
	}
	return value;
}

static void parse_options(struct load *load, int argc, char **argv)
{
	static const struct option options[] = {
		{"mode", 1, NULL, 'm'}, {"port", 1, NULL, 'p'}, {"cert", 1, NULL, 'c'},
		{"key", 1, NULL, 'k'}, {"ca", 1, NULL, 'a'}, {"path", 1, NULL, 'u'},
		{"connections", 1, NULL, 'n'}, {"seconds", 1, NULL, 's'}, {"pid", 1, NULL, 'i'},
		{"prefix", 1, NULL, 'x'}, {NULL, 0, NULL, 0}};
	const char *cert = NULL, *key = NULL, *ca = NULL;
	int opt;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (opt) {
		case 'm': set_mode(load, optarg); break;
		case 'p': load->port = number(optarg, 65535); break;
		case 'c': cert = optarg; break;
		case 'k': key = optarg; break;
		case 'a': ca = optarg; break;
		case 'u': load->path = optarg; break;
		case 'n': load->connections = number(optarg, MAX_CONNECTIONS); break;
		case 's': load->seconds = number(optarg, MAX_SECONDS); break;
		case 'i': load->pids = optarg; break;
		case 'x': load->prefix = optarg; break;
		default: exit(2);
		}
	}
	if (load->port == 0 || cert == NULL || key == NULL || ca == NULL || load->path == NULL) {
		fprintf(stderr, "usage: bench_poll --mode MODE --port P --cert F --key F --ca F --path PATH\n");
		exit(2);
	}
	load->tls = make_tls(cert, key, ca);
}

int main(int argc, char **argv)
{
	static struct load load = {.connections = 32, .seconds = 3, .prefix = "vkcfg"};
	uint64_t cpu_before, cpu_after, rss_before, rss_after, started;

	parse_options(&load, argc, argv);
	load.conns = calloc(load.connections, sizeof(*load.conns));
	load.epoll = epoll_create1(EPOLL_CLOEXEC);
	if (load.conns == NULL || load.epoll < 0)
		die("start");
	enum mode mode = load.mode;
	load.mode = MODE_POLLS;
	make_request(&load);
	learn_etag(&load);
	load.mode = mode;
	make_request(&load);

	for (uint64_t i = 0; mode != MODE_PARKED && i < load.connections; i++) {
		load.conns[i].reply = malloc(REPLY_BYTES);
		if (load.conns[i].reply == NULL)
			die("memory");
	}
	server_usage(load.pids, &cpu_before, &rss_before);
	started = now_ns();
	for (uint64_t i = 0; i < load.connections; i++)
		connection_open(&load, &load.conns[i]);
	run(&load);
	server_usage(load.pids, &cpu_after, &rss_after);
	report(&load, now_ns() - started, cpu_after - cpu_before, (int64_t)rss_after - (int64_t)rss_before);
	return EXIT_SUCCESS;
}
