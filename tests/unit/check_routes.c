/* SPDX-License-Identifier: BSD-3-Clause */
/* Walks the route table with every role and none, everywhere, in the right environment and in the
 * wrong one: who may call what, and what tells the environment, is written down twice. */
#include "config.h"

#include "server/routes.h"

#include <string.h>

#include "server/identity.h"
#include "server/view.h"
#include "tests/unit/unit.h"

/* Callers, one letter each: s stranger, h host, n user without a role, and users with one role: v
 * viewer, a author, p approver, o operator, u auditor, d admin. */
static const struct {
	char letter;
	struct view_identity identity;
} callers[] = {
	{'s', {.kind = IDENTITY_STRANGER, .name = "", .environment = ""}},
	{'h', {.kind = IDENTITY_HOST, .name = "db1", .environment = "prod"}},
	{'n', {.kind = IDENTITY_USER, .roles = ROLE_NONE, .name = "x", .environment = ""}},
	{'v', {.kind = IDENTITY_USER, .roles = ROLE_VIEWER, .name = "x", .environment = ""}},
	{'a', {.kind = IDENTITY_USER, .roles = ROLE_AUTHOR, .name = "x", .environment = ""}},
	{'p', {.kind = IDENTITY_USER, .roles = ROLE_APPROVER, .name = "x", .environment = ""}},
	{'o', {.kind = IDENTITY_USER, .roles = ROLE_OPERATOR, .name = "x", .environment = ""}},
	{'u', {.kind = IDENTITY_USER, .roles = ROLE_AUDITOR, .name = "x", .environment = ""}},
	{'d', {.kind = IDENTITY_USER, .roles = ROLE_ADMIN, .name = "x", .environment = ""}},
};

#define USERS "vapoud"
#define N ENVIRONMENT_NONE
#define FLEET ENVIRONMENT_FLEET

