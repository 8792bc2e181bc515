#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Hits against an oracle that shares no code with glassine and reassembles whole
# streams. glassine keeps no payload: what it therefore cannot find must be said.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

if [ -z "$corpus" ]; then
	skip "hits against the oracle" "../shared/corpus is absent"
	exit
fi
cases=$corpus/words_cases

# ours CASE: its replay, every payload read, with the words of $work/words
ours() {
	"$native" replay --scan all --words "$work/words" --json --flows "$cases/$1.pcap" \
		>"$work/json" 2>"$work/err" || fail "$1: can be replayed" "$(cat "$work/err")"
}

# ask CASE QUERY: of the last replay
ask() { jq -c "$1" "$work/json"; }
outcomes() { ask '[.outcome[] | {(.name): .packets}] | add'; }
flags() { ask '[.flows[].flags // [] | .[]]'; }

# Every case: a word a line, hits as in the stream, ASCII letters in either case.
for path in "$cases"/*.pcap; do
	name=$(basename "$path" .pcap)
	awk -F'\t' -v c="$name.pcap" '$1 == c { print $2 }' "$cases/expected.tsv" |
		awk '!seen[tolower($0)]++' >"$work/words"
	ours "$name"
	got=$(ask '[.words[] | [.word, .hits]]')
	want=$(python3 "$corpus/words_oracle.py" --fold --totals "$path" "$work/words" |
		jq -c '[.words[] | [.word, .in_stream]]')
	case $name in
	out_of_order | gap_filled_late)
		equal "$name: LIMITS: a word over segments out of order is lost" "$got" \
			'[["keyword-zebra",0]]'
		equal "$name: the oracle, which reorders, finds it" "$want" '[["keyword-zebra",1]]'
		equal "$name: the loss is counted: the flow says gap" "$(flags)" '["gap"]'
		equal "$name: the loss is counted: scanned_after_gap" \
			"$(ask 'any(.outcome[]; .name == "scanned_after_gap")')" true
		equal "$name: no byte that was not read before is called retransmission" \
			"$(ask 'any(.outcome[]; .name == "retransmission")')" false
		;;
	*)
		equal "$name: hits as in the stream" "$got" "$want"
		[ "$name" = gap ] || equal "$name: no gap is claimed" "$(flags)" '[]'
		;;
	esac
done

# The rows that were made by hand, where letter case and encoding do not matter.
while IFS=$'\t' read -r capture word encoding fold _ _ in_stream _; do
	case $capture in
	out_of_order.pcap | gap_filled_late.pcap | overlap_conflict.pcap) continue ;;
	esac
	if [ "$encoding" != utf8 ] || [ "$capture$fold" = case.pcap0 ]; then continue; fi
	printf '%s\n' "$word" >"$work/words"
	ours "${capture%.pcap}"
	equal "$capture, '$word': as expected by hand" "$(ask '.words[0].hits')" "$in_stream"
done < <(tail -n +2 "$cases/expected.tsv")

one() {
	printf '%s\n' "$2" >"$work/words"
	ours "$1"
}
one retransmission keyword-zebra
equal "retransmission: two of three copies are counted as such, and not read" "$(outcomes)" \
	'{"scanned":1,"retransmission":2,"no_payload":1}'
one overlap_conflict keyword-zebra
equal "overlap_conflict: the first copy of a byte wins; letters in either case" \
	"$(ask '[.words[0].hits, .words[0].packets]')" '[1,1]'
one case zebra
equal "case: both spellings count, as ASCII letters match in either case" \
	"$(ask '.words[0].hits')" 2
one gap keyword-zebra
equal "gap: what follows is read, and said to follow a gap" "$(outcomes)" \
	'{"scanned":1,"scanned_after_gap":1,"no_payload":1}'
equal "gap: the flow says so" "$(flags)" '["gap"]'
one fragment zebra
equal "fragment: the first is read, the later one is counted" "$(outcomes)" \
	'{"scanned":1,"later_fragment":1}'
one encodings 天安門
equal "encodings: UTF-8 only, one of five" "$(ask '.words[0].hits')" 1
equal "encodings: the others were read, too" "$(outcomes)" '{"scanned":5,"no_payload":1}'
one utf16_fold_no_cjk 慡
equal "utf16_fold_no_cjk: no UTF-16, so no hit" "$(ask '.words[0].hits')" 0
one padding zebra
equal "padding: the frame's padding is no payload" \
	"$(ask '[.words[0].hits, .seen.bytes]')" '[0,60]'
one split_across_directions zebra
equal "split_across_directions: each direction is its own stream" "$(ask '.words[0].hits')" 0
one vlan_ipv6 zebra
equal "vlan_ipv6: the flow's VLAN, outermost first" "$(ask '[.flows[].vlan]')" \
	'[[10,20],[]]'

# Public captures: words that occur there, over whole streams, flow by flow.
printf '%s\n' hello the nick user http message from server is you and PRIVMSG channel \
	JOIN quit sip invite body presence stream '#chan' :// to: >"$work/words"
shopt -s nullglob
# against NAME LEAST CAPTURE...: at least so many hits must be compared
against() {
	local name=$1 least=$2 rest
	shift 2
	python3 "$top/tests/golden/oracle.py" "$corpus" "$work/words" "$native" "$@" >"$work/diff"
	rest=$(grep -v '^equal' "$work/diff" | grep -vP '\tgap\t' | grep -vP '\tno entry\t.*:4789\b')
	equal "$name: each flow's hits are the oracle's, or the flow says gap" "$rest" ''
	equal "$name: enough hits to tell" "$(awk -F'\t' -v least="$least" \
		'$1 == "equal" { print ($3 + 0 >= least) ? "yes" : $0 }' "$work/diff")" yes
}
against "irc, xmpp, sip" 1000 \
	"$corpus"/*irc*.pcap "$corpus"/*{xmpp,jabber}*.pcap "$corpus"/*sip*.pcap*
against "all public captures" 20000 "$corpus"/*.pcap "$corpus"/*.pcapng
