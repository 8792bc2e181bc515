# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# A program of a cgroup is interrupted by packets on its own CPU. What guards it, rooms
# that are claimed and counters that add atomically, is there for a reason: built without
# them, the same traffic breaks it.
source "$(dirname "$0")/../lib.sh"
cd "$top" || exit 1

seconds=5
tries=4

# build NAME [FLAGS]: the program and its test, without the sanitizers, which are too slow
build() {
	make -s SANITIZE= BUILD="build/$1" CGROUP_FLAGS="${2:-}" "build/$1/tests/test_cgroup" \
		>"$work/make" 2>&1 || fail "$1 is built" "$(tail -20 "$work/make")"
}

# nested NAME: one run; its line is left in $line
nested() {
	local status=0
	line=$("build/$1/tests/test_cgroup" nested "$seconds" 2>&1) || status=$?
	return "$status"
}

# breaks NAME FLAGS: that takes chance, so it may take a few runs
breaks() {
	local status=0
	build "$1" "$2"
	for ((try = 0; try < tries && status == 0; try++)); do
		status=0
		nested "$1" || status=$?
	done
	echo "$line"
	if ((status == 1)); then
		pass "$1: it breaks"
	else
		skip "$1: it breaks" "not within $tries runs of $seconds s"
	fi
}

reason=$(bpf_missing)
if [ -z "$reason" ]; then
	build plain
	status=0
	nested plain || status=$?
	((status != 77)) || reason="no cgroup or network namespace can be made here"
fi
if [ -n "$reason" ]; then
	skip "nested packets" "$reason"
	exit 0
fi
echo "$line"
equal "rooms and atomic counters: nothing is lost" "$status" 0
breaks unguarded "-DGL_ONE_ROOM -DGL_PLAIN_COUNTERS"
