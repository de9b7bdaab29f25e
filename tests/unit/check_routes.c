/* SPDX-License-Identifier: BSD-3-Clause */
/* Walks the route table with every role and none: who may call what is written down twice. */
#include "config.h"

#include "server/routes.h"

#include <string.h>

#include "server/identity.h"
#include "server/view.h"
#include "tests/unit/unit.h"

/* Callers, one letter each: s stranger, h host, v user without a role (a viewer), and users with
 * one role: a author, p approver, o operator, u auditor, d admin. */
static const struct {
	char letter;
	struct view_identity identity;
} callers[] = {
	{'s', {.kind = IDENTITY_STRANGER, .name = "", .environment = ""}},
	{'h', {.kind = IDENTITY_HOST, .name = "db1", .environment = "prod"}},
	{'v', {.kind = IDENTITY_USER, .roles = ROLE_NONE, .name = "x", .environment = ""}},
	{'a', {.kind = IDENTITY_USER, .roles = ROLE_AUTHOR, .name = "x", .environment = ""}},
	{'p', {.kind = IDENTITY_USER, .roles = ROLE_APPROVER, .name = "x", .environment = ""}},
	{'o', {.kind = IDENTITY_USER, .roles = ROLE_OPERATOR, .name = "x", .environment = ""}},
	{'u', {.kind = IDENTITY_USER, .roles = ROLE_AUDITOR, .name = "x", .environment = ""}},
	{'d', {.kind = IDENTITY_USER, .roles = ROLE_ADMIN, .name = "x", .environment = ""}},
};

#define USERS "vapoud"

/* docs/formats.md, "Admin and agent API", read once more. */
static const struct {
	const char *method, *pattern, *allowed;
} expected[] = {
	{"POST", "/v1/enrol", "s"},
	{"POST", "/v1/renew", "h" USERS},
	{"GET", "/v1/whoami", "h" USERS},
	{"GET", "/v1/agent/desired", "h"},
	{"GET", "/v1/agent/bundles/{env}/{number}", "h"},
	{"POST", "/v1/agent/report", "h"},
	{"GET", "/tuf/{file*}", "h" USERS},
	{"POST", "/v1/trees", "a"},
	{"POST", "/v1/changes", "a"},
	{"GET", "/v1/trees/{digest}", USERS},
	{"GET", "/v1/changes", USERS},
	{"GET", "/v1/changes/{id}", USERS},
	{"POST", "/v1/changes/{id}/approve", "p"},
	{"POST", "/v1/changes/{id}/reject", "ap"},
	{"GET", "/v1/releases", USERS},
	{"GET", "/v1/releases/{env}/{number}", USERS},
	{"GET", "/v1/agent/secrets/{digest}", "h"},
	{"POST", "/v1/secrets", "a"},
	{"GET", "/v1/secrets", USERS},
	{"GET", "/v1/secrets/{digest}", "apo"},
	{"POST", "/v1/secrets/{digest}/seals", "apo"},
	{"POST", "/v1/secrets/{digest}/remove", "a"},
	{"GET", "/v1/hosts", USERS},
	{"GET", "/v1/hosts/{name}", USERS},
	{"POST", "/v1/hosts", "o"},
	{"POST", "/v1/hosts/{name}/revoke", "o"},
	{"GET", "/v1/users", USERS},
	{"POST", "/v1/users", "d"},
	{"POST", "/v1/users/{name}/revoke", "d"},
	{"GET", "/v1/status", USERS},
	{"GET", "/v1/drift", USERS},
	{"GET", "/v1/audit", USERS},
	{"GET", "/v1/log/consistency", "h" USERS},
	{"GET", "/v1/log/inclusion", "h" USERS},
	{"GET", "/v1/log/witnesses", USERS},
	{"GET", "/log/checkpoint", "h" USERS},
	{"GET", "/log/tile/entries/{tile*}", USERS},
	{"GET", "/log/tile/{level}/{tile*}", "h" USERS},
	{"GET", "/v1/online-keys", "d"},
	{"POST", "/v1/tuf", "d"},
	{"POST", "/v1/refresh", "pd"},
	{"GET", "/metrics", "h" USERS},
	{"GET", "/healthz", "h" USERS},
	{"GET", "/readyz", "h" USERS},
};

static const char *find_expected(const struct route *route)
{
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		if (strcmp(expected[i].method, route->method) == 0 &&
			strcmp(expected[i].pattern, route->pattern) == 0)
			return expected[i].allowed;
	}
	return NULL;
}

START_TEST(every_route_lets_in_exactly_whom_it_should)
{
	for (size_t i = 0; i < route_count; i++) {
		const char *allowed = find_expected(&routes[i]);

		ck_assert_msg(allowed != NULL, "%s %s: nobody has said who may", routes[i].method,
			routes[i].pattern);
		for (size_t c = 0; c < sizeof(callers) / sizeof(callers[0]); c++) {
			bool is_let_in = route_permits(&routes[i], &callers[c].identity);

			ck_assert_msg(is_let_in == (strchr(allowed, callers[c].letter) != NULL),
				"%s %s: caller '%c' is %s", routes[i].method, routes[i].pattern,
				callers[c].letter, is_let_in ? "let in" : "refused");
		}
	}
}
END_TEST

START_TEST(a_route_without_permission_is_denied_to_everybody)
{
	const struct route open = {.method = "GET", .pattern = "/", .handler = route_whoami};

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
	tcase_add_test(tc, every_route_lets_in_exactly_whom_it_should);
	tcase_add_test(tc, nothing_of_the_documented_api_is_missing);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
