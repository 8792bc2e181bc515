# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# All programs load, with --decap too, on the running kernel and on Debian's 6.1, within tests/budget.csv.
source "$(dirname "$0")/../lib.sh"

running=$(uname -r | cut -d. -f1-2)
status=0
"$top/tests/budget" >"$work/budget" 2>&1 || status=$?
reason=$(sed -n "s/^budget: kernel $running skipped: //p" "$work/budget")
guest=$(sed -n 's/^budget: kernel 6\.1 skipped: //p' "$work/budget")

# rows KERNEL: how many programs were loaded there
rows() { grep -cE "^(xdp|tc|cgroup_in|cgroup_out)(_decap)?,$1," "$top/build/budget.csv"; }

if [ -n "$reason" ]; then
	skip "all programs load on the running kernel" "$reason"
else
	equal "all programs load on the running kernel" "$(rows "$running")" 8
fi
if [ -n "$guest" ]; then
	skip "all programs load on 6.1" "$guest"
else
	equal "all programs load on 6.1" "$(rows 6.1)" 8
fi
if ((status == 77)); then
	skip "the verifier's work is within tests/budget.csv" "no kernel to ask"
elif ((status == 0)); then
	pass "the verifier's work is within tests/budget.csv"
else
	fail "the verifier's work is within tests/budget.csv" "$(cat "$work/budget")"
fi
