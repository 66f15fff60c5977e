# loss.sh PERCENT - on a router: drop that part of what it forwards, at random (see `lab loss`).
set -eu

case $1 in
100) which= ;;
[0-9] | [0-9][0-9]) which="numgen random mod 100 < $1" ;;
*) echo "lab: loss: a whole number from 0 to 100" >&2; exit 1 ;;
esac
nft delete table inet loss 2>/dev/null || :
[ "$1" -gt 0 ] || exit 0
nft -f - <<-RULES
	table inet loss {
		chain forward {
			type filter hook forward priority filter
			$which drop
		}
	}
RULES
