#!/bin/sh
# no_io_selfcheck.sh NO_IO.sh IMPURE.a - no_io.sh must refuse a library that reads the clock, and say which and why.
set -u

output=$("$1" "$2")
status=$?
[ $status -eq 1 ] || { echo "expected exit status 1, got $status"; exit 1; }
for word in clock_gettime malloc "$(basename "$2")" impure.c.o; do
	case $output in
	*"$word"*) ;;
	*) echo "the output does not name $word: $output"; exit 1 ;;
	esac
done
case $output in
*vsnprintf*) echo "vsnprintf is allowed, yet refused: $output"; exit 1 ;;
esac
