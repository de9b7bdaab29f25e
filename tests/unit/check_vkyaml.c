/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/vkyaml.h"

#include <stdio.h>
#include <string.h>

#include "common/buf.h"
#include "tests/unit/unit.h"

/* Checks that text is refused with a message that holds part. */
static void refuse(const char *text, size_t len, enum vk_rc code, const char *part)
{
	struct vk_err err = VK_ERR_INIT;
	struct vkyaml *doc = NULL;

	assert_fails(vkyaml_parse("x.yaml", text, len, &doc, &err), code);
	ck_assert_ptr_null(doc);
	ck_assert_msg(strstr(err.msg, part) != NULL, "'%s' is not in '%s'", part, err.msg);
}

static void refuse_text(const char *text, const char *part)
{
	refuse(text, strlen(text), VK_EINPUT, part);
}

START_TEST(refuses_anchors_aliases_and_tags)
{
	refuse_text("a: &x 1\n", "x.yaml:1:4: anchors");
	refuse_text("a: &x [1]\n", "x.yaml:1:4: anchors");
	refuse_text("a: &x {b: 1}\n", "x.yaml:1:4: anchors");
	refuse_text("&k a: 1\n", "anchors");
	refuse_text("a: *x\n", "x.yaml:1:4: aliases");
	refuse_text("a: !!int 1\n", "x.yaml:1:4: tags");
	refuse_text("a: !x [1]\n", "tags");
	refuse_text("a: !x {b: 1}\n", "tags");
	refuse_text("a: ! 1\n", "tags");
}
END_TEST

START_TEST(refuses_a_bomb_of_aliases_at_its_first_anchor)
{
	refuse_text("a: &a [x,x,x,x,x,x,x,x,x]\n"
		    "b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
		    "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n",
		"x.yaml:1:4: anchors");
}
END_TEST

START_TEST(refuses_duplicate_keys_at_the_second_one)
{
	refuse_text("a: 1\nb: 2\na: 3\n", "x.yaml:3:1: key 'a' is already on line 1");
	refuse_text("{a: 1, 'a': 2}\n", "x.yaml:1:8: key 'a'");
}
END_TEST

START_TEST(refuses_bytes_that_are_no_text)
{
	refuse("a: b\nc\0d: 1\n", 12, VK_EINPUT, "x.yaml:2:2: a NUL byte");
	refuse_text("a: \"x\\0y\"\n", "x.yaml:1:4: a NUL byte");
	refuse_text("a: \xff\xfe\n", "x.yaml:1:4");
	refuse_text("a: \xc0\x80\n", "x.yaml:1:4");
	refuse_text("a: \xed\xa0\x80\n", "x.yaml:1:4");
	refuse_text("a: \x01\n", "x.yaml:1:4");
	refuse("\xff\xfe"
	       "a\0:\0",
		6, VK_EINPUT, "NUL");
}
END_TEST

START_TEST(refuses_what_is_not_one_document_of_maps_lists_and_texts)
{
	refuse_text("a: 1\n---\nb: 2\n", "x.yaml:2:1: a second document");
	refuse_text("? [a]\n: 1\n", "a key must be a text");
	refuse_text("a: [1\n", "x.yaml:2:1");
	refuse_text("a: 1\n b: 2\n", "x.yaml:2:3");
	refuse_text("\ta: 1\n", "x.yaml:1:1");
}
END_TEST

START_TEST(says_what_was_meant_where_it_can_read_no_further)
{
	static const struct {
		const char *text, *hint;
	} mistakes[] = {
		{"config:\n\tport: 1\n", "indent with spaces: YAML allows no tab there"},
		{"a: %x\n", "put a text that begins with '%' in quotes"},
		{"a: @x\n", "put a text that begins with '@' in quotes"},
		{"\303\244\303\266: `x`\n", "put a text that begins with '`' in quotes"},
		{"a: *x\n", "put a text that begins with '*' in quotes"},
		{"a: &x\n", "put a text that begins with '&' in quotes"},
		{"a: !x\n", "put a text that begins with '!' in quotes"},
		{"a: {{ x }}\n", "put a text that begins with '{' in quotes"},
		{"a: b: c\n", "put a text that has ': ' in it in quotes"},
		{"key\nother: 1\n",
			"is ':' and a space behind the name missing in the line before?"},
		{"port:1\nb: 2\n",
			"is ':' and a space behind the name missing in the line before?"},
		{"a: 1\nb: \"x\nc: 1\n", "the quote that opens in line 2 is never closed"},
		{"a: 'x\n", "the quote that opens in line 1 is never closed"},
		{"a: \"\\d\"\n",
			"in double quotes \\ begins an escape: write \\\\, or take single quotes"},
		{"x: 1\na: [1, 2\nb: 3\n", "the '[' of line 2 is not closed before here; a text "
					   "with , [ ] { } in it stands in quotes"},
		{"a: {b: 1\n", "the '{' of line 1 is not closed before here; a text with , [ ] { "
			       "} in it stands in quotes"},
		{"  a: 1\n b: 2\n", "indent it like the first line of the file"},
		{"w:\n - rule: x\n   where: y\n  reason: z\n",
			"indent it like the other lines of the map or list that begins in line 2"},
	};

	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		struct vk_err err = VK_ERR_INIT;
		struct vkyaml *doc = NULL;

		assert_fails(vkyaml_parse("x.yaml", mistakes[i].text, strlen(mistakes[i].text),
				     &doc, &err),
			VK_EINPUT);
		ck_assert_str_eq(err.hint, mistakes[i].hint);
	}
}
END_TEST

