#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Random words, texts and packets: the engine's hits are those of a plain search.
# shellcheck source=tests/lib.sh disable=SC2154
. "$(dirname "$0")/../lib.sh"

cases=${SCAN_CASES:-100000}

# tell NAME LEAST OPTION...: the results of one run, of at least so many cases
tell() {
	local name=$1 least=$2 line all
	shift 2
	all=$("$top/tests/fuzz/scan" "$@" 2>&1 | cut -c1-2000)
	while IFS= read -r line; do
		case $line in
		"ok "*"# SKIP "*) skip "$name: $(sed 's/^ok [0-9]* - //; s/ # SKIP .*//' <<<"$line")" "${line#*# SKIP }" ;;
		"ok "*) pass "$name: ${line#ok * - }" ;;
		"not ok "*) fail "$name: ${line#not ok * - }" "$(tail -300 <<<"$all")" ;;
		esac
	done <<<"$all"
	equal "$name: at least $least cases" "$(sed -nE 's/^ok 1 - ([0-9]+) cases.*/\1/p' <<<"$all" |
		awk -v least="$least" '{ print ($1 >= least) }')" 1
}

tell "plain" "$cases" --cases "$cases" --kernel 400
tell "with the sanitizers" 5000 --sanitize --cases 5000 --kernel 40
