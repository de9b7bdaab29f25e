/* SPDX-License-Identifier: BSD-3-Clause */
/* Documents of valkey.conf and users.acl: what is not changed comes back to the byte. */
#include "config.h"

#include "common/config/conf_document.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "common/config/acl.h"
#include "common/config/acl_document.h"
#include "common/file.h"
#include "common/mem.h"
#include "tests/unit/unit.h"

static struct cfg_document *parse(const char *text, size_t len)
{
	struct vk_err err = VK_ERR_INIT;
	struct cfg_document *document = NULL;

	assert_ok(cfg_document_parse("v.conf", text, len, &document, &err), err);
	return document;
}

static struct cfg_acl_document *parse_acl(const char *text, size_t len)
{
	struct vk_err err = VK_ERR_INIT;
	struct cfg_acl_document *document = NULL;

	assert_ok(cfg_acl_document_parse("u.acl", text, len, &document, &err), err);
	return document;
}

/* Adds the bytes of all lines and of the holes between their words up. */
static void add_up(const struct cfg_document *document, struct vk_buf *out)
{
	size_t len;
	const char *text = cfg_document_text(document, &len);

	for (size_t i = 0; i < cfg_document_count(document); i++) {
		const struct cfg_document_line *line = cfg_document_at(document, i);
		size_t at = line->whole.begin, end = at + line->whole.len;

		ck_assert_uint_eq(line->number, i + 1);
		for (size_t k = 0; k < line->word_count; k++) {
			const struct cfg_span *span = &line->spans[k];

			ck_assert(span->begin >= at && span->begin + span->len <= end);
			vk_buf_add(out, text + at, span->begin - at);
			vk_buf_add(out, text + span->begin, span->len);
			at = span->begin + span->len;
		}
		vk_buf_add(out, text + at, end - at);
	}
}

static void assert_round_trip(const char *name, const char *text, size_t len)
{
	struct vk_err err = VK_ERR_INIT;
	struct cfg_acl_document *acl;
	struct cfg_document *document;
	struct vk_buf out;
	size_t acl_len = 0;

	if (cfg_document_parse(name, text, len, &document, &err) != VK_OK)
		ck_abort_msg("%s", err.msg);
	vk_buf_init(&out, CFG_CONF_MAX_BYTES);
	add_up(document, &out);
	ck_assert_msg(out.len == len && memcmp(out.data, text, len) == 0,
		"%s is not the same bytes", name);
	cfg_document_free(document);
	vk_buf_reset(&out);
	assert_ok(cfg_acl_document_parse(name, text, len, &acl, &err), err);
	for (size_t i = 0; i < cfg_acl_document_count(acl); i++) {
		const struct cfg_span *whole = &cfg_acl_document_at(acl, i)->whole;

		ck_assert_uint_eq(whole->begin, out.len);
		vk_buf_add(&out, cfg_acl_document_text(acl, &acl_len) + whole->begin, whole->len);
	}
	ck_assert_msg(out.len == len && memcmp(out.data, text, len) == 0, "%s as ACL file", name);
	cfg_acl_document_free(acl);
	vk_buf_release(&out);
}

/* ---- refusals ---- */

static void refuse(const char *text, size_t len, enum vk_rc rc, const char *msg)
{
	struct vk_err err = VK_ERR_INIT;
	struct cfg_document *document = NULL;

	assert_fails(cfg_document_parse("v.conf", text, len, &document, &err), rc);
	ck_assert_ptr_null(document);
	ck_assert_str_eq(err.msg, msg);
}

START_TEST(refuses_bytes_that_are_no_text_with_their_line)
{
	refuse("port 1\n\na\0b\n", 12, VK_EINPUT, "v.conf:3: a NUL byte");
	refuse("\0", 1, VK_EINPUT, "v.conf:1: a NUL byte");
	refuse("\xef\xbb\xbfport 1\n", 10, VK_EINPUT, "v.conf:1: a byte order mark");
}
END_TEST

