#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Bad word lists, bad captures, no privilege, no room: exit status 1, nothing on
# stdout, and one sentence that names the file and says what would help. Beside each
# stands the nearest input that works.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

good=$top/tests/captures/dns.pcap
chat=$top/tests/captures/irc-plain.pcap
words=$top/tests/captures/words.txt
pcaps() { python3 "$top/tests/golden/pcaps.py" "$@"; }
replay() { "$native" replay --json --flows "$@" 2>"$work/err"; }
# seen FILE: packets
seen() { replay "$1" | jq -c .seen.packets; }

# ---- word lists

# list NAME PATTERN: $work/NAME is refused
list() { refuses "words: $1" 1 "$work/$1$2" "$native" replay --words "$work/$1" "$good"; }
# takes NAME WORDS [OPTION...]: $work/NAME is loaded, so many words
takes() {
	local name=$1 count=$2
	shift 2
	equal "words: $name: $count words" \
		"$(replay --words "$work/$name" "$@" "$good" | jq '.words | length')" "$count"
}

list absent ': cannot open .*No such file'
mkdir "$work/folder"
list folder ': .*Is a directory'
: >"$work/empty"
list empty ': there is no word in it; write one word a line'
printf '# only\n#\n\n# comments\n' >"$work/comments"
list comments ': there is no word in it; write one word a line'
printf '# one\n\n#\n#garden\n' >"$work/channel"
takes channel 1
printf '\177ELF\1\2\0\0' >"$work/binary"
list binary ':1: byte 1 .*control character \(0x7f\); save the list as UTF-8'
printf 'ok\nna\0me\n' >"$work/nul"
list nul ':2: byte 3 .*control character \(0x00\); save'
printf 'ok\ncol\033our\n' >"$work/escape"
list escape ':2: byte 4 .*control character \(0x1b\); save'
printf 'ok\nna\xc3\n' >"$work/cut-utf8"
list cut-utf8 ':2: byte 3 .*not valid UTF-8; save'
printf 'ok\n\xed\xa0\x80x\n' >"$work/surrogate"
list surrogate ':2: byte 1 .*not valid UTF-8; save'
printf 'ok\nna\xc3\xaf\n' >"$work/utf8"
takes utf8 2
printf '\xef\xbb\xbfone\r\ntwo\r\n' >"$work/bom-crlf"
takes bom-crlf 2
equal "words: a byte order mark and CR are no part of a word" \
	"$(replay --words "$work/bom-crlf" "$good" | jq -c '[.words[].word]')" '["one","two"]'
printf 'ok\nx\n' >"$work/short"
list short ':2: the word is 1 byte long; at least 2 .*lengthen'
printf 'ok\nxy\n' >"$work/two"
takes two 2
{ echo ok && printf 'a%.0s' {1..65} && echo; } >"$work/long"
list long ':2: the word is 65 bytes long; at most 64 .*shorten'
{ echo ok && printf 'a%.0s' {1..64}; } >"$work/longest"
takes longest 2
printf '   \n' >"$work/spaces"
list spaces ':1: the word is only spaces'
printf 'ok\tgood.label-1_A\nno\tbad label\n' >"$work/label"
list label ':2: the label after the tab .*correct it'
printf 'ok\t\n' >"$work/no-label"
list no-label ':1: the label after the tab'
printf 'ok\t%s\n' "$(printf 'l%.0s' {1..32})" >"$work/long-label"
list long-label ':1: the label after the tab must be 1 to 31'
printf 'ok\t%s\n' "$(printf 'l%.0s' {1..31})" >"$work/longest-label"
takes longest-label 1
printf 'one\nONE\ntwo\none\n' >"$work/twice"
takes twice 2
equal "words: duplicates are merged, and that is said" "$(cat "$work/err")" \
	"glassine: note: 2 words were listed before; the first of each counts"
printf 'one\nONE\n' >"$work/once"
takes once 1
equal "words: one duplicate" "$(cat "$work/err")" \
	"glassine: note: 1 word was listed before; the first of each counts"
takes two 2
equal "words: without duplicates nothing is said" "$(cat "$work/err")" ''
refuses "words: standard input" 1 'standard input: there is no word in it' \
	"$native" replay --words - "$good" <"$work/empty"

seq 1001 1101 >"$work/many"
refuses "words: more than --capacity" 1 'has 101 words and the capacity is 100; .*--capacity 101 of attach or replay$' \
	"$native" replay --capacity 100 --words "$work/many" "$good"
takes many 101 --capacity 101
for ((i = 0; i < 100; i++)); do printf '%064d\n' "$i" | tr 0-9 'a-j' | rev; done >"$work/wide"
takes wide 100 --encodings utf-8 --capacity 100
head -c 10485760 /dev/zero | tr '\0' a >"$work/one-line"
list one-line ':1: the word is 10485760 bytes long; at most 64 .*shorten'
awk 'BEGIN { for (i = 0; i < 172000; i++)
	printf "a-beginning-that-every-word-of-this-long-list-shares-%08d\n", i % 80000 }' >"$work/ten-mb"
