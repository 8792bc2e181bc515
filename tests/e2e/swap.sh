#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Fifty new word lists while packets flow: no packet is lost, no count is lost,
# every reading in between adds up. A block list counts, and drops nothing.
# shellcheck source-path=SCRIPTDIR disable=SC2016,SC2034,SC2119,SC2154
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/lab.bash"

needs "reloading under traffic" taskset
lab

loads=50
rate=300 # of each sender, a second

sink_up() {
	rm -f "$work/received"
	start_a sink.log taskset -c 0 /usr/bin/python3 "$(dirname "$0")/traffic.py" sink 10.99.0.1 5060 "$work/received"
	sink=${pids[-1]}
	wait_for 5 listening t 5060
}

# What arrived, as the sink counted it: datagrams and TCP bytes.
sink_down() {
	stop "$sink"
	received=$(cut -d' ' -f1,2 "$work/received" 2>&1 || cat "$work/sink.log")
}

# ------------------------------------------------------------ fifty lists

# lantern is in each of them, at another place; the rest comes and goes.
for i in 0 1 2; do
	{ seq -f "before${i}word%g" $((i * 40)); echo lantern; seq -f "after${i}word%g" 30; echo "only$i"; } >"$work/list$i"
done
sink_up
succeeds "attach" gl attach "$nic" --words "$work/list0"
remember_program
id=$(json '.words[] | select(.word == "lantern") | .id')

traffic sip 10.99.0.1 5060 "$work/enough" $rate 'the lantern {n}' >"$work/udp" &
sender_udp=$!
traffic irc 10.99.0.1 5060 "$work/enough" $rate 'the LANTERN {n} and a lantern' >"$work/tcp" &
sender_tcp=$!
pids+=("$sender_udp" "$sender_tcp")
wait_for 5 eval '[ "$(hits lantern)" -gt 10 ]'
(
	while kill -0 $sender_udp 2>/dev/null; do
		gl stats --json "$nic" >>"$work/readings" 2>>"$work/reading_errors" || echo failed >>"$work/reading_errors"
		gl words list --json -i "$nic" >>"$work/lists" 2>>"$work/reading_errors"
	done
) &
reader=$!
failed=0
: >"$work/load_errors"
for ((i = 1; i <= loads; i++)); do
	gl words load "$work/list$((i % 3))" -i "$nic" 2>>"$work/load_errors" || ((++failed))
	sleep 0.05
done
running=$(kill -0 $sender_udp && kill -0 $sender_tcp && echo yes)
touch "$work/enough"
wait $sender_udp && wait $sender_tcp
sent_ok=$?
udp=$(cat "$work/udp") tcp=$(cat "$work/tcp")
wait $reader
wait_for 3 counted_to sip "$udp"

equal "fifty lists were loaded, each while packets flowed" "$failed $running" "0 yes"
equal "both senders came to their end, with some thousand packets" "$sent_ok $((udp > 1000 && tcp > 1000))" "0 1"
line=$(printf 'PRIVMSG #garden :the LANTERN  and a lantern\r\n' | wc -c)
digits=$(seq 0 $((tcp - 1)) | tr -d '\n' | wc -c)
octets=$((tcp * line + digits + $(printf 'NICK alice\r\nUSER alice 0 * :alice\r\n' | wc -c)))
sink_down
equal "the receiver has every datagram and every byte" "$received" "$udp $octets"
equal "the word that stayed: every hit, over all lists" "$(hits lantern)" "$((udp + 2 * tcp))"
equal "it kept its id" "$(json '.words[] | select(.word == "lantern") | .id')" "$id"
equal "it was in as many packets, in two flows" \
	"$(json '.words[] | select(.word == "lantern") | [.packets, .flows]')" "[$((udp + tcp)),2]"
