#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Labels against the truth of the corpus, counted by the corpus's own scorer. Only
# flows whose truth is sure count. Captures and truth stay outside the repository.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

# The least F1 of each label that occurs, as measured. To be raised, not lowered;
# "unknown" and "random" pay for every protocol that has no signature yet.
least="
dns 1.00
dtls 1.00
http 1.00
irc 1.00
mqtt 1.00
msnp 1.00
oicq 1.00
quic 1.00
random 0.93
sip 1.00
ssh 1.00
stun 1.00
tls 1.00
unknown 0.89
websocket 1.00
whatsapp 1.00
xmpp 1.00
"

# at_least NAME GOT LEAST
at_least() {
	if awk -v got="$2" -v least="$3" 'BEGIN { exit !(got != "" && got + 0 >= least) }'; then
		pass "$1"
	else
		fail "$1" "got    ${2:-nothing}"$'\n'"wanted $3 or more"
	fi
}

# The scorer's columns for sure flows are characters 12 to 49, blank without any.
f1_of_labels() {
	awk '/^[a-z0-9-]+ +[0-9]/ && substr($0, 12, 38) ~ /[0-9]/ {
		split(substr($0, 12, 38), column)
		if (column[1] + column[2] > 0)
			print $1, column[6]
	}' "$work/score"
}

field() { grep -oE "(^| )$1=[^ ]*" <<<"$summary" | cut -d= -f2; }

if [ -z "$corpus" ]; then
	skip "labels against the truth of the corpus" "../shared/corpus is absent"
	exit 0
elif ! command -v python3 >/dev/null; then
	skip "labels against the truth of the corpus" "python3 is not installed"
	exit 0
fi

mkdir "$work/said"
asked=0
for path in "$corpus"/*.pcap "$corpus"/*.pcapng; do
	((++asked))
	"$glassine" replay --engine native --json --flows "$path" \
		>"$work/said/$(basename "$path").json" 2>>"$work/err" ||
		fail "$(basename "$path"): can be replayed" "$(tail -1 "$work/err")"
done
python3 "$corpus/score.py" "$work/said" --mistakes 60 >"$work/score" 2>&1
summary=$(grep '^score: ' "$work/score")

equal "every capture was scored" "$(field captures)" "$asked/$asked"
equal "no chat label on a flow that is something else" "$(field false_positives)" 0
equal "the law holds in every capture" "$(field conservation)" ok

# Labels that have a signature, and the two that need none.
{
	"$glassine" protocols --json | jq -r '.protocols[].protocol'
	printf '%s\n' random unknown
} | LC_ALL=C sort >"$work/labels"
f1_of_labels | LC_ALL=C sort >"$work/f1"
LC_ALL=C join "$work/labels" "$work/f1" >"$work/ours"
at_least "macro F1 over the labels that glassine has and that occur" \
	"$(awk '{ sum += $2 } END { if (NR) printf "%.3f", sum / NR }' "$work/ours")" 0.95

while read -r label wanted; do
	[ -z "$label" ] || at_least "$label: F1" \
		"$(awk -v l="$label" '$1 == l { print $2 }' "$work/f1")" "$wanted"
done <<<"$least"
((tests_failed == 0)) || grep '^wrong: ' "$work/score" | sed 's/^/# /'
