# Unit tests of server.
SERVER_UNIT_LIBS = $(SERVER_LIBS) $(CHECK_LIBS)

check_PROGRAMS += tests/unit/check_server_settings
TESTS += tests/unit/check_server_settings
tests_unit_check_server_settings_LDADD = $(SERVER_UNIT_LIBS)

check_PROGRAMS += tests/unit/check_init
TESTS += tests/unit/check_init
tests_unit_check_init_LDADD = $(SERVER_UNIT_LIBS)

check_PROGRAMS += tests/unit/check_state_dir
TESTS += tests/unit/check_state_dir
tests_unit_check_state_dir_LDADD = $(SERVER_UNIT_LIBS)
STORE_FIXTURE = tests/unit/store_fixture.c tests/unit/store_fixture.h
check_PROGRAMS += tests/unit/check_store
TESTS += tests/unit/check_store
tests_unit_check_store_SOURCES = tests/unit/check_store.c $(STORE_FIXTURE)
tests_unit_check_store_LDADD = $(SERVER_UNIT_LIBS)
check_PROGRAMS += tests/unit/check_store_identity
TESTS += tests/unit/check_store_identity
tests_unit_check_store_identity_SOURCES = tests/unit/check_store_identity.c $(STORE_FIXTURE)
tests_unit_check_store_identity_LDADD = $(SERVER_UNIT_LIBS)
check_PROGRAMS += tests/unit/check_store_host
TESTS += tests/unit/check_store_host
tests_unit_check_store_host_SOURCES = tests/unit/check_store_host.c $(STORE_FIXTURE)
tests_unit_check_store_host_LDADD = $(SERVER_UNIT_LIBS)

check_PROGRAMS += tests/unit/check_view
TESTS += tests/unit/check_view
tests_unit_check_view_LDADD = $(SERVER_UNIT_LIBS)

check_PROGRAMS += tests/unit/check_report
TESTS += tests/unit/check_report
tests_unit_check_report_LDADD = $(SERVER_UNIT_LIBS)

check_PROGRAMS += tests/unit/check_approval
TESTS += tests/unit/check_approval
tests_unit_check_approval_LDADD = $(SERVER_UNIT_LIBS)
check_PROGRAMS += tests/unit/check_route
TESTS += tests/unit/check_route
tests_unit_check_route_LDADD = $(SERVER_UNIT_LIBS)

check_PROGRAMS += tests/unit/check_conn
TESTS += tests/unit/check_conn
CONN_FIXTURE = tests/unit/conn_fixture.c tests/unit/conn_fixture.h $(PKI_SOURCES)
tests_unit_check_conn_SOURCES = tests/unit/check_conn.c $(CONN_FIXTURE)
tests_unit_check_conn_LDADD = $(SERVER_UNIT_LIBS)

check_PROGRAMS += tests/unit/check_conn_limits
TESTS += tests/unit/check_conn_limits
tests_unit_check_conn_limits_SOURCES = tests/unit/check_conn_limits.c $(CONN_FIXTURE)
tests_unit_check_conn_limits_LDADD = $(SERVER_UNIT_LIBS)

check_PROGRAMS += tests/unit/check_worker
TESTS += tests/unit/check_worker
tests_unit_check_worker_SOURCES = tests/unit/check_worker.c $(PKI_SOURCES)
tests_unit_check_worker_LDADD = $(SERVER_UNIT_LIBS)

FLEET_FIXTURE = $(STORE_FIXTURE) tests/unit/fleet_fixture.c tests/unit/fleet_fixture.h

check_PROGRAMS += tests/unit/check_writer
TESTS += tests/unit/check_writer
tests_unit_check_writer_SOURCES = tests/unit/check_writer.c $(FLEET_FIXTURE)
tests_unit_check_writer_LDADD = $(SERVER_UNIT_LIBS)

check_PROGRAMS += tests/unit/check_signer
TESTS += tests/unit/check_signer
tests_unit_check_signer_SOURCES = tests/unit/check_signer.c $(FLEET_FIXTURE)
tests_unit_check_signer_LDADD = $(SERVER_UNIT_LIBS)

check_PROGRAMS += tests/unit/check_publish
TESTS += tests/unit/check_publish
tests_unit_check_publish_SOURCES = tests/unit/check_publish.c $(FLEET_FIXTURE)
tests_unit_check_publish_LDADD = $(SERVER_UNIT_LIBS)

