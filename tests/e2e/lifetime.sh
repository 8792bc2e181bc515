#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The filter outlives every process; whatever is killed, whenever, the filter is
# as before, or gone cleanly, or put right by the next command.
# shellcheck source-path=SCRIPTDIR disable=SC2034,SC2119,SC2154
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/lab.bash"

needs "lifetime of the filter" cmp
private_bpffs
lab

quiet() { "$@" >/dev/null 2>&1; }

# took COMMAND...: milliseconds
took() {
	local began
	began=$(date +%s%N)
	quiet "$@"
	echo $((($(date +%s%N) - began) / 1000000))
}

# killed MILLISECONDS COMMAND...: SIGKILL after that time, if it still runs
killed() {
	local pid after=$1
	shift
	(exec nsenter --net="/run/netns/$ns_a" "$glassine" "$@" "${bpffs[@]}" >/dev/null 2>&1 </dev/null) &
	pid=$!
	sleep "$(printf '0.%03d' "$after")"
	kill -KILL "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
}

words() { printf '%s\n' "$@" >"$work/words"; }

# ------------------------------------------------------------ no process

words lantern harbour
succeeds "attach" gl attach "$nic" --words "$work/words"
remember_program
program=$(xdp_ids)
equal "no process of glassine is left" "$(ip netns pids "$ns_a")" ''
say 'the lantern' 'no word' 'lantern and harbour'
equal "it counts all the same" "$(hits lantern) $(hits harbour)" "2 1"
say 'the lantern'
equal "and goes on counting" "$(hits lantern) $(hits harbour)" "3 1"
equal "status: attached, mode, words" \
	"$(gl status --json "$nic" | jq -c '.status[0] | [.interface, .attached, .mode, .words, .words_generation, .scan]')" \
	"[\"$nic\",true,\"native\",2,1,\"chat\"]"
equal "status for people says so too" "$(gl status "$nic" | grep -cE "^$nic\$|attached +native\$|words +2 of 4096")" 3

# ------------------------------------------------------------ second attach

before=$(json .words)
refuses "a second attach is refused" 1 "attached to $nic already; .*words load.*detach" \
	gl attach "$nic" --words "$top/tests/captures/words.txt"
equal "and nothing has changed" "$(xdp_ids) $(json .words)" "$program $before"
refuses "nor in another mode" 1 "attached to $nic already" gl attach "$nic" --mode generic
equal "and nothing has changed" "$(xdp_ids) $(json .words)" "$program $before"

# ------------------------------------------------------------ reader killed

start_a watcher.log "$glassine" stats --json --interval 1 "$nic" "${bpffs[@]}"
wait_for 5 test -s "$work/watcher.log"
equal "stats --interval reads the same" "$(jq -s -c '.[0].words' "$work/watcher.log")" "$before"
stop "${pids[-1]}" KILL
say 'the lantern'
equal "stats --interval killed: the filter counts on" "$(xdp_ids) $(hits lantern)" "$program 4"

# ------------------------------------------------------------ load killed

# Two long lists: either all of one or all of the other is active, never a mixture.
{ printf 'lantern\nfirstword\n'; seq -f 'first%05g' 1500; } >"$work/first"
{ seq -f 'other%05g' 1500; printf 'otherword\nlantern\n'; } >"$work/other"
listed() { gl words list --json -i "$nic" | jq -r '.words[].word'; }
took=$(took gl words load "$work/first" -i "$nic")
counted=$(hits lantern)
id=$(json '.words[] | select(.word == "lantern") | .id')
mixed='' firsts=0 others=0
for round in {1..30}; do
	list=$([ $((round % 2)) = 0 ] && echo first || echo other)
	killed $((took / 2 + RANDOM % (took + 5))) words load "$work/$list" -i "$nic"
	listed >"$work/listed"
	if cmp -s "$work/listed" "$work/first"; then
		active=first
		((++firsts))
	elif cmp -s "$work/listed" "$work/other"; then
		active=other
		((++others))
	else
		mixed+="round $round: $(wc -l <"$work/listed") words, neither list; "
		active=$list
	fi
	a=$(hits firstword) b=$(hits otherword)
	say 'lantern firstword otherword'
	((++counted))
	case $active in
	first) want="$((a + 1)) 0" ;;
	other) want="0 $((b + 1))" ;;
	esac
	[ "$(hits firstword) $(hits otherword)" = "$want" ] ||
		mixed+="round $round: $active listed, hits $(hits firstword) $(hits otherword), wanted $want; "
	[ "$(hits lantern)" = "$counted" ] ||
		mixed+="round $round: lantern $(hits lantern) wanted $counted; " counted=$(hits lantern)
