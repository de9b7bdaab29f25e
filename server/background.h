/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One thread for what takes longer than a worker may be held up: reading large
 * trees, rendering. Jobs run one by one, in order; a job ends by handing its
 * result on (to the writer, or to a worker by worker_post()).
 */
#ifndef VK_BACKGROUND_H
#define VK_BACKGROUND_H

#include "common/err.h"

enum { BACKGROUND_QUEUE_MAX = 64 };

/* Embedded in what the job works on. */
struct background_job {
	void (*run)(struct background_job *job); /* on the background thread */
	struct background_job *next;		 /* background's own */
};

struct background;

VK_CHECKED enum vk_rc background_start(struct background **out, struct vk_err *err);

/* Any thread. VK_EUNAVAIL if too many jobs wait; run() is then never called. */
VK_CHECKED enum vk_rc background_submit(
	struct background *background, struct background_job *job, struct vk_err *err);

/* Finishes the jobs that wait, then the thread. NULL does nothing. */
void background_stop(struct background *background);

#endif
