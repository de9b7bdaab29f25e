/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What it costs to read one valkey.conf (conf_read_us: into the values that are in force) and to
 * judge it as the importer does (conf_judge_us), in CPU time of one process.
 *
 *   bench_conf FILE
 */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "common/buf.h"
#include "common/config/conf.h"
#include "common/config/import.h"
#include "common/file.h"

#include "common/banned.h"

enum { TIMES = 500 };

static double cpu_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

static void fail(const struct vk_err *err)
{
	fprintf(stderr, "bench_conf: %s\n", err->msg);
	exit(EXIT_FAILURE);
}

static void read_once(const struct vk_buf *text)
{
	struct vk_err err = VK_ERR_INIT;
	struct cfg_conf_values *values = NULL;
	struct cfg_conf *conf = NULL;

	if (cfg_conf_parse("valkey.conf", text->data, text->len, &conf, &err) != VK_OK ||
		cfg_conf_effective(conf, "8.0", &values, &err) != VK_OK)
		fail(&err);
	cfg_conf_values_free(values);
	cfg_conf_free(conf);
}

static void judge_once(const struct vk_buf *text)
{
	static const struct cfg_import_options options = {
		.host = "db1", .instance = "main", .version = "8.0"};
	struct cfg_import *import = cfg_import_new(&options);
	struct vk_err err = VK_ERR_INIT;

	if (cfg_import_conf(import, "valkey.conf", text->data, text->len, &err) != VK_OK)
		fail(&err);
	cfg_import_finish(import);
	cfg_import_free(import);
}

static void measure(const char *name, void (*run)(const struct vk_buf *), const struct vk_buf *text)
{
	double begun = cpu_us();

	for (int i = 0; i < TIMES; i++)
		run(text);
	printf("%s=%.0f\n", name, (cpu_us() - begun) / TIMES);
}

int main(int argc, char **argv)
{
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf text;

	if (argc != 2) {
		fprintf(stderr, "usage: bench_conf FILE\n");
		return 2;
	}
	vk_buf_init(&text, CFG_CONF_MAX_BYTES);
	if (vk_file_read(AT_FDCWD, argv[1], VK_FILE_DEFAULT, &text, &err) != VK_OK)
		fail(&err);
	measure("conf_read_us", read_once, &text);
	measure("conf_judge_us", judge_once, &text);
	vk_buf_release(&text);
	return EXIT_SUCCESS;
}
