#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Makes a clone ready for `make`: checks that everything is there, runs autoreconf and configure.
#
#   ./autogen.sh [--install-deps] [configure options...]
#
# Without --install-deps it changes nothing outside this directory: it names what is missing, and the
# command that installs it. With --install-deps it installs that with the distribution's own packages
# (Debian 12; as root, or through sudo), and removes nothing.
set -eu
cd "$(dirname "$0")"

# What building needs, what `make check` and `make demo` need beside it.
build_packages="gcc make autoconf automake pkg-config libc6-dev libevent-dev libssl-dev libsqlite3-dev
	libhiredis-dev libyaml-dev libsodium-dev libjansson-dev libp11-kit-dev check"
test_packages="openssl curl jq sqlite3 strace expect gawk git xz-utils mandoc util-linux procps
	faketime softhsm2 opensc"
# Valkey is in Debian 12's backports, in Debian 13 proper.
valkey_packages="valkey-server valkey-tools"

policy_file=/usr/sbin/policy-rc.d
backports_file=/etc/apt/sources.list.d/bookworm-backports.sources

say() { printf '%s\n' "autogen.sh: $*" >&2; }
die() { say "$*"; exit 1; }

is_installed() {
	test "$(dpkg-query -W -f '${db:Status-Abbrev}' "$1" 2>/dev/null | cut -c1-2)" = ii
}

# Prints those of the given packages that are not installed.
missing_of() {
	for package; do
		is_installed "$package" || printf ' %s' "$package"
	done
}

# Runs a command as root: directly, or through sudo.
as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	else
		sudo -- "$@"
	fi
}

apt() {
	as_root env DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l \
		apt-get -q -o DPkg::Lock::Timeout=600 "$@"
}

has_candidate() {
	apt-cache policy "$1" 2>/dev/null | grep -q '^  Candidate: [^(]'
}

# Packages of servers start their service when they are installed, unless this file says no. One
# that is there already is the administrator's; ours goes away when everything is installed.
forbid_service_starts() {
	[ ! -e "$policy_file" ] || return 0
	is_guard_ours=yes
	say "writing $policy_file for the time of the installation: nothing starts by itself"
	trap 'as_root rm -f "$policy_file"' EXIT
	trap 'exit 130' INT TERM HUP
	printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy_file" >/dev/null
	as_root chmod 755 "$policy_file"
}

allow_service_starts() {
	trap - EXIT INT TERM HUP
	[ "$is_guard_ours" = no ] || as_root rm -f "$policy_file"
}

# Adds the backports suite of the mirror that this machine uses already.
enable_backports() {
	[ ! -e "$backports_file" ] || return 0
	# shellcheck disable=SC2016 # the words are apt's
	uri=$(apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
		awk '$1 == "bookworm" && $2 == "main" { print $3; exit }')
	[ -n "$uri" ] || die "valkey-server is not in this machine's package sources, and they name no" \
		"Debian 12 (bookworm) mirror whose backports could be added; install Valkey 8 by hand"
	say "writing $backports_file: valkey-server comes from bookworm-backports"
	printf 'Types: deb\nURIs: %s\nSuites: bookworm-backports\nComponents: main\nSigned-By: %s\n' \
		"$uri" /usr/share/keyrings/debian-archive-keyring.gpg |
		as_root tee "$backports_file" >/dev/null
}

install_missing() {
	[ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null ||
		die "--install-deps needs root or sudo; ask your administrator for:$missing"
	say "installing with apt-get:$missing"
	forbid_service_starts
	suite=
	apt update
	case "$missing" in *valkey*)
		if ! has_candidate valkey-server; then
			enable_backports
			apt update
			suite="-t bookworm-backports"
		fi
	esac
	# shellcheck disable=SC2046,SC2086 # lists of words
	set -- $(missing_of $build_packages $test_packages)
	[ $# -eq 0 ] || apt install -y --no-install-recommends --no-remove "$@"
	# shellcheck disable=SC2046,SC2086
	set -- $(missing_of $valkey_packages)
	# shellcheck disable=SC2086
	[ $# -eq 0 ] || apt install -y --no-install-recommends --no-remove $suite "$@"
	allow_service_starts
}

is_install=no
is_guard_ours=no
if [ "${1:-}" = --install-deps ]; then
	is_install=yes
	shift
fi

if command -v dpkg-query >/dev/null; then
	# shellcheck disable=SC2086
	missing=$(missing_of $build_packages $test_packages $valkey_packages)
	# shellcheck disable=SC2086
	missing_to_build=$(missing_of $build_packages)
	if [ -n "$missing" ] && [ "$is_install" = yes ]; then
		install_missing
	elif [ -n "$missing_to_build" ]; then
		say "missing:$missing_to_build"
		say "this installs them:"
		say "    ./autogen.sh --install-deps"
		die "or: apt-get install$missing_to_build"
	elif [ -n "$missing" ]; then
		say "good enough to build; make check and make demo also need:$missing"
		say "this installs them: ./autogen.sh --install-deps"
	fi
else
	[ "$is_install" = no ] || die "--install-deps knows Debian's packages only, and dpkg is not here;" \
		"README.md lists what is needed"
	for tool in autoreconf automake pkg-config make cc; do
		command -v "$tool" >/dev/null || die "missing: $tool"
	done
fi

autoreconf --install
exec ./configure "$@"
