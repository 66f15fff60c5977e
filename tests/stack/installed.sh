#!/bin/sh
# installed.sh SOURCE BUILD SANITIZERS - the library as others have it: installed, found by pkg-config, used by the example.
#
# In a network namespace of its own with a pair of veth devices.  Exit: 0, 1, or 77 when no namespace can be made.
set -eu

source=$1 build=$2 sanitizers=$3
work=$(mktemp -d "${TMPDIR:-/tmp}/cairn-installed.XXXXXX")
trap 'rm -rf "$work"' EXIT

fail() {
	echo "not ok - $1" >&2
	exit 1
}

cmake --install "$build" --component cairn-stack --prefix "$work" >/dev/null
cmake --install "$build" --component cairn-resolver --prefix "$work" >/dev/null
export PKG_CONFIG_PATH="$(dirname "$(find "$work" -name cairn-stack.pc)")"
cflags="-std=c17 -D_GNU_SOURCE -Wall -Wextra -Werror ${sanitizers:+-fsanitize=$sanitizers} $(pkg-config --cflags cairn-stack)"

# Each header compiles alone, beside the system's own.
for header in $(cd "$work/include/cairn" && find stack resolver -name '*.h'); do
	printf '#include <%s>\n#include <netinet/tcp.h>\n#include <uv.h>\nint unused;\n' "$header" >"$work/alone.c"
	cc $cflags -c "$work/alone.c" -o "$work/alone.o" || fail "$header does not compile alone"
done

# The manual names every call.
for call in $(grep -ho 'cairn_[a-z_0-9]*(' "$source/stack/bsd.h" "$source/stack/host.h" | tr -d '(' | sort -u); do
	[ "$call" = cairn_condition ] || grep -q "Fn $call" "$source/man/cairn-stack.3" || fail "the manual does not name $call"
done

# And every option that the calls know.
for option in $(grep -ohE '(case|name ==) (ABI_)?(SO|IP|IPV6|TCP)_[A-Z0-9_]+' "$source"/stack/socket_option*.c |
	sed -E 's/.* (ABI_)?//' | grep -v '^TCP_STATE_' | sort -u); do
	grep -Eqw "^\.Dv.*$option" "$source/man/cairn-stack.3" || fail "the manual does not name $option"
done

for call in $(grep -ho 'cairn_[a-z_0-9]*(' "$source/resolver/netdb/netdb.h" | tr -d '(' | sort -u); do
	grep -q "Fn $call" "$source/man/cairn-resolver.3" || fail "the manual does not name $call"
done

# A program that asks for names is whole with what pkg-config says.
cat >"$work/names.c" <<'NAMES'
#include <resolver/netdb/netdb.h>

int
main(void)
{
	static struct cairn cairn;
	const struct cairn_netdb_config config = { .cairn = &cairn, .servers = { "192.0.2.53" } };
	struct cairn_netdb *netdb;
	struct addrinfo *infos;
	if (cairn_netdb_open(&netdb, &config) != 0 || cairn_getaddrinfo(netdb, "192.0.2.1", "80", NULL, &infos) != 0)
		return 1;
	cairn_freeaddrinfo(infos);
	cairn_netdb_close(netdb);
	return 0;
}
NAMES
cc $cflags "$work/names.c" -o "$work/names" $(pkg-config --libs cairn-resolver) || fail "a program that asks for names does not build"
"$work/names" || fail "a program that asks for names fails"

[ "$(wc -l <"$source/examples/echo.c")" -le 60 ] || fail "the example is longer than 60 lines"
cc $cflags "$source/examples/echo.c" -o "$work/echo" $(pkg-config --libs cairn-stack) || fail "the example does not build"

cat >"$work/play" <<'PLAY'
set -eu
ip link add dev echo0 type veth peer name echo1
ip link set echo0 up
ip link set echo1 up
for pair in "192.0.2.1/24 192.0.2.2/24 192.0.2.1" "2001:db8::1/64 2001:db8::2/64 2001:db8::1"; do
	set -- $pair
	timeout 30 "$work/echo" echo0 "$1" &
	# The server's address is its own only after some seconds (RFC 5227): the client's SYNs are sent again until then.
	heard=$(timeout 30 "$work/echo" echo1 "$2" "$3" "hello from $2")
	wait $!
	[ "$heard" = "hello from $2" ] || { echo "not ok - $3 said: $heard" >&2; exit 1; }
	echo "ok - $3 said: $heard"
done
PLAY
export work
if ! unshare -n true 2>/dev/null && ! unshare -rn true 2>/dev/null; then
	echo "skip - the_installed_library_serves_the_example: no network namespace can be made here (root, or user namespaces)"
	exit 77
fi
if [ "$(id -u)" -eq 0 ]; then unshare -n sh "$work/play"; else unshare -rn sh "$work/play"; fi
