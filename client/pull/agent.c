/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "client/pull/privilege.h"
#include "common/clock.h"
#include "common/file.h"
#include "common/mem.h"

#include "common/banned.h"

char *agent_path(const struct agent *agent, const char *name)
{
	return xasprintf("%s/%s", agent->settings->state, name);
}

static enum vk_rc check_state(const char *state, struct vk_err *err)
{
	struct stat st;

	if (stat(state, &st) != 0) {
		vk_err_errno(err, VK_EIO, errno, "state directory %s", state);
		vk_err_hint(err, "make it: install -d -m 0700 -o USER %s", state);
		return VK_EIO;
	}
	if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 022) != 0) {
		vk_err_set(err, VK_EDENIED, "%s is not a directory of the agent's own", state);
		vk_err_hint(err, "chown it to uid %u, chmod 0700", (unsigned)geteuid());
		return VK_EDENIED;
	}
	return VK_OK;
}

enum vk_rc agent_load(const char *config, struct agent *agent, struct vk_err *err)
{
	enum vk_rc rc;

	memset(agent, 0, sizeof(*agent));
	agent->lock_fd = -1;
	umask(027);
	rc = pull_settings_load(config, &agent->settings, err);
	if (rc == VK_OK)
		rc = pull_drop_root(agent->settings->user, err);
	return rc == VK_OK ? check_state(agent->settings->state, err) : rc;
}

static enum vk_rc read_password(struct agent *agent, struct vk_err *err)
{
	char *path = agent_path(agent, "agent-password");
	struct vk_buf text;
	enum vk_rc rc;

	vk_buf_init(&text, AGENT_PASSWORD_HEX + 1);
	rc = vk_file_read(AT_FDCWD, path, VK_FILE_PRIVATE, &text, err);
	if (rc == VK_OK) {
		text.data[strcspn(text.data, "\n")] = '\0';
		if (strlen(text.data) != AGENT_PASSWORD_HEX)
			rc = vk_err_set(err, VK_EINPUT, "%s is damaged", path);
	}
	if (rc == VK_OK)
		agent->password = xstrdup(text.data);
	vk_buf_release_wiped(&text);
	free(path);
	return rc;
}

/* What an instance's modules need to know about the agent. */
static void tell_instances(struct agent *agent)
{
	for (size_t i = 0; i < agent->settings->count; i++) {
		struct instance *instance = &agent->settings->instances[i];

		instance->agent_password = agent->password;
		instance->state = agent->settings->state;
		instance->pins = &agent->pins;
		instance->server = &agent->client;
		instance->peers = agent->settings->instances;
		instance->peer_count = agent->settings->count;
	}
}

enum vk_rc agent_load_enrolled(const char *config, struct agent *agent, struct vk_err *err)
{
	enum vk_rc rc = agent_load(config, agent, err);

	if (rc == VK_OK)
		rc = pins_read(agent->settings->state, &agent->pins, err);
	if (rc == VK_OK)
		rc = read_password(agent, err);
	if (rc == VK_OK)
		tell_instances(agent);
	return rc;
}

static const char *const tls_files[AGENT_TLS_FILES] = {"ca.crt", "tls.crt", "tls.key"};

char *agent_tls_path(const struct agent *agent, const char *name)
{
	const struct pull_settings *settings = agent->settings;

	if (settings->ca == NULL)
		return agent_path(agent, name);
	if (strcmp(name, "ca.crt") == 0)
		return xstrdup(settings->ca);
	return xstrdup(strcmp(name, "tls.crt") == 0 ? settings->certificate : settings->key);
}

/* A file that is not there is no file of any kind. */
static void look_at_files(const struct agent *agent, struct agent_file out[AGENT_TLS_FILES])
{
	for (int i = 0; i < AGENT_TLS_FILES; i++) {
		char *path = agent_tls_path(agent, tls_files[i]);
		struct stat st;

		memset(&out[i], 0, sizeof(out[i]));
		if (stat(path, &st) == 0) {
			out[i].inode = st.st_ino;
			out[i].changed = st.st_ctim;
		}
		free(path);
	}
}

