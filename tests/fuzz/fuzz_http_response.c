/* SPDX-License-Identifier: BSD-3-Clause */
/* HTTP responses: what comes out may not depend on how the bytes were split. */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>

#include "common/http.h"

static enum http_result run(const uint8_t *data, size_t size, size_t step)
{
	struct http_parser *p = http_response_parser_new();
	enum http_result result = HTTP_MORE;
	size_t at = 0;

	while ((result == HTTP_MORE && at < size) || result == HTTP_HEAD) {
		size_t len = size - at < step ? size - at : step;
		size_t used;

		result = http_parse(p, data + at, len, &used);
		at += used;
		if (result == HTTP_HEAD)
			http_parser_limit_body(p, 1000);
	}
	http_parser_free(p);
	return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (run(data, size, size) != run(data, size, 1))
		abort();
	return 0;
}