equal "words: that list has 10 MB" "$(($(stat -c %s "$work/ten-mb") / 1024 / 1024))" 10
takes ten-mb 80000 --capacity 100000
seq 100000 200000 >"$work/too-many"
list too-many ':100001: the list already has 100000 words'
refuses "words: the second of two lists" 1 "$work/short:2: " \
	"$native" replay --words "$work/two" --block "$work/short" "$good"

# ---- captures

# capture NAME PATTERN: $work/NAME is refused, also after a capture that is good
capture() {
	refuses "capture: $1" 1 "$work/$1$2" "$native" replay --json "$work/$1"
	refuses "capture: $1, after a good one" 1 "$work/$1$2" \
		"$native" replay --json "$good" "$work/$1"
}

capture absent.pcap ' is not a capture .*: No such file'
capture folder ' is not a capture .*directory'
capture empty ' is not a capture .*: truncated dump file'
cp "$words" "$work/text"
capture text ' is not a capture .*: unknown file format'
head -c 20 "$good" >"$work/half-header"
capture half-header ' is not a capture .*: truncated dump file'
head -c $((24 + 16 + 98 + 16 + 50)) "$good" >"$work/cut"
capture cut ' ends or breaks after packet 1: truncated dump file'
head -c $((24 + 16 + 98 + 7)) "$good" >"$work/cut-header"
capture cut-header ' ends or breaks after packet 1: truncated dump file'
head -c $((24 + 16 + 98)) "$good" >"$work/one"
equal "capture: one whole packet" "$(seen "$work/one")" 1
head -c 24 "$good" >"$work/zero"
equal "capture: no packet at all is no error" "$(replay "$work/zero" |
	jq -c '[.seen.packets, .outcome, .verdict, .protocol, .exposure, .flows]')" '[0,[],[],[],[],[]]'
for type in 9 105 147; do
	pcaps link "$good" "$work/type-$type" $type
	capture type-$type " has link type .*\\($type\\); Ethernet, raw IP, .*can be replayed"