START_TEST(refuses_to_pass_its_limits)
{
	struct vk_buf buf;

	vk_buf_init(&buf, 16 * 1024 * 1024);
	for (int i = 0; i < 10 * 1024 * 1024; i++)
		vk_buf_addc(&buf, 'x');
	refuse(buf.data, buf.len, VK_ELIMIT, "larger than");
	vk_buf_reset(&buf);
	for (int i = 0; i < 100; i++)
		vk_buf_addc(&buf, '[');
	refuse(buf.data, buf.len, VK_ELIMIT, "nested deeper");
	vk_buf_reset(&buf);
	vk_buf_addc(&buf, '[');
	for (int i = 0; i < VKYAML_MAX_NODES; i++)
		vk_buf_adds(&buf, "1,");
	vk_buf_addc(&buf, ']');
	refuse(buf.data, buf.len, VK_ELIMIT, "more than");
	vk_buf_release(&buf);
}
END_TEST

START_TEST(refuses_or_accepts_a_text_cut_at_every_byte_without_harm)
{
	static const char text[] = "a: [1, 'b', \"c\\n\"]\nd:\n  e: |\n    x\n  f: {g: h}\n";
	struct vk_err err = VK_ERR_INIT;

	for (size_t len = 0; len < sizeof(text); len++) {
		struct vkyaml *doc = NULL;

		if (vkyaml_parse("x.yaml", text, len, &doc, &err) == VK_OK)
			vkyaml_free(doc);
		else
			ck_assert_ptr_null(doc);
	}
}
END_TEST

START_TEST(knows_where_each_node_stands)
{
	static const char text[] = "a: 1\nb:\n  - x\n  - {c: \"\"}\nd: ~\n";
	struct vk_err err = VK_ERR_INIT;
	const struct vkyaml_node *root, *list, *map;
	struct vkyaml *doc;

	assert_ok(vkyaml_parse("x.yaml", text, strlen(text), &doc, &err), err);
	root = vkyaml_root(doc);
	ck_assert_int_eq(vkyaml_kind(root), VKYAML_MAP);
	ck_assert_uint_eq(vkyaml_count(root), 3);
	ck_assert_str_eq(vkyaml_key(root, 1), "b");
	ck_assert_uint_eq(vkyaml_key_mark(root, 1).line, 2);
	list = vkyaml_get(root, "b");
	ck_assert_uint_eq(vkyaml_count(list), 2);
	ck_assert_str_eq(vkyaml_text(vkyaml_at(list, 0)), "x");
	ck_assert_uint_eq(vkyaml_mark(vkyaml_at(list, 0)).line, 3);
	ck_assert_uint_eq(vkyaml_mark(vkyaml_at(list, 0)).column, 5);
	map = vkyaml_at(list, 1);
	ck_assert_str_eq(vkyaml_text(vkyaml_get(map, "c")), "");
	ck_assert(!vkyaml_is_null(vkyaml_get(map, "c")));
	ck_assert(vkyaml_is_null(vkyaml_get(root, "d")));
	ck_assert_ptr_null(vkyaml_get(root, "e"));
	ck_assert_ptr_null(vkyaml_get(list, "e"));
	vkyaml_free(doc);
}
END_TEST

START_TEST(an_empty_text_has_no_root)
{
	struct vk_err err = VK_ERR_INIT;
	struct vkyaml *doc;

	assert_ok(vkyaml_parse("x.yaml", "# nothing\n", 10, &doc, &err), err);
	ck_assert_ptr_null(vkyaml_root(doc));
	vkyaml_free(doc);
	assert_ok(vkyaml_parse("x.yaml", "", 0, &doc, &err), err);
	ck_assert_ptr_null(vkyaml_root(doc));
	vkyaml_free(doc);
}
END_TEST

START_TEST(finds_each_of_many_keys)
{
	struct vk_err err = VK_ERR_INIT;
	struct vkyaml *doc;
	struct vk_buf buf;
	char key[32];

	vk_buf_init(&buf, VKYAML_MAX_BYTES);
	for (int i = 0; i < 50000; i++)
		vk_buf_addf(&buf, "k%d: v%d\n", i * 7919 % 50000, i);
	assert_ok(vkyaml_parse("x.yaml", buf.data, buf.len, &doc, &err), err);
	for (int i = 0; i < 50000; i++) {
		snprintf(key, sizeof(key), "k%d", i);
		ck_assert_ptr_nonnull(vkyaml_get(vkyaml_root(doc), key));
	}
	vkyaml_free(doc);
	vk_buf_release(&buf);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("vkyaml");
	TCase *tc = tcase_create("core");

	tcase_add_test(tc, refuses_anchors_aliases_and_tags);
	tcase_add_test(tc, refuses_a_bomb_of_aliases_at_its_first_anchor);
	tcase_add_test(tc, refuses_duplicate_keys_at_the_second_one);
	tcase_add_test(tc, refuses_bytes_that_are_no_text);
	tcase_add_test(tc, refuses_what_is_not_one_document_of_maps_lists_and_texts);
	tcase_add_test(tc, says_what_was_meant_where_it_can_read_no_further);
	tcase_add_test(tc, refuses_to_pass_its_limits);
	tcase_add_test(tc, refuses_or_accepts_a_text_cut_at_every_byte_without_harm);
	tcase_add_test(tc, knows_where_each_node_stands);
	tcase_add_test(tc, an_empty_text_has_no_root);
	tcase_add_test(tc, finds_each_of_many_keys);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
