# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# Arbitrary input: the packet path, signature files and what they compile to, word lists,
# frames. Ten minutes of processor time, five by the clock with two processors; FUZZ_TOTAL
# says otherwise.
source "$(dirname "$0")/../lib.sh"

"$top/tests/fuzz/run" "${FUZZ_TOTAL:-600}" >"$work/fuzz" || true
while IFS= read -r line; do
	case $line in
	"ok "*"# SKIP "*) skip "$(sed 's/^ok [0-9]* - //; s/ # SKIP .*//' <<<"$line")" "${line#*# SKIP }" ;;
	"ok "*) pass "${line#ok * - }" ;;
	"not ok "*) fail "${line#not ok * - }" "$(grep '^# ' "$work/fuzz")" ;;
	esac
done <"$work/fuzz"
((tests_done == 5)) || fail "five fuzzers ran" "$(cat "$work/fuzz")"
