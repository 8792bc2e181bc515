#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The captures in tests/captures hold exactly what expected.tsv says: packets,
# flows by protocol, every word in every encoding, and how much is compressed,
# natively and in the kernel. Where a word lies in one packet or over several is
# checked with grep, which knows no streams.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

captures=$top/tests/captures
expected=$captures/expected.tsv
words=$captures/words.txt
listed=$(grep -vc '^# ' "$words")

# Letters beyond ASCII fold with utf8proc only: without it, words that have such are
# not compared.
folds() { ldd "$native" | grep -q libutf8proc; }
if folds; then
	comparable() { cat; }
else
	comparable() { grep -v -e Jürgen -e фонаря; }
	skip "hits of words with Jürgen's and Cyrillic letters" "built without utf8proc"
fi

# wanted CAPTURE PATTERN: the rows "key value" of expected.tsv whose key matches
wanted() {
	awk -F'\t' -v c="$1" -v p="$2" '$1 == c && $2 ~ p { print $2 "\t" $3 }' "$expected" |
		LC_ALL=C sort | comparable
}

# run ENGINE SCAN CAPTURE: its JSON, into $work/ENGINE.SCAN.json. The words of
# writings.txt come behind those of words.txt.
run() {
	local program=$glassine
	[ "$1" = native ] && program=$native
	"$program" replay --engine "$1" --scan "$2" --words "$words" --words "$captures/writings.txt" \
		--json --flows "$captures/$3" >"$work/$1.$2.json" 2>"$work/err"
}

got_flows() {
	jq -r '[.flows[] | "flows_\(.l4)_\(.protocol)"] | group_by(.)[] | "\(.[0])\t\(length)"' \
		"$1" | LC_ALL=C sort
}

got_words() {
	jq -r --argjson n "$listed" '.words[:$n][] | "word:\(.word)\t\(.hits)"' "$1" |
		LC_ALL=C sort | comparable
}

# got_encodings JSON: hits of all words in other encodings than UTF-8
got_encodings() {
	jq -r '.words[] | .word as $word | .encodings // {} | to_entries[] | select(.key != "utf-8")
		| "encoding:\(.key):\($word)\t\(.value)"' "$1" | LC_ALL=C sort | comparable
}

# got_twins JSON: the label of each flow that has a twin: row, by transport and server's port
got_twins() {
	jq -r '.flows[] | "\(.l4):\([.a.port, .b.port | select(. < 43000 or . > 43999)][0])\t\(.protocol)"' "$1" |
		LC_ALL=C sort
}

got_compressed() {
	jq -r '.outcome[] | select(.name == "compressed") | "compressed\t\(.packets)"' "$1"
}

# got_clear CHAT CLEAR: what a scan of all readable flows finds beyond chat
got_clear() {
	jq -r -n --argjson n "$listed" --slurpfile chat "$1" --slurpfile clear "$2" '
		range($n) as $i
		| $clear[0].words[$i] as $word
		| select($word.hits != $chat[0].words[$i].hits)
		| "clear:\($word.word)\t\($word.hits - $chat[0].words[$i].hits)"' | LC_ALL=C sort | comparable
}

