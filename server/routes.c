/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The API of vkcfgd, all of it: method, path, who may, where it stands in which
 * environment, what, how large, with which query parameters. A line without a
 * permission or an environment is denied to everybody; tests/unit/check_routes.c
 * walks the table with every role, in the right and the wrong environment.
 */
#include "config.h"

#include "server/routes.h"

#include "common/banned.h"

enum {
	KIB = 1024,
	MIB = 1024 * 1024,
	SMALL = 16 * KIB,
	/* 64 MiB of files, escaped as JSON: as a rule far less, never much more than this. */
	TREE = 80 * MIB,
	/* A release document and a role's metadata. */
	CHANGE = 8 * MIB,
	REPORT = 4 * MIB,
	/* An envelope and as many seals as one request may bring (routes_secret.c). */
	SECRET = 4 * MIB,
	TRUST = 8 * MIB,
};

#define HOST PERMISSION_HOST
#define VIEWER PERMISSION_VIEWER
#define AUTHOR PERMISSION_AUTHOR
#define APPROVER PERMISSION_APPROVER
#define OPERATOR PERMISSION_OPERATOR
#define AUDITOR PERMISSION_AUDITOR
#define ADMIN PERMISSION_ADMIN
#define ANY PERMISSION_ANY
#define ENROL PERMISSION_ENROL

#define NONE ENVIRONMENT_NONE
#define FLEET ENVIRONMENT_FLEET
#define LIST ENVIRONMENT_LIST
#define PATH ENVIRONMENT_PATH
#define BODY ENVIRONMENT_BODY
#define ENVELOPE ENVIRONMENT_ENVELOPE
#define FILES ENVIRONMENT_FILES
#define OF_CHANGE ENVIRONMENT_CHANGE
#define OF_HOST ENVIRONMENT_HOST
#define OF_TREE ENVIRONMENT_TREE
#define OF_SECRET ENVIRONMENT_SECRET

static const char *const desired[] = {"log", NULL};
static const char *const page[] = {"limit", "after", NULL};
static const char *const changes[] = {"limit", "after", "environment", "state", NULL};
static const char *const by_environment[] = {"limit", "after", "environment", NULL};
static const char *const secrets[] = {"limit", "after", "environment", "name", NULL};
static const char *const public_key[] = {"public", NULL};
static const char *const entries[] = {"from", "limit", NULL};
static const char *const leaf[] = {"index", "size", NULL};
static const char *const sizes[] = {"from", "to", NULL};

