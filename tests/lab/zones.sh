# zones.sh - signs zones/*.zone into $LAB_DIR/zones, children first, so that each parent gets their
# DS records. Read by anchor.sh. How a zone is signed stands in its first line:
#
#	; sign: ALGORITHM nsec|nsec3 [opt-out] [iterations=N] [ksk+zsk] [expired|not-yet] [wrong-ds|no-ds|ds=1|ds=4]
#
# Lines `; edit: SED` damage the zone once it is signed. The lines of $CAIRN_LAB_MORE/zones/*.zone are added to
# those of the lab: zones more, or lines more of a zone.
#
# The keys are made anew for each lab; the root's becomes $LAB_DIR/root.key.

signed=$LAB_DIR/zones

zones_sign() {
	mkdir -p "$signed/keys"
	for file in "$here"/zones/*.zone ${CAIRN_LAB_MORE:+"$CAIRN_LAB_MORE"/zones/*.zone}; do
		generate <"$file" >>"$signed/${file##*/}"
	done
	for zone in $(zones_deepest_first); do
		zone_sign "$zone" $(sed -n '1s/^; sign: //p' "$signed/$zone.zone")
	done
	cp "$signed/keys/root.ksk.key" "$LAB_DIR/root.key"
}

# generate: `$GENERATE 1-N RECORD` becomes N records, each with its number for the `$`; ldns does not know it.
generate() {
	awk '$1 == "$GENERATE" {
		count = substr($2, 3) + 0
		sub(/^[^ ]* [^ ]* /, "")
		for (i = 1; i <= count; i++) {
			record = $0
			sub(/[$]/, i, record)
			print record
		}
		next
	}
	{ print }'
}

zones_deepest_first() {
	for file in "$signed"/*.zone; do
		basename "$file" .zone
	done | awk -F. '{ print ($0 == "root" ? 0 : NF), $0 }' | sort -rn | cut -d' ' -f2
}

# zone_sign ZONE [ALGORITHM OPTION...]: with no more than its name, the zone stays as it is.
zone_sign() {
	[ $# -gt 1 ] || return 0
	zone=$1 algorithm=$2
	shift 2
	origin=$zone.
	[ "$zone" != root ] || origin=.
	make_key ksk -k
	keys=$key
	times="" denial="" delegated=$key
	for option; do
		case $option in
		nsec) ;;
		nsec3) denial="-n -t 0" ;;
		opt-out) denial="$denial -p" ;;
		iterations=*) denial="$denial -t ${option#*=}" ;;
		ksk+zsk) make_key zsk; keys="$keys $key" ;;
		expired) times="-i 20200101 -e 20200201" ;;
		not-yet) times="-i 20500101 -e 20510101" ;;
		wrong-ds) make_key other -k; delegated=$key ;;
		no-ds) delegated= ;;
		ds=*) ldns-key2ds -n "-${option#*=}" "$key.key" >"$key.ds" ;;
		*) echo "$zone.zone: no such way to sign: $option" >&2; return 1 ;;
		esac
	done
	ldns-signzone $denial $times -o "$origin" -f "$signed/$zone.zone.new" "$signed/$zone.zone" $keys
	damage=$(sed -n 's/^; edit: //p' "$signed/$zone.zone")
	sed -E "$damage" "$signed/$zone.zone.new" >"$signed/$zone.zone"
	rm "$signed/$zone.zone.new"
	[ "$zone" = root ] || [ -z "$delegated" ] || cat "$delegated.ds" >>"$signed/$(parent_of "$zone").zone"
}

# make_key ROLE [OPTION...]: sets $key, the base name of the pair.
make_key() {
	key=$signed/keys/$zone.$1
	shift
	case $algorithm in
	DSA*) bits=1024 ;;
	*) bits=2048 ;;
	esac
	made=$(cd "$signed/keys" && ldns-keygen -r /dev/urandom -a "$algorithm" -b $bits "$@" "$origin")
	for suffix in key private ds; do
		[ ! -e "$signed/keys/$made.$suffix" ] || mv "$signed/keys/$made.$suffix" "$key.$suffix"
	done
}

# parent_of ZONE: the closest zone above it that the lab has.
parent_of() {
	above=$1
	while [ "${above#*.}" != "$above" ]; do
		above=${above#*.}
		if [ -e "$signed/$above.zone" ]; then
			echo "$above"
			return
		fi
	done
	echo root
}