/* docs/formats.md, "Admin and agent API", read once more. */
static const struct {
	const char *method, *pattern, *allowed;
	enum route_environment environment;
} expected[] = {
	{"POST", "/v1/enrol", "s", N},
	{"POST", "/v1/wait", "s", N},
	{"GET", "/v1/waiting", "o", ENVIRONMENT_LIST},
	{"POST", "/v1/waiting/{name}/approve", "o", ENVIRONMENT_BODY},
	{"POST", "/v1/waiting/{name}/reject", "o", ENVIRONMENT_BODY},
	{"POST", "/v1/renew", "h" USERS, N},
	{"GET", "/v1/whoami", "hn" USERS, N},
	{"GET", "/v1/ca", "hn" USERS, N},
	{"GET", "/v1/ca/lacking", USERS, FLEET},
	{"POST", "/v1/hosts/{name}/readmit", "o", ENVIRONMENT_HOST},
	{"POST", "/v1/users/{name}/readmit", "d", FLEET},
	{"GET", "/v1/agent/desired", "h", N},
	{"GET", "/v1/agent/bundles/{env}/{number}", "h", ENVIRONMENT_PATH},
	{"POST", "/v1/agent/report", "h", N},
	{"POST", "/v1/agent/lease", "h", N},
	{"POST", "/v1/agent/handover", "h", N},
	{"GET", "/v1/agent/handover", "h", N},
	{"GET", "/tuf/{file*}", "h" USERS, N},
	{"POST", "/v1/trees", "a", N},
	{"POST", "/v1/changes", "a", ENVIRONMENT_BODY},
	{"GET", "/v1/trees/{digest}", USERS, ENVIRONMENT_TREE},
	{"GET", "/v1/changes", USERS, ENVIRONMENT_LIST},
	{"GET", "/v1/changes/{id}", USERS, ENVIRONMENT_CHANGE},
	{"POST", "/v1/changes/{id}/approve", "p", ENVIRONMENT_CHANGE},
	{"POST", "/v1/changes/{id}/reject", "ap", ENVIRONMENT_CHANGE},
	{"GET", "/v1/releases", USERS, ENVIRONMENT_LIST},
	{"POST", "/v1/releases", "d", FLEET},
	{"GET", "/v1/releases/{env}/{number}", USERS, ENVIRONMENT_PATH},
	{"GET", "/v1/agent/secrets/{digest}", "h", N},
	{"POST", "/v1/secrets", "a", ENVIRONMENT_ENVELOPE},
	{"GET", "/v1/secrets", USERS, ENVIRONMENT_LIST},
	{"GET", "/v1/secrets/{digest}", "apo", ENVIRONMENT_SECRET},
	{"POST", "/v1/secrets/{digest}/seals", "apo", ENVIRONMENT_SECRET},
	{"POST", "/v1/secrets/{digest}/remove", "a", ENVIRONMENT_SECRET},
	{"GET", "/v1/hosts", USERS, ENVIRONMENT_LIST},
	{"GET", "/v1/hosts/{name}", USERS, ENVIRONMENT_HOST},
	{"POST", "/v1/hosts", "o", ENVIRONMENT_BODY},
	{"POST", "/v1/hosts/{name}/revoke", "o", ENVIRONMENT_HOST},
	{"GET", "/v1/users", USERS, N},
	{"POST", "/v1/users", "d", FLEET},
	{"POST", "/v1/users/{name}/roles", "d", FLEET},
	{"POST", "/v1/users/{name}/revoke", "d", FLEET},
	{"GET", "/v1/status", USERS, ENVIRONMENT_LIST},
	{"GET", "/v1/drift", USERS, ENVIRONMENT_LIST},
	{"GET", "/v1/drift/members", USERS, ENVIRONMENT_LIST},
	{"GET", "/v1/announcements", USERS, ENVIRONMENT_LIST},
	{"POST", "/v1/announcements", "p", ENVIRONMENT_BODY},
	{"POST", "/v1/announcements/end", "po", ENVIRONMENT_BODY},
	{"GET", "/v1/audit", USERS, FLEET},
	{"GET", "/v1/log/consistency", "hn" USERS, N},
	{"GET", "/v1/log/inclusion", "hn" USERS, N},
	{"GET", "/v1/log/witnesses", USERS, FLEET},
	{"GET", "/log/checkpoint", "hn" USERS, N},
	{"GET", "/log/tile/entries/{tile*}", USERS, FLEET},
	{"GET", "/log/tile/{level}/{tile*}", "hn" USERS, N},
	{"GET", "/v1/online-keys", "d", FLEET},
	{"POST", "/v1/tuf", "d", FLEET},
	{"POST", "/v1/refresh", "pd", ENVIRONMENT_FILES},
	{"GET", "/metrics", "hn" USERS, N},
	{"GET", "/healthz", "hn" USERS, N},
	{"GET", "/readyz", "hn" USERS, N},
};

static size_t find_expected(const struct route *route)
{
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		if (strcmp(expected[i].method, route->method) == 0 &&
			strcmp(expected[i].pattern, route->pattern) == 0)
			return i;
	}
	ck_abort_msg("%s %s: nobody has said who may", route->method, route->pattern);
	return 0;
}

START_TEST(every_route_lets_in_exactly_whom_it_should)
{
	for (size_t i = 0; i < route_count; i++) {
		const char *allowed = expected[find_expected(&routes[i])].allowed;

		for (size_t c = 0; c < sizeof(callers) / sizeof(callers[0]); c++) {
			bool is_let_in = route_permits(&routes[i], &callers[c].identity);

			ck_assert_msg(is_let_in == (strchr(allowed, callers[c].letter) != NULL),
				"%s %s: caller '%c' is %s", routes[i].method, routes[i].pattern,
				callers[c].letter, is_let_in ? "let in" : "refused");
		}
	}
}
END_TEST

START_TEST(every_route_says_where_its_environment_stands)
{
	for (size_t i = 0; i < route_count; i++) {
		ck_assert_msg(routes[i].environment != ENVIRONMENT_UNSAID &&
				      routes[i].environment ==
					      expected[find_expected(&routes[i])].environment,
			"%s %s", routes[i].method, routes[i].pattern);
		/* What a handler would show of other environments, it must be asked not to. */
		if (routes[i].environment == ENVIRONMENT_PATH)
			ck_assert_ptr_nonnull(strstr(routes[i].pattern, "{env}"));
	}
}
END_TEST