check() {
	local engine=$1 capture=$2 chat=$work/$1.chat.json clear=$work/$1.clear.json
	if ! run "$engine" chat "$capture" || ! run "$engine" clear "$capture"; then
		fail "$capture, $engine: can be replayed" "$(cat "$work/err")"
		return
	fi
	equal "$capture, $engine: packets" "packets"$'\t'"$(jq .seen.packets "$chat")" \
		"$(wanted "$capture" '^packets$')"
	equal "$capture, $engine: flows, by transport and protocol" "$(got_flows "$chat")" \
		"$(wanted "$capture" '^flows_')"
	equal "$capture, $engine: hits of each word in chat" "$(got_words "$chat")" \
		"$(wanted "$capture" '^word:')"
	if [ "$capture" != ftp-pop3.pcap ]; then
		equal "$capture, $engine: hits of each word in other readable flows" \
			"$(got_clear "$chat" "$clear")" "$(wanted "$capture" '^clear:')"
	fi
	equal "$capture, $engine: hits of each word in each encoding but UTF-8" \
		"$(got_encodings "$clear")" "$(wanted "$capture" '^encoding:')"
	equal "$capture, $engine: no word has more or fewer hits than its encodings together" \
		"$(jq -c '[.words[] | select(.hits != ([.encodings // {} | .[]] | add // 0)) | .word]' \
			"$clear")" '[]'
	equal "$capture, $engine: packets with compressed payload" "$(got_compressed "$clear")" \
		"$(wanted "$capture" '^compressed$')"
	equal "$capture, $engine: hits of flows and of words sum to the same" \
		"$(jq '[.flows[].hits] | add // 0' "$clear")" \
		"$(jq '[.words[].hits] | add // 0' "$clear")"
	equal "$capture, $engine: the law" \
		"$(jq -L "$top/tests/golden" -s 'include "law"; all(law)' "$chat" "$clear")" true
	if [ "$capture" = gen-lookalike2.pcap ]; then
		equal "$capture, $engine: no look-alike has another label than its own" "$(got_twins "$chat" |
			diff - <(wanted "$capture" '^twin:' | sed 's/^twin:[^:]*://' | LC_ALL=C sort) | grep '^[<>]')" ''
	fi
	check_services "$engine" "$capture"
}

check_services() {
	local rows got
	rows=$(wanted "$2" '^service:')
	got=$(jq -r '[.flows[].service | values] | group_by(.)[] | "service:\(.[0])\t\(length)"' \
		"$work/$1.chat.json" | LC_ALL=C sort)
	if [ -n "$rows" ] && [ -z "$got" ]; then
		skip "$2, $1: flows by service" "names are not read yet"
	else
		equal "$2, $1: flows by service" "$got" "$rows"
	fi
}

# LIMITS: what no signature knows is read by a clear scan only after 8 packets or
# 256 bytes; these logins are shorter.
check_undecided() {
	local engine=$1 capture=ftp-pop3.pcap
	run "$engine" chat $capture && run "$engine" clear $capture && run "$engine" all $capture
	equal "$capture, $engine: --scan all finds each readable word" \
		"$(got_clear "$work/$engine.chat.json" "$work/$engine.all.json")" \
		"$(wanted $capture '^clear:')"
	equal "$capture, $engine: --scan clear does not read flows that are undecided yet" \
		"$(jq -c '[([.words[].hits] | add), any(.outcome[]; .name == "undecided")]' \
			"$work/$engine.clear.json")" '[0,true]'
}

# What grep finds lies in one packet: the records of a file stand between packets.
check_crossing() {
	local capture=$1 word
	local got='' want=''
	while IFS= read -r word; do
		want+="$word $(awk -F'\t' -v c="$capture" -v w="$word" '$1 != c { next }
			$2 == "word:" w || $2 == "clear:" w { n += $3 }
			$2 == "crossing:" w || $2 ~ "^encoding:[^:]*:" w "$" { n -= $3 }
			END { print n + 0 }' "$expected")"$'\n'
		got+="$word $(LC_ALL=C.UTF-8 grep -aoiF -e "$word" "$captures/$capture" | wc -l)"$'\n'
	done < <(grep -v '^# ' "$words" | cut -f1)
	equal "$capture: all but the crossing words lie in one packet" "$got" "$want"
}

# found CAPTURE OPTION...: how often the words of both lists are there, in all
found() {
	local capture=$1
	shift
	"$native" replay --json --words "$words" --words "$captures/writings.txt" "$@" \
		"$captures/$capture" | jq '[.words[].hits] | add'
}

