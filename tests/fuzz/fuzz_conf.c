/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes as valkey.conf: what is read is written and read back as the same words. */
#include "config.h"

#include "common/config/conf.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_line(const struct cfg_conf_line *line)
{
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf text;
	char **words;
	size_t count;

	vk_buf_init(&text, 8 * CFG_CONF_MAX_BYTES);
	for (size_t i = 0; i < line->word_count; i++) {
		vk_buf_addc(&text, ' ');
		cfg_conf_quote(line->words[i], &text);
	}
	if (memchr(text.data, '\n', text.len) != NULL ||
		cfg_conf_split(text.data, text.len, &words, &count, &err) != VK_OK ||
		count != line->word_count)
		abort();
	for (size_t i = 0; i < count; i++) {
		if (strcmp(words[i], line->words[i]) != 0)
			abort();
	}
	free(words);
	vk_buf_release(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cfg_conf_values *values;
	struct vk_err err = VK_ERR_INIT;
	struct cfg_conf *conf;

	if (cfg_conf_parse("fuzz.conf", (const char *)data, size, &conf, &err) != VK_OK)
		return 0;
	for (size_t i = 0; i < cfg_conf_count(conf); i++)
		check_line(cfg_conf_at(conf, i));
	if (cfg_conf_effective(conf, "8.0", &values, &err) != VK_OK)
		abort();
	cfg_conf_values_free(values);
	cfg_conf_free(conf);
	return 0;
}