START_TEST(refuses_what_is_above_a_limit_and_takes_what_is_at_it)
{
	char *text = xmalloc(CFG_CONF_MAX_BYTES + 1);
	struct cfg_document *document;
	size_t len = 2 * CFG_CONF_MAX_WORDS;

	memset(text, '\n', CFG_CONF_MAX_BYTES + 1);
	refuse(text, CFG_CONF_MAX_BYTES + 1, VK_ELIMIT, "v.conf: larger than 1048576 bytes");
	refuse(text, CFG_DOCUMENT_MAX_LINES + 1, VK_ELIMIT, "v.conf: more than 100000 lines");
	assert_round_trip("many lines", text, CFG_DOCUMENT_MAX_LINES);
	memset(text, 'a', CFG_CONF_MAX_BYTES);
	assert_round_trip("one word", text, CFG_CONF_MAX_BYTES);
	document = parse(text, CFG_CONF_MAX_WORD_BYTES);
	ck_assert_int_eq(cfg_document_at(document, 0)->kind, CFG_DOCUMENT_DIRECTIVE);
	cfg_document_free(document);
	document = parse(text, CFG_CONF_MAX_WORD_BYTES + 1);
	ck_assert_int_eq(cfg_document_at(document, 0)->kind, CFG_DOCUMENT_BROKEN);
	ck_assert_int_eq(cfg_document_at(document, 0)->rc, VK_ELIMIT);
	cfg_document_free(document);
	for (size_t i = 0; i <= len; i++)
		text[i] = i % 2 == 0 ? 'a' : ' ';
	document = parse(text, len);
	ck_assert_uint_eq(cfg_document_at(document, 0)->word_count, CFG_CONF_MAX_WORDS);
	cfg_document_free(document);
	document = parse(text, len + 1);
	ck_assert_str_eq(cfg_document_at(document, 0)->problem, "more than 256 words");
	cfg_document_free(document);
	free(text);
}
END_TEST

START_TEST(refuses_changes_that_are_none_and_changes_nothing_then)
{
	static const char text[] = "port 1\n";
	struct cfg_document *document = parse(text, strlen(text));
	struct cfg_acl_document *acl = parse_acl("user a on", 9);
	struct vk_err err = VK_ERR_INIT;
	const char *values[CFG_CONF_MAX_WORDS] = {"x"};
	char *large = xmalloc(CFG_CONF_MAX_BYTES);
	size_t len;

	for (size_t i = 1; i < CFG_CONF_MAX_WORDS; i++)
		values[i] = "x";
	assert_fails(cfg_document_set(document, "", values, 1, &err), VK_EINPUT);
	assert_fails(cfg_document_set(document, "save", values, 0, &err), VK_EINPUT);
	assert_fails(
		cfg_document_set(document, "save", values, CFG_CONF_MAX_WORDS, &err), VK_ELIMIT);
	memset(large, '"', CFG_CONF_MAX_BYTES);
	large[CFG_CONF_MAX_BYTES - 1] = '\0';
	values[0] = large;
	assert_fails(cfg_document_set(document, "save", values, 1, &err), VK_ELIMIT);
	assert_fails(cfg_document_remove(document, "save", &err), VK_ENOTFOUND);
	ck_assert_str_eq(cfg_document_text(document, &len), text);
	assert_fails(cfg_acl_document_set(acl, "", "on", &err), VK_EINPUT);
	assert_fails(cfg_acl_document_set(acl, "b c", "on", &err), VK_EINPUT);
	assert_fails(cfg_acl_document_set(acl, "b", "on\nuser c on", &err), VK_EINPUT);
	assert_fails(cfg_acl_document_set(acl, "b", large, &err), VK_ELIMIT);
	assert_fails(cfg_acl_document_remove(acl, "b", &err), VK_ENOTFOUND);
	ck_assert_str_eq(cfg_acl_document_text(acl, &len), "user a on");
	cfg_acl_document_free(acl);
	cfg_document_free(document);
	free(large);
}
END_TEST

/* ---- reading ---- */

