/* SPDX-License-Identifier: BSD-3-Clause */
/* The host's certificate lives 30 days and renews itself at two thirds of its life, or when the root
 * names a newer CA; ca.crt follows the CAs that the root names. */
#ifndef VK_PULL_RENEWAL_H
#define VK_PULL_RENEWAL_H

#include "client/pull/agent.h"
#include "common/ca_set.h"

/* Fetches the CAs that the verified root names (list; empty: it names none). Then asks for a new
 * certificate if it is time, checks that it is for this host and its key, and keeps it. A failure is
 * logged; as a rule there are ten days left to try again. */
void renewal_check(struct agent *agent, const struct ca_list *list);

/* After the server has refused this host: takes back the certificate before the last renewal, if that
 * is still good. Whoever stole the CA's key could have been the server when it was renewed, and have
 * given one that the server does not know. */
void renewal_take_back(struct agent *agent);

/* The certificate in cert_pem must be this host's, for the key in STATE/tls.key. */
VK_CHECKED enum vk_rc renewal_check_certificate(const char *cert_pem, const char *key_pem,
	const char *fleet, const char *host, struct vk_err *err);

#endif
