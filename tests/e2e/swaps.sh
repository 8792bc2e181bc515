#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Thousands of swaps of two word lists under live traffic: no packet sees both, none
# is lost, and the word that is in both keeps its id and each of its hits.
# shellcheck source-path=SCRIPTDIR disable=SC2016,SC2034,SC2119,SC2154
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/lab.bash"

needs "thousands of swaps" taskset "${CC:-cc}"
lab

swaps=${SWAPS:-3000}
rate=1500 # of each sender, a second
text='alpha charlie bravo delta stays'

objects=()
for object in "$top"/build/full/*.o; do
	[[ $object == */main.o ]] || objects+=("$object")
done
read -ra libs <<<"$(make -s -C "$top" print-libs)"
succeeds "the driver can be built" "${CC:-cc}" -std=gnu11 -Wall -Wextra -Werror -O2 -D_GNU_SOURCE \
	-DHAVE_BPF "$top/tests/e2e/swaps.c" "${objects[@]}" "${libs[@]}" -o "$work/swaps"

start_a sink.log taskset -c 0 /usr/bin/python3 "$(dirname "$0")/traffic.py" sink 10.99.0.1 5060 "$work/received"
sink=${pids[-1]}
wait_for 5 listening t 5060
printf 'stays\n' >"$work/list"
succeeds "attach" gl attach "$nic" --words "$work/list" --capacity 250
remember_program
id=$(json '.words[0].id')

# The traffic begins and ends while the lists change.
in_a "$work/swaps" "$nic" "$swaps" "$work/enough" "$work/sent" >"$work/said" 2>"$work/errors" &
driver=$!
pids+=("$driver")
traffic sip 10.99.0.1 5060 "$work/enough" $rate "$text" >"$work/udp" &
sender_udp=$!
traffic irc 10.99.0.1 5060 "$work/enough" $rate "$text" >"$work/tcp" &
sender_tcp=$!
pids+=("$sender_udp" "$sender_tcp")
wait $sender_udp && wait $sender_tcp
sent_ok=$?
udp=$(cat "$work/udp") tcp=$(cat "$work/tcp")
wait_for 5 counted_to sip "$udp"
wait_for 5 counted_to irc "$tcp"
touch "$work/sent"
wait $driver
driver_ok=$?
said() { jq -c "$1" "$work/said"; }

equal "each list was loaded" "$driver_ok $(said .swaps)" "0 $swaps"
equal "the senders came to their end" "$sent_ok" 0
equal "no packet saw two lists" "$(said .mixed) $(head -3 "$work/errors")" "0 "
equal "each packet saw one: none is lost, none counted twice" "$(said '.packets | add')" "$((udp + tcp))"
equal "a hit of each word in each packet" "$(said '.hits == .packets')" true
equal "both lists met packets, most of the swaps did" \
	"$(said "[(.packets | min) > $((swaps / 2)), .busy > $((swaps / 2))]")" '[true,true]'
equal "the word that stays: each hit, over all lists" "$(hits stays) $(said .stays)" \
	"$((udp + tcp)) $((udp + tcp))"
equal "it kept its id, and was in two flows" \
	"$(said .moved) $(json '.words[] | select(.word == "stays") | [.id, .flows]')" "0 [$id,2]"
equal "generation: one for each list" "$(json .glassine.words_generation)" $((swaps + 1))
stop "$sink"
line=$(printf 'PRIVMSG #garden :%s\r\n' "$text" | wc -c)
octets=$((tcp * line + $(printf 'NICK alice\r\nUSER alice 0 * :alice\r\n' | wc -c)))
equal "the receiver has every datagram and every byte" "$(cut -d' ' -f1,2 "$work/received")" "$udp $octets"
equal "nothing was contended or unreadable" \
	"$(row outcome contended packets) $(row outcome unreadable packets)" "0 0"
equal "the law holds" "$(json "$law") $(dump_law)" "true true"
echo "# $(cat "$work/said"), $udp datagrams, $tcp segments"

leaves_nothing
