# Manual pages and documents.
dist_man_MANS += docs/man/vkcfg.1 docs/man/vkcfgd.8 docs/man/vkcfgd.yaml.5
dist_man_MANS += docs/man/vkcfg-pull.8 docs/man/pull.yaml.5
dist_doc_DATA = README.md CHANGELOG.md SECURITY.md docs/architecture.md docs/formats.md docs/import.md docs/keys.md docs/performance.md docs/secrets.md docs/security.md docs/tutorial.md
EXTRA_DIST += CONTRIBUTING.md
