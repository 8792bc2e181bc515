#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Public captures with per-flow truth that was made without glassine: the law holds
# in each, and the protocols with signatures are found, all of them and only them.
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

python3 "$corpus/score.py" "$work/said" >"$work/score"
equal "score.py: the law holds (exit status)" $? 0
# field LABEL N: of the table's row: 2 right, 3 missed, 4 false, 5 P, 6 R (sure flows)
field() { awk -v l="$1" -v n="$2" '$1 == l { print $n; exit }' "$work/score"; }
last() { sed -n "s/^score: .*$1=\([^ ]*\).*/\1/p" "$work/score"; }

equal "every capture is scored" "$(last captures)" "${#captures[@]}/${#captures[@]}"
equal "no contract complaint" "$(grep -c '^contract:' "$work/score")" 0
equal "no chat label on a flow that is not that" "$(last false_positives)" 0
equal "no chat label in captures without chat" \
	"$(sed -n 's/^chat labels on .*(on class negative: \([0-9]*\))/\1/p' "$work/score")" 0
for label in irc xmpp sip; do
	equal "$label: every sure flow is found" "$(field $label 6)" 1.00
	equal "$label: no other flow is called so" "$(field $label 4)" 0
done
for label in dns http; do
	equal "$label: every sure flow is found" "$(field $label 6)" 1.00
done
equal "dns: no other flow is called so" "$(field dns 4)" 0
equal "tls: no other flow is called so" "$(field tls 4)" 0
equal "tls: at most 1 of 100 sure flows is missed" \
	"$(awk '$1 == "tls" { print ($3 * 99 <= $2) ? "yes" : $0 }' "$work/score")" yes
equal "http: what is called so beside is a WebSocket at most" \
	"$(python3 "$corpus/score.py" --mistakes 9999 "$work/said" |
		awk '/^wrong:/ && $NF == "http" && $(NF - 3) != "websocket"')" ''

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

# The twins: the score sees a broken law, and a false chat label.
mkdir "$work/broken" "$work/false"
name=$(basename "${captures[0]}").json
jq '.seen.packets += 1' "$work/said/$name" >"$work/broken/$name"
python3 "$corpus/score.py" "$work/broken" >"$work/out"
equal "a broken law would be seen" $? 1
jq '.flows |= map(if .protocol == "tls" or .protocol == "dns" then .protocol = "msnp" else . end)' \
	"$work/said/ndpi_teams.pcap.json" >"$work/false/ndpi_teams.pcap.json"
python3 "$corpus/score.py" "$work/false" >"$work/out"
equal "a false chat label would be seen" \
	"$(sed -n 's/^score: .*false_positives=\([0-9]*\) .*/\1/p' "$work/out" |
		awk '{ print ($1 > 50) ? "yes" : $1 }')" yes
