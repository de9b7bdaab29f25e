# Manual pages and documents.
dist_man_MANS += docs/man/vkcfg.1 docs/man/vkcfgd.8 docs/man/vkcfgd.yaml.5
dist_man_MANS += docs/man/vkcfg-pull.8 docs/man/pull.yaml.5
dist_doc_DATA = README.md CHANGELOG.md SECURITY.md docs/adoption.md docs/agent.md docs/architecture.md docs/baseline.md docs/formats.md docs/import.md docs/keys.md docs/language.md docs/migration.md docs/operations.md docs/performance.md docs/secrets.md docs/security.md docs/templates.md docs/tutorial.md
EXTRA_DIST += CONTRIBUTING.md docs/baseline.sh docs/language.sh docs/templates.sh

# The part of docs/templates.md that the templates themselves say; 177-templates.sh compares.
templates-page: client/admin/vkcfg
	$(SHELL) $(top_srcdir)/docs/templates.sh client/admin/vkcfg $(top_srcdir)/docs/templates.md
.PHONY: templates-page

# The rules in docs/baseline.md; 180-lint.sh compares.
baseline-page:
	$(SHELL) $(top_srcdir)/docs/baseline.sh $(top_srcdir)/schema/baseline $(top_srcdir)/docs/baseline.md
.PHONY: baseline-page

# The tables of docs/language.md; 191-language.sh compares.
language-page: client/admin/vkcfg
	$(SHELL) $(top_srcdir)/docs/language.sh client/admin/vkcfg $(top_srcdir)/docs/language.md
.PHONY: language-page
