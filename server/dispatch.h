/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From a request to its handler: who asks, what for, and whether he may. Done when the head is
 * complete, so that a body is read only from somebody who may send it, and once more when the
 * body is, because a revocation may have come in between.
 */
#ifndef VK_SERVER_DISPATCH_H
#define VK_SERVER_DISPATCH_H

#include <stdbool.h>

struct request;

/* Finds identity and route of the request. If it is not to be served, answers it and returns
 * false; the request must not be touched then. */
bool dispatch_admit(struct request *req);

/* Calls the handler of an admitted request, if the caller may make it in its environment. */
void dispatch_run(struct request *req);

#endif