check_PROGRAMS += tests/unit/check_change
TESTS += tests/unit/check_change
tests_unit_check_change_SOURCES = tests/unit/check_change.c $(FLEET_FIXTURE)
tests_unit_check_change_LDADD = $(SERVER_UNIT_LIBS)

check_PROGRAMS += tests/unit/check_publish_trust
TESTS += tests/unit/check_publish_trust
tests_unit_check_publish_trust_SOURCES = tests/unit/check_publish_trust.c $(FLEET_FIXTURE)
tests_unit_check_publish_trust_LDADD = $(SERVER_UNIT_LIBS)
check_PROGRAMS += tests/unit/check_tile
TESTS += tests/unit/check_tile
tests_unit_check_tile_LDADD = $(SERVER_UNIT_LIBS)

check_PROGRAMS += tests/unit/check_witness
TESTS += tests/unit/check_witness
tests_unit_check_witness_SOURCES = tests/unit/check_witness.c $(FLEET_FIXTURE)
tests_unit_check_witness_LDADD = $(SERVER_UNIT_LIBS)

check_PROGRAMS += tests/unit/check_db
TESTS += tests/unit/check_db
tests_unit_check_db_SOURCES = tests/unit/check_db.c $(STORE_FIXTURE)
tests_unit_check_db_LDADD = $(SERVER_UNIT_LIBS)

check_PROGRAMS += tests/unit/check_store_change
TESTS += tests/unit/check_store_change
tests_unit_check_store_change_SOURCES = tests/unit/check_store_change.c $(STORE_FIXTURE)
tests_unit_check_store_change_LDADD = $(SERVER_UNIT_LIBS)
check_PROGRAMS += tests/unit/check_proposal
TESTS += tests/unit/check_proposal
tests_unit_check_proposal_LDADD = $(SERVER_UNIT_LIBS)

check_PROGRAMS += tests/unit/check_denials
TESTS += tests/unit/check_denials
tests_unit_check_denials_LDADD = $(SERVER_UNIT_LIBS)

check_PROGRAMS += tests/unit/check_routes
TESTS += tests/unit/check_routes
tests_unit_check_routes_LDADD = $(SERVER_UNIT_LIBS)

check_PROGRAMS += tests/unit/check_descriptors
TESTS += tests/unit/check_descriptors
tests_unit_check_descriptors_LDADD = $(SERVER_UNIT_LIBS)

check_PROGRAMS += tests/unit/check_server
TESTS += tests/unit/check_server
tests_unit_check_server_SOURCES = tests/unit/check_server.c $(FLEET_FIXTURE) $(PKI_SOURCES)
tests_unit_check_server_LDADD = $(SERVER_UNIT_LIBS)

check_PROGRAMS += tests/unit/check_store_secret
TESTS += tests/unit/check_store_secret
tests_unit_check_store_secret_SOURCES = tests/unit/check_store_secret.c $(STORE_FIXTURE)
tests_unit_check_store_secret_LDADD = $(SERVER_UNIT_LIBS)

check_PROGRAMS += tests/unit/check_sealed
TESTS += tests/unit/check_sealed
tests_unit_check_sealed_SOURCES = tests/unit/check_sealed.c $(STORE_FIXTURE)
tests_unit_check_sealed_LDADD = $(SERVER_UNIT_LIBS)

check_PROGRAMS += tests/unit/check_handovers
TESTS += tests/unit/check_handovers
tests_unit_check_handovers_LDADD = $(SERVER_UNIT_LIBS)
check_PROGRAMS += tests/unit/check_waiting
TESTS += tests/unit/check_waiting
tests_unit_check_waiting_LDADD = $(SERVER_UNIT_LIBS)

check_PROGRAMS += tests/unit/check_backup
TESTS += tests/unit/check_backup
tests_unit_check_backup_SOURCES = tests/unit/check_backup.c $(FLEET_FIXTURE)
tests_unit_check_backup_LDADD = $(SERVER_UNIT_LIBS)

check_PROGRAMS += tests/unit/check_store_usage
TESTS += tests/unit/check_store_usage
tests_unit_check_store_usage_SOURCES = tests/unit/check_store_usage.c $(STORE_FIXTURE)
tests_unit_check_store_usage_LDADD = $(SERVER_UNIT_LIBS)

check_PROGRAMS += tests/unit/check_own_pki
TESTS += tests/unit/check_own_pki
tests_unit_check_own_pki_SOURCES = tests/unit/check_own_pki.c $(PKI_SOURCES)
tests_unit_check_own_pki_LDADD = $(SERVER_UNIT_LIBS)