done
pcaps pcapng "$chat" "$work/ng"
equal "capture: pcapng says what pcap says" \
	"$(replay --words "$words" "$work/ng" | sed 's/"source": "[^"]*"//')" \
	"$(replay --words "$words" "$chat" | sed 's/"source": "[^"]*"//')"
equal "capture: from standard input" "$(replay - <"$good" | jq -c '[.glassine.source, .seen.packets]')" \
	'["-",24]'

# Flows without their bytes, which the link header is part of.
flows() { replay --words "$words" "$1" | jq -c '[.outcome[] | del(.bytes)], [.words[].hits],
	[.flows[] | del(.bytes)]'; }
bytes() { replay "$1" | jq .seen.bytes; }
# type NAME CAPTURE HEADER: link type NAME, whose header is so long
type() {
	pcaps link "$2" "$work/$1" "$1"
	equal "link type $1: the flows and hits of Ethernet" "$(flows "$work/$1")" "$(flows "$2")"
	equal "link type $1: bytes are those on its wire" "$(bytes "$work/$1")" \
		"$(($(bytes "$2") - $(seen "$2") * (14 - $3)))"
}
six=$top/tests/captures/irc-ipv6.pcap
type null "$chat" 4
type loop "$chat" 4
type raw "$chat" 0
type raw12 "$chat" 0
type ip4 "$chat" 0
type sll "$chat" 16
type sll2 "$chat" 20
type ip6 "$six" 0
pcaps link "$six" "$work/null6" null
equal "link type null: IPv6, too" "$(flows "$work/null6")" "$(flows "$six")"

pcaps snap "$chat" "$work/snap" 60
equal "a capture cut to 60 bytes: what lacks bytes is truncated, the rest is not" \
	"$(replay --words "$words" --scan all "$work/snap" |
		jq -c '[.seen.packets, .seen.bytes, [.outcome[] | [.name, .packets]], ([.words[].hits] | add)]')" \
	"$(jq -n -c --argjson all "$(seen "$chat")" --argjson bytes "$(bytes "$chat")" \
		'[$all, $bytes, [["no_payload", 6], ["truncated", $all - 6]], 0]')"
pcaps short "$work/frames"
equal "frames of 0 to 13 bytes are truncated, and the next is read" \
	"$(replay --words "$words" --scan all "$work/frames" |
		jq -c '[.seen.packets, .seen.bytes, [.outcome[] | [.name, .packets, .bytes]], .words[0].hits]')" \
	"[15,$((91 + 49)),[[\"scanned\",1,49],[\"truncated\",14,91]],1]"

# ---- output

for command in "replay $good" "replay --json $good" protocols --help --version "replay --help"; do
	# shellcheck disable=SC2086
	"$native" $command >/dev/full 2>"$work/err"
	equal "no room for the output of ${command//$top\//}: exit status" $? 1
	equal "no room for the output of ${command//$top\//}: one sentence" "$(cat "$work/err")" \
		"glassine: the output cannot be written: No space left on device"
done

# ---- privilege

# as_nobody COMMAND...
as_nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups --bounding-set=-all "$@"; }
if [ "$(id -u)" != 0 ]; then
	skip "engines without privilege" "not root, so nothing to give up"
elif ! as_nobody test -x "$glassine" -a -r "$good"; then
	skip "engines without privilege" "nobody cannot read the build"
else
	refuses "--engine kernel without privilege" 1 'BPF is not permitted here: run as root, or with CAP_' \
		as_nobody "$glassine" replay --engine kernel "$good"
	equal "--engine auto without privilege: works" "$(as_nobody "$glassine" replay --json "$good" \
		2>"$work/err" | jq -c '[.glassine.engine, .seen.packets]')" '["native",24]'
	equal "--engine auto without privilege: says so" "$(cat "$work/err")" \
		"glassine: note: no BPF here (Operation not permitted): the same program runs natively"
	equal "--engine native without privilege: works" "$(as_nobody "$glassine" replay --json \
		--engine native "$good" 2>"$work/err" | jq .seen.packets)" 24
	equal "--engine native without privilege: says nothing" "$(cat "$work/err")" ''
	cp "$good" "$work/secret" && chmod 600 "$work/secret" && chmod 711 "$work"
	refuses "a capture that may not be read" 1 "$work/secret is not a capture .*: Permission denied" \
		as_nobody "$native" replay "$work/secret"
fi
refuses "the build without kernel engine names the other" 1 "no kernel engine: build it with 'make'" \
	"$native" replay --engine kernel "$good"

# ---- a kernel that is too old, or says so

old=(setarch "$(uname -m)" --uname-2.6)
if ! "${old[@]}" true 2>/dev/null; then
	skip "an old kernel" "setarch cannot change what uname says here"
else
	refuses "an old kernel: the kernel engine names what is needed" 1 \
		'kernel 2\.6\.[^ ]* is too old: 5\.18 or newer is needed' \
		"${old[@]}" "$glassine" replay --engine kernel "$good"
	equal "an old kernel: auto replays natively" "$("${old[@]}" "$glassine" replay --json "$good" \
		2>/dev/null | jq -r .glassine.engine)" native
	equal "twin: not on this kernel" "$("$glassine" replay --engine kernel "$good" 2>&1 |
		grep -c 'too old')" 0
	nic=old$$
	if ip link add "$nic" type veth peer name "$nic"p 2>/dev/null; then
		at_exit "ip link del $nic"
		refuses "an old kernel: attach names what is needed" 1 'is too old: 5\.18' \
			"${old[@]}" "$glassine" attach "$nic"
		equal "an old kernel: attach leaves no pin" \
			"$(ls -d "/sys/fs/bpf/glassine/$nic" 2>/dev/null)" ""
	else
		skip "an old kernel: attach" "no interface can be made here"
	fi
fi

# ---- hostile names

hostile=$work/$'\e[31mred\n"name"\xff<\u202e'
shown='\\x1b\[31mred\\x0a"name"\\xff<\\xe2\\x80\\xae'
refuses "an absent capture with a hostile name" 1 "$shown is not a capture" "$native" replay "$hostile"
refuses "an absent word list with a hostile name" 1 "$shown: cannot open" \
	"$native" replay --words "$hostile" "$good"
cp "$good" "$hostile"
replay "$hostile" >"$work/json"
equal "a hostile name in JSON: no control character, no <" \
	"$(LC_ALL=C grep -c $'[\001-\011\013-\037<]\\|\xff\\|\xe2\x80\xae' "$work/json")" 0
equal "a hostile name in JSON: its characters" "$(jq -r .glassine.source "$work/json" | tail -1)" \
	$'"name"\ufffd<\u202e'
"$native" replay "$hostile" >"$work/text-out"
equal "a hostile name in text: no control character" \
	"$(LC_ALL=C grep -c $'[\001-\011\013-\037]\\|\xff\\|\xe2\x80\xae' "$work/text-out")" 0
equal "a hostile name in text: it is shown escaped" "$(grep -cE -- "$shown" "$work/text-out")" 1
printf 'evil\u202e\tw\nok\n' >"$work/bidi"
equal "a word that would steer a terminal is escaped in JSON" "$(replay --words "$work/bidi" "$good" |
	grep -c 'evil\\u202e')" 1
