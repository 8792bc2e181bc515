#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Pins are found by the interface's name, which two network namespaces may share:
# one must not remove or replace the other's.
. "$(dirname "$0")/../lib.sh"

missing=$(bpf_missing)
if [ -n "$missing" ]; then
	skip "pins and network namespaces" "$missing"
	exit 0
fi
make_lab || exit 1
name=gn$$
in_a ip link set va name "$name"
in_a ip link set "$name" up
in_b ip link add "$name" type veth peer name vc
in_b ip link set "$name" up
at_exit "in_b '$glassine' detach --stale 2>/dev/null"

succeeds "attach in one namespace" in_a "$glassine" attach "$name"
at_exit "in_a '$glassine' detach $name 2>/dev/null"
refuses "attach to its namesake is refused" 1 "another network namespace; .*--bpffs" \
	in_b "$glassine" attach "$name"
refuses "detach of its namesake is refused" 1 "another network namespace" \
	in_b "$glassine" detach "$name"
succeeds "detach --stale elsewhere" in_b "$glassine" detach --stale
equal "status says where it is" \
	"$(in_b "$glassine" status "$name" | grep -c 'in another network namespace')" 1
equal "left it attached" "$(in_a "$glassine" status "$name" | awk '/attached/ { print $2 }')" native
in_b ping -c1 -W1 10.99.0.1 >/dev/null 2>&1 || in_b bash -c 'echo x >/dev/udp/10.99.0.1/9'
equal "and counting" "$(in_a "$glassine" stats --json "$name" |
	jq '.seen.packets > 0')" true

# The kernel takes a namespace down some time after its name is gone.
ip netns del "$ns_a"
stale_is_gone() {
	in_b "$glassine" detach --stale && [ ! -e "/sys/fs/bpf/glassine/$name" ]
}
succeeds "detach --stale removes its pins once it is gone" wait_for 10 stale_is_gone
