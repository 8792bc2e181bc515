#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The JSON of schema 1: names, order, types and sums as programs rely on them.
# shellcheck disable=SC2016 source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

captures=$top/tests/captures
words=$captures/words.txt
json=$work/json
pcaps() { python3 "$top/tests/golden/pcaps.py" "$@"; }
replay() { "$native" replay --json "$@" 2>"$work/err"; }
# is NAME QUERY WANTED: of $json
is() { equal "$1" "$(jq -c -L "$top/tests/golden" "include \"law\"; $2" "$json" 2>&1)" "$3"; }

# ---- names, order, types

replay --flows --words "$words" "$captures/irc-plain.pcap" >"$json"
equal "one object, one line break at its end" "$(jq -s length "$json") $(tail -c 2 "$json" | xxd -p)" \
	'1 7d0a'
equal "it is UTF-8 without a byte order mark" "$(iconv -f UTF-8 -t UTF-8 "$json" | cmp - "$json" &&
	head -c 1 "$json")" '{'
is "fields, in order" 'keys_unsorted' \
	'["schema","glassine","seen","outcome","verdict","protocol","service","exposure","lists","words","flows"]'
is "schema" '.schema' 1
is "glassine: fields" '.glassine | keys_unsorted' '["version","engine","source","words_generation"]'
is "glassine: values" '[.glassine.engine, .glassine.source, .glassine.words_generation]' \
	"[\"native\",\"$captures/irc-plain.pcap\",1]"
is "glassine: version as --version prints it" '.glassine.version' \
	"\"$("$native" --version | cut -d' ' -f2)\""
is "seen: fields" '.seen | keys_unsorted' '["packets","bytes"]'
is "outcome: fields" '[.outcome[] | keys_unsorted] | unique' '[["name","packets","bytes"]]'
is "verdict: fields" '[.verdict[] | keys_unsorted] | unique' '[["name","packets","bytes"]]'
is "protocol: fields" '[.protocol[] | keys_unsorted - ["hits"]] | unique' '[["name","packets","bytes","flows"]]'
is "protocol: hits where there are some, and nowhere else" \
	'([.words[].hits] | add) as $all | [.protocol[] | [.name, .hits == $all, has("hits")]]' \
	'[["none",false,false],["irc",true,true]]'
is "lists: fields, and only the list that was found" '[.lists[] | keys_unsorted, .name]' \
	'[["name","hits","packets","flows"],"watch"]'
is "exposure: fields" '[.exposure[] | keys_unsorted] | unique' '[["level","packets","bytes","flows"]]'
is "service: no name is read yet, so no row" '.service' '[]'
is "words: the contract's fields are there, in order" \
	'[.words[] | keys_unsorted - ["label", "encodings"]] | unique' \
	'[["id","word","list","hits","packets","flows"]]'
is "flows: fields, in order" '[.flows[] | keys_unsorted - ["flags"]] | unique' \
	'[["l4","a","b","vlan","protocol","basis","service","exposure","packets","bytes","events","hits"]]'
is "flows: ends" '[.flows[] | .a, .b | keys_unsorted] | unique' '[["address","port"]]'
is "flows: exposure" '[.flows[].exposure | keys_unsorted] | unique' '[["setup","steady"]]'
is "every number is a whole one, not below 0" \
	'[.. | numbers | select(. < 0 or . != floor)]' '[]'
is "flows: types" '[.flows[] | [.l4, .a.address, .protocol, .basis, .exposure.setup | type],
	[.a.port, .hits | type], [.vlan, .packets, .bytes, .events | type], [.service | type]] | unique' \
	'[["array","array","array","array"],["null"],["number","number"],["string","string","string","string","string"]]'
is "flows: two directions each" '[.flows[] | .packets, .bytes, .events | length] | unique' '[2]'
is "words: in file order" '[.words[].word]' "$(grep -v '^# ' "$words" | cut -f1 | jq -R . | jq -sc .)"
is "words: ids count from 0" '[.words[].id]' '[0,1,2,3,4,5,6,7,8,9]'
is "words: those without a hit are there, too" '.words[-1] | [.word, .hits, .packets, .flows]' \
	'["volcano",0,0,0]'
is "words: packets and flows with at least one" '.words[0] | [.hits, .packets, .flows]' '[4,4,2]'
is "lists hold only rows that are not zero" \
	'[.outcome, .verdict, .protocol, .exposure, .lists | .[] | select(.packets == 0 and (.flows // 0) == 0)]' '[]'
is "verdict: would_drop is absent without a block list" '[.verdict[].name]' '["pass"]'
is "exposure: most exposed first" '[.exposure[].level] as $got | ["content", "envelope", "identity",
	"service", "protocol", "shape", "absent"] - (["content", "envelope", "identity", "service",
	"protocol", "shape", "absent"] - $got) == $got' true

