/* SPDX-License-Identifier: BSD-3-Clause */
/* tests/tuf-client as a program, against a simulated repository served over HTTP/1.0: exit status,
 * what stands in its directories afterwards, and servers that misbehave. */
#include "config.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/file.h"
#include "common/mem.h"
#include "tests/unit/tuf_simulator.h"
#include "tests/unit/unit.h"

enum misbehaviour { WELL, DROPS, TRUNCATES, FAILS, FLOODS, REDIRECTS };

static struct tuf_sim *sim;
static struct vk_err err;
static char dir[] = "/tmp/check_tuf_cli_XXXXXX";
static char root[64], metadata[64], targets[64];
static char base[64], target_base[64];
static int listener = -1;
static pid_t server;

static void answer(int fd, const char *path, enum misbehaviour how)
{
	const struct vk_buf *file = tuf_sim_file(sim, path);
	char head[200];

	if (how == DROPS)
		return;
	if (how == FAILS)
		snprintf(head, sizeof(head), "HTTP/1.0 500 Error\r\n\r\n");
	else if (how == REDIRECTS)
		snprintf(head, sizeof(head), "HTTP/1.0 302 Found\r\nLocation: /elsewhere\r\n\r\n");
	else if (file == NULL)
		snprintf(head, sizeof(head), "HTTP/1.0 404 Not Found\r\n\r\n");
	else
		snprintf(head, sizeof(head), "HTTP/1.0 200 OK\r\nContent-Length: %zu\r\n\r\n",
			file->len);
	if (write(fd, head, strlen(head)) < 0 || file == NULL || how == FAILS || how == REDIRECTS)
		return;
	if (write(fd, file->data, how == TRUNCATES ? file->len / 2 : file->len) < 0)
		return;
	while (how == FLOODS && write(fd, head, sizeof(head)) > 0)
		continue;
}

/* Serves for ever what the simulator holds at this moment; bad: the one file that is treated
 * differently. */
static void serve(const char *bad, enum misbehaviour how)
{
	for (;;) {
		int fd = accept(listener, NULL, NULL);
		char request[4096];
		char path[4096] = "";
		ssize_t got = recv(fd, request, sizeof(request) - 1, 0);

		if (got > 0) {
			request[got] = '\0';
			if (sscanf(request, "GET /%4000s HTTP/1.0\r\n", path) != 1)
				_exit(1);
			answer(fd, path, strcmp(path, bad) == 0 ? how : WELL);
		}
		close(fd);
	}
}

static void stop_server(void)
{
	if (server > 0) {
		kill(server, SIGKILL);
		waitpid(server, NULL, 0);
	}
	server = 0;
}

static void start_server(const char *bad, enum misbehaviour how)
{
	stop_server();
	server = fork();
	ck_assert_int_ge(server, 0);
	if (server == 0) {
		signal(SIGPIPE, SIG_IGN);
		serve(bad, how);
	}
}

static void setup(void)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(addr);

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(root, sizeof(root), "%s/initial", dir);
	snprintf(metadata, sizeof(metadata), "%s/metadata", dir);
	snprintf(targets, sizeof(targets), "%s/targets", dir);
	ck_assert(mkdir(metadata, 0700) == 0 && mkdir(targets, 0700) == 0);
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(listener, (struct sockaddr *)&addr, sizeof(addr)), 0);
	ck_assert_int_eq(listen(listener, 16), 0);
	ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&addr, &len), 0);
	snprintf(base, sizeof(base), "http://127.0.0.1:%u/", ntohs(addr.sin_port));
	snprintf(target_base, sizeof(target_base), "http://127.0.0.1:%u/targets",
		ntohs(addr.sin_port));
	sim = tuf_sim_new();
	for (int i = 0; i < 4; i++) { /* the program looks at the real clock */
		static const char *const roles[] = {"root", "timestamp", "snapshot", "targets"};

		vkjson_set(tuf_sim_part(sim, roles[i]), "expires",
			vkjson_string("2999-01-01T00:00:00Z"));
	}
	tuf_sim_publish(sim, "root");
	tuf_sim_delegate(sim, "targets", "../prod", "prod/*", true);
	vkjson_set(tuf_sim_part(sim, "../prod"), "expires", vkjson_string("2999-01-01T00:00:00Z"));
	tuf_sim_add_target(sim, "../prod", "prod/a b", "content");
	tuf_sim_publish(sim, "../prod");
	tuf_sim_publish(sim, "targets");
	tuf_sim_publish_online(sim);
	assert_ok(vk_file_create(AT_FDCWD, root, 0600, tuf_sim_file(sim, "2.root.json")->data,
			  tuf_sim_file(sim, "2.root.json")->len, &err),
		err);
}

