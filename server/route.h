/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The route table: which request goes where, and who may make it. The table is the only place
 * where permission is decided: two columns say which role it takes, and in which environment. A
 * route that leaves one of them out is denied to everybody.
 *
 * A pattern is a path whose segments are literal, or {name} for any one segment, or, at the end,
 * {name*} for one or more. No two patterns of one method match the same path except that a literal
 * segment is preferred to a {name} by standing earlier in the table.
 *
 * Dispatch answers by itself: 400 (not HTTP as common/http wants it, unknown query parameter), 401 (certificate unknown,
 * revoked or expired), 403 (not permitted), 404, 405 with Allow, 413, 415. Everything else is the
 * handler's.
 */
#ifndef VK_SERVER_ROUTE_H
#define VK_SERVER_ROUTE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"

struct http_parser;
struct request;
struct view_identity;

/* Bits of a set. An empty set in the route table denies everybody. */
enum permission {
	PERMISSION_NONE = 0,
	PERMISSION_ENROL = 1 << 0,  /* a self-signed certificate; no other permission goes with it */
	PERMISSION_ANY = 1 << 1,    /* every enrolled identity */
	PERMISSION_HOST = 1 << 2,   /* every host */
	PERMISSION_VIEWER = 1 << 3, /* every user; the rest as the role of the same name */
	PERMISSION_AUTHOR = 1 << 4,
	PERMISSION_APPROVER = 1 << 5,
	PERMISSION_OPERATOR = 1 << 6,
	PERMISSION_AUDITOR = 1 << 7,
	PERMISSION_ADMIN = 1 << 8,
};

/* See server/request.h for what a handler may and must do. */
typedef void route_handler(struct request *request);

/* Where it stands which environment a request is about: the caller needs the permission there. */
enum route_environment {
	ENVIRONMENT_UNSAID = 0, /* nobody has said: denied to everybody */
	ENVIRONMENT_NONE,	/* about no environment: the permission in any of them suffices */
	ENVIRONMENT_FLEET,	/* about all of them: it takes the permission for the whole fleet */
	ENVIRONMENT_LIST, /* in any of them; the handler shows those alone (query_filter()). With the
			   * query parameter "environment" in that one */
	ENVIRONMENT_PATH, /* {env} of the pattern */
	ENVIRONMENT_BODY, /* the body's member "environment" */
	ENVIRONMENT_ENVELOPE, /* in the envelope of a secret, the body's member "body" */
	ENVIRONMENT_FILES,  /* the roles whose files the body's member "files" has: in all of them */
	ENVIRONMENT_CHANGE, /* that of the change {id} */
	ENVIRONMENT_HOST,   /* that of the host {name} */
	ENVIRONMENT_TREE,   /* those for which the tree {digest} was submitted: in one of them */
	ENVIRONMENT_SECRET, /* that of the secret {digest} */
};

struct route {
	const char *method; /* "GET", "POST" */
	const char *pattern;
	unsigned permission; /* enum permission: one of these suffices; 0 denies */
	enum route_environment environment;
	route_handler *handler;
	size_t max_body_bytes;    /* 0: a body is refused */
	const char *content_type; /* of the request's body; NULL: application/json */
	/* Names of the query parameters that the handler reads, NULL-terminated; NULL: none. */
	const char *const *parameters;
};

/* The server's table (server/routes.c). */
extern const struct route routes[];
extern const size_t route_count;

enum route_match {
	ROUTE_FOUND,
	ROUTE_NO_PATH,   /* 404 */
	ROUTE_NO_METHOD, /* 405 */
};

/* Finds the route of a request whose head is complete; *out is set with ROUTE_FOUND only. */
enum route_match route_find(const struct route *table, size_t count,
	const struct http_parser *request, const struct route **out);

/* The value of Allow for this path: "GET, POST"; size as large as the table needs (64). */
void route_allowed_methods(const struct route *table, size_t count,
	const struct http_parser *request, char *out, size_t size);

/* The segments that {name} or {name*} stands for in this request; NULL if the pattern has none. */
const char *route_param(const struct route *route, struct http_parser *request, const char *name);

/* Whether this caller may use the route in some environment (for ENVIRONMENT_FLEET: in all). These
 * two functions are the one place that decides; server/access.h finds the environment. */
bool route_permits(const struct route *route, const struct view_identity *caller);

/* Whether he may use it in this one. */
bool route_permits_in(const struct route *route, const struct view_identity *caller,
	const char *environment);

/* Whether the answer depends on the environment: he has the permission, but not in all of them. */
bool route_is_limited(const struct route *route, const struct view_identity *caller);

/* Sets the hint of a denial: whom the route's permission column lets in. environment: NULL, or
 * where. */
void route_hint_permission(
	const struct route *route, const char *environment, struct vk_err *err);

#endif
