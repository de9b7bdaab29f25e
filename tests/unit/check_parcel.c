/* SPDX-License-Identifier: BSD-3-Clause */
/* Files that stand in for the server, and the agent's way of asking them. */
#include "config.h"

#include "common/parcel.h"

#include <stdio.h>
#include <string.h>

#include "client/pull/source.h"
#include "common/vkjson.h"
#include "tests/unit/unit.h"

enum { FILE_MAX_BYTES = 65536 };

static enum vk_rc parse(const char *text, struct vk_err *err)
{
	struct parcel *parcel = NULL;
	enum vk_rc rc = parcel_parse(text, strlen(text), &parcel, err);

	parcel_free(parcel);
	return rc;
}

START_TEST(refuses_every_wrong_member)
{
	static const struct {
		const char *text, *reason;
	} cases[] = {
		{"", "JSON"},
		{"[]", "format"},
		{"{\"format\":\"vkcfg-parcel/2\"}", "understands"},
		{"{\"format\":\"vkcfg-parcel/1\"}", "'fleet'"},
		{"{\"format\":\"vkcfg-parcel/1\",\"fleet\":\"a\",\"host\":\"b\",\"environment\":"
		 "\"c\"}",
			"'answers'"},
		{"{\"format\":\"vkcfg-parcel/1\",\"fleet\":\"a\",\"host\":\"B\",\"environment\":"
		 "\"c\",\"answers\":{}}",
			"no name"},
		{"{\"format\":\"vkcfg-parcel/1\",\"fleet\":\"a\",\"host\":\"b\",\"environment\":"
		 "\"c\",\"answers\":{},\"more\":1}",
			"unknown member"},
		{"{\"format\":\"vkcfg-parcel/1\",\"fleet\":\"a\",\"host\":\"b\",\"environment\":"
		 "\"c\",\"answers\":{\"tuf\":\"\"}}",
			"no path"},
		{"{\"format\":\"vkcfg-parcel/1\",\"fleet\":\"a\",\"host\":\"b\",\"environment\":"
		 "\"c\",\"answers\":{\"/a b\":\"\"}}",
			"no path"},
		{"{\"format\":\"vkcfg-parcel/1\",\"fleet\":\"a\",\"host\":\"b\",\"environment\":"
		 "\"c\",\"answers\":{\"/a\":1}}",
			"a string or an object"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct vk_err err = VK_ERR_INIT;

		assert_fails(parse(cases[i].text, &err), VK_EINPUT);
		ck_assert_msg(strstr(err.msg, cases[i].reason) != NULL, "%zu: %s", i, err.msg);
	}
}
END_TEST

START_TEST(refuses_what_is_too_large)
{
	struct parcel *parcel = parcel_new("demo", "db1", "prod");
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf out;
	char target[64];

	for (int i = 0; i <= PARCEL_MAX_ANSWERS; i++) {
		snprintf(target, sizeof(target), "/tuf/%d.root.json", i);
		parcel_add(parcel, target, "", 0);
	}
	vk_buf_init(&out, PARCEL_MAX_BYTES);
	assert_fails(parcel_format(parcel, &out, &err), VK_ELIMIT);
	vk_buf_release(&out);
	parcel_free(parcel);
}
END_TEST

static void add_json(struct parcel *parcel, const char *target, const char *text)
{
	struct vk_err err = VK_ERR_INIT;
	struct vkjson *json = NULL;

	assert_ok(vkjson_parse(text, strlen(text), &json, &err), err);
	parcel_add_json(parcel, target, json);
}

static struct parcel *make(void)
{
	struct parcel *parcel = parcel_new("demo", "db1", "prod");

	parcel_add(parcel, "/tuf/1.root.json", "{ \"a\":\n1}", 9);
	add_json(parcel, "/v1/agent/desired",
		"{\"release\":2,\"checkpoint\":\"demo/log\\n30\\nxyz\\n\"}");
	add_json(parcel, "/v1/log/consistency?from=7&to=30", "{\"proof\":[\"aa\"]}");
	add_json(parcel, "/v1/log/consistency?from=19&to=30", "{\"proof\":[\"bb\"]}");
	return parcel;
}

START_TEST(comes_back_as_it_was_written)
{
	struct parcel *parcel = make(), *again = NULL;
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf first, second;

	vk_buf_init(&first, FILE_MAX_BYTES);
	vk_buf_init(&second, FILE_MAX_BYTES);
	assert_ok(parcel_format(parcel, &first, &err), err);
	assert_ok(parcel_parse(first.data, first.len, &again, &err), err);
	assert_ok(parcel_format(again, &second, &err), err);
	ck_assert_str_eq(first.data, second.data);
	ck_assert_str_eq(parcel_host(again), "db1");
	vk_buf_reset(&first);
	assert_ok(parcel_get(again, "/tuf/1.root.json", &first, &err), err);
	ck_assert_str_eq(first.data, "{ \"a\":\n1}");
	assert_fails(parcel_get(again, "/tuf/2.root.json", &first, &err), VK_ENOTFOUND);
	vk_buf_release(&first);
	vk_buf_init(&first, 4);
	assert_fails(parcel_get(again, "/tuf/1.root.json", &first, &err), VK_ELIMIT);
	vk_buf_release(&second);
	vk_buf_release(&first);
	parcel_free(again);
	parcel_free(parcel);
}
END_TEST

START_TEST(says_from_where_its_host_gets_on)
{
	struct parcel *parcel = make();
	uint64_t sizes[4] = {0};

	ck_assert_uint_eq(parcel_log_sizes(parcel, sizes, 4), 3);
	ck_assert_uint_eq(sizes[0] + sizes[1] + sizes[2], 7 + 19 + 30);
	ck_assert_uint_eq(parcel_log_sizes(parcel, sizes, 2), 2);
	ck_assert_uint_eq(sizes[0] + sizes[1], 19 + 30);
	ck_assert_uint_eq(parcel_log_sizes(parcel, sizes, 0), 0);
	parcel_free(parcel);
}
END_TEST

START_TEST(answers_in_the_place_of_the_server)
{
	struct parcel *parcel = make();
	const struct source source = {.parcel = parcel};
	struct httpc_reply reply = HTTPC_REPLY_INIT;
	struct vk_err err = VK_ERR_INIT;

	assert_fails(source_get(&source, "/tuf/2.root.json", 100, &reply, &err), VK_ENOTFOUND);
	ck_assert_int_eq(reply.status, 404);
	assert_ok(source_get(&source, "/v1/agent/desired?log=19", 1000, &reply, &err), err);
	ck_assert_int_eq(reply.status, 200);
	ck_assert_ptr_nonnull(
		strstr(reply.body, "\"consistency\":{\"from\":19,\"proof\":[\"bb\"],\"to\":30}"));
	assert_ok(source_get(&source, "/v1/agent/desired?log=20", 1000, &reply, &err), err);
	ck_assert_ptr_null(strstr(reply.body, "consistency"));
	assert_fails(source_get(&source, "/v1/agent/desired?log=7", 10, &reply, &err), VK_ELIMIT);
	httpc_reply_release(&reply);
	parcel_free(parcel);
}
END_TEST

START_TEST(without_server_and_file_nobody_answers)
{
	const struct source source = {.client = NULL};
	struct httpc_reply reply = HTTPC_REPLY_INIT;
	struct vk_err err = VK_ERR_INIT;

	assert_fails(source_get(&source, "/tuf/2.root.json", 100, &reply, &err), VK_EUNAVAIL);
	httpc_reply_release(&reply);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("parcel");
	TCase *tc = tcase_create("parcel");

	tcase_add_test(tc, refuses_every_wrong_member);
	tcase_add_test(tc, refuses_what_is_too_large);
	tcase_add_test(tc, comes_back_as_it_was_written);
	tcase_add_test(tc, says_from_where_its_host_gets_on);
	tcase_add_test(tc, answers_in_the_place_of_the_server);
	tcase_add_test(tc, without_server_and_file_nobody_answers);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
