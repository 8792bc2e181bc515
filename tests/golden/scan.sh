#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Random words, texts and packets: the engine's hits are those of a plain search.
source "$(dirname "$0")/../lib.sh"

cases=${SCAN_CASES:-100000}

# tell NAME LEAST OPTION...: the results of one run, of at least so many cases
tell() {
	local name=$1 least=$2 line
	shift 2
	"$top/tests/fuzz/scan" "$@" >"$work/said" 2>&1
	while IFS= read -r line; do
		case $line in
		"ok "*"# SKIP "*) skip "$name: $(sed 's/^ok [0-9]* - //; s/ # SKIP .*//' <<<"$line")" "${line#*# SKIP }" ;;
		"ok "*) pass "$name: ${line#ok * - }" ;;
		"not ok "*) fail "$name: ${line#not ok * - }" "$(cut -c1-2000 "$work/said" | tail -300)" ;;
		esac
	done <"$work/said"
	equal "$name: at least $least cases" "$(sed -nE 's/^ok 1 - ([0-9]+) cases.*/\1/p' "$work/said" |
		awk -v least="$least" '{ print ($1 >= least) }')" 1
}

kernel=0
[ -n "$(bpf_missing)" ] || kernel=400
tell "plain" "$cases" --cases "$cases" --kernel "$kernel"
tell "with the sanitizers" 5000 --sanitize --cases 5000 --one-in 0
