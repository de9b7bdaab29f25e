/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Load on an HTTPS server that wants client certificates: what many agents with nothing to do ask.
 * It speaks plain OpenSSL and epoll on purpose, so that it measures the server and not our own
 * client, and so that it can ask another server the same.
 *
 *   bench_poll --mode MODE --port P --host DIR --path PATH
 *              [--connections N] [--seconds S] [--pid SERVER] [--prefix NAME] [--then COMMAND]
 *
 * polls        keep-alive connections that poll as fast as they get answers
 * handshakes   a new connection with a full handshake for each poll
 * resumptions  a new connection that resumes the last one's session for each poll, as the agent
 * does parked       connections that wait with `Prefer: wait=55`; the server's memory for each (a
 * server that answers at once has idle connections instead). --then is what makes the server answer
 *              them: how long after the first the others have their answer
 *
 * DIR holds tls.crt, tls.key and ca.crt of the host that all connections come from: vkcfgd must
 * grant one certificate so many (max-connections-per-identity).
 *
 * Output: key=value lines. --pid names the server's processes, separated by commas: their CPU time
 * and resident memory are reported per poll and per connection.
 */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
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
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/num.h"
#include "tests/bench/usage.h"

#include "common/banned.h"

enum {
	MAX_CONNECTIONS = 100000,
	MAX_SECONDS = 3600,
	MAX_EVENTS = 256,
	REPLY_BYTES = 65536,
	MAX_FAILURES = 1000,
	HANDSHAKES_AT_ONCE = 32,
	PARK_SETTLE_MS = 1000,	 /* no reply for so long: all that were sent are parked */
	PARK_LONGEST_MS = 60000, /* they may take so long to get there */
	ANSWER_LONGEST_MS = 20000,
};

enum mode { MODE_POLLS, MODE_HANDSHAKES, MODE_RESUMPTIONS, MODE_PARKED };

static const char *const mode_names[] = {"polls", "handshakes", "resumptions", "parked"};

/* What a connection waits for. */
enum state {
	STATE_CONNECT, /* the TLS handshake, TCP's included */
	STATE_SEND,    /* room for the request */
	STATE_REPLY,   /* the reply */
	STATE_PARKED,  /* nothing: it stays open until the end */
};

struct connection {
	SSL *ssl;
	SSL_SESSION *session; /* to be resumed by the next connection here, or NULL */
	int fd;
	enum state state;
	uint64_t answered_ns; /* when a parked one got its answer; 0: not yet */
	size_t reply_len;
	char *reply; /* REPLY_BYTES, or NULL where the shared one serves */
};

struct load {
	enum mode mode;
	const char *path;
	const char *pids;
	const char *prefix;
	const char *then;
	uint64_t port, connections, seconds;
	SSL_CTX *tls;
	int epoll;
	char request[2048];
	char etag[256];
	char reply[REPLY_BYTES];
	struct connection *conns;
	uint64_t opened, polls, resumed, failures, parked, answered;
	uint64_t last_progress_ns, started_ns;
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
	if (c->session != NULL)
		SSL_set_session(c->ssl, c->session);
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

/* True if the step is done; otherwise the connection waits for what TLS wants, or is opened anew.
 */
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
	if (load->failures > MAX_FAILURES)
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

/* The ticket has come before the reply. */
static void keep_session(struct connection *c)
{
	SSL_SESSION_free(c->session);
	c->session = SSL_get1_session(c->ssl);
}

static void on_reply(struct load *load, struct connection *c)
{
	load->polls++;
	c->reply_len = 0;
	if (load->mode == MODE_HANDSHAKES || load->mode == MODE_RESUMPTIONS) {
		load->resumed += SSL_session_reused(c->ssl) == 1;
		if (load->mode == MODE_RESUMPTIONS)
			keep_session(c);
		connection_close(c);
		connection_open(load, c);
		return;
	}
	c->state = STATE_SEND;
}

/* Session tickets come here too. What an answer says does not matter. */
static void read_parked(struct load *load, struct connection *c)
{
	int rc = SSL_read(c->ssl, load->reply, REPLY_BYTES - 1);

	if (rc <= 0) {
		if (SSL_get_error(c->ssl, rc) != SSL_ERROR_WANT_READ) {
			load->failures++;
			connection_close(c);
		}
		return;
	}
	if (c->answered_ns == 0) {
		c->answered_ns = now_ns();
		load->answered++;
	}
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
		read_parked(load, c);
		return;
	}
}