/* A user with this caller's role in dev alone. */
static struct view_identity limit(const struct view_identity *caller, struct identity_scope *scope)
{
	struct view_identity limited = *caller;

	*scope = (struct identity_scope){.environment = "dev", .roles = caller->roles};
	limited.roles = ROLE_NONE;
	limited.scopes = scope;
	limited.scope_count = 1;
	return limited;
}

START_TEST(a_role_of_one_environment_is_none_in_another_and_none_for_the_fleet)
{
	for (size_t i = 0; i < route_count; i++) {
		const struct route *route = &routes[i];
		const char *allowed = expected[find_expected(route)].allowed;
		bool is_for_all = (route->permission & PERMISSION_ANY) != 0;

		for (size_t c = 0; c < sizeof(callers) / sizeof(callers[0]); c++) {
			bool is_allowed = strchr(allowed, callers[c].letter) != NULL;
			struct identity_scope scope;
			struct view_identity caller;

			if (callers[c].identity.roles == ROLE_NONE)
				continue;
			caller = limit(&callers[c].identity, &scope);
			ck_assert_msg(
				route_permits_in(route, &caller, "dev") ==
					(is_allowed && route->environment != ENVIRONMENT_FLEET),
				"%s %s: caller '%c@dev' in dev", route->method, route->pattern,
				callers[c].letter);
			ck_assert_msg(route_permits_in(route, &caller, "prod") == is_for_all,
				"%s %s: caller '%c@dev' in prod", route->method, route->pattern,
				callers[c].letter);
			if (route->environment == ENVIRONMENT_FLEET)
				ck_assert(!route_permits(route, &caller));
		}
	}
}
END_TEST

START_TEST(a_host_has_its_own_environment_only)
{
	const struct view_identity host = {
		.kind = IDENTITY_HOST, .name = "db1", .environment = "dev"};

	for (size_t i = 0; i < route_count; i++) {
		if ((routes[i].permission & PERMISSION_ANY) == 0)
			ck_assert(!route_permits_in(&routes[i], &host, "prod"));
	}
}
END_TEST

START_TEST(a_route_that_does_not_say_its_environment_is_denied_to_everybody)
{
	const struct route open = {.method = "GET",
		.pattern = "/",
		.permission = PERMISSION_ANY | PERMISSION_ENROL,
		.handler = route_whoami};

	for (size_t c = 0; c < sizeof(callers) / sizeof(callers[0]); c++) {
		ck_assert(!route_permits(&open, &callers[c].identity));
		ck_assert(!route_permits_in(&open, &callers[c].identity, "prod"));
	}
}
END_TEST

START_TEST(a_route_without_permission_is_denied_to_everybody)
{
	const struct route open = {.method = "GET",
		.pattern = "/",
		.environment = ENVIRONMENT_NONE,
		.handler = route_whoami};

	for (size_t c = 0; c < sizeof(callers) / sizeof(callers[0]); c++)
		ck_assert(!route_permits(&open, &callers[c].identity));
}
END_TEST

START_TEST(nothing_of_the_documented_api_is_missing)
{
	ck_assert_uint_eq(route_count, sizeof(expected) / sizeof(expected[0]));
	for (size_t i = 0; i < route_count; i++) {
		ck_assert_ptr_nonnull(routes[i].handler);
		ck_assert(
			(strcmp(routes[i].method, "GET") == 0) == (routes[i].max_body_bytes == 0));
	}
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("routes");
	TCase *tc = tcase_create("core");

	tcase_add_test(tc, a_route_without_permission_is_denied_to_everybody);
	tcase_add_test(tc, a_route_that_does_not_say_its_environment_is_denied_to_everybody);
	tcase_add_test(tc, a_role_of_one_environment_is_none_in_another_and_none_for_the_fleet);
	tcase_add_test(tc, a_host_has_its_own_environment_only);
	tcase_add_test(tc, every_route_says_where_its_environment_stands);
	tcase_add_test(tc, every_route_lets_in_exactly_whom_it_should);
	tcase_add_test(tc, nothing_of_the_documented_api_is_missing);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
