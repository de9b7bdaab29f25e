/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/valkey/users.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"

#include "common/banned.h"

void users_init(struct users *users)
{
	*users = (struct users){.items = NULL};
}

void users_release(struct users *users)
{
	for (size_t i = 0; i < users->count; i++) {
		free(users->items[i].name);
		free(users->items[i].rules);
	}
	free(users->items);
	users_init(users);
}

void users_add(struct users *users, const char *name, const char *rules)
{
	if (users->count == users->cap) {
		users->cap = users->cap == 0 ? 16 : users->cap * 2;
		users->items = xreallocarray(users->items, users->cap, sizeof(*users->items));
	}
	users->items[users->count].name = xstrdup(name);
	users->items[users->count].rules = xstrdup(rules);
	users->count++;
}

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct user *)a)->name, ((const struct user *)b)->name);
}

void users_sort(struct users *users)
{
	if (users->count > 1)
		qsort(users->items, users->count, sizeof(*users->items), compare);
}

const struct user *users_find(const struct users *users, const char *name)
{
	const struct user key = {.name = (char *)(uintptr_t)name};

	if (users->count == 0)
		return NULL;
	return bsearch(&key, users->items, users->count, sizeof(*users->items), compare);
}

enum vk_rc users_add_line(struct users *users, const char *line, struct vk_err *err)
{
	const char *name = line + strlen("user ");
	const char *end;
	char *copy;

	if (strncmp(line, "user ", strlen("user ")) != 0 || *name == ' ' || *name == '\0')
		return vk_err_set(err, VK_EUNAVAIL, "ACL LIST answers a line that is no user");
	if (users->count >= USERS_MAX)
		return vk_err_set(err, VK_ELIMIT, "more than %d ACL users", USERS_MAX);
	end = strchr(name, ' ');
	if (end == NULL)
		end = name + strlen(name);
	copy = xstrndup(name, (size_t)(end - name));
	users_add(users, copy, *end == ' ' ? end + 1 : end);
	free(copy);
	return VK_OK;
}

enum vk_rc users_add_reply(struct users *users, const struct reply *reply, struct vk_err *err)
{
	enum vk_rc rc = VK_OK;

	if (reply->kind != REPLY_ARRAY)
		return vk_err_set(err, VK_EUNAVAIL, "ACL LIST answers no list");
	for (size_t i = 0; rc == VK_OK && i < reply->count; i++) {
		if (reply->items[i]->kind != REPLY_STRING)
			return vk_err_set(err, VK_EUNAVAIL, "ACL LIST answers no list of texts");
		rc = users_add_line(users, reply->items[i]->text, err);
	}
	users_sort(users);
	return rc;
}

/* The end of the token at text: a blank, but not one inside a selector, which ends with the
 * first word whose last character is ')', as Valkey merges them. */
static const char *token_end(const char *text)
{
	const char *end = text + strcspn(text, " ");

	while (*text == '(' && end[-1] != ')' && *end != '\0')
		end += 1 + strcspn(end + 1, " ");
	return end;
}

enum vk_rc users_split_rules(const char *rules, char ***tokens, size_t *count, struct vk_err *err)
{
	char **list = xcalloc(USERS_MAX_TOKENS + 1, sizeof(*list));
	size_t used = 0;

	for (const char *at = rules; *at != '\0';) {
		const char *end = token_end(at);

		if (end == at) {
			at++;
			continue;
		}
		if (used == USERS_MAX_TOKENS) {
			users_free_tokens(list);
			return vk_err_set(err, VK_ELIMIT, "a user has more than %d ACL rules",
				USERS_MAX_TOKENS);
		}
		list[used++] = xstrndup(at, (size_t)(end - at));
		at = end;
	}
	*tokens = list;
	*count = used;
	return VK_OK;
}

void users_free_tokens(char **tokens)
{
	if (tokens == NULL)
		return;
	for (size_t i = 0; tokens[i] != NULL; i++)
		free(tokens[i]);
	free(tokens);
}
