/* SPDX-License-Identifier: BSD-3-Clause */
/* All connections of one worker. */
#include "config.h"

#include "server/conn.h"

#include <assert.h>
#include <stdlib.h>

#include "common/mem.h"
#include "server/view.h"

#include "common/banned.h"

enum { WOKEN_AT_ONCE = 128 /* before new events get their turn */ };

void conn_env_init(struct conn_env *env)
{
	env->tls = vktls_ctx_ref(env->options->tls);
	TAILQ_INIT(&env->conns);
	TAILQ_INIT(&env->parked);
	TAILQ_INIT(&env->woken);
	TAILQ_INIT(&env->closed);
	env->read_buf = xmalloc(CONN_READ_BYTES);
	vk_buf_init(&env->out, 4 * CONN_READ_BYTES);
}

void conn_env_release(struct conn_env *env)
{
	assert(TAILQ_EMPTY(&env->conns) && TAILQ_EMPTY(&env->closed));
	view_unref(env->view);
	env->view = NULL;
	vktls_ctx_free(env->tls);
	vk_buf_release(&env->out);
	free(env->read_buf);
}

void conn_env_set_tls(struct conn_env *env, struct vktls_ctx *tls)
{
	vktls_ctx_free(env->tls);
	env->tls = tls;
}

void conn_env_refresh_view(struct conn_env *env)
{
	if (env->view != NULL && view_slot_is_current(env->options->views, env->view))
		return;
	view_unref(env->view);
	env->view = view_slot_get(env->options->views);
}

void conn_env_wake_all(struct conn_env *env)
{
	struct conn *conn;

	conn_env_refresh_view(env); /* or a worker without requests would keep the old one alive */
	TAILQ_FOREACH(conn, &env->parked, park_link)
		conn->is_woken = true;
	TAILQ_CONCAT(&env->woken, &env->parked, park_link);
}

bool conn_env_run_woken(struct conn_env *env)
{
	for (int i = 0; i < WOKEN_AT_ONCE && !TAILQ_EMPTY(&env->woken); i++)
		conn_redispatch(TAILQ_FIRST(&env->woken));
	return !TAILQ_EMPTY(&env->woken);
}

void conn_env_drain(struct conn_env *env)
{
	struct conn *next;

	env->is_draining = true;
	for (struct conn *conn = TAILQ_FIRST(&env->conns); conn != NULL; conn = next) {
		next = TAILQ_NEXT(conn, link); /* closing moves only conn itself */
		conn_drain(conn);
	}
}

void conn_env_close_all(struct conn_env *env)
{
	struct conn *next;

	for (struct conn *conn = TAILQ_FIRST(&env->conns); conn != NULL; conn = next) {
		next = TAILQ_NEXT(conn, link);
		conn_close(conn);
	}
}

void conn_env_reap(struct conn_env *env)
{
	while (!TAILQ_EMPTY(&env->closed)) {
		struct conn *conn = TAILQ_FIRST(&env->closed);

		TAILQ_REMOVE(&env->closed, conn, link);
		conn_free(conn);
	}
}