equal "a word nobody said has none" "$(hits only$((loads % 3)))" 0
equal "words of another list are not listed" "$(json "[.words[] | select(.word == \"only$(((loads + 1) % 3))\")] | length")" 0
equal "generation: one for each list" "$(json .glassine.words_generation)" $((loads + 1))
equal "nothing was contended or unreadable" "$(row outcome contended packets) $(row outcome unreadable packets)" "0 0"
equal "verdict: everything passed" "$(json '[.verdict[].name]')" '["pass"]'

readings=$(jq -s length "$work/readings")
if ((readings >= 20)); then pass "read meanwhile: $readings times"; else fail "read meanwhile" "$readings times"; fi
equal "no reading failed" "$(cat "$work/reading_errors")" ''
equal "the law holds in every reading" "$(jq -s -c "map($law) | unique" "$work/readings")" '[true]'
equal "in every reading the word is there, with its id" \
	"$(jq -s -c '[.[].words[] | select(.word == "lantern") | .id] | [length, unique]' "$work/readings")" "[$readings,[$id]]"
equal "its hits never go back" \
	"$(jq -s '[.[].words[] | select(.word == "lantern") | .hits] | . == sort and .[0] < .[-1]' "$work/readings")" true
whole='. as $r | [$r.words[].word] | index("lantern") as $at | [length, $at] | tojson'
equal "every list that was read is one of the three, whole" \
	"$(jq -r "$whole" "$work/lists" | sort -u | tr '\n' ' ')" '[112,80] [32,0] [72,40] '
equal "at least two of them were met under way" \
	"$(jq -r "$whole" "$work/lists" | sort -u | wc -l | awk '{print ($1 >= 2)}')" 1

# ------------------------------------------------------------ block list

printf 'harbour\n' >"$work/block"
sink_up
succeeds "a block list joins the watched words" gl words load --list block "$work/block" -i "$nic"
equal "the watched words are still there" \
	"$(json '[.words[] | select(.word == "lantern" or .word == "harbour") | [.word, .list]] | sort')" \
	'[["harbour","block"],["lantern","watch"]]'
lantern=$(hits lantern)
say 'no listed word' 'lantern only' 'harbour' 'lantern, HARBOUR and harbour'
equal "each packet with a block word is would_drop, once" "$(row verdict would_drop packets)" 2
equal "none is drop" "$(row verdict drop packets)" 0
equal "hits of both lists" "$(hits harbour) $(($(hits lantern) - lantern))" "3 2"
equal "the map says the same" "$(dump_row verdict GL_VERDICT_WOULD_DROP packets) $(dump_row verdict GL_VERDICT_DROP packets)" "2 0"
sink_down
equal "and the receiver has all four" "$received" "4 0"
equal "stats for people: dropped nothing" "$(gl stats "$nic" | grep -c '^Verdict .*passed\|^Verdict .*nothing was dropped')" 1
equal "the law holds" "$(json "$law") $(dump_law)" "true true"
printf 'anchor\n' >"$work/block"
succeeds "another block list replaces only the block list" gl words load --list block "$work/block" -i "$nic"
say 'harbour and lantern'
equal "the word that left is no reason any more" "$(row verdict would_drop packets) $(hits lantern)" "2 $((lantern + 3))"
succeeds "words clear" gl words clear -i "$nic"
say 'lantern anchor'
equal "no list: read by nobody" "$(json .words) $(row outcome no_words packets) $(row verdict would_drop packets)" "[] 1 2"

# A list that cannot be loaded changes nothing.
succeeds "a list again" gl words load "$work/list0" -i "$nic"
before=$(gl words list --json -i "$nic")
printf 'fine\nx\n' >"$work/bad"
refuses "a bad list is refused" 1 'bad:2' gl words load "$work/bad" -i "$nic"
in_maps() { for map in words word_counts meta word_tables; do bpftool map dump pinned "$pins/$nic/$map"; done | sha256sum; }
maps=$(in_maps)
seq -f 'toomany%g' 5000 >"$work/many"
refuses "a list beyond the capacity is refused, with the remedy" 1 \
	'has 5000 words and the capacity is 4096; .*--capacity 5000 of attach' gl words load "$work/many" -i "$nic"
equal "and the list is as before" "$(gl words list --json -i "$nic")" "$before"
equal "nothing was written" "$(in_maps)" "$maps"

# ------------------------------------------------------------ encodings

table() { gl status --json "$nic" | jq -c ".status[0] | $1"; }
equal "status: all encodings, unless attach was told otherwise" "$(table '.table.encodings | length')" 14
equal "status: what is in use is part of what is reserved" \
	"$(table '.table | .bytes_used > 100000 and .bytes_used < .bytes_reserved')" true
equal "status: when the list was loaded" \
	"$(table '(now - (.table.loaded | fromdate)) as $age | $age >= 0 and $age < 60')" true
gl detach "$nic" 2>/dev/null
seq -f 'a-word-of-this-list-%g' 99 >"$work/some"
succeeds "attach with few encodings" gl attach "$nic" --encodings gb18030 --capacity 100 --words "$work/some"
equal "they are in use" "$(table '[.table.encodings, .words]')" '[["utf-8","gb18030"],99]'
maps=$(in_maps)
refuses "more encodings than were reserved for are refused, with the remedy" 1 \
	'the 4096 that are reserved: they were reserved for fewer encodings; attach again with these' \
	gl words load "$work/some" -i "$nic" --encodings all
equal "nothing was written" "$(in_maps)" "$maps"
equal "and they are as before" "$(table .table.encodings)" '["utf-8","gb18030"]'
echo harbour >"$work/block"
succeeds "another encoding, with the block list" \
	gl words load "$work/block" --list block -i "$nic" --encodings big5
equal "both lists have it" "$(table '[.table.encodings, .words]')" '[["utf-8","big5"],100]'
echo lantern >"$work/watch"
succeeds "a list without --encodings" gl words load "$work/watch" -i "$nic"
equal "keeps those in use" "$(table '[.table.encodings, .words]')" '[["utf-8","big5"],2]'

leaves_nothing
