/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What handlers work with: request_context() points to one of these. Set up by
 * server.c before the first request, the same until the last.
 */
#ifndef VK_CONTEXT_H
#define VK_CONTEXT_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct authority;
struct background;
struct denials;
struct expiry;
struct handovers;
struct own_pki;
struct readers;
struct signer;
struct throttle;
struct waiting;
struct worker_pool;
struct writer;

struct context {
	const char *fleet;
	struct authority *authority; /* the fleet's CAs */
	struct own_pki *own_pki;     /* NULL: certificates are of the fleet's CA */
	struct expiry *expiry;	     /* of certificates */
	struct writer *writer;
	struct signer *signer;
	struct readers *readers;
	struct background *background;
	struct denials *denials;
	struct throttle *throttle;   /* of strangers */
	struct waiting *waiting;     /* hosts that ask to be let in */
	struct handovers *handovers; /* primaries that wait for a replica to take over */
	struct worker_pool *workers; /* for statistics, and to wake those who wait for news */

	/* Settings that SIGHUP may change. */
	_Atomic int64_t host_certificate_seconds;
	_Atomic int64_t user_certificate_seconds;
	_Atomic int64_t expiry_warning_seconds;
	_Atomic int64_t author_quota_bytes;
	_Atomic int64_t max_restarts; /* at once, of an environment; 0: no limit */

	atomic_bool is_ready; /* false while starting and draining */
};

#endif