done
equal "words load killed 30 times: one list or the other, and that one counts" "$mixed" ''
if ((firsts && others)); then
	pass "both lists came up ($firsts and $others times)"
else
	fail "both lists came up" "$firsts and $others times"
fi
equal "the word in both kept its id" "$(json '.words[] | select(.word == "lantern") | .id')" "$id"
succeeds "the next load succeeds" gl words load "$work/first" -i "$nic"
equal "and all of it is active" "$(listed | cmp - "$work/first" && gl status --json "$nic" | jq .status[0].words)" 1502
equal "with the counts of before" "$(hits lantern)" "$counted"
equal "the program was never touched" "$(xdp_ids)" "$program"
equal "the law holds" "$(json "$law")" true

# ------------------------------------------------------------ another ABI

dump meta >"$work/meta"
size=$(bpftool -j map show pinned "$pins/$nic/meta" | jq .bytes_value)
# shellcheck disable=SC2046 # a list of bytes
bytes=$(bpftool -j map lookup pinned "$pins/$nic/meta" key 0 0 0 0 | jq -r '.value | join(" ")')
equal "meta is read in full" "$(wc -w <<<"$bytes")" "$size"
# shellcheck disable=SC2086
bpftool map update pinned "$pins/$nic/meta" key 0 0 0 0 value 0x63 ${bytes#* }
for command in "stats $nic" "flows $nic" "status $nic" "words list -i $nic" "words load $work/first -i $nic"; do
	# shellcheck disable=SC2086
	refuses "${command%% "$nic"*}: another ABI: one sentence with the remedy" 1 \
		"another version \(ABI 99, this is [0-9]+\); run 'glassine detach $nic'" gl $command
done
# shellcheck disable=SC2086
bpftool map update pinned "$pins/$nic/meta" key 0 0 0 0 value $bytes
equal "the right ABI is read again" "$(hits lantern)" "$counted"
# shellcheck disable=SC2086
bpftool map update pinned "$pins/$nic/meta" key 0 0 0 0 value 0x63 ${bytes#* }
# One whose meta is much longer than ours.
rm "$pins/$nic/meta"
bpftool map create "$pins/$nic/meta" type array key 4 value 8192 entries 1 name meta
refuses "another ABI with a longer meta: the same sentence" 1 \
	"another version \(ABI 0, this is [0-9]+\); run 'glassine detach $nic'" gl stats "$nic"
refuses "attach says that it is attached" 1 "attached to $nic already" gl attach "$nic"
succeeds "the remedy works: detach" gl detach "$nic"
equal "nothing is left of it" "$(find "$pins/$nic" 2>/dev/null; xdp_ids)" ''

# ------------------------------------------------------------ detach twice

equal "detach twice: the second says that nothing was attached" \
	"$(gl detach "$nic" 2>&1; echo $?)" "glassine: nothing was attached to $nic"$'\n0'

# ------------------------------------------------------------ attach killed

# Afterwards either nothing is attached, or a whole filter; attach or detach puts it right.
attached_whole() {
	[ -n "$(xdp_ids)" ] && quiet gl stats "$nic" && say lantern && [ "$(hits lantern)" -ge 1 ]
}
# When within its work is left to chance, but the end of it, where it attaches, is not left out.
wrong=''
whole=0 none=0
took=$(took gl attach "$nic" --words "$work/words")
quiet gl detach "$nic"
for round in {1..12}; do
	killed $((took / 4 + RANDOM % took)) attach "$nic" --words "$work/words"
	remember_program
	if attached_whole; then
		((++whole))
	elif [ -n "$(xdp_ids)" ]; then
		wrong+="round $round: a program that cannot be read; "
	else
		((++none))
	fi
	case $((round % 3)) in
	0)
		gl detach "$nic" >"$work/out" 2>&1 || wrong+="round $round: detach: $(cat "$work/out"); "
		;;
	1)
		[ -n "$(xdp_ids)" ] || gl attach "$nic" --words "$work/words" >"$work/out" 2>&1 ||
			wrong+="round $round: attach again: $(cat "$work/out"); "
		remember_program
		attached_whole || wrong+="round $round: attached again, yet does not count; "
		quiet gl detach "$nic"
		;;
	2)
		# stale: a half-made folder goes, a whole filter stays
		had=$(xdp_ids)
		gl detach --stale >"$work/out" 2>&1 || wrong+="round $round: detach --stale: $(cat "$work/out"); "
		[ "$(xdp_ids)" = "$had" ] || wrong+="round $round: detach --stale took a filter off; "
		[ -n "$had" ] || [ ! -e "$pins/$nic" ] || wrong+="round $round: detach --stale left pins; "
		quiet gl detach "$nic"
		;;
	esac
	[ -z "$(xdp_ids)" ] || wrong+="round $round: still attached after detach; "
	[ ! -e "$pins/$nic" ] || wrong+="round $round: pins after detach; "
	ip -n "$ns_a" link set dev "$nic" xdp off
