/* SPDX-License-Identifier: BSD-3-Clause */
/* Hosts and, as far as they have reported, their instances and what drifts there. */
#ifndef VK_STORE_HOST_H
#define VK_STORE_HOST_H

#include "server/store/store.h"

struct store_drift {
	const char *host;
	const char *instance;
	const char *kind; /* see docs/formats.md, report */
	const char *name;
	const char *expected;
	const char *actual;
	const char *action; /* see docs/formats.md, report */
	const char *cause;  /* "unauthorised", "server-owned", "pending", "emergency" */
	const char *ticket; /* of an emergency; else "" */
	int64_t until;	    /* when that is over; else 0 */
	int64_t since;	    /* when it was first reported */
};

/* The last that a host said of one of its instances. */
struct store_instance {
	const char *name;
	int64_t release; /* 0: none installed */
	const char *generation;
	const char *state;  /* see docs/formats.md, report */
	const char *health; /* "ok", "down", "degraded" */
	const char *valkey; /* version that runs */
	const char *outcome;
	const char *error; /* code name; "" if none */
	const char *detail;
	int64_t reported;
	const struct store_drift *drift;
	size_t drift_count;
	const char *shard; /* "GROUP/NUMBER"; NULL or "": it stands alone */
	const char *facts; /* what its members have in common, JSON; NULL: nothing */
};

struct store_host {
	const char *name;
	const char *environment;
	const char *public_key; /* "ed25519:<hex>"; "" before enrolment */
	const char *warning;	/* of itself, in its last report */
	const char *agent;	/* version of vkcfg-pull; "" before the first report */
	int64_t created;
	int64_t enrolled;			/* 0: the token is still unused */
	int64_t last_seen;			/* 0: never */
	int64_t certificate_expires;		/* the newest certificate's; 0: none */
	int64_t revoked;			/* 0: not */
	int64_t witnessed;			/* entries of the audit log that it vouches for */
	int64_t witnessed_at;			/* 0: it has not done so yet */
	const struct store_instance *instances; /* by name */
	size_t instance_count;
};

/* Adds a host. Where one of that name exists: VK_ECONFLICT, unless it is revoked or has not
 * enrolled yet, when it gets the environment given here and may enrol (again); an approval that
 * it had as a waiting host is over. */
VK_CHECKED enum vk_rc store_add_host(struct store *store, const char *name, const char *environment,
	int64_t now, struct vk_err *err);

/* Enrolment: the host's key, which has cosigned nothing yet; lifts a revocation (of the host, not of its old certificates). */
VK_CHECKED enum vk_rc store_set_host_enrolled(struct store *store, const char *name,
	const char *public_key, int64_t now, struct vk_err *err);

/* Never moves back in time. */
VK_CHECKED enum vk_rc store_set_host_seen(
	struct store *store, const char *name, int64_t now, struct vk_err *err);

/* Revokes the host, all certificates and unused tokens. VK_ENOTFOUND; VK_ECONFLICT if revoked
 * already. */
VK_CHECKED enum vk_rc store_revoke_host(
	struct store *store, const char *name, int64_t now, struct vk_err *err);

/* The host's environment. VK_ENOTFOUND */
VK_CHECKED enum vk_rc store_get_host_environment(struct store *store, const char *name,
	struct arena *arena, const char **out, struct vk_err *err);

/* "ed25519:<hex>", or "" before enrolment. VK_ENOTFOUND */
VK_CHECKED enum vk_rc store_get_host_key(struct store *store, const char *name, struct arena *arena,
	const char **out, struct vk_err *err);

/* VK_ENOTFOUND */
VK_CHECKED enum vk_rc store_get_host(struct store *store, const char *name, struct arena *arena,
	struct store_host *out, struct vk_err *err);

struct store_host_list {
	const struct store_host *items;
	size_t count;
	const char *next;
};

/* By name, with instances and drift. */
VK_CHECKED enum vk_rc store_list_hosts(struct store *store, const struct store_filter *filter,
	const struct store_page *page, struct arena *arena, struct store_host_list *out,
	struct vk_err *err);

struct store_drift_list {
	const struct store_drift *items;
	size_t count;
	const char *next;
};

/* By host, instance, kind, name. Revoked hosts are left out. */
VK_CHECKED enum vk_rc store_list_drift(struct store *store, const struct store_filter *filter,
	const struct store_page *page, struct arena *arena, struct store_drift_list *out,
	struct vk_err *err);

#endif
