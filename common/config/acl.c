/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/config/acl.h"

#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/config/acl_document.h"
#include "common/mem.h"

#include "common/banned.h"

bool cfg_acl_name_is_valid(const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || len > CFG_ACL_NAME_MAX_BYTES || strstr(name, "@{") != NULL || strstr(name, "${") != NULL)
		return false;
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)name[i] <= ' ' || name[i] == 0x7f)
			return false;
	}
	return true;
}

struct cfg_acl {
	struct arena *arena;
	struct cfg_acl_user *users; /* sorted by name */
	size_t count;
};

void cfg_acl_free(struct cfg_acl *acl)
{
	if (acl == NULL)
		return;
	free(acl->users);
	arena_free(acl->arena);
	free(acl);
}

static enum vk_rc add_line(struct cfg_acl *acl, const struct cfg_acl_line *line, struct vk_err *err)
{
	struct cfg_acl_rules *rules;
	struct vk_buf text;
	enum vk_rc rc;

	if (line->kind == CFG_ACL_BLANK)
		return VK_OK;
	if (line->kind == CFG_ACL_OTHER) {
		vk_err_set(err, VK_EINPUT, "expected 'user NAME RULES'");
		vk_err_hint(err, "an ACL file knows no comments");
		return VK_EINPUT;
	}
	if (line->kind == CFG_ACL_NAMELESS)
		return vk_err_set(err, VK_EINPUT, "a user without a name");
	if (acl->count == CFG_ACL_MAX_USERS)
		return vk_err_set(err, VK_ELIMIT, "more than %d users", CFG_ACL_MAX_USERS);
	rc = cfg_acl_rules_parse(line->rules, NULL, NULL, 0, &rules, err);
	if (rc != VK_OK)
		return rc;
	vk_buf_init(&text, 4 * CFG_ACL_RULES_MAX_BYTES);
	cfg_acl_rules_format(rules, &text);
	cfg_acl_rules_free(rules);
	if (acl->count % 64 == 0)
		acl->users = xreallocarray(acl->users, acl->count + 64, sizeof(*acl->users));
	acl->users[acl->count++] = (struct cfg_acl_user){
		.name = arena_strdup(acl->arena, line->name),
		.rules = arena_dup(acl->arena, text.data, text.len),
		.line = line->number,
	};
	vk_buf_release(&text);
	return VK_OK;
}

static int compare_users(const void *a, const void *b)
{
	const struct cfg_acl_user *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static enum vk_rc check_twice(struct cfg_acl *acl, const char *file, struct vk_err *err)
{
	if (acl->count > 1)
		qsort(acl->users, acl->count, sizeof(*acl->users), compare_users);
	for (size_t i = 1; i < acl->count; i++) {
		const struct cfg_acl_user *a = &acl->users[i - 1], *b = &acl->users[i];

		if (strcmp(a->name, b->name) == 0)
			return vk_err_set(err, VK_EINPUT, "%s:%u: user '%.100s' is there twice",
				file, a->line > b->line ? a->line : b->line, a->name);
	}
	return VK_OK;
}

enum vk_rc cfg_acl_parse(
	const char *file, const char *text, size_t len, struct cfg_acl **out, struct vk_err *err)
{
	struct cfg_acl_document *document = NULL;
	struct cfg_acl *acl = xcalloc(1, sizeof(*acl));
	enum vk_rc rc = cfg_acl_document_parse(file, text, len, &document, err);

	acl->arena = arena_new();
	for (size_t i = 0; rc == VK_OK && i < cfg_acl_document_count(document); i++) {
		rc = add_line(acl, cfg_acl_document_at(document, i), err);
		if (rc != VK_OK)
			vk_err_prefix(err, rc, "%s:%zu", file, i + 1);
	}
	if (rc == VK_OK)
		rc = check_twice(acl, file, err);
	if (rc == VK_OK)
		*out = acl;
	else
		cfg_acl_free(acl);
	cfg_acl_document_free(document);
	return rc;
}

size_t cfg_acl_count(const struct cfg_acl *acl)
{
	return acl->count;
}

const struct cfg_acl_user *cfg_acl_at(const struct cfg_acl *acl, size_t i)
{
	return &acl->users[i];
}

const struct cfg_acl_user *cfg_acl_find(const struct cfg_acl *acl, const char *name)
{
	const struct cfg_acl_user wanted = {.name = name};

	if (acl->count == 0)
		return NULL;
	return bsearch(&wanted, acl->users, acl->count, sizeof(*acl->users), compare_users);
}

void cfg_acl_format_hidden(const char *rules, struct vk_buf *out)
{
	while (*rules != '\0') {
		size_t len = strcspn(rules, " ");

		if (rules[0] == '#')
			vk_buf_adds(out, "#...");
		else
			vk_buf_add(out, rules, len);
		rules += len;
		len = strspn(rules, " ");
		vk_buf_add(out, rules, len);
		rules += len;
	}
}
