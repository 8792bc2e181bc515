# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# Arbitrary input for about a minute: the packet path, word lists, signature files.
source "$(dirname "$0")/../lib.sh"

"$top/tests/fuzz/run" 60 >"$work/fuzz" || true
while IFS= read -r line; do
	case $line in
	"ok "*"# SKIP "*) skip "$(sed 's/^ok [0-9]* - //; s/ # SKIP .*//' <<<"$line")" "${line#*# SKIP }" ;;
	"ok "*) pass "${line#ok * - }" ;;
	"not ok "*) fail "${line#not ok * - }" "$(grep '^# ' "$work/fuzz")" ;;
	esac
done <"$work/fuzz"
((tests_done == 4)) || fail "four fuzzers ran" "$(cat "$work/fuzz")"