START_TEST(says_of_each_line_what_it_is_and_where_its_words_stand)
{
	static const char text[] = "# c\r\n\r\n  PORT\t'6379' \r\na \"b\n\v\nuser x";
	static const enum cfg_document_kind kinds[] = {CFG_DOCUMENT_COMMENT, CFG_DOCUMENT_BLANK,
		CFG_DOCUMENT_DIRECTIVE, CFG_DOCUMENT_BROKEN, CFG_DOCUMENT_BLANK,
		CFG_DOCUMENT_DIRECTIVE};
	struct cfg_document *document = parse(text, strlen(text));
	const struct cfg_document_line *line;

	ck_assert_uint_eq(cfg_document_count(document), 6);
	for (size_t i = 0; i < 6; i++)
		ck_assert_int_eq(cfg_document_at(document, i)->kind, kinds[i]);
	line = cfg_document_at(document, 2);
	ck_assert_str_eq(line->words[0], "PORT");
	ck_assert_str_eq(line->words[1], "6379");
	ck_assert_ptr_null(line->words[2]);
	ck_assert_int_eq(strncmp(text + line->spans[1].begin, "'6379'", line->spans[1].len), 0);
	ck_assert_str_eq(cfg_document_at(document, 3)->problem, "unbalanced quotes");
	cfg_document_free(document);
}
END_TEST

START_TEST(generated_files_and_mutations_of_them_round_trip)
{
	static const char *const parts[] = {"port", " ", "\t", "\n", "\r\n", "#", "\"", "'", "\\x4",
		"\\", "user a", "on >pw", "\v", "\r", "\xff", "save 60 1", "\"a b\"", "'it\\'s'"};
	unsigned seed = 20261201;
	char text[2000];

	for (int round = 0; round < 1500; round++) {
		size_t len = 0;

		srand(seed + (unsigned)round);
		for (int n = rand() % 60; n > 0; n--) {
			const char *part =
				parts[(size_t)rand() % (sizeof(parts) / sizeof(parts[0]))];

			memcpy(text + len, part, strlen(part));
			len += strlen(part);
		}
		for (int n = rand() % 4; n > 0 && len > 0; n--)
			text[(size_t)rand() % len] = (char)(1 + rand() % 255);
		if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
			continue;
		snprintf(text + len, sizeof(text) - len, "%s", "");
		assert_round_trip("generated", text, len);
	}
	printf("# seed %u\n", seed);
}
END_TEST

static size_t check_directory(const char *path)
{
	DIR *directory = opendir(path);
	struct dirent *entry;
	size_t count = 0;

	while (directory != NULL && (entry = readdir(directory)) != NULL) {
		struct vk_err err = VK_ERR_INIT;
		struct vk_buf text;
		char *file;

		if (entry->d_name[0] == '.')
			continue;
		file = xasprintf("%s/%s", path, entry->d_name);
		vk_buf_init(&text, CFG_CONF_MAX_BYTES);
		if (vk_file_read(AT_FDCWD, file, VK_FILE_DEFAULT, &text, &err) == VK_OK &&
			memchr(text.data, '\0', text.len) == NULL &&
			strncmp(text.data, "\xef\xbb\xbf", 3) != 0) {
			assert_round_trip(file, text.data, text.len);
			count++;
		}
		vk_buf_release(&text);
		free(file);
	}
	if (directory != NULL)
		closedir(directory);
	return count;
}

START_TEST(files_that_people_use_round_trip)
{
	const char *top = getenv("abs_top_srcdir"), *corpus = getenv("VKCFG_TEST_CORPUS");
	char *fixtures = xasprintf("%s/tests/e2e/import", top != NULL ? top : ".");
	char *shared = xasprintf("%s/../shared/corpus", top != NULL ? top : ".");
	size_t count;

	ck_assert_uint_gt(check_directory(fixtures), 0);
	count = check_directory(corpus != NULL ? corpus : shared);
	if (count == 0)
		puts("# skipped: no files of other people (VKCFG_TEST_CORPUS)");
	else
		printf("# %zu files of other people\n", count);
	free(fixtures);
	free(shared);
}
END_TEST

/* ---- changing ---- */

static void assert_set(const char *before, const char *name, const char *const *values,
	size_t count, const char *after)
{
	struct cfg_document *document = parse(before, strlen(before));
	struct vk_err err = VK_ERR_INIT;
	const struct cfg_document_line *line;
	size_t len;

	assert_ok(cfg_document_set(document, name, values, count, &err), err);
	ck_assert_str_eq(cfg_document_text(document, &len), after);
	ck_assert_uint_eq(len, strlen(after));
	line = cfg_document_find(document, name);
	ck_assert_ptr_nonnull(line);
	ck_assert_uint_eq(line->word_count, count + 1);
	for (size_t i = 0; i < count; i++)
		ck_assert_str_eq(line->words[i + 1], values[i]);
	cfg_document_free(document);
}

