/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The handlers of the route table (routes.c), one file per resource. What each
 * takes and answers stands in docs/formats.md; who may call it stands in the
 * table and nowhere else.
 */
#ifndef VK_ROUTES_H
#define VK_ROUTES_H

#include "server/route.h"

/* routes_enrol.c */
route_handler route_enrol;
route_handler route_wait;
route_handler route_renew;

/* routes_ca.c */
route_handler route_get_ca;
route_handler route_list_ca_lacking;

/* routes_agent.c */
route_handler route_get_desired;
route_handler route_get_bundles;
route_handler route_post_report;
route_handler route_post_lease;
route_handler route_post_handover;
route_handler route_get_handover;

/* routes_tuf.c */
route_handler route_get_tuf;
route_handler route_post_tuf;
route_handler route_post_refresh;
route_handler route_get_online_keys;

/* routes_tree.c */
route_handler route_post_tree;
route_handler route_get_tree;

/* routes_change.c */
route_handler route_post_change;
route_handler route_list_changes;
route_handler route_get_change;
route_handler route_approve_change;
route_handler route_reject_change;

/* routes_recover.c */
route_handler route_post_release;

/* routes_release.c */
route_handler route_list_releases;
route_handler route_get_release;

/* routes_host.c */
route_handler route_list_hosts;
route_handler route_get_host;
route_handler route_post_host;
route_handler route_revoke_host;
route_handler route_readmit_host;
route_handler route_list_drift;

/* routes_announcement.c */
route_handler route_post_announcement;
route_handler route_end_announcement;
route_handler route_list_announcements;

/* routes_member.c */
route_handler route_list_members;

/* routes_secret.c */
route_handler route_post_secret;
route_handler route_post_seals;
route_handler route_remove_secret;
route_handler route_list_secrets;
route_handler route_get_secret;
route_handler route_get_host_secret;

/* routes_waiting.c */
route_handler route_list_waiting;
route_handler route_approve_waiting;
route_handler route_reject_waiting;

/* routes_user.c */
route_handler route_whoami;
route_handler route_list_users;
route_handler route_post_user;
route_handler route_set_user_roles;
route_handler route_revoke_user;
route_handler route_readmit_user;

/* routes_log.c */
route_handler route_list_audit;
route_handler route_get_consistency;
route_handler route_get_inclusion;
route_handler route_list_witnesses;
route_handler route_get_checkpoint;
route_handler route_get_tile;
route_handler route_get_entries;

/* routes_status.c */
route_handler route_get_status;
route_handler route_get_metrics;
route_handler route_get_health;
route_handler route_get_ready;

#endif
