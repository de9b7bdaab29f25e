/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/route.h"

#include <stdio.h>
#include <string.h>

#include "common/http.h"
#include "server/quota.h"
#include "server/view.h"

#include "tests/unit/unit.h"

static const struct route table[] = {
	{.method = "GET", .pattern = "/"},
	{.method = "GET", .pattern = "/v1/changes"},
	{.method = "POST", .pattern = "/v1/changes"},
	{.method = "GET", .pattern = "/v1/changes/new"},
	{.method = "GET", .pattern = "/v1/changes/{id}"},
	{.method = "POST", .pattern = "/v1/changes/{id}/approve"},
	{.method = "GET", .pattern = "/v1/releases/{env}/{number}"},
	{.method = "GET", .pattern = "/tuf/{file*}"},
};
enum { COUNT = sizeof(table) / sizeof(table[0]) };

static struct http_parser *request(const char *method, const char *path)
{
	struct http_parser *p = http_request_parser_new();
	char text[256];
	size_t used;
	int len = snprintf(text, sizeof(text), "%s %s HTTP/1.1\r\nHost: a\r\n%s\r\n", method, path,
		strcmp(method, "POST") == 0 ? "Content-Length: 0\r\n" : "");

	ck_assert_int_eq(http_parse(p, text, (size_t)len, &used), HTTP_HEAD);
	return p;
}