START_TEST(sets_the_line_that_counts_and_nothing_else)
{
	static const char *const one[] = {"2gb"}, *const odd[] = {"a \"b\n"};
	static const char *const two[] = {"900", "1"}, *const four[] = {"900", "2", "60", "5"};

	assert_set("maxmemory 1gb\n# x\n\tMaxMemory   '1gb'  \r\nport 1", "maxmemory", one, 1,
		"maxmemory 1gb\n# x\n\tMaxMemory   2gb  \r\nport 1");
	assert_set("maxmemory '2gb' ", "MAXMEMORY", one, 1, "maxmemory '2gb' ");
	assert_set("port 1\r\n# end", "maxmemory", one, 1, "port 1\r\n# end\r\nmaxmemory 2gb\r\n");
	assert_set("", "maxmemory", one, 1, "maxmemory 2gb\n");
	assert_set("requirepass", "requirepass", odd, 1, "requirepass \"a \\\"b\\x0a\"");
	assert_set("save  \"900\"  1\n", "save", four, 4, "save  \"900\"  2 60 5\n");
	assert_set("save  \"900\"  2 60 5 \n", "save", two, 2, "save  \"900\"  1 \n");
}
END_TEST

START_TEST(removes_all_lines_of_a_directive_and_nothing_else)
{
	static const char text[] = "a 1\r\nPORT 1\n#port 2\n port 3\nb \"\nc";
	struct cfg_document *document = parse(text, strlen(text));
	struct vk_err err = VK_ERR_INIT;
	size_t len;

	assert_ok(cfg_document_remove(document, "port", &err), err);
	ck_assert_str_eq(cfg_document_text(document, &len), "a 1\r\n#port 2\nb \"\nc");
	ck_assert_ptr_null(cfg_document_find(document, "port"));
	cfg_document_free(document);
}
END_TEST

START_TEST(changes_one_user_and_nothing_else)
{
	static const char text[] =
		"user a on  nopass \r\n# no\r\nuser b\r\n\r\nuser  c\r\n user d off";
	struct cfg_acl_document *acl = parse_acl(text, strlen(text));
	struct vk_err err = VK_ERR_INIT;
	size_t len;

	ck_assert_int_eq(cfg_acl_document_at(acl, 1)->kind, CFG_ACL_OTHER);
	ck_assert_int_eq(cfg_acl_document_at(acl, 4)->kind, CFG_ACL_NAMELESS);
	ck_assert_str_eq(cfg_acl_document_find(acl, "a")->rules, "on  nopass");
	assert_ok(cfg_acl_document_set(acl, "a", " on  nopass ", &err), err);
	ck_assert_str_eq(cfg_acl_document_text(acl, &len), text);
	assert_ok(cfg_acl_document_set(acl, "b", "on +get", &err), err);
	assert_ok(cfg_acl_document_set(acl, "e", "off", &err), err);
	assert_ok(cfg_acl_document_remove(acl, "d", &err), err);
	ck_assert_str_eq(cfg_acl_document_text(acl, &len),
		"user a on  nopass \r\n# no\r\nuser b on +get\r\n\r\nuser  c\r\nuser e off\r\n");
	cfg_acl_document_free(acl);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("conf_document");
	TCase *tc = tcase_create("core");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, refuses_bytes_that_are_no_text_with_their_line);
	tcase_add_test(tc, refuses_what_is_above_a_limit_and_takes_what_is_at_it);
	tcase_add_test(tc, refuses_changes_that_are_none_and_changes_nothing_then);
	tcase_add_test(tc, says_of_each_line_what_it_is_and_where_its_words_stand);
	tcase_add_test(tc, generated_files_and_mutations_of_them_round_trip);
	tcase_add_test(tc, files_that_people_use_round_trip);
	tcase_add_test(tc, sets_the_line_that_counts_and_nothing_else);
	tcase_add_test(tc, removes_all_lines_of_a_directive_and_nothing_else);
	tcase_add_test(tc, changes_one_user_and_nothing_else);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
