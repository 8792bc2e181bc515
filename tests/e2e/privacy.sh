#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# What was said stays on the wire: after a marked text in clear, no output and no
# map holds the mark; without being asked, no output names an address or a port;
# and nothing joins a word to a flow.
# shellcheck source-path=SCRIPTDIR disable=SC2016,SC2034,SC2119,SC2154
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/lab.bash"

needs "privacy of what was said" python3
lab

# The mark, and the word that is listed and said beside it.
mark=Quetzalmark$RANDOM$$
printf 'lantern\tobject\nlighthouse\tplace\n' >"$work/words"
succeeds "attach" gl attach "$nic" --words "$work/words" --scan all --capacity 64
remember_program
start_a sink.log /usr/bin/python3 "$(dirname "$0")/traffic.py" sink 10.99.0.1 54321 "$work/received"
start_a sink6.log /usr/bin/python3 "$(dirname "$0")/traffic.py" sink fd99::1 54321 "$work/received6"
wait_for 5 listening t 54321

long=$(printf "$mark %.0s" {1..40})
traffic sip 10.99.0.1 54321 5 0 "$mark" "the lantern $mark" "$mark lantern" "$long lantern" "$mark" >/dev/null
traffic sip fd99::1 54321 2 0 "$mark lantern" "$mark" >/dev/null
traffic irc 10.99.0.1 54321 4 0 "$mark" "lantern $mark" "$long" "lantern $mark lantern" >/dev/null
# an unfinished line, in the middle of the listed word: the last that is seen of this flow
traffic irc fd99::1 54321 1 0 "$mark lighth" >/dev/null
wait_for 3 counted_to sip 7
equal "the words beside the mark were counted" "$(hits lantern) $(hits lighthouse)" "7 0"
equal "three flows of irc and sip over both families" \
	"$(json '[.protocol[] | select(.name == "irc" or .name == "sip") | [.name, .flows]] | sort')" '[["irc",2],["sip",2]]'

# ------------------------------------------------------------ outputs

for command in "stats $nic" "stats --json $nic" "stats --flows $nic" "stats --json --flows $nic" "status" \
	"status --json" "status $nic" "words list -i $nic" "words list --json -i $nic" "flows $nic" "flows --json $nic"; do
	name=${command//" $nic"/}
	# shellcheck disable=SC2086
	gl -v $command >"$work/output" 2>&1
	equal "${name% -i}: prints something, and nothing that was said" \
		"$(test -s "$work/output" && echo yes) $(grep -ciE "$mark|Quetzal" "$work/output")" "yes 0"
	case $name in
	*flows*)
		equal "$name: asked for, so addresses and ports are there (the twin)" \
			"$(grep -cE '10\.99\.0\.[12]' "$work/output" | awk '{print ($1 > 0)}') $(grep -c 54321 "$work/output" | awk '{print ($1 > 0)}')" "1 1"
		;;
	*)
		equal "${name% -i}: no address, no port" \
			"$(grep -cE '10\.99\.|fd99|54321|([0-9]{1,3}\.){3}[0-9]{1,3}|([0-9a-f]{2}:){5}' "$work/output")" 0
		;;
	esac
done

gl flows "$nic" >"$work/flows"
gl flows --json "$nic" | jq -c '.flows' >"$work/flows.json"
equal "flows: hits, but no word" "$(grep -ciE 'lantern|lighthouse|object|place' "$work/flows") $(jq '[.[].hits] | add' "$work/flows.json")" "0 7"
equal "flows in JSON: neither" "$(grep -ciE 'lantern|lighthouse|object|place' "$work/flows.json")" 0
equal "a flow has these fields, and no others" \
	"$(jq -c '[.[] | keys[]] | unique - ["flags"]' "$work/flows.json")" \
	'["a","b","basis","bytes","events","exposure","hits","l4","packets","protocol","service","vlan"]'
equal "a word has these, and no others" "$(json '[.words[] | keys[]] | unique')" \
	'["encodings","flows","hits","id","label","list","packets","word"]'
equal "a protocol and a list, too: hits of all words together" \
	"$(json '[[.protocol[] | keys[]], [.lists[] | keys[]] | unique]')" \
	'[["bytes","flows","hits","name","packets"],["flows","hits","name","packets"]]'

# ------------------------------------------------------------ maps