replay "$captures/irc-plain.pcap" >"$json"
is "without words: generation 0, an empty list" '[.glassine.words_generation, .words]' '[0,[]]'
is "without words: no hits of a protocol, no list" '[.lists, [.protocol[] | has("hits")]]' '[[],[false,false]]'
is "without --flows: fields" 'keys_unsorted' \
	'["schema","glassine","seen","outcome","verdict","protocol","service","exposure","lists","words"]'
equal "without --flows: no address" "$(grep -cE '10\.99|fd99|[0-9]+\.[0-9]+\.[0-9]+' "$json")" 0
replay --flows "$captures/irc-plain.pcap" >"$json"
equal "with --flows: addresses" "$(grep -c '10\.99\.0\.[12]' "$json")" 2
printf 'say "hi"\nback\\slash\n<b>\n' >"$work/quotes"
replay --words "$work/quotes" "$captures/dns.pcap" >"$json"
is "words with quotes, backslash and <" '[.words[].word]' '["say \"hi\"","back\\slash","<b>"]'

# ---- encodings

# in_hex ENCODING: the characters that are listed
in_hex() { printf '天安門' | iconv -f UTF-8 -t "$1" | xxd -p; }
pcaps text "$work/encoded.pcap" "$(in_hex UTF-8)" "$(in_hex UTF-16LE)" "$(in_hex GB18030)" \
	"$(in_hex GB18030)" "$(in_hex BIG5)" "$(printf '%%E5%%A4%%A9%%E5%%AE%%89%%E9%%96%%80' | xxd -p)"
printf '天安門\nabsent\n' >"$work/encoded"
encoded() { replay --scan all --block "$work/encoded" "$@" "$work/encoded.pcap" >"$json"; }
encoded
is "encodings: hits of a word by encoding, as they are listed in the manual" '.words[0].encodings | tojson' \
	'"{\"utf-8\":1,\"utf-16le\":1,\"gb18030\":2,\"big5\":1,\"percent\":1}"'
is "encodings: a word that was not found has none" '.words[1] | [.hits, has("encodings")]' '[0,false]'
is "encodings: hits of protocol and list are those of the words" \
	'[.words[0].hits, [.protocol[].hits], .lists]' \
	'[6,[6],[{"name":"block","hits":6,"packets":6,"flows":1}]]'
encoded --encodings big5,gb18030
is "encodings: only those that were asked for, and UTF-8" '.words[0].encodings' '{"utf-8":1,"gb18030":2,"big5":1}'
encoded --encodings utf-8
is "encodings: UTF-8 alone" '[.words[0].encodings, .protocol[0].hits, .lists[0].hits]' '[{"utf-8":1},1,1]'
encoded --encodings hex --scan chat
is "encodings: not read, so no hits, and no fields" \
	'[.lists, (.words[0] | has("encodings")), (.protocol[0] | has("hits"))]' '[[],false,false]'

# ---- vocabularies and sums, for every capture