static uint64_t since_ms(uint64_t then_ns)
{
	return (now_ns() - then_ns) / 1000000u;
}

static bool is_finished(const struct load *load)
{
	if (load->mode == MODE_PARKED)
		return (load->parked + load->failures >= load->connections &&
			       since_ms(load->last_progress_ns) > PARK_SETTLE_MS) ||
		       since_ms(load->started_ns) > PARK_LONGEST_MS;
	return since_ms(load->started_ns) >= load->seconds * 1000;
}

static void handle_events(struct load *load)
{
	struct epoll_event events[MAX_EVENTS];
	int n = epoll_wait(load->epoll, events, MAX_EVENTS, 100);

	for (int i = 0; i < n; i++)
		step(load, events[i].data.ptr);
}

/* Those that are to park come a few at a time, as hosts do: else the memory that their handshakes
 * need at the same time would be measured. */
static void open_more(struct load *load)
{
	uint64_t under_way = load->opened - load->parked;

	for (; load->opened < load->connections; load->opened++, under_way++) {
		if (load->mode == MODE_PARKED && under_way >= HANDSHAKES_AT_ONCE)
			return;
		connection_open(load, &load->conns[load->opened]);
	}
}

static void run(struct load *load)
{
	load->started_ns = load->last_progress_ns = now_ns();
	while (!is_finished(load)) {
		open_more(load);
		handle_events(load);
	}
}

/* Runs the command that makes the server answer all who wait; returns when they are answered. */
static void wait_for_answers(struct load *load)
{
	uint64_t begun = now_ns();
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		dup2(STDERR_FILENO, STDOUT_FILENO);
		execl("/bin/sh", "sh", "-c", load->then, (char *)NULL);
		_exit(127);
	}
	if (pid < 0)
		die("fork");
	while (load->answered < load->connections && since_ms(begun) < ANSWER_LONGEST_MS)
		handle_events(load);
	if (waitpid(pid, &status, 0) != pid || status != 0)
		fprintf(stderr, "bench_poll: %s: failed\n", load->then);
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

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* How long after the first of them the parked connections had their answers. */
static void report_answers(const struct load *load)
{
	uint64_t *times = calloc(load->connections, sizeof(*times));
	size_t count = 0;

	if (times == NULL)
		die("memory");
	for (uint64_t i = 0; i < load->connections; i++) {
		if (load->conns[i].answered_ns != 0)
			times[count++] = load->conns[i].answered_ns;
	}
	qsort(times, count, sizeof(*times), compare);
	printf("%s_answered=%zu\n", load->prefix, count);
	if (count > 0) {
		printf("%s_answered_p50_ms=%.1f\n", load->prefix,
			(double)(times[count / 2] - times[0]) / 1e6);
		printf("%s_answered_p99_ms=%.1f\n", load->prefix,
			(double)(times[count * 99 / 100] - times[0]) / 1e6);
	}
	free(times);
}

static void report(const struct load *load, uint64_t elapsed_ns, uint64_t cpu_us, int64_t rss_kb)
{
	const char *name = mode_names[load->mode];

	if (load->mode == MODE_PARKED) {
		printf("%s_connections=%llu\n", load->prefix,
			(unsigned long long)load->connections);
		printf("%s_failures=%llu\n", load->prefix, (unsigned long long)load->failures);
		printf("%s_server_kb_per_connection=%.1f\n", load->prefix,
			(double)rss_kb / (double)load->connections);
		return;
	}
	printf("%s_%s_connections=%llu\n", load->prefix, name,
		(unsigned long long)load->connections);
	printf("%s_%s_failures=%llu\n", load->prefix, name, (unsigned long long)load->failures);
	if (load->mode == MODE_RESUMPTIONS)
		printf("%s_%s_resumed=%.3f\n", load->prefix, name,
			(double)load->resumed / (double)load->polls);
	printf("%s_%s_per_second=%.0f\n", load->prefix, name,
		(double)load->polls * 1e9 / (double)elapsed_ns);
	if (load->pids != NULL && load->polls > 0)
		printf("%s_server_cpu_us_per_%.*s=%.1f\n", load->prefix, (int)strlen(name) - 1,
			name, (double)cpu_us / (double)load->polls);
}

