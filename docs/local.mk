# Manual pages and documents.
dist_man_MANS += docs/man/vkcfgd.8 docs/man/vkcfgd.yaml.5