# in_dump FILE TEXT...: which of them is in a dump of bpftool, as text, as hexadecimal, or
# as a list of numbers?
in_dump() {
	/usr/bin/python3 - "$@" <<-'END'
		import re, sys
		data = open(sys.argv[1], 'rb').read()
		# numbers of any notation, one after the other, bring back the bytes
		numbers = re.findall(rb'(?<![\w.])-?(?:0x[0-9a-f]{1,2}|\d{1,3})(?!\w)', data)
		octets = bytes(int(n, 16 if b'x' in n else 10) & 255 for n in numbers)
		pairs = bytes.fromhex(b''.join(re.findall(rb'\b[0-9a-f]{2}\b', data)).decode())
		dumps = [d.lower() for d in (data, octets, pairs)]
		print(*(t for t in sys.argv[2:] if any(t.lower().encode() in d for d in dumps)))
	END
}

# The twins first: all three notations are recognised.
echo "{\"word\": \"xx$mark\"}" >"$work/dump"
equal "the search finds a text" "$(in_dump "$work/dump" absent "$mark")" "$mark"
printf '%s' "$mark" | od -An -v -tu1 | tr -s ' \n' ',' >"$work/dump"
equal "the search finds a list of numbers" "$(in_dump "$work/dump" absent "$mark")" "$mark"
printf '%s' "$mark" | od -An -v -tx1 >"$work/dump"
equal "the search finds hexadecimal" "$(in_dump "$work/dump" absent "$mark")" "$mark"
printf '%s' "$mark" | od -An -v -tx1 | sed 's/ / 0x/g' >"$work/dump"
equal "the search finds 0x notation" "$(in_dump "$work/dump" absent "$mark")" "$mark"

# Those of the program, those pinned for user space, and the tables within the maps of maps.
mapfile -t maps < <({
	bpftool -j prog show id "$(xdp_ids)" | jq -r '.map_ids[]'
	for pin in "$pins/$nic"/*; do bpftool -j map show pinned "$pin" 2>/dev/null | jq -r '.id // empty'; done
} | sort -nu)
map_name() { bpftool -j map show id "$1" | jq -r .name; }
names=$(for map in "${maps[@]}"; do map_name "$map"; done | grep -v rodata | sort | tr '\n' ' ')
equal "these maps, and no others" "$names" \
	"flows labels media meta replay scratch sightings signatures total word_counts word_tables words "
for outer in word_tables signatures; do
	id=$(bpftool map lookup pinned "$pins/$nic/$outer" key 0 0 0 0 | sed -nE 's/.*value: (..) (..) (..) (..).*/0x\4\3\2\1/p')
	maps+=($((id)))
done
equal "with the two tables within" "$(map_name "${maps[-2]}") $(map_name "${maps[-1]}")" "words signatures"
found=''
for map in "${maps[@]}"; do
	name=$(map_name "$map")
	for flag in '' -j; do
		# without BTF -j says all there is
		[ -n "$flag" ] || [ "$(bpftool -j map show id "$map" | jq .btf_id)" != null ] || continue
		# shellcheck disable=SC2086
		timeout 60 bpftool $flag map dump id "$map" >"$work/dump" 2>/dev/null
		[ -s "$work/dump" ] || found+="$name cannot be read; "
		said=$(in_dump "$work/dump" "$mark" Quetzal garden PRIVMSG alice lantern)
		# what the operator loaded is there, as loaded
		[ "$name $said" = "words lantern" ] || [ -z "$said" ] || found+="$name: $said; "
	done
done
equal "no map holds the mark, nor anything else that was said" "$found" ''
bpftool map dump pinned "$pins/$nic/words" >"$work/dump"
equal "the map words holds what was loaded (the twin)" "$(in_dump "$work/dump" lantern)" lantern

# No map has both a flow's key and a word's: sightings are digests under a key of this attachment.
equal "sightings: one number each" "$(bpftool -j map show id "$(for map in "${maps[@]}"; do
	bpftool -j map show id "$map" | jq -r 'select(.name == "sightings") | .id'; done)" | jq -c '[.bytes_key, .bytes_value]')" '[8,8]'

leaves_nothing
equal "nothing of it is in a file of this script either" "$(grep -rlF "$mark" "$work" --exclude=dump --exclude=output | wc -l)" 0