static const char *in_host(const char *dir, const char *name)
{
	static char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path))
		die(dir);
	return path;
}

static SSL_CTX *make_tls(const char *dir)
{
	SSL_CTX *tls = SSL_CTX_new(TLS_client_method());

	if (tls == NULL || SSL_CTX_set_min_proto_version(tls, TLS1_3_VERSION) != 1 ||
		SSL_CTX_use_certificate_file(tls, in_host(dir, "tls.crt"), SSL_FILETYPE_PEM) != 1 ||
		SSL_CTX_use_PrivateKey_file(tls, in_host(dir, "tls.key"), SSL_FILETYPE_PEM) != 1 ||
		SSL_CTX_load_verify_locations(tls, in_host(dir, "ca.crt"), NULL) != 1)
		die(dir);
	SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, NULL);
	/* As the agent: the leaf alone goes out. */
	SSL_CTX_set_mode(
		tls, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_AUTO_RETRY | SSL_MODE_NO_AUTO_CHAIN);
	SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF);
	return tls;
}

static void set_mode(struct load *load, const char *name)
{
	for (int i = MODE_POLLS; i <= MODE_PARKED; i++) {
		if (strcmp(name, mode_names[i]) == 0) {
			load->mode = (enum mode)i;
			return;
		}
	}
	fprintf(stderr, "bench_poll: --mode %s: polls, handshakes, resumptions or parked\n", name);
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
	static const struct option options[] = {{"mode", 1, NULL, 'm'}, {"port", 1, NULL, 'p'},
		{"host", 1, NULL, 'h'}, {"path", 1, NULL, 'u'}, {"connections", 1, NULL, 'n'},
		{"seconds", 1, NULL, 's'}, {"pid", 1, NULL, 'i'}, {"prefix", 1, NULL, 'x'},
		{"then", 1, NULL, 't'}, {NULL, 0, NULL, 0}};
	const char *host = NULL;
	int opt;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (opt) {
		case 'm':
			set_mode(load, optarg);
			break;
		case 'p':
			load->port = number(optarg, 65535);
			break;
		case 'h':
			host = optarg;
			break;
		case 't':
			load->then = optarg;
			break;
		case 'u':
			load->path = optarg;
			break;
		case 'n':
			load->connections = number(optarg, MAX_CONNECTIONS);
			break;
		case 's':
			load->seconds = number(optarg, MAX_SECONDS);
			break;
		case 'i':
			load->pids = optarg;
			break;
		case 'x':
			load->prefix = optarg;
			break;
		default:
			exit(2);
		}
	}
	if (load->port == 0 || host == NULL || load->path == NULL) {
		fprintf(stderr, "usage: bench_poll --mode MODE --port P --host DIR --path PATH\n");
		exit(2);
	}
	load->tls = make_tls(host);
}

int main(int argc, char **argv)
{
	static struct load load = {.connections = 32, .seconds = 3, .prefix = "vkcfg"};
	uint64_t cpu_before, cpu_after, rss_before, rss_after;

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
	usage_read(load.pids, &cpu_before, &rss_before);
	run(&load);
	usage_read(load.pids, &cpu_after, &rss_after);
	report(&load, now_ns() - load.started_ns, cpu_after - cpu_before,
		(int64_t)rss_after - (int64_t)rss_before);
	if (mode == MODE_PARKED && load.then != NULL) {
		wait_for_answers(&load);
		report_answers(&load);
	}
	return EXIT_SUCCESS;
}