START_TEST(finds_routes)
{
	static const struct {
		const char *method;
		const char *path;
		enum route_match match;
		int index;
	} rows[] = {
		{"GET", "/", ROUTE_FOUND, 0},
		{"GET", "/v1", ROUTE_NO_PATH, 0},
		{"GET", "/v1/changes", ROUTE_FOUND, 1},
		{"POST", "/v1/changes", ROUTE_FOUND, 2},
		{"DELETE", "/v1/changes", ROUTE_NO_METHOD, 0},
		{"GET", "/v1/changes/new", ROUTE_FOUND, 3},
		{"GET", "/v1/changes/117", ROUTE_FOUND, 4},
		{"GET", "/v1/changes/117/approve", ROUTE_NO_METHOD, 0},
		{"POST", "/v1/changes/117/approve", ROUTE_FOUND, 5},
		{"POST", "/v1/changes/117/approve/x", ROUTE_NO_PATH, 0},
		{"GET", "/v1/releases/prod/42", ROUTE_FOUND, 6},
		{"GET", "/v1/releases/prod", ROUTE_NO_PATH, 0},
		{"GET", "/tuf", ROUTE_NO_PATH, 0},
		{"GET", "/tuf/timestamp.json", ROUTE_FOUND, 7},
		{"GET", "/tuf/targets/prod/a.42.json", ROUTE_FOUND, 7},
		{"GET", "/V1/changes", ROUTE_NO_PATH, 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct http_parser *p = request(rows[i].method, rows[i].path);
		const struct route *route = NULL;

		ck_assert_msg(route_find(table, COUNT, p, &route) == rows[i].match, "row %zu", i);
		if (rows[i].match == ROUTE_FOUND)
			ck_assert_msg(route == &table[rows[i].index], "row %zu", i);
		else
			ck_assert_ptr_null(route);
		http_parser_free(p);
	}
}
END_TEST

START_TEST(gives_parameters)
{
	struct http_parser *p = request("GET", "/v1/releases/prod/42");

	ck_assert_str_eq(route_param(&table[6], p, "env"), "prod");
	ck_assert_str_eq(route_param(&table[6], p, "number"), "42");
	ck_assert_str_eq(route_param(&table[6], p, "env"), "prod");
	ck_assert_ptr_null(route_param(&table[6], p, "en"));
	http_parser_free(p);
	p = request("GET", "/tuf/targets/prod/a.42.json");
	ck_assert_str_eq(route_param(&table[7], p, "file"), "targets/prod/a.42.json");
	http_parser_free(p);
}
END_TEST

START_TEST(lists_allowed_methods)
{
	struct http_parser *p = request("DELETE", "/v1/changes");
	char allow[64];

	route_allowed_methods(table, COUNT, p, allow, sizeof(allow));
	ck_assert_str_eq(allow, "GET, POST");
	http_parser_free(p);
}
END_TEST

START_TEST(permits_by_the_column_alone)
{
	static const struct {
		unsigned permission;
		enum identity_kind kind;
		unsigned roles;
		bool is_permitted;
	} rows[] = {
		{PERMISSION_NONE, IDENTITY_USER, ROLE_ALL, false},
		{PERMISSION_NONE, IDENTITY_HOST, 0, false},
		{PERMISSION_NONE, IDENTITY_STRANGER, 0, false},
		{PERMISSION_ANY, IDENTITY_STRANGER, ROLE_ALL, false},
		{PERMISSION_ANY, IDENTITY_HOST, 0, true},
		{PERMISSION_ANY, IDENTITY_USER, 0, true},
		{PERMISSION_ENROL, IDENTITY_STRANGER, 0, true},
		{PERMISSION_ENROL, IDENTITY_USER, ROLE_ALL, false},
		{PERMISSION_ENROL, IDENTITY_HOST, ROLE_ALL, false},
		{PERMISSION_HOST, IDENTITY_USER, ROLE_ALL, false},
		{PERMISSION_HOST, IDENTITY_HOST, 0, true},
		{PERMISSION_VIEWER, IDENTITY_HOST, ROLE_ALL, false},
		{PERMISSION_VIEWER, IDENTITY_USER, 0, false},
		{PERMISSION_VIEWER, IDENTITY_USER, ROLE_AUTHOR, true},
		{PERMISSION_AUTHOR, IDENTITY_USER, ROLE_ALL & ~ROLE_AUTHOR, false},
		{PERMISSION_APPROVER, IDENTITY_USER, ROLE_ALL & ~ROLE_APPROVER, false},
		{PERMISSION_OPERATOR, IDENTITY_USER, ROLE_ALL & ~ROLE_OPERATOR, false},
		{PERMISSION_AUDITOR, IDENTITY_USER, ROLE_ALL & ~ROLE_AUDITOR, false},
		{PERMISSION_ADMIN, IDENTITY_USER, ROLE_ALL & ~ROLE_ADMIN, false},
		{PERMISSION_ADMIN, IDENTITY_USER, ROLE_ADMIN, true},
		{PERMISSION_AUTHOR | PERMISSION_APPROVER, IDENTITY_USER, ROLE_APPROVER, true},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct route route = {
			.permission = rows[i].permission, .environment = ENVIRONMENT_NONE};
		const struct view_identity caller = {.kind = rows[i].kind, .roles = rows[i].roles};

		ck_assert_msg(
			route_permits(&route, &caller) == rows[i].is_permitted, "row %zu", i);
	}
}
END_TEST

START_TEST(permits_in_one_environment_what_is_permitted_there)
{
	static const struct identity_scope scopes[] = {{"dev", ROLE_AUTHOR}, {"prod", ROLE_VIEWER}};
	const struct view_identity limited = {
		.kind = IDENTITY_USER, .scopes = scopes, .scope_count = 2};
	const struct view_identity everywhere = {.kind = IDENTITY_USER, .roles = ROLE_AUTHOR};
	const struct view_identity host = {.kind = IDENTITY_HOST, .environment = "dev"};
	struct route route = {.permission = PERMISSION_AUTHOR, .environment = ENVIRONMENT_PATH};

	ck_assert(route_permits(&route, &limited) && route_is_limited(&route, &limited));
	ck_assert(!route_permits_in(&route, &limited, "prod"));
	ck_assert(!route_permits_in(&route, &limited, ""));
	ck_assert(!route_permits_in(&route, &limited, "de"));
	ck_assert(route_permits_in(&route, &limited, "dev"));
	ck_assert(route_permits_in(&route, &everywhere, "prod"));
	ck_assert(!route_is_limited(&route, &everywhere));
	ck_assert(!route_permits_in(&route, &host, "dev"));
	route.environment = ENVIRONMENT_FLEET;
	ck_assert(!route_permits(&route, &limited) && !route_permits_in(&route, &limited, "dev"));
	ck_assert(route_permits(&route, &everywhere));
	route.environment = ENVIRONMENT_UNSAID;
	ck_assert(!route_permits(&route, &everywhere));
	ck_assert(!route_permits_in(&route, &everywhere, "dev"));
	route = (struct route){.permission = PERMISSION_HOST, .environment = ENVIRONMENT_PATH};
	ck_assert(!route_permits_in(&route, &host, "prod"));
	ck_assert(route_permits_in(&route, &host, "dev"));
}
END_TEST

START_TEST(a_denial_names_the_roles_that_may)
{
	const struct route people = {.permission = PERMISSION_AUTHOR | PERMISSION_ADMIN};
	const struct route hosts = {.permission = PERMISSION_HOST};
	const struct route nobody = {.permission = PERMISSION_NONE};
	struct vk_err err = VK_ERR_INIT;

	ck_assert_int_eq(vk_err_set(&err, VK_EDENIED, "no"), VK_EDENIED);
	route_hint_permission(&nobody, NULL, &err);
	ck_assert_str_eq(err.hint, "");
	route_hint_permission(&people, NULL, &err);
	ck_assert_str_eq(err.hint, "it takes a user with the role author or admin");
	route_hint_permission(&people, "prod", &err);
	ck_assert_str_eq(err.hint, "it takes a user with the role author or admin in prod");
	route_hint_permission(&hosts, "prod", &err);
	ck_assert_str_eq(err.hint, "only hosts may");
}
END_TEST

START_TEST(a_quota_counts_each_key_by_itself)
{
	struct quota *quota = quota_new(2);
	struct quota *none = quota_new(0);
	uint8_t a[QUOTA_KEY_BYTES] = {1};
	uint8_t b[QUOTA_KEY_BYTES] = {2};

	ck_assert(quota_take(quota, a));
	ck_assert(quota_take(quota, a));
	ck_assert(!quota_take(quota, a));
	ck_assert(quota_take(quota, b));
	quota_give(quota, a);
	ck_assert(quota_take(quota, a));
	quota_give(quota, a);
	quota_give(quota, a);
	quota_give(quota, b);
	for (int i = 0; i < 100; i++)
		ck_assert(quota_take(none, a));
	quota_give(none, a);
	quota_free(quota);
	quota_free(none);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("route");
	TCase *tc = tcase_create("core");

	tcase_add_test(tc, permits_by_the_column_alone);
	tcase_add_test(tc, permits_in_one_environment_what_is_permitted_there);
	tcase_add_test(tc, a_denial_names_the_roles_that_may);
	tcase_add_test(tc, finds_routes);
	tcase_add_test(tc, gives_parameters);
	tcase_add_test(tc, lists_allowed_methods);
	tcase_add_test(tc, a_quota_counts_each_key_by_itself);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
