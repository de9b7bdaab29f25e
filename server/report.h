/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a host reports (docs/formats.md, POST /v1/agent/report), read strictly:
 * names, states and kinds are those of the format, lengths are bounded. A host
 * is trusted with what it says of itself and with nothing else.
 */
#ifndef VK_REPORT_H
#define VK_REPORT_H

#include "common/arena.h"
#include "common/err.h"
#include "server/store/store_report.h"

struct vkjson;

enum {
	REPORT_WORD_MAX_BYTES = 128,  /* state, generation, version... */
	REPORT_TEXT_MAX_BYTES = 8192, /* error, detail, expected, actual */
	REPORT_COSIGNATURE_MAX_BYTES = 512,
	REPORT_MEMBER_MAX_NAMES = 256,
};

/* host is the caller's name. Texts of *out are borrowed from body and host, arrays stand in the
 * arena. VK_EINPUT or VK_ELIMIT names the member. */
VK_CHECKED enum vk_rc report_parse(const struct vkjson *body, const char *host, struct arena *arena,
	struct store_report *out, struct vk_err *err);

#endif
