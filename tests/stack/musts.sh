#!/bin/sh
# musts.sh TESTS - whether RFC9293.md in TESTS/stack has each MUST once, and every test that it names is there.
#
# Exit: 0 or 1.
set -eu

tests=$1 table=$1/stack/RFC9293.md status=0

fail() {
	echo "not ok - $1" >&2
	status=1
}

# "MUST-30 to MUST-33, MUST-62" are five.
rows=$(sed -n 's/^| \(MUST-[^|]*\) |.*/\1/p' "$table" | sed 's/MUST-//g' | tr ',' '\n' |
	awk '{ for (i = $1; i <= $NF; i++) print i }' | sort -n | tr '\n' ' ')
[ "$rows" = "$(seq 69 | tr '\n' ' ')" ] || fail "of 69 MUSTs there are $rows"

for file in $(grep -oE '[a-z0-9_/-]+\.(c|pkt)' "$table" | sort -u); do
	case $file in
	*.pkt) path=packetdrill/scripts/$file ;;
	tests/*) path=${file#tests/} ;;
	*) path=stack/$file ;;
	esac
	[ -f "$tests/$path" ] || fail "$file is not there"
done

for name in $(sed -E 's@[a-z0-9_/-]+\.(c|pkt)@@g' "$table" | grep -oE '[a-z0-9]+(_[a-z0-9]+){2,}' | sort -u); do
	grep -qrw --include='*.c' "$name" "$tests/stack" || fail "$name is not there"
done
exit $status
