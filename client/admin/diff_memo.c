/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/diff_memo.h"

#include <stdbool.h>
#include <string.h>

#include "common/bundle.h"
#include "common/config/diff.h"
#include "common/config/render.h"

#include "common/banned.h"

void diff_memo_init(struct diff_memo *memo, unsigned flags)
{
	memset(memo, 0, sizeof(*memo));
	memo->flags = flags;
}

void diff_memo_release(struct diff_memo *memo)
{
	for (size_t i = 0; i < DIFF_MEMO_PLACES; i++)
		cfg_diff_free(memo->places[i].diff);
	diff_memo_init(memo, memo->flags);
}

/* Whether the id at this place says whose the bundle is: in the member, or in the comment on top of
 * a file that is compared by meaning. Anywhere else it is part of a value. Inside a string each
 * quote has a backslash before it, so that these bytes are what they look like. */
static bool is_own_name(const char *text, const char *id)
{
	static const char *const before[] = {"\"instance\":\"",
		"\"path\":\"" VK_BUNDLE_CONF "\",\"text\":\"# ",
		"\"path\":\"" VK_BUNDLE_SECRETS "\",\"text\":\"# "};

	for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
		size_t len = strlen(before[i]);

		if ((size_t)(id - text) >= len && memcmp(id - len, before[i], len) == 0)
			return true;
	}
	return false;
}

/* All but their names. */
static bool is_alike(const struct cfg_rendered_bundle *x, const struct cfg_rendered_bundle *y)
{
	const char *a, *b, *id;
	size_t len;

	if (x == NULL || y == NULL)
		return x == y;
	a = x->text;
	b = y->text;
	while ((id = strstr(a, x->id)) != NULL) {
		bool is_skipped = is_own_name(x->text, id);

		len = (size_t)(id - a) + (is_skipped ? 0 : 1);
		if ((size_t)(y->text + y->len - b) < len || memcmp(a, b, len) != 0)
			return false;
		a += len;
		b += len;
		if (!is_skipped)
			continue;
		if (strncmp(b, y->id, strlen(y->id)) != 0)
			return false;
		a += strlen(x->id);
		b += strlen(y->id);
	}
	return strcmp(a, b) == 0;
}

static enum vk_rc make(struct diff_memo *memo, struct diff_memo_place *place, struct vk_err *err)
{
	const struct cfg_rendered_bundle *before = place->before, *after = place->after;

	return cfg_diff_bundles(before != NULL ? before->text : NULL,
		before != NULL ? before->len : 0, after != NULL ? after->text : NULL,
		after != NULL ? after->len : 0, memo->flags, &place->diff, err);
}

enum vk_rc diff_memo_get(struct diff_memo *memo, const struct cfg_rendered_bundle *before,
	const struct cfg_rendered_bundle *after, const struct cfg_diff **out, struct vk_err *err)
{
	struct diff_memo_place *place;
	enum vk_rc rc;

	for (size_t i = 0; i < DIFF_MEMO_PLACES; i++) {
		place = &memo->places[i];
		if (place->diff != NULL && is_alike(place->before, before) &&
			is_alike(place->after, after)) {
			*out = place->diff;
			return VK_OK;
		}
	}
	place = &memo->places[memo->next];
	memo->next = (memo->next + 1) % DIFF_MEMO_PLACES;
	cfg_diff_free(place->diff);
	*place = (struct diff_memo_place){.before = before, .after = after};
	rc = make(memo, place, err);
	if (rc == VK_OK)
		*out = place->diff;
	return rc;
}
