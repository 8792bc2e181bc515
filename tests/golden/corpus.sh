#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Public captures: the law holds in each, flows add up, and no packet is lost. What the
# flows are called is the matter of accuracy.sh.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

if [ -z "$corpus" ]; then
	skip "public captures" "../shared/corpus is absent"
	exit
fi
shopt -s nullglob
captures=("$corpus"/*.pcap "$corpus"/*.pcapng)
mkdir "$work/said"
failed=''
for path in "${captures[@]}"; do
	"$native" replay --json --flows "$path" >"$work/said/$(basename "$path").json" \
		2>>"$work/err" || failed+=" $(basename "$path")"
done
equal "every capture can be replayed" "$failed" ''
# all FILTER: for how many captures it is true
all() { (cd "$work/said" && jq -c -L "$top/tests/golden" "include \"law\"; $1" ./*.json) | grep -cx true; }

equal "the law, in each capture" "$(all law)" "${#captures[@]}"
equal "flows add up, in each capture" "$(all \
	'([.protocol[].flows] | add // 0) == (.flows | length) + (.flows_evicted // 0)')" \
	"${#captures[@]}"
equal "packets seen, in each capture" "$(cd "$work/said" && jq -r '
	"\(input_filename | ltrimstr("./") | rtrimstr(".json"))\t\(.seen.packets)"' ./*.json |
	LC_ALL=C sort)" "$(awk -F'\t' 'NR > 1 { print $1 "\t" $4 }' "$corpus/files.tsv" |
	LC_ALL=C sort)"

# The twin: a broken law would be seen.
jq '.seen.packets += 1' "$work/said/$(basename "${captures[0]}").json" >"$work/broken"
equal "a broken law would be seen" \
	"$(jq -L "$top/tests/golden" 'include "law"; law' "$work/broken")" false

# field LABEL N: of the scorer's table: 6 is the recall of sure flows; last NAME: of its last line
field() { awk -v l="$1" -v n="$2" '$1 == l { print $n; exit }' "$work/score"; }
last() { sed -n "s/^score: .*$1=\([^ ]*\).*/\1/p" "$work/score"; }

# Tunnels: --decap finds each flow in them, and changes nothing elsewhere.
mkdir "$work/opened"
for path in "${captures[@]}"; do
	"$native" replay --decap --json --flows "$path" >"$work/opened/$(basename "$path").json" \
		2>>"$work/err"
done
missing() { python3 "$corpus/score.py" --encap "$1" | sed -n 's/^flows missing \([0-9]*\) .*/\1/p'; }
inner=$(awk -F'\t' 'NR > 1 && $8 != "-"' "$corpus/truth.tsv" | wc -l)
opened=$(missing "$work/opened")
equal "--decap: every flow in a tunnel is found" \
	"$(($(missing "$work/said") - opened)) of $inner, $opened missing" "$inner of $inner, 0 missing"
python3 "$corpus/score.py" --encap "$work/opened" >"$work/score"
equal "--decap: the law holds, and no chat label is false" \
	"$(last conservation) $(last false_positives)" "ok 0"
for label in dns tls; do
	equal "--decap: $label in tunnels, too" "$(field $label 6)" 1.00
done
changed=''
for said in "$work/said"/*.json; do
	jq -e '.outcome | any(.name == "tunnel")' "$said" >/dev/null ||
		cmp -s "$said" "$work/opened/$(basename "$said")" || changed+=" $(basename "$said")"
done
equal "--decap changes nothing where no tunnel is" "$changed" ''