const char *agent_server(const struct agent *agent)
{
	return agent->settings->servers[agent->server];
}

struct source agent_source(const struct agent *agent)
{
	return (struct source){.client = agent->client, .parcel = agent->parcel};
}

bool agent_has_certificate(const struct agent *agent)
{
	char *path = agent_tls_path(agent, "tls.crt");
	bool is_there = agent->settings->ca != NULL || access(path, F_OK) == 0;

	free(path);
	return is_there;
}

enum vk_rc agent_turn_to_next(struct agent *agent, struct vk_err *err)
{
	agent->server = (agent->server + 1) % agent->settings->server_count;
	agent->server_since_ms = vk_clock_monotonic_ms();
	return agent_connect(agent, err);
}

/* One that was turned to because the preferred one was away. */
static bool is_time_to_return(const struct agent *agent)
{
	return agent->server != 0 &&
	       vk_clock_monotonic_ms() - agent->server_since_ms >= AGENT_RETURN_MS;
}

enum vk_rc agent_connect(struct agent *agent, struct vk_err *err)
{
	char *ca = agent_tls_path(agent, "ca.crt");
	char *cert = agent_tls_path(agent, "tls.crt");
	char *key = agent_tls_path(agent, "tls.key");
	char *session = agent_path(agent, "session");
	const struct httpc_options options = {.url = agent_server(agent),
		.ca_path = ca,
		.cert_path = cert,
		.key_path = key,
		.session_path = session,
		.is_own_pki = agent->settings->ca != NULL,
		.fleet = agent->pins.fleet};
	enum vk_rc rc = VK_OK;

	httpc_free(agent->client);
	agent->client = NULL;
	look_at_files(agent, agent->files);
	agent->is_offline = !agent_has_certificate(agent);
	if (!agent->is_offline)
		rc = httpc_new(&options, &agent->client, err);
	free(ca);
	free(cert);
	free(key);
	free(session);
	return rc;
}

enum vk_rc agent_refresh(struct agent *agent, struct vk_err *err)
{
	struct agent_file files[AGENT_TLS_FILES];

	if (agent->parcel != NULL)
		return VK_OK;
	if (is_time_to_return(agent)) {
		agent->server = 0;
		return agent_connect(agent, err);
	}
	look_at_files(agent, files);
	for (int i = 0; agent->client != NULL && i < AGENT_TLS_FILES; i++) {
		if (files[i].inode == agent->files[i].inode &&
			files[i].changed.tv_sec == agent->files[i].changed.tv_sec &&
			files[i].changed.tv_nsec == agent->files[i].changed.tv_nsec)
			continue;
		httpc_free(agent->client);
		agent->client = NULL;
	}
	return agent->client != NULL ? VK_OK : agent_connect(agent, err);
}

enum vk_rc agent_lock(struct agent *agent, struct vk_err *err)
{
	char *path = agent_path(agent, "lock");
	enum vk_rc rc = vk_file_lock(AT_FDCWD, path, &agent->lock_fd, err);

	free(path);
	return rc;
}

enum vk_rc agent_open(const char *config, struct agent *agent, struct vk_err *err)
{
	enum vk_rc rc = agent_load_enrolled(config, agent, err);

	if (rc == VK_OK)
		rc = agent_lock(agent, err);
	return rc == VK_OK ? agent_connect(agent, err) : rc;
}

void agent_close(struct agent *agent)
{
	httpc_free(agent->client);
	if (agent->password != NULL)
		sodium_memzero(agent->password, strlen(agent->password));
	free(agent->password);
	pull_settings_free(agent->settings);
	if (agent->lock_fd >= 0)
		close(agent->lock_fd);
	memset(agent, 0, sizeof(*agent));
	agent->lock_fd = -1;
}