static void teardown(void)
{
	stop_server();
	close(listener);
	assert_ok(vk_file_remove_tree(AT_FDCWD, dir, &err), err);
	tuf_sim_free(sim);
}

/* The exit status of tuf-client with these arguments, which end with NULL. */
static int run(const char *const *args)
{
	const char *top = getenv("abs_top_builddir");
	char *argv[32] = {xasprintf("%s/tests/tuf-client", top != NULL ? top : ".")};
	int status;
	pid_t pid;

	for (size_t i = 0; args[i] != NULL; i++)
		argv[i + 1] = (char *)(uintptr_t)args[i];
	pid = fork();
	if (pid == 0) {
		dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDERR_FILENO);
		execv(argv[0], argv);
		_exit(99);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	free(argv[0]);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

#define RUN(...) run((const char *const[]){__VA_ARGS__, NULL})
#define INIT() RUN("--metadata-dir", metadata, "init", root)
#define REFRESH() RUN("--metadata-url", base, "--metadata-dir", metadata, "refresh")
#define DOWNLOAD(name)                                                                             \
	RUN("--metadata-dir", metadata, "--metadata-url", base, "--target-dir", targets,           \
		"--target-base-url", target_base, "--target-name", name, "download")

/* Names in a directory that end so; the lock is not counted. */
static size_t count_files(const char *path, const char *suffix)
{
	DIR *handle = opendir(path);
	size_t count = 0;

	ck_assert_ptr_nonnull(handle);
	for (struct dirent *entry; (entry = readdir(handle)) != NULL;) {
		size_t len = strlen(entry->d_name);

		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
			strcmp(entry->d_name, ".lock") != 0)
			count += len >= strlen(suffix) &&
				 strcmp(entry->d_name + len - strlen(suffix), suffix) == 0;
	}
	closedir(handle);
	return count;
}

START_TEST(usage_errors_exit_with_1)
{
	ck_assert_int_eq(RUN("refresh"), 1);
	ck_assert_int_eq(RUN("--metadata-dir", metadata), 1);
	ck_assert_int_eq(RUN("--metadata-dir", metadata, "init"), 1);
	ck_assert_int_eq(RUN("--metadata-dir", metadata, "refresh"), 1);
	ck_assert_int_eq(RUN("--metadata-dir", metadata, "dance"), 1);
	ck_assert_int_eq(RUN("--nonsense", "refresh"), 1);
	ck_assert_int_eq(RUN("--metadata-dir", "/nonexistent", "init", root), 1);
	ck_assert_uint_eq(count_files(metadata, ""), 0);
}
END_TEST

START_TEST(servers_that_misbehave_are_refused)
{
	static const enum misbehaviour all[] = {DROPS, TRUNCATES, FAILS, FLOODS, REDIRECTS};
	static const char *const files[] = {
		"3.root.json", "timestamp.json", "2.snapshot.json", "2.targets.json"};

	ck_assert_int_eq(INIT(), 0);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		/* A root that is not there can be neither truncated nor too large. */
		if (_i == 0 && (all[i] == TRUNCATES || all[i] == FLOODS))
			continue;
		start_server(files[_i], all[i]);
		ck_assert_int_eq(REFRESH(), 1);
		ck_assert_uint_eq(count_files(metadata, ".json"), _i == 0 ? 1 : (size_t)_i);
	}
}
END_TEST

