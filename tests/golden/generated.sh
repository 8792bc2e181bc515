#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Generating again gives the captures that are here, byte for byte: what they hold
# is what scripts/record.d/gen says.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

captures=$top/tests/captures
for path in "$captures"/gen-*.pcap; do
	name=$(basename "$path" .pcap)
	python3 -B "$top/scripts/record.d/generate.py" "$name" "$captures/conversation.txt" >"$work/again" 2>"$work/err" ||
		fail "$name: can be generated" "$(tail -n 1 "$work/err")"
	succeeds "$name: generated again it is the same" cmp "$work/again" "$path"
done

sed 's/harbour/station/' "$captures/conversation.txt" >"$work/other"
python3 -B "$top/scripts/record.d/generate.py" gen-msnp "$work/other" >"$work/again"
equal "gen-msnp: of another conversation it is not the same" \
	"$(cmp -s "$work/again" "$captures/gen-msnp.pcap" && echo same)" ''
