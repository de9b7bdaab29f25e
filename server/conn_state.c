/* SPDX-License-Identifier: BSD-3-Clause */
/* The states of a connection: what each is on, how long it may last, what it waits for. */
#include "config.h"

#include "server/conn.h"

#include "common/clock.h"

#include "common/banned.h"

enum {
	LINGER_MS = 2000,
	BYTES_PER_MS = 64, /* what a peer must manage at least: 64 KiB/s */
};

void conn_count(atomic_uint_fast64_t *counter)
{
	atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

/* How long a connection may stay in a state; 0: as long as it takes. */
static int64_t state_ms(const struct conn *conn, enum conn_state state)
{
	const struct worker_limits *limits = &conn->env->options->limits;

	switch (state) {
	case CONN_HANDSHAKE:
		return limits->handshake_ms;
	case CONN_IDLE:
		return conn->is_self_signed ? limits->head_ms : limits->idle_ms;
	case CONN_HEAD:
		return limits->head_ms;
	case CONN_BODY:
		return limits->transfer_ms +
			(int64_t)(http_content_length(conn->parser) / BYTES_PER_MS);
	case CONN_WRITE:
		return limits->transfer_ms +
			(int64_t)((conn->output.head_len + conn->output.body_len) / BYTES_PER_MS);
	case CONN_LINGER:
		return LINGER_MS;
	case CONN_PARKED: /* until what the request says */
	case CONN_ANSWER: /* the writer always answers */
	case CONN_CLOSED:
		break;
	}
	return 0;
}

/* The state is also the list that the connection is on. */
void conn_set_state(struct conn *conn, enum conn_state state)
{
	struct conn_env *env = conn->env;
	int64_t ms = state_ms(conn, state);

	if (conn->state == CONN_PARKED && conn->is_woken)
		TAILQ_REMOVE(&env->woken, conn, park_link);
	else if (conn->state == CONN_PARKED)
		TAILQ_REMOVE(&env->parked, conn, park_link);
	atomic_fetch_sub_explicit(&env->stats.states[conn->state], 1, memory_order_relaxed);
	conn->state = state;
	conn_count(&env->stats.states[state]);
	conn->is_woken = false;
	if (state == CONN_PARKED)
		TAILQ_INSERT_TAIL(&env->parked, conn, park_link);
	conn->deadline_ms = state == CONN_PARKED ? conn->request.park_until_ms
		: ms > 0                         ? vk_clock_monotonic_ms() + ms
						 : 0;
}

/* The timer may fire too early: deadlines mostly move away, and then it costs nothing. */
void conn_arm_timer(struct conn *conn)
{
	struct timeval timeout;
	int64_t left;

	if (conn->deadline_ms == 0 || (conn->timer_ms != 0 && conn->timer_ms <= conn->deadline_ms))
		return;
	left = conn->deadline_ms - vk_clock_monotonic_ms();
	if (left < 0)
		left = 0;
	timeout.tv_sec = (time_t)(left / 1000);
	timeout.tv_usec = (suseconds_t)(left % 1000) * 1000;
	event_add(&conn->timer, &timeout);
	conn->timer_ms = conn->deadline_ms;
}

void conn_wait_for(struct conn *conn, short events)
{
	conn_arm_timer(conn);
	if (conn->io_events == events)
		return;
	if (conn->io_events != 0)
		event_del(&conn->io);
	conn->io_events = events;
	if (events == 0)
		return;
	event_assign(&conn->io, conn->env->base, conn->fd, events | EV_PERSIST, conn_on_io, conn);
	event_add(&conn->io, NULL);
}