START_TEST(a_server_that_is_away_is_an_error)
{
	ck_assert_int_eq(INIT(), 0);
	close(listener);
	listener = -1;
	ck_assert_int_eq(REFRESH(), 1);
	ck_assert_uint_eq(count_files(metadata, ".json"), 1);
}
END_TEST

START_TEST(refresh_leaves_the_four_roles)
{
	start_server("", WELL);
	ck_assert_int_eq(REFRESH(), 1); /* no root yet */
	ck_assert_int_eq(INIT(), 0);
	ck_assert_int_eq(REFRESH(), 0);
	ck_assert_uint_eq(count_files(metadata, ".json"), 4);
	ck_assert_uint_eq(count_files(metadata, ""), 4);
	ck_assert_int_eq(REFRESH(), 0);
}
END_TEST

START_TEST(download_keeps_one_file_per_target_in_its_directory)
{
	struct stat before, after;
	struct vk_buf content;
	char path[128];

	snprintf(path, sizeof(path), "%s/prod%%2Fa%%20b", targets);
	start_server("", WELL);
	ck_assert_int_eq(INIT(), 0);
	ck_assert_int_eq(DOWNLOAD("prod/none"), 1);
	ck_assert_int_eq(DOWNLOAD("prod/a b"), 0);
	ck_assert_uint_eq(count_files(targets, ""), 1);
	ck_assert_uint_eq(count_files(metadata, ".json"), 5);
	vk_buf_init(&content, 100);
	assert_ok(vk_file_read(AT_FDCWD, path, VK_FILE_DEFAULT, &content, &err), err);
	ck_assert_str_eq(content.data, "content");
	vk_buf_release(&content);
	/* A second time nothing is fetched and the file is not touched. */
	ck_assert_int_eq(stat(path, &before), 0);
	ck_assert_int_eq(RUN("--metadata-dir", metadata, "--metadata-url", base, "--target-dir",
				 targets, "--target-base-url", "http://127.0.0.1:1/",
				 "--target-name", "prod/a b", "download"),
		0);
	ck_assert_int_eq(stat(path, &after), 0);
	ck_assert_mem_eq(&before.st_mtim, &after.st_mtim, sizeof(before.st_mtim));
	ck_assert_uint_eq(before.st_ino, after.st_ino);
}
END_TEST

START_TEST(a_substituted_target_is_never_stored)
{
	char hash[VK_SHA256_HEX_BYTES];
	char name[128];

	vk_sha256_hex("content", 7, hash);
	snprintf(name, sizeof(name), "targets/prod/%s.a%%20b", hash);
	ck_assert_ptr_nonnull(tuf_sim_file(sim, name));
	tuf_sim_serve(sim, name, "CONTENT", 7);
	start_server("", WELL);
	ck_assert_int_eq(INIT(), 0);
	ck_assert_int_eq(DOWNLOAD("prod/a b"), 1);
	ck_assert_uint_eq(count_files(targets, ""), 0);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("tuf_cli");
	TCase *tcase = tcase_create("tuf_cli");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, usage_errors_exit_with_1);
	tcase_add_loop_test(tcase, servers_that_misbehave_are_refused, 0, 4);
	tcase_add_test(tcase, a_server_that_is_away_is_an_error);
	tcase_add_test(tcase, a_substituted_target_is_never_stored);
	tcase_add_test(tcase, refresh_leaves_the_four_roles);
	tcase_add_test(tcase, download_keeps_one_file_per_target_in_its_directory);
	suite_add_tcase(suite, tcase);
	return suite;
}

UNIT_MAIN(make_suite)
