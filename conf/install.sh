#!/bin/sh
# install.sh [LIST...] - install the Debian packages that a list names and this machine lacks.
#
# A list (default: conf/packages) holds one apt name a line; `a|b` is satisfied by either.
# Says nothing when nothing is missing. Needs root only when something is.
#
# Nothing that gets installed is started, now or at the next boot: several packages are name and web
# servers, needed for their programs only. A policy-rc.d (exit 101) stands in the way while apt runs
# and goes afterwards, and the units that the new packages brought are disabled.
#
# Exit: 0 all there; 1 something is missing and could not be installed.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
policy=/usr/sbin/policy-rc.d
policy_is_ours=

names_in() {
	sed 's/#.*//; s/[[:space:]]//g; /^$/d' "$@"
}

is_installed() {
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# missing LIST...: the first name of every line of which no alternative is installed.
missing() {
	names_in "$@" | while read -r line; do
		found=
		for name in $(printf '%s' "$line" | tr '|' ' '); do
			if is_installed "$name"; then found=yes; fi
		done
		[ -n "$found" ] || printf '%s ' "${line%%|*}"
	done
}

installed_packages() {
	dpkg-query -W -f '${db:Status-Status} ${Package}\n' | sed -n 's/^installed //p' | sort
}

forbid_starting() {
	[ ! -e "$policy" ] || return 0
	printf '#!/bin/sh\n# Cairn is installing packages: start nothing.\nexit 101\n' >"$policy"
	chmod 755 "$policy"
	policy_is_ours=yes
}

clean_up() {
	[ -z "$policy_is_ours" ] || rm -f "$policy"
	rm -f "$before" "$after"
}

# units_of PACKAGE...: the systemd units they ship (templates have nothing to disable).
units_of() {
	dpkg -L "$@" | sed -nE 's#.*/systemd/system/([^/@]*\.(service|socket|timer|target))$#\1#p'
}

disable_new_units() {
	new=$(comm -13 "$before" "$after")
	command -v systemctl >/dev/null || return 0
	[ -n "$new" ] || return 0
	for unit in $(units_of $new | sort -u); do
		systemctl disable --quiet "$unit" 2>/dev/null || :
	done
}

install() {
	before=$(mktemp) after=$(mktemp)
	trap clean_up EXIT
	trap 'exit 1' HUP INT TERM
	installed_packages >"$before"
	forbid_starting
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -qq
	apt-get install -y -qq --no-install-recommends "$@" </dev/null
	installed_packages >"$after"
	disable_new_units
}

main() {
	[ $# -gt 0 ] || set -- "$here/packages"
	if ! command -v dpkg-query >/dev/null; then
		echo "$0: no dpkg here; make sure that these are present: $(names_in "$@" | tr '\n' ' ')" >&2
		return 0
	fi
	want=$(missing "$@")
	[ -n "$want" ] || return 0
	if [ "$(id -u)" -ne 0 ]; then
		echo "Missing packages: $want" >&2
		echo "Installing them needs root; run this, then start again:" >&2
		echo "	sudo $here/install.sh $*" >&2
		return 1
	fi
	echo "Installing: $want"
	install $want
}

main "$@"
