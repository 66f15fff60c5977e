# anchor.sh - process 1 of a lab (see `lab`, which starts it): makes the private places, builds the
# network, signs the zones, starts the servers, says so by $LAB_DIR/ready, then only reaps children.
set -eu

here=$(dirname "$0")
run=/run/cairn-lab
. "$here/network.sh"
. "$here/zones.sh"
. "$here/servers.sh"
[ -z "${CAIRN_LAB_MORE:-}" ] || . "$CAIRN_LAB_MORE/more.sh"

# $pid is ours as the outside sees it: /proc is still the outside's here.
read -r pid rest </proc/self/stat

private_mounts() {
	resolv_conf=$(readlink -f /etc/resolv.conf) || resolv_conf=
	mount -t proc proc /proc
	mount -t tmpfs -o mode=755 tmpfs /run
	mkdir -p /run/netns "$run"
	: >"$run/$pid"
	echo "$pid" >"$LAB_DIR/anchor"
}

# The hosts of the lab ask the resolver on the host itself; cairnd will run on `lan`.
point_at_resolver() {
	[ -n "$resolv_conf" ] || return 0
	printf 'nameserver 127.0.0.1\nnameserver ::1\n' >"$LAB_DIR/resolv.conf"
	case $resolv_conf in
	/run/*) mkdir -p "$(dirname "$resolv_conf")" && : >"$resolv_conf" ;;
	esac
	mount --bind "$LAB_DIR/resolv.conf" "$resolv_conf"
}

private_mounts
point_at_resolver
zones_sign &
signing=$!
network_build
wait $signing
servers_start
servers_await
: >"$LAB_DIR/ready"

# Process 1 inherits what others leave behind; wait collects it.
while :; do
	sleep 3600 &
	wait $! || :
done
