#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# One packet path, two engines: the program in the kernel and the same sources
# compiled natively print the same JSON, byte for byte, but for the engine's name.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

words=$top/tests/captures/words.txt
captures=("$top"/tests/captures/*.pcap)

# replay PROGRAM ENGINE SCAN LIST CAPTURE...
replay() {
	local program=$1 engine=$2 scan=$3 list=$4
	shift 4
	"$program" replay --engine "$engine" --scan "$scan" --words "$list" --json --flows "$@"
}

# same NAME SCAN LIST CAPTURE...: all in one replay, as loading takes longest
same() {
	local name=$1
	shift
	if replay "$glassine" native "$@" >"$work/native" 2>"$work/err" &&
		replay "$glassine" kernel "$@" 2>"$work/err" |
		sed '3s/"engine": "xdp"/"engine": "native"/' >"$work/kernel" &&
		cmp -s "$work/native" "$work/kernel"; then
		pass "$name"
	else
		fail "$name" "$(cat "$work/err")"$'\n'"$(diff "$work/native" "$work/kernel" | head -6)"
	fi
}

# each NAME SCAN LIST CAPTURE...: a test and a replay for each
each() {
	local name=$1 scan=$2 list=$3 path
	shift 3
	for path; do same "$name, --scan $scan: $(basename "$path")" "$scan" "$list" "$path"; done
}

# The two builds: the signatures of the smaller one are C made from the same files.
succeeds "user/protocols.inc is what the signature files say" \
	cmp <("$glassine" protocols --emit-c) "$top/user/protocols.inc"
differ=''
for path in "${captures[@]}"; do
	cmp -s <(replay "$native" native all "$words" "$path") \
		<(replay "$glassine" native all "$words" "$path") || differ+=" $(basename "$path")"
done
equal "glassine-native prints what glassine prints" "$differ" ''

missing=$(bpf_missing)
if [ -n "$missing" ]; then
	skip "kernel and native print the same" "$missing"
	exit
fi
equal "the kernel engine calls itself xdp" \
	"$(replay "$glassine" kernel chat "$words" "${captures[0]}" | jq -r .glassine.engine)" xdp
equal "the native engine calls itself native" \
	"$(replay "$glassine" native chat "$words" "${captures[0]}" | jq -r .glassine.engine)" native
replay "$glassine" native chat "$words" "$top/tests/captures/http.pcap" >"$work/chat"
replay "$glassine" native clear "$words" "$top/tests/captures/http.pcap" >"$work/clear"
equal "what is compared tells two scans apart" \
	"$(cmp -s "$work/chat" "$work/clear" && echo same || echo differ)" differ
for scan in chat clear all; do
	each "kernel = native" $scan "$words" "${captures[@]}"
done
same "kernel = native: all of tests/captures in one replay" all "$words" "${captures[@]}"

# What is made for the tests: short frames, cut packets, other link types, VLANs.
pcaps() { python3 "$top/tests/golden/pcaps.py" "$@"; }
pcaps short "$work/short.pcap"
pcaps shapes "$work/shapes.pcap"
pcaps snap "$top/tests/captures/irc-plain.pcap" "$work/snap60.pcap" 60
pcaps snap "$top/tests/captures/irc-plain.pcap" "$work/snap100.pcap" 100
for type in null raw sll sll2; do
	pcaps link "$top/tests/captures/irc-plain.pcap" "$work/$type.pcap" $type
done
each "kernel = native, made" all "$words" "$work"/*.pcap

if [ -z "$corpus" ]; then
	skip "kernel = native: corpus" "../shared/corpus is absent"
	exit
fi
tail -n +2 "$corpus/words_cases/expected.tsv" | cut -f2 | sort -u >"$work/cases"
each "kernel = native, words_cases" all "$work/cases" "$corpus"/words_cases/*.pcap
for scan in chat clear; do
	same "kernel = native: words_cases in one replay, --scan $scan" $scan "$work/cases" \
		"$corpus"/words_cases/*.pcap
done
# Words that occur there, so that hits, too, are compared.
printf '%s\n' the you nick user http hello message from server com ing >"$work/common"
equal "the corpus holds words to compare" "$(replay "$glassine" native all "$work/common" \
	"$corpus"/zeek_*.pcap | jq '[.words[].hits] | min > 0 and add > 200')" true
shopt -s nullglob
for group in arkime merc ndpi nfs pcpp sv zeek; do
	for scan in chat clear all; do
		same "kernel = native: corpus, all of ${group}_ in one replay, --scan $scan" \
			$scan "$work/common" "$corpus/$group"_*.pcap "$corpus/$group"_*.pcapng
	done
done