# Each encoding by itself: what it adds to UTF-8, which is always looked for.
check_encodings() {
	local capture=$1 encoding got='' want=''
	shift
	for encoding; do
		got+="$encoding $(($(found "$capture" --encodings "$encoding") - $(found "$capture" --encodings utf-8)))"$'\n'
		want+="$encoding $(awk -F'\t' -v c="$capture" -v k="encoding:$encoding:" '
			$1 == c && index($2, k) == 1 { n += $3 } END { print n + 0 }' "$expected")"$'\n'
	done
	equal "$capture: what each of --encodings adds" "$got" "$want"
	equal "$capture: without --encodings all of them are looked for" "$(found "$capture")" \
		"$(($(found "$capture" --encodings utf-8) + $(awk '{ n += $2 } END { print n }' <<<"$want")))"
}

# hits CAPTURE SCAN WORD...: of a list of these words
hits() {
	local capture=$1 scan=$2
	shift 2
	printf '%s\n' "$@" >"$work/list"
	"$native" replay --json --scan "$scan" --words "$work/list" "$captures/$capture" |
		jq -c '[.words[].hits]'
}

equal "every capture has expectations, and every expectation a capture" \
	"$(cd "$captures" && printf '%s\n' *.pcap | LC_ALL=C sort)" \
	"$(tail -n +2 "$expected" | cut -f1 | LC_ALL=C sort -u)"
equal "every word of words.txt has a row for every capture" \
	"$(cut -f1,2 "$expected" | grep -c $'\tword:')" \
	"$(($(cd "$captures" && printf '%s\n' *.pcap | wc -l) * listed))"