for path in "$captures"/*.pcap; do
	replay --flows --scan clear --words "$words" --block <(echo zwölf) "$path" >"$work/$(basename "$path").json"
done
cat "$work"/*.pcap.json >"$json"
count=$(jq -s length "$json")
all() { equal "every capture: $1" "$(jq -c -L "$top/tests/golden" "include \"law\"; $2" "$json" | grep -cx true)" "$count"; }
equal "every capture was replayed" "$count" "$(cd "$captures" && printf '%s\n' *.pcap | wc -l)"
all "the law" law
all "flows of protocols = flows listed + evicted" \
	'([.protocol[].flows] | add) == (.flows | length) + (.flows_evicted // 0)'
all "flows of exposure = flows of protocols" \
	'([.protocol[].flows] | add) == ([.exposure[].flows] | add)'
all "flows by protocol are those listed" '. as $all | .protocol
	| all(.name as $name | .flows == ([$all.flows[] | select(.protocol == $name)] | length))'
all "flows by exposure are those listed, at their steady level" '. as $all | .exposure
	| all(.level as $level | .flows == ([$all.flows[] | select(.exposure.steady == $level)] | length))'
all "flows hold no more packets and bytes than were seen" \
	'([.flows[].packets[]] | add) <= .seen.packets and ([.flows[].bytes[]] | add) <= .seen.bytes'
all "nothing was evicted, so nothing is said of it" 'has("flows_evicted") | not'
all "a spoke first: it has sent packets" 'all(.flows[]; .packets[0] > 0 and .events[0] > 0)'
all "an event is one packet at least" \
	'all(.flows[]; .events[0] <= .packets[0] and .events[1] <= .packets[1])'
all "outcomes" '[.outcome[].name] - ["scanned", "scanned_after_gap", "retransmission", "no_words",
	"not_selected", "masked", "compressed", "encrypted", "undecided", "unknown", "no_payload", "not_ip", "not_tcp_udp",
	"later_fragment", "tunnel", "vlan_too_deep", "ext_too_long", "truncated", "malformed",
	"contended", "no_flow", "unreadable", "busy"] == []'
all "verdicts" '[.verdict[].name] - ["pass", "would_drop", "drop"] == []'
all "levels" '[.exposure[].level, .flows[].exposure[]] - ["content", "envelope", "identity", "service",
	"protocol", "shape", "absent"] == []'
all "protocols" "[.protocol[].name, .flows[].protocol] - [\"none\", \"unknown\", \"random\", $("$native" protocols |
	awk 'NR > 1 { printf "%s\"%s\"", n++ ? ", " : "", $1 }')] == []"
all "bases" '[.flows[].basis] - ["bytes", "name", "port", "none"] == []'
all "lists" '[.words[].list] == ([range(10) | "watch"] + ["block"])'
all "hits of a word are those of its encodings" \
	'all(.words[]; .hits == ([.encodings // {} | .[]] | add // 0) and has("encodings") == (.hits > 0))'
all "hits of the lists are those of their words" '. as $all | all("watch", "block"; . as $list
	| ([$all.lists[] | select(.name == $list).hits] | add // 0)
	== ([$all.words[] | select(.list == $list).hits] | add))'
all "hits of the protocols are those of the words" \
	'([.protocol[].hits // 0] | add) == ([.words[].hits] | add)'
all "no name twice in a list" '[.outcome, .verdict, .protocol, .exposure, .lists]
	| all([.[] | .name // .level] | length == (unique | length))'
all "a flow is listed once" '[.flows[] | [.l4, .vlan, ([.a, .b] | sort)]] | length == (unique | length)'

# ---- flows whose shape is known

pcaps shapes "$work/shapes.pcap"
replay --flows "$work/shapes.pcap" >"$json"
is "a is the sender of the first packet with payload, not of the first" \
	'.flows[0] | [.a, .b, .packets]' \
	'[{"address":"10.99.0.2","port":1000},{"address":"10.99.0.1","port":2000},[2,1]]'
is "packets of a flow count from that one on; bytes are those of the frames" \
	'.flows[0].bytes' '[94,44]'
is "addresses in RFC 5952 form: the longer run of zeros, the first of two, lower case" \
	'[.flows[1, 2, 3] | .a.address, .b.address]' \
	'["2001:db8::1:0:0:1","2001:db8::2","::1","2001:db8:1:1:1:1:0:1","::ffff:192.0.2.1","fe80::1:0:0:1"]'
is "the same addresses and ports in other VLANs are other flows; outermost tag first" \
	'[.flows[4, 5, 6].vlan]' '[[7],[100,4094],[]]'
is "flows in the order of their first payload" '[.flows[].a.port]' '[1000,53000,5,7,1,1,1]'
is "the packet without payload is none, the others unknown" \
	'[.protocol[] | [.name, .packets, .flows]]' '[["none",1,0],["unknown",9,7]]'
is "no word list: what could be read says so" '[.outcome[].name]' '["undecided","no_payload"]'

# ---- more flows than fit

pcaps udp "$work/udp.pcap" 5000
replay --flows --max-flows 1024 "$work/udp.pcap" >"$json"
is "native: its table grows, nothing is evicted" \
	'[.protocol[0].flows, (.flows | length), has("flows_evicted")]' '[5000,5000,false]'
missing=$(bpf_missing)
if [ -n "$missing" ]; then
	skip "kernel: flows_evicted" "$missing"
	exit
fi
both() {
	for engine in kernel native; do
		"$glassine" replay --engine $engine --scan all --block "$work/encoded" "$@" "$work/encoded.pcap" |
			sed 's/"xdp"/"native"/; s/engine xdp/engine native/' >"$work/$engine"
	done
	cmp "$work/kernel" "$work/native"
}
succeeds "kernel: encodings and lists as native prints them, in JSON" both --json
succeeds "kernel: and for people" both
equal "kernel: where there are some" "$(grep -c 'gb18030 2\|^  block list: 6 hits' "$work/kernel")" 2
"$glassine" replay --engine kernel --json --flows --max-flows 1024 "$work/udp.pcap" >"$json"
is "kernel: flows that made room are counted" '.flows_evicted > 0' true
is "kernel: no more flows are kept than were asked for" '(.flows | length) <= 1024' true
is "kernel: created = listed + evicted" '[.protocol[0].flows, .flows_evicted + (.flows | length)]' \
	'[5000,5000]'
is "kernel: flows_evicted stands before flows" 'keys_unsorted[-3:]' '["words","flows_evicted","flows"]'
is "kernel: the law" law true
"$glassine" replay --engine kernel --json --max-flows 1024 "$work/udp.pcap" >"$json"
is "kernel, without --flows: evicted flows are counted, too" '.flows_evicted > 0 and law' true
"$glassine" replay --engine kernel --json --flows --max-flows 16384 "$work/udp.pcap" >"$json"
is "kernel, with room: nothing is evicted" '[(.flows | length), has("flows_evicted")]' '[5000,false]'
"$glassine" replay --engine kernel --max-flows 1024 "$work/udp.pcap" >"$work/text"
equal "kernel, for people: flows that made room" \
	"$(grep -cE '^ +[0-9,]+ flow entries made room for others$' "$work/text")" 1