/* clang-format off */
const struct route routes[] = {
	{"GET",  "/v1/agent/secrets/{digest}",        HOST,                         NONE,      route_get_host_secret, 0,      NULL, NULL},
	{"GET",  "/v1/agent/desired",                 HOST,                         NONE,      route_get_desired,     0,      NULL, desired},
	{"POST", "/v1/agent/report",                  HOST,                         NONE,      route_post_report,     REPORT, NULL, NULL},
	{"POST", "/v1/agent/lease",                   HOST,                         NONE,      route_post_lease,      SMALL,  NULL, NULL},
	{"POST", "/v1/agent/handover",                HOST,                         NONE,      route_post_handover,   SMALL,  NULL, NULL},
	{"GET",  "/v1/agent/handover",                HOST,                         NONE,      route_get_handover,    0,      NULL, NULL},
	{"GET",  "/v1/agent/bundles/{env}/{number}",  HOST,                         PATH,      route_get_bundles,     0,      NULL, NULL},
	{"GET",  "/tuf/{file*}",                      HOST | VIEWER,                NONE,      route_get_tuf,         0,      NULL, NULL},

	{"POST", "/v1/enrol",                         ENROL,                        NONE,      route_enrol,           SMALL,  NULL, NULL},
	{"POST", "/v1/wait",                          ENROL,                        NONE,      route_wait,            SMALL,  NULL, NULL},
	{"POST", "/v1/renew",                         HOST | VIEWER,                NONE,      route_renew,           SMALL,  NULL, NULL},
	{"GET",  "/v1/ca",                            ANY,                          NONE,      route_get_ca,          0,      NULL, NULL},
	{"GET",  "/v1/ca/lacking",                    VIEWER,                       FLEET,     route_list_ca_lacking, 0,      NULL, page},
	{"GET",  "/v1/whoami",                        ANY,                          NONE,      route_whoami,          0,      NULL, NULL},

	{"POST", "/v1/trees",                         AUTHOR,                       NONE,      route_post_tree,       TREE,   NULL, NULL},
	{"GET",  "/v1/trees/{digest}",                VIEWER,                       OF_TREE,   route_get_tree,        0,      NULL, NULL},
	{"POST", "/v1/changes",                       AUTHOR,                       BODY,      route_post_change,     CHANGE, NULL, NULL},
	{"GET",  "/v1/changes",                       VIEWER,                       LIST,      route_list_changes,    0,      NULL, changes},
	{"GET",  "/v1/changes/{id}",                  VIEWER,                       OF_CHANGE, route_get_change,      0,      NULL, NULL},
	{"POST", "/v1/changes/{id}/approve",          APPROVER,                     OF_CHANGE, route_approve_change,  SMALL,  NULL, NULL},
	{"POST", "/v1/changes/{id}/reject",           AUTHOR | APPROVER,            OF_CHANGE, route_reject_change,   SMALL,  NULL, NULL},
	{"GET",  "/v1/releases",                      VIEWER,                       LIST,      route_list_releases,   0,      NULL, by_environment},
	{"POST", "/v1/releases",                      ADMIN,                        FLEET,     route_post_release,    TREE,   NULL, NULL},
	{"GET",  "/v1/releases/{env}/{number}",       VIEWER,                       PATH,      route_get_release,     0,      NULL, NULL},

	{"POST", "/v1/secrets",                       AUTHOR,                       ENVELOPE,  route_post_secret,     SECRET, NULL, NULL},
	{"GET",  "/v1/secrets",                       VIEWER,                       LIST,      route_list_secrets,    0,      NULL, secrets},
	{"GET",  "/v1/secrets/{digest}",              AUTHOR | APPROVER | OPERATOR, OF_SECRET, route_get_secret,      0,      NULL, public_key},
	{"POST", "/v1/secrets/{digest}/seals",        AUTHOR | APPROVER | OPERATOR, OF_SECRET, route_post_seals,      SECRET, NULL, NULL},
	{"POST", "/v1/secrets/{digest}/remove",       AUTHOR,                       OF_SECRET, route_remove_secret,   SMALL,  NULL, NULL},

	{"GET",  "/v1/hosts",                         VIEWER,                       LIST,      route_list_hosts,      0,      NULL, by_environment},
	{"POST", "/v1/hosts",                         OPERATOR,                     BODY,      route_post_host,       SMALL,  NULL, NULL},
	{"GET",  "/v1/hosts/{name}",                  VIEWER,                       OF_HOST,   route_get_host,        0,      NULL, NULL},
	{"POST", "/v1/hosts/{name}/readmit",          OPERATOR,                     OF_HOST,   route_readmit_host,    SMALL,  NULL, NULL},
	{"POST", "/v1/hosts/{name}/revoke",           OPERATOR,                     OF_HOST,   route_revoke_host,     SMALL,  NULL, NULL},
	{"GET",  "/v1/waiting",                       OPERATOR,                     LIST,      route_list_waiting,    0,      NULL, by_environment},
	{"POST", "/v1/waiting/{name}/approve",        OPERATOR,                     BODY,      route_approve_waiting, SMALL,  NULL, NULL},
	{"POST", "/v1/waiting/{name}/reject",         OPERATOR,                     BODY,      route_reject_waiting,  SMALL,  NULL, NULL},
	{"GET",  "/v1/drift",                         VIEWER,                       LIST,      route_list_drift,      0,      NULL, by_environment},
	{"GET",  "/v1/drift/members",                 VIEWER,                       LIST,      route_list_members,    0,      NULL, by_environment},
	{"GET",  "/v1/announcements",                 VIEWER,                       LIST,      route_list_announcements, 0,   NULL, by_environment},
	{"POST", "/v1/announcements",                 APPROVER,                     BODY,      route_post_announcement, SMALL, NULL, NULL},
	{"POST", "/v1/announcements/end",             APPROVER | OPERATOR,          BODY,      route_end_announcement, SMALL, NULL, NULL},
	{"GET",  "/v1/status",                        VIEWER,                       LIST,      route_get_status,      0,      NULL, NULL},

	{"GET",  "/v1/users",                         VIEWER,                       NONE,      route_list_users,      0,      NULL, page},
	{"POST", "/v1/users",                         ADMIN,                        FLEET,     route_post_user,       SMALL,  NULL, NULL},
	{"POST", "/v1/users/{name}/roles",            ADMIN,                        FLEET,     route_set_user_roles,  SMALL,  NULL, NULL},
	{"POST", "/v1/users/{name}/readmit",          ADMIN,                        FLEET,     route_readmit_user,    SMALL,  NULL, NULL},
	{"POST", "/v1/users/{name}/revoke",           ADMIN,                        FLEET,     route_revoke_user,     SMALL,  NULL, NULL},
	{"GET",  "/v1/online-keys",                   ADMIN,                        FLEET,     route_get_online_keys, 0,      NULL, NULL},
	{"POST", "/v1/tuf",                           ADMIN,                        FLEET,     route_post_tuf,        TRUST,  NULL, NULL},
	{"POST", "/v1/refresh",                       APPROVER | ADMIN,             FILES,     route_post_refresh,    TRUST,  NULL, NULL},

	{"GET",  "/v1/audit",                         AUDITOR | VIEWER,             FLEET,     route_list_audit,      0,      NULL, entries},
	{"GET",  "/v1/log/consistency",               ANY,                          NONE,      route_get_consistency, 0,      NULL, sizes},
	{"GET",  "/v1/log/inclusion",                 ANY,                          NONE,      route_get_inclusion,   0,      NULL, leaf},
	{"GET",  "/v1/log/witnesses",                 AUDITOR | VIEWER,             FLEET,     route_list_witnesses,  0,      NULL, page},
	{"GET",  "/log/checkpoint",                   ANY,                          NONE,      route_get_checkpoint,  0,      NULL, NULL},
	{"GET",  "/log/tile/entries/{tile*}",         AUDITOR | VIEWER,             FLEET,     route_get_entries,     0,      NULL, NULL},
	{"GET",  "/log/tile/{level}/{tile*}",         ANY,                          NONE,      route_get_tile,        0,      NULL, NULL},

	{"GET",  "/metrics",                          ANY,                          NONE,      route_get_metrics,     0,      NULL, NULL},
	{"GET",  "/healthz",                          ANY,                          NONE,      route_get_health,      0,      NULL, NULL},
	{"GET",  "/readyz",                           ANY,                          NONE,      route_get_ready,       0,      NULL, NULL},
};
/* clang-format on */

const size_t route_count = sizeof(routes) / sizeof(routes[0]);