for path in "$top"/user/protocols/*.yaml; do
	label=$(basename "$path" .yaml)
	succeeds "$label has a look-alike that must not get its label" \
		awk -F'\t' -v l="$label" 'index($2, "twin:" l ":") == 1 && $3 != l { n++ } END { exit !n }' "$expected"
done
while IFS= read -r word; do
	equal "$word of writings.txt is somewhere" \
		"$(cut -f2 "$expected" | grep -c "^encoding:[^:]*:$word\$")" 1
done < <(grep -v '^# ' "$captures/writings.txt" | cut -f1)

missing=$(bpf_missing)
[ -z "$missing" ] || skip "captures in the kernel" "$missing"
for path in "$captures"/*.pcap; do
	capture=$(basename "$path")
	check native "$capture"
	[ -n "$missing" ] || check kernel "$capture"
done
check_undecided native
[ -n "$missing" ] || check_undecided kernel

other='gb18030 big5 shift_jis euc-kr koi8-r windows-1251 percent json xml base64 hex'
if folds; then
	# shellcheck disable=SC2086 # a list of words
	check_encodings irc-encodings.pcap $other utf-16le utf-16be
	# shellcheck disable=SC2086
	check_encodings sip-utf16.pcap $other utf-16le utf-16be
	for encoding in $other; do
		succeeds "irc-encodings.pcap: something is written in $encoding" \
			grep -q "^irc-encodings.pcap"$'\t'"encoding:$encoding:.*"$'\t[1-9]' "$expected"
	done
fi

for capture in irc-plain irc-split irc-ipv6 xmpp-plain xmpp-s2s sip-udp sip-tcp stomp ipmsg gadugadu http \
	matrix-http ftp-pop3; do
	check_crossing $capture.pcap
done
equal "irc-split.pcap: words over a segment border exist" \
	"$(awk -F'\t' '$2 ~ /^crossing:/ { n += $3 } END { print n }' "$expected")" 11

# The twins: where nothing can be read, nothing is found, whatever is scanned.
for capture in irc-tls xmpp-tls xmpp-starttls tls12-names tls13-names; do
	"$native" replay --json --scan all --words "$words" "$captures/$capture.pcap" >"$work/all"
	equal "$capture.pcap: no word even when every payload is scanned" \
		"$(jq '[.words[].hits] | add' "$work/all")" 0
	equal "$capture.pcap: its payload was scanned" \
		"$(jq '[.outcome[] | select(.name == "scanned") | .packets] | add > 20' "$work/all")" true
done
"$native" replay --json --flows --words "$words" "$captures/irc-tls.pcap" >"$work/tls"
equal "irc-tls.pcap: what is not scanned is counted as encrypted or undecided" \
	"$(jq -c '[.outcome[].name] - ["encrypted", "undecided", "no_payload"]' "$work/tls")" '[]'
for capture in ftp-pop3 http irc-tls; do
	equal "$capture.pcap: no flow is called irc" "$("$native" replay --json --flows \
		"$captures/$capture.pcap" | jq '[.flows[] | select(.protocol == "irc")] | length')" 0
done

# Compressed messages, and the same without: one text is so short that it was stored
# as it is, for grep to find. It is not looked for, as what is packed is not unpacked.
equal "websocket-deflate.pcap: grep finds what is stored as the server passes it on, and only that" \
	"$(grep -v '^# ' "$words" | cut -f1 | while IFS= read -r word; do
		LC_ALL=C.UTF-8 grep -aoiF -e "$word" "$captures/websocket-deflate.pcap" |
			awk 'END { if (NR) print "stored:" $0 "\t" 2 * NR }'
	done)" "$(wanted websocket-deflate.pcap '^stored:')"
equal "websocket-deflate.pcap: no word even when every payload is scanned" \
	"$(found websocket-deflate.pcap --scan all)" 0
equal "websocket.pcap: nothing is masked or compressed, both directions are read" \
	"$("$native" replay --json --scan chat --words "$words" "$captures/websocket.pcap" |
		jq -c '[.outcome[].name] - ["scanned", "not_selected", "no_payload"]')" '[]'
equal "http-gzip.pcap: the compressed bodies are not read by --scan all, either" \
	"$(found http-gzip.pcap --scan all)" "$(found http-gzip.pcap --scan clear)"
equal "http-gzip.pcap: no chat, nothing found" "$(found http-gzip.pcap --scan chat)" 0

# Folding: ASCII letters in either case; others, too, but by Unicode's tables only.
equal "LANTERN is lantern" "$(hits irc-plain.pcap chat LANTERN)" '[4]'
if folds; then
	equal "JüRGEN is Jürgen and JÜRGEN: both are said" "$(hits irc-plain.pcap chat JüRGEN)" '[4]'
	equal "JÜRGEN is Jürgen: listed twice it is one word" \
		"$(hits irc-plain.pcap chat JÜRGEN Jürgen 2>/dev/null)" '[4]'
	equal "ФОНАРЯ is фонаря" "$(hits irc-plain.pcap chat ФОНАРЯ)" '[2]'
	equal "Jürgen with a combining mark is Jürgen" \
		"$(hits irc-encodings.pcap chat $'Ju\u0308rgen')" \
		"[$(wanted irc-encodings.pcap '^word:Jürgen$' | cut -f2)]"
else
	equal "JüRGEN is Jürgen" "$(hits irc-plain.pcap chat JüRGEN)" '[2]'
	equal "JÜRGEN is not Jürgen: both are said, neither counts for the other" \
		"$(hits irc-plain.pcap chat JÜRGEN Jürgen)" '[2,2]'
	equal "ФОНАРЯ is not фонаря" "$(hits irc-plain.pcap chat ФОНАРЯ)" '[0]'
fi
equal "Jurgen is not Jürgen" "$(hits irc-plain.pcap chat Jurgen)" '[0]'
equal "фонаре is not фонаря" "$(hits irc-plain.pcap chat фонаре)" '[0]'
equal "a word within a word counts, and both do" \
	"$(hits irc-plain.pcap chat 'midnight train' train rai)" '[4,4,4]'
equal "a word needs its last letter" "$(hits irc-plain.pcap chat lanterm antern)" '[0,4]'
