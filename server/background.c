/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/background.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>

#include "common/mem.h"

#include "common/banned.h"

struct background {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct background_job *first, **last;
	unsigned waiting;
	bool is_stopping;
};

/* The next job; NULL when there is none and none will come. */
static struct background_job *take(struct background *background)
{
	struct background_job *job;

	pthread_mutex_lock(&background->lock);
	while (background->first == NULL && !background->is_stopping)
		pthread_cond_wait(&background->wake, &background->lock);
	job = background->first;
	if (job != NULL) {
		background->first = job->next;
		if (background->first == NULL)
			background->last = &background->first;
		background->waiting--;
	}
	pthread_mutex_unlock(&background->lock);
	return job;
}

static void *run(void *arg)
{
	struct background *background = arg;
	struct background_job *job;

	while ((job = take(background)) != NULL)
		job->run(job);
	return NULL;
}

enum vk_rc background_start(struct background **out, struct vk_err *err)
{
	struct background *background = xcalloc(1, sizeof(*background));
	sigset_t all, old;
	int reason;

	pthread_mutex_init(&background->lock, NULL);
	pthread_cond_init(&background->wake, NULL);
	background->last = &background->first;
	sigfillset(&all); /* signals are the main thread's */
	pthread_sigmask(SIG_SETMASK, &all, &old);
	reason = pthread_create(&background->thread, NULL, run, background);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (reason != 0) {
		free(background);
		return vk_err_errno(err, VK_EIO, reason, "cannot start a thread");
	}
	*out = background;
	return VK_OK;
}

enum vk_rc background_submit(
	struct background *background, struct background_job *job, struct vk_err *err)
{
	bool is_taken;

	job->next = NULL;
	pthread_mutex_lock(&background->lock);
	is_taken = !background->is_stopping && background->waiting < BACKGROUND_QUEUE_MAX;
	if (is_taken) {
		*background->last = job;
		background->last = &job->next;
		background->waiting++;
		pthread_cond_signal(&background->wake);
	}
	pthread_mutex_unlock(&background->lock);
	return is_taken ? VK_OK : vk_err_set(err, VK_EUNAVAIL, "too many submissions wait");
}

void background_stop(struct background *background)
{
	if (background == NULL)
		return;
	pthread_mutex_lock(&background->lock);
	background->is_stopping = true;
	pthread_cond_signal(&background->wake);
	pthread_mutex_unlock(&background->lock);
	pthread_join(background->thread, NULL);
	pthread_mutex_destroy(&background->lock);
	pthread_cond_destroy(&background->wake);
	free(background);
}
