/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Runs a fuzz target without a fuzzer, so that `make check` exercises each one and none rots: over
 * every file of its corpus, over every prefix of the small ones, and over each of their bytes set
 * to a few telling values. The target fails by crashing or by a sanitizer's report.
 *
 *   fuzz_NAME            the corpus in tests/fuzz/corpus/NAME, output in TAP
 *   fuzz_NAME FILE...    these files only: to look at a crash
 */
#include "config.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/file.h"

#include "common/banned.h"

enum {
	MAX_SEED_BYTES = 8 << 20,
	MAX_MUTATED_BYTES = 2048, /* larger seeds run as they are */
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* On a copy of its exact size, so that the address sanitizer sees a read behind the end. */
static void run_copy(const char *data, size_t len)
{
	uint8_t *copy = malloc(len == 0 ? 1 : len);

	if (copy == NULL)
		abort();
	memcpy(copy, data, len);
	LLVMFuzzerTestOneInput(copy, len);
	free(copy);
}

static void run_mutations(char *data, size_t len)
{
	static const char telling[] = {'\0', '\n', '"', '{', '9', '\x7f', '\xff'};

	for (size_t i = 0; i < len; i++) {
		char kept = data[i];

		run_copy(data, i);
		for (size_t j = 0; j < sizeof(telling); j++) {
			data[i] = telling[j];
			run_copy(data, len);
		}
		data[i] = kept;
	}
}

static bool run_file(int dirfd, const char *path)
{
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf buf;
	bool is_read;

	vk_buf_init(&buf, MAX_SEED_BYTES);
	is_read = vk_file_read(dirfd, path, VK_FILE_DEFAULT, &buf, &err) == VK_OK;
	if (is_read) {
		run_copy(buf.data == NULL ? "" : buf.data, buf.len);
		if (buf.len <= MAX_MUTATED_BYTES)
			run_mutations(buf.data, buf.len);
	} else {
		fprintf(stderr, "%s: %s\n", path, err.msg);
	}
	vk_buf_release(&buf);
	return is_read;
}

/* The number of files that ran, or -1 if one could not be read. */
static int run_directory(const char *path)
{
	DIR *dir = opendir(path);
	int count = 0;

	if (dir == NULL) {
		fprintf(stderr, "%s: no such corpus\n", path);
		return -1;
	}
	for (struct dirent *entry; count >= 0 && (entry = readdir(dir)) != NULL;) {
		if (entry->d_name[0] == '.')
			continue;
		count = run_file(dirfd(dir), entry->d_name) ? count + 1 : -1;
	}
	closedir(dir);
	return count;
}

static int run_corpus(const char *program)
{
	const char *slash = strrchr(program, '/');
	const char *name = slash == NULL ? program : slash + 1;
	const char *top = getenv("abs_top_srcdir");
	char path[4096];
	int count;

	if (strncmp(name, "fuzz_", 5) == 0)
		name += 5;
	snprintf(path, sizeof(path), "%s/tests/fuzz/corpus/%s", top == NULL ? "." : top, name);
	printf("1..1\n");
	fflush(stdout);
	count = run_directory(path);
	printf("%s 1 - %s survives its corpus (%d files) and their mutations\n",
		count > 0 ? "ok" : "not ok", name, count);
	return count > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	if (argc == 1)
		return run_corpus(argv[0]);
	for (int i = 1; i < argc; i++) {
		if (!run_file(AT_FDCWD, argv[i]))
			return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}