done
equal "attach killed 12 times: whole, or gone, or put right ($whole whole, $none not)" "$wrong" ''

# The moment between attaching and pinning, on purpose.
quiet gl attach "$nic" --words "$work/words"
remember_program
rm "$pins/$nic/program"
equal "attached, but killed before the program was pinned: still ours" \
	"$(gl status --json "$nic" | jq .status[0].attached; gl attach "$nic" 2>&1 | grep -c 'attached to .* already')" $'true\n1'
equal "and detach takes it off" "$(gl detach "$nic" 2>&1; xdp_ids)" "glassine: detached from $nic"

# Three at once: one wins, two are refused, and what is attached is whole.
for i in 1 2 3; do start_a "attach$i" "$glassine" attach "$nic" --words "$work/words" "${bpffs[@]}"; done
wait "${pids[@]: -3}"
remember_program
say lantern
equal "three attaches at once: one filter, two refusals" \
	"$(cat "$work"/attach? | grep -c 'attached to .* already') $(cat "$work"/attach? | grep -c 'native mode; reads') $(hits lantern)" "2 1 1"
quiet gl detach "$nic"

# ------------------------------------------------------------ detach killed

wrong=''
for round in {1..10}; do
	quiet gl attach "$nic" --words "$work/words" || wrong+="round $round: cannot attach again; "
	remember_program
	say lantern
	killed $((RANDOM % 25)) detach "$nic"
	if [ -n "$(xdp_ids)" ] && [ -e "$pins/$nic" ]; then
		[ "$(hits lantern)" = 1 ] || wrong+="round $round: attached, counts lost; "
	fi
	if ((round % 2)); then
		gl detach "$nic" >"$work/out" 2>&1 || wrong+="round $round: detach again: $(cat "$work/out"); "
		[ -z "$(xdp_ids)" ] || wrong+="round $round: still attached; "
		[ ! -e "$pins/$nic" ] || wrong+="round $round: pins left; "
	elif [ -z "$(xdp_ids)" ]; then
		gl attach "$nic" >"$work/out" 2>&1 || wrong+="round $round: attach over the rest: $(cat "$work/out"); "
		quiet gl detach "$nic"
	fi
	quiet gl detach "$nic"
done
equal "detach killed 10 times: as before, or gone, or put right" "$wrong" ''

# ------------------------------------------------------------ the interface goes

ip -n "$ns_a" link add gd$$ type veth peer name gp$$
ip -n "$ns_a" link set gd$$ up
quiet gl attach "$nic" --words "$work/words"
remember_program
program=$(xdp_ids)
succeeds "attach to a second interface" gl attach gd$$
watched_programs+=("$(xdp_ids gd$$)")
ip -n "$ns_a" link del gd$$
equal "the interface is gone: its pins are left, and status says so" \
	"$(gl status | grep -A1 "^gd$$" | grep -c "left over, 'glassine detach --stale'")" 1
equal "detach --stale removes them, and only them" \
	"$(gl detach --stale 2>&1; ls -d "$pins/gd$$" 2>/dev/null)" "glassine: removed the pins of 1 dead attachments"
say lantern
equal "the living filter stays" "$(xdp_ids) $(hits lantern)" "$program 1"
equal "nor is it a leftover to another network namespace" \
	"$(in_b "$glassine" detach --stale "${bpffs[@]}" 2>&1; xdp_ids; gl stats --json "$nic" | jq .schema)" \
	"glassine: removed the pins of 0 dead attachments"$'\n'"$program"$'\n1'
refuses "another namespace cannot detach it" 1 "another network namespace" in_b "$glassine" detach "$nic" "${bpffs[@]}"
ip -n "$ns_b" link add "$nic" type veth peer name gq$$
refuses "nor attach to its own interface of that name" 1 "another network namespace; .*--bpffs" \
	in_b "$glassine" attach "$nic" "${bpffs[@]}"
ip -n "$ns_b" link del "$nic"
equal "all of it is as before" "$(xdp_ids) $(hits lantern)" "$program 1"
equal "a second detach --stale finds nothing" "$(gl detach --stale 2>&1)" \
	"glassine: removed the pins of 0 dead attachments"
succeeds "detach" gl detach "$nic"
refuses "stats of nothing: one sentence" 1 "nothing is attached .*'glassine attach $nic'" gl stats "$nic"
equal "status of nothing" "$(gl status | grep -c "$nic")" 0

leaves_nothing
