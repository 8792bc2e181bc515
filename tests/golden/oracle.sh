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

# ours CASE [ENCODINGS]: its replay, every payload read, with the words of $work/words
ours() {
	"$native" replay --scan all --words "$work/words" --encodings "${2:-utf-8}" --json --flows \
		"$cases/$1.pcap" >"$work/json" 2>"$work/err" ||
		fail "$1: can be replayed" "$(cat "$work/err")"
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
	case_not_ascii) continue ;; # the oracle folds ASCII letters only; by hand below
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

# The rows that were made by hand, where letter case does not matter. UTF-8 is always
# looked for: where the row leaves it out, its hits are taken off.
rows=0
while IFS=$'\t' read -r capture word encodings fold _ _ in_stream _; do
	case $capture in
	out_of_order.pcap | gap_filled_late.pcap | overlap_conflict.pcap | case_not_ascii.pcap) continue ;;
	esac
	[ "$capture$fold" != case.pcap0 ] || continue
	printf '%s\n' "$word" >"$work/words"
	also=0
	if [[ $encodings != *utf8* ]]; then
		ours "${capture%.pcap}"
		also=$(ask '.words[0].hits')
	fi
	ours "${capture%.pcap}" "${encodings//utf/utf-}"
	equal "$capture, '$word' in $encodings: as expected by hand" \
		"$(($(ask '.words[0].hits') - also))" "$in_stream"
	((++rows))
done < <(tail -n +2 "$cases/expected.tsv")
equal "rows by hand: none was left out unseen" "$rows" 24

# one CASE WORD [ENCODINGS]
one() {
	printf '%s\n' "$2" >"$work/words"
	ours "$1" "${3:-utf-8}"
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
one encodings 天安門 utf-8,big5
equal "encodings: UTF-8 and Big5, two of five" "$(ask '.words[0].hits')" 2
one encodings 天安門 all
equal "encodings: all that there are find the five, and none twice" "$(ask '.words[0].hits')" 5
one utf16_ascii zebra utf-8,utf-16le
equal "utf16_ascii: one in UTF-8, one in UTF-16 little endian" "$(ask '.words[0].hits')" 2
one utf16_ascii zebra utf-8,utf-16be
equal "utf16_ascii: none big endian" "$(ask '.words[0].hits')" 1
one utf16_fold_no_cjk 慡
equal "utf16_fold_no_cjk: no UTF-16, so no hit" "$(ask '.words[0].hits')" 0
one utf16_fold_no_cjk 慡 utf-16be
equal "utf16_fold_no_cjk: its bytes are letters, which do not fold" "$(ask '.words[0].hits')" 1

# Letters beyond ASCII: upper and lower case are one word where the library is there.
if [[ $(make -s -C "$top" print-libs) == *utf8proc* ]]; then
	one case_not_ascii ärger
	equal "case_not_ascii: each of the three, in either case" "$(ask '.words[0].hits')" 3
	printf 'ärger\nÄrger\n' >"$work/words"
	ours case_not_ascii
	equal "case_not_ascii: both spellings are one word" \
		"$(ask '[.words[] | [.word, .hits]]')" '[["ärger",3]]'
else
	one case_not_ascii ärger
	equal "case_not_ascii: without the library only as listed" "$(ask '.words[0].hits')" 1
	one case_not_ascii Ärger
	equal "case_not_ascii: and ASCII letters in either case" "$(ask '.words[0].hits')" 2
fi
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
# against NAME LEAST ENCODINGS CAPTURE...: at least so many hits must be compared
against() {
	local name=$1 least=$2 encodings=$3 rest
	shift 3
	python3 "$top/tests/golden/oracle.py" "$corpus" "$work/words" "$encodings" "$native" "$@" \
		>"$work/diff"
	rest=$(grep -v '^equal' "$work/diff" | grep -vP '\t(gap|websocket|compressed)(,|\t)' | grep -vP '\tno entry\t.*:4789\b')
	equal "$name: each flow's hits are the oracle's, or the flow says gap" "$rest" ''
	equal "$name: enough hits to tell" "$(awk -F'\t' -v least="$least" \
		'$1 == "equal" { print ($3 + 0 >= least) ? "yes" : $0 }' "$work/diff")" yes
}
five=utf8,utf16le,utf16be,gb18030,big5
chat=("$corpus"/*irc*.pcap "$corpus"/*{xmpp,jabber}*.pcap "$corpus"/*sip*.pcap*)
against "irc, xmpp, sip" 1000 utf8 "${chat[@]}"
against "all public captures" 20000 utf8 "$corpus"/*.pcap "$corpus"/*.pcapng
printf '%s\n' 你好 中国 天 好 的 >>"$work/words"
against "in five encodings: irc, xmpp, sip" 1000 "$five" "${chat[@]}"
against "in five encodings: all public captures" 20000 "$five" "$corpus"/*.pcap "$corpus"/*.pcapng
