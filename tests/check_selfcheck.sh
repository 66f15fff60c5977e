#!/bin/sh
# check_selfcheck.sh CHECK - what the script CHECK makes of steps that pass, fail and fall over.
#
# It runs in a tree of its own, where every program that it calls is a few words of this file's.
#
# Exit: 0 when it tells them apart.
set -eu

tree=$(mktemp -d "${TMPDIR:-/tmp}/cairn-check.XXXXXX")
trap 'rm -rf "$tree"' EXIT
cp "$1" "$tree/check"
cd "$tree"
PATH=$tree/bin:$PATH

# program PATH WORDS: a shell script of these words.
program() {
	mkdir -p "$(dirname "$1")"
	printf '#!/bin/sh\n%s\n' "$2" >"$1"
	chmod +x "$1"
}

all_well() {
	program bin/cmake :
	program bin/mandoc :
	program bin/ctest 'echo "100% tests passed, 0 tests failed out of 2"'
	for name in conf/install.sh tests/fuzz/smoke build/release/bin/cairnd; do
		program $name :
	done
	for name in build/release/bin/tcp_seeds build/release/bin/day tests/replay/run tests/lab/run tests/diff/run \
		tests/lab/tcp/trial run; do
		program $name 'echo "ok - one"'
	done
	mkdir -p man
	: >man/page.1
}

# expect STATUS LINE...: what ./check ends with, and lines that it prints.
expect() {
	status=0
	./check >told || status=$?
	[ $status -eq "$1" ] || { echo "not ok - status $status instead of $1:"; cat told; exit 1; }
	shift
	for line in "$@"; do
		grep -q "^$line" told || { echo "not ok - no line \"$line\" in:"; cat told; exit 1; }
	done
}

all_well
expect 0 'unit-dev: passed' 'manual: passed' 'lab-1: passed' 'lab-2: passed' 'diff: passed' '18 passed, 0 failed, 0 skipped$'

program bin/ctest 'echo "50% tests passed, 1 tests failed out of 2"; exit 8'
expect 1 'unit-dev: FAILED (status 8)' 'threads-tsan: FAILED' '15 passed, 3 failed, 0 skipped$'

all_well
program bin/mandoc 'echo "$3: WARNING: no title"'
expect 1 'manual: FAILED' 'not ok - man/page.1 is clean mdoc' '17 passed, 1 failed, 0 skipped$'

all_well # of steps beside each other the first fails, and the last falls over before it says anything
program tests/lab/run '[ "$2" = 2/2 ] || { echo "not ok - two"; echo "# seen"; exit 1; }; echo "ok - one"; echo "skip - three: why"'
program tests/diff/run 'exit 3'
expect 1 'lab-1: FAILED (status 1)' 'not ok - two' '# seen' 'lab-2: passed' 'diff: FAILED (status 3)' 'skip - three'
echo "ok - check tells what failed from what did not"
