/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes as valkey.conf and as users.acl: what is not changed comes back to the byte. */
#include "config.h"

#include "common/config/conf_document.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/config/acl_document.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool is_true)
{
	if (!is_true)
		abort();
}

static bool is_text(const struct cfg_document *document, const void *data, size_t size)
{
	size_t len;
	const char *text = cfg_document_text(document, &len);

	return len == size && (len == 0 || memcmp(text, data, size) == 0);
}

/* The lines are the text, one behind the other. */
static void check_lines(const struct cfg_document *document, size_t size)
{
	size_t at = 0;

	for (size_t i = 0; i < cfg_document_count(document); i++) {
		const struct cfg_document_line *line = cfg_document_at(document, i);
		size_t word = line->inner.begin;

		require(line->whole.begin == at && line->whole.len > 0);
		at += line->whole.len;
		for (size_t k = 0; k < line->word_count; k++) {
			require(line->spans[k].begin >= word);
			word = line->spans[k].begin + line->spans[k].len;
		}
		require(word <= line->inner.begin + line->inner.len);
	}
	require(at == size);
}

/* The same values again change no byte; others change one line; a new name adds one. */
static void check_changes(struct cfg_document *document, const uint8_t *data, size_t size)
{
	static const char *const values[] = {"a \"b", ""};
	struct vk_err err = VK_ERR_INIT;
	size_t len, count = cfg_document_count(document);

	for (size_t i = count; i > 0; i--) {
		const struct cfg_document_line *line = cfg_document_at(document, i - 1);

		if (line->kind != CFG_DOCUMENT_DIRECTIVE || line->word_count < 2 ||
			line != cfg_document_find(document, line->words[0]))
			continue;
		if (cfg_document_set(document, line->words[0], line->words + 1,
			    line->word_count - 1, &err) == VK_OK) /* line is gone */
			require(is_text(document, data, size));
		break;
	}
	if (cfg_document_set(document, "fuzz-name", values, 2, &err) != VK_OK)
		return;
	require(strcmp(cfg_document_find(document, "fuzz-name")->words[1], values[0]) == 0);
	(void)cfg_document_text(document, &len);
	check_lines(document, len);
	require(cfg_document_remove(document, "fuzz-name", &err) == VK_OK);
	require(cfg_document_find(document, "fuzz-name") == NULL);
}

static void check_acl(const uint8_t *data, size_t size)
{
	struct vk_err err = VK_ERR_INIT;
	struct cfg_acl_document *acl;
	size_t at = 0, len;

	if (cfg_acl_document_parse("fuzz.acl", (const char *)data, size, &acl, &err) != VK_OK)
		return;
	for (size_t i = 0; i < cfg_acl_document_count(acl); i++) {
		require(cfg_acl_document_at(acl, i)->whole.begin == at);
		at += cfg_acl_document_at(acl, i)->whole.len;
	}
	require(at == size);
	if (cfg_acl_document_set(acl, "fuzz", "on +get", &err) == VK_OK) {
		require(strcmp(cfg_acl_document_find(acl, "fuzz")->rules, "on +get") == 0);
		require(cfg_acl_document_remove(acl, "fuzz", &err) == VK_OK);
		(void)cfg_acl_document_text(acl, &len);
		require(len <= size + 2);
	}
	cfg_acl_document_free(acl);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vk_err err = VK_ERR_INIT;
	struct cfg_document *document;

	check_acl(data, size);
	if (cfg_document_parse("fuzz.conf", (const char *)data, size, &document, &err) != VK_OK)
		return 0;
	require(is_text(document, data, size));
	check_lines(document, size);
	check_changes(document, data, size);
	cfg_document_free(document);
	return 0;
}
