# servers.sh - which daemon serves what at which addresses of the lab. Read by anchor.sh.

servers_more() { :; }

servers_start() {
	nsd_serve roots "$(root_addresses)" root root-servers.net arpa
	knot_serve registry com "198.18.1.1 198.18.1.2 2001:2:0:1::1 2001:2:0:1::2" \
		com net gtld-servers.net in-addr.arpa ip6.arpa
	nsd_serve registry "198.18.1.11 198.18.1.12 2001:2:0:1::11 2001:2:0:1::12" org example
	nsd_serve alpha "198.18.2.1 198.18.2.2 198.18.2.4 2001:2:0:2::1 2001:2:0:2::2" \
		alpha.net shop.com hosting.net types.example chain.org short.org big.org \
		lame.com half-dead.com v4only.com \
		18.198.in-addr.arpa 0.0.0.0.2.0.0.0.1.0.0.2.ip6.arpa
	knot_serve beta beta "198.18.3.1 198.18.3.2 2001:2:0:3::1 2001:2:0:3::2" \
		beta.org shop.com types.example signed.org insecure.signed.org bogus.org expired.org dear.org \
		many.org big.org glueless.com deep.com \
		18.198.in-addr.arpa 0.0.0.0.2.0.0.0.1.0.0.2.ip6.arpa
	nsd_serve gamma "2001:2:0:4::1 2001:2:0:4::2" gamma.net hosting.net v6only.com
	nsd_serve quirks "198.18.5.1 198.18.5.2 198.18.5.3 198.18.5.4
		2001:2:0:5::1 2001:2:0:5::2 2001:2:0:5::3 2001:2:0:5::4" tcponly.net noedns.net lossy.net
	web_serve
	servers_more
}

origin_of() {
	[ "$1" = root ] && echo . || echo "$1."
}

# start HOST NAME CMD...: CMD in the foreground, a child of ours; its words go to log/NAME.
start() {
	host=$1 log=$LAB_DIR/log/$2
	shift 2
	on "$host" "$@" >"$log" 2>&1 &
}

# nsd_serve HOST ADDRESSES ZONE...
nsd_serve() {
	host=$1 addresses=$2
	shift 2
	{
		echo "server:"
		for address in $addresses; do echo "  ip-address: $address"; done
		cat <<-OPTIONS
			  server-count: 1
			  username: ""
			  database: ""
			  pidfile: ""
			  zonesdir: "$signed"
			  xfrdir: "$run"
			  xfrdfile: "$run/nsd-$host.xfrd"
			  zonelistfile: "$run/nsd-$host.zones"
			  rrl-ratelimit: 0
			  hide-version: yes
			remote-control:
			  control-enable: no
		OPTIONS
		for zone; do
			printf 'zone:\n  name: "%s"\n  zonefile: "%s.zone"\n' "$(origin_of "$zone")" "$zone"
		done
	} >"$LAB_DIR/nsd-$host.conf"
	start "$host" "nsd-$host" nsd -d -c "$LAB_DIR/nsd-$host.conf"
	expect_answers $addresses
}

# knot_serve HOST NAME ADDRESSES ZONE...
knot_serve() {
	host=$1 name=$2 addresses=$3
	shift 3
	mkdir -p "$run/knot-$name"
	{
		cat <<-OPTIONS
			server:
			  rundir: "$run/knot-$name"
			  udp-workers: 1
			  tcp-workers: 1
			  background-workers: 1
			  version: ""
			  identity: ""
		OPTIONS
		for address in $addresses; do echo "  listen: $address@53"; done
		cat <<-OPTIONS
			log:
			  - target: stderr
			    any: warning
			database:
			  storage: "$run/knot-$name"
			template:
			  - id: default
			    storage: "$signed"
			    file: "%s.zone"
			    zonefile-sync: -1
			    zonefile-load: whole
			    journal-content: none
			    semantic-checks: off
			zone:
		OPTIONS
		for zone; do
			printf '  - domain: "%s"\n    file: "%s.zone"\n' "$(origin_of "$zone")" "$zone"
		done
	} >"$LAB_DIR/knot-$name.conf"
	start "$host" "knot-$name" knotd -c "$LAB_DIR/knot-$name.conf"
	expect_answers $addresses
}

# The lab's own certificate authority, $LAB_DIR/ca.pem, and the site's certificate by it.
site_certificate() {
	mkdir -p "$run/nginx-front"
	certificate="openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
	{
		$certificate -subj "/CN=The lab" -keyout "$LAB_DIR/ca.key" -out "$LAB_DIR/ca.pem" &&
			$certificate -subj "/CN=www.shop.com" -addext "subjectAltName=DNS:www.shop.com,DNS:shop.com" \
				-addext basicConstraints=CA:FALSE -CA "$LAB_DIR/ca.pem" -CAkey "$LAB_DIR/ca.key" \
				-keyout "$run/nginx-front/site.key" -out "$run/nginx-front/site.pem"
	} >"$LAB_DIR/log/certificate" 2>&1
}

web_serve() {
	site_certificate
	nginx_serve front front
	nginx_serve web1 web
	nginx_serve web2 web
}

# nginx_serve HOST SITE: with web/SITE.nginx, in which @host@, @run@ and @pages@ stand for ours.
nginx_serve() {
	host=$1
	mkdir -p "$run/nginx-$host"
	{
		cat <<-OPTIONS
			user root;
			daemon off;
			worker_processes 1;
			pid $run/nginx-$host/pid;
			events { }
			http {
			access_log off;
			server_tokens off;
		OPTIONS
		for kind in client_body proxy fastcgi uwsgi scgi; do
			echo "${kind}_temp_path $run/nginx-$host/$kind;"
		done
		sed "s|@host@|$host|g; s|@run@|$run/nginx-$host|g; s|@pages@|$here/web/pages|g" "$here/web/$2.nginx"
		echo "}"
	} >"$LAB_DIR/nginx-$host.conf"
	start "$host" "nginx-$host" nginx -e stderr -c "$LAB_DIR/nginx-$host.conf"
}

expect_answers() {
	awaited="${awaited:-} $1@$host"
}

# servers_await: until the first address of every name server, and the web site, answer.
servers_await() {
	for server in $awaited; do
		until_ok "$server" on "${server#*@}" dig +tcp +time=1 +tries=1 +norecurse "@${server%@*}" . SOA
	done
	until_ok "the web site" on lan curl -fsS -o "$run/page" --connect-timeout 1 \
		--resolve www.shop.com:80:198.18.6.80 http://www.shop.com/
}

until_ok() {
	what=$1 tries=200
	shift
	until "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || { echo "$what does not answer" >&2; return 1; }
		sleep 0.02
	done
}
