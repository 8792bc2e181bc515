# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# Sourced by the test scripts: TAP output, a private work folder, and the means
# to skip by name what this machine does not permit.

set -u

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
glassine=${GLASSINE:-$top/build/glassine}
native=$top/build/glassine-native
corpus=$(cd "$top/../shared/corpus" 2>/dev/null && pwd || true)
work=$(mktemp -d)
tests_done=0
tests_failed=0
cleanups=()

# Runs COMMAND at the end, the last one first.
at_exit() { cleanups=("$*" "${cleanups[@]}"); }

finish() {
	local status=$? command
	for command in "${cleanups[@]}"; do eval "$command"; done
	rm -rf "$work"
	echo "1..$tests_done"
	((status == 0 && tests_failed == 0)) || exit 1
}
trap finish EXIT
trap 'exit 130' INT TERM

pass() { echo "ok $((++tests_done)) - $1"; }

# fail NAME [DETAIL]
fail() {
	echo "not ok $((++tests_done)) - $1"
	((++tests_failed))
	[ -z "${2:-}" ] || sed 's/^/# /' <<<"$2"
}

# skip NAME REASON
skip() { echo "ok $((++tests_done)) - $1 # SKIP $2"; }

# equal NAME GOT WANTED
equal() {
	if [ "$2" = "$3" ]; then pass "$1"; else fail "$1" "got    $2"$'\n'"wanted $3"; fi
}

# succeeds NAME COMMAND...: exit status 0
succeeds() {
	local name=$1 output
	shift
	if output=$("$@" 2>&1); then pass "$name"; else fail "$name" "$output"; fi
}

# refuses NAME STATUS PATTERN COMMAND...: that exit status, nothing on stdout, and
# exactly one line on stderr (two with usage errors) that matches the pattern
refuses() {
	local name=$1 status=$2 pattern=$3 got
	shift 3
	"$@" >"$work/out" 2>"$work/err"
	got=$?
	if [ "$got" != "$status" ]; then
		fail "$name" "exit status $got, wanted $status: $(head -3 "$work/err")"
	elif [ -s "$work/out" ]; then
		fail "$name" "printed on stdout: $(head -3 "$work/out")"
	elif ! grep -qE -- "$pattern" "$work/err"; then
		fail "$name" "said: $(head -3 "$work/err")"
	elif [ "$status" = 1 ] && [ "$(grep -vc ': note: ' "$work/err")" != 1 ]; then
		fail "$name" "said more than one sentence: $(cat "$work/err")"
	else
		pass "$name"
	fi
}

# Why BPF programs cannot be used here; empty when they can.
bpf_missing() {
	if [ "$(id -u)" != 0 ]; then
		echo "not root"
	elif ! "$glassine" probe 2>/dev/null | grep -q '^yes *program '; then
		echo "the kernel does not permit BPF here"
	fi
}

# Makes namespaces A and B, joined by a veth pair va (in A) and vb (in B), named
# after this process. Sets ns_a, ns_b. Addresses 10.99.0.1/.2 and fd99::1/::2.
make_lab() {
	local tag=gl$$
	ns_a=$tag-a ns_b=$tag-b
	ip netns add "$ns_a" && ip netns add "$ns_b" || return 1
	at_exit "ip netns del $ns_a; ip netns del $ns_b"
	ip -n "$ns_a" link add va type veth peer name vb netns "$ns_b"
	ip -n "$ns_a" addr add 10.99.0.1/24 dev va
	ip -n "$ns_b" addr add 10.99.0.2/24 dev vb
	ip -n "$ns_a" addr add fd99::1/64 dev va nodad
	ip -n "$ns_b" addr add fd99::2/64 dev vb nodad
	for n in "$ns_a" "$ns_b"; do ip -n "$n" link set lo up; done
	ip -n "$ns_a" link set va up
	ip -n "$ns_b" link set vb up
}

# in_a COMMAND..., in_b COMMAND...: in that network namespace, with this bpffs
# (ip netns exec would hide the pins).
in_a() { nsenter --net="/run/netns/$ns_a" "$@"; }
in_b() { nsenter --net="/run/netns/$ns_b" "$@"; }

# wait_for SECONDS COMMAND...: until it succeeds
wait_for() {
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		((SECONDS < end)) || return 1
		sleep 0.05
	done
}
