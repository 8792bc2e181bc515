# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2016,SC2034,SC2119,SC2120,SC2154
#
# Sourced by the scripts here after ../lib.sh: a lab whose interface has a name
# of its own, so that scripts may run side by side; processes that are ended by
# number; what a user asks bpftool and jq.

pins=/sys/fs/bpf/glassine
bpffs=()            # --bpffs PATH, where pins are not in the usual place
nic=                # the watched interface, in A; its peer is vb, in B
pids=()

# needs WHAT PROGRAM...: skips the whole script by name where something is missing
needs() {
	local what=$1 program reason
	shift
	reason=$(bpf_missing)
	for program in jq bpftool /usr/bin/python3 "$@"; do
		command -v "$program" >/dev/null || reason=${reason:-no $program here}
	done
	[ -n "$reason" ] || return 0
	skip "$what" "$reason"
	exit 0
}

# The server of the lab, in A; what a script wants besides may follow.
ngircd_conf() {
	cat <<-END
		[Global]
		Name = irc.garden.example
		Info = a garden
		Listen = 10.99.0.1
		Ports = 6667
		MotdPhrase = welcome
		AdminInfo1 = garden
		AdminEMail = admin@garden.example
		[Limits]
		MaxConnectionsIP = 0
		MaxPenaltyTime = 0
		[Options]
		DNS = no
		Ident = no
		PAM = no
	END
}

carrier() { ip -n "$ns_a" link show dev "$nic" | grep -q LOWER_UP; }

# The lab of lib.sh, with va under a name that no other script uses.
lab() {
	make_lab || { fail "a lab of two namespaces"; exit 1; }
	nic=ga$$
	ip -n "$ns_a" link set va down
	ip -n "$ns_a" link set va name "$nic" mtu "${1:-1500}" up
	ip -n "$ns_b" link set vb mtu "${1:-1500}"
	ip -n "$ns_a" addr replace fd99::1/64 dev "$nic" nodad
	# the machine's own chatter would move counters: no router solicitations, no DAD
	in_a sysctl -qw "net.ipv6.conf.$nic.router_solicitations=0" net.ipv6.conf.all.router_solicitations=0
	in_b sysctl -qw net.ipv6.conf.vb.router_solicitations=0
	at_exit "stop_all; gl detach $nic 2>/dev/null"
	wait_for 5 carrier
}

# start LOG COMMAND...: in the background; its number is the program's own
start() {
	local log=$work/$1
	shift
	(exec "$@" >"$log" 2>&1 </dev/null) &
	pids+=($!)
}

# start_a, start_b LOG COMMAND...: in that namespace
start_a() { start "$1" nsenter --net="/run/netns/$ns_a" "${@:2}"; }
start_b() { start "$1" nsenter --net="/run/netns/$ns_b" "${@:2}"; }

# Still the process that was started here, not another that got its number?
ours() {
	local net
	grep -qsx "PPid:[[:space:]]*$$" "/proc/$1/status" && return 0
	net=$(ip netns identify "$1" 2>/dev/null)
	[ -n "$net" ] && { [ "$net" = "$ns_a" ] || [ "$net" = "$ns_b" ]; }
}

gone() { ! ours "$1"; }

# stop PID [SIGNAL]
stop() {
	ours "$1" || return 0
	kill "-${2:-TERM}" "$1" 2>/dev/null
	wait "$1" 2>/dev/null
	wait_for 2 gone "$1" || kill -KILL "$1" 2>/dev/null
}

stop_all() {
	local pid
	for pid in "${pids[@]}"; do stop "$pid"; done
	pids=()
}

listening() { [ -n "$(in_a ss -Hln"$1" "sport = :$2")" ]; }

# A BPF file system of this script alone: what concerns all pins concerns no other script.
private_bpffs() {
	mkdir "$work/bpf"
	mount -t bpf bpf "$work/bpf" || { fail "a BPF file system on $work/bpf"; exit 1; }
	at_exit "umount $work/bpf"
	bpffs=(--bpffs "$work/bpf")
	pins=$work/bpf/glassine
}

gl() { in_a "$glassine" "$@" "${bpffs[@]}"; }

# traffic WHAT...: from B, see traffic.py; with one CPU, so that nothing is contended
traffic() { in_b taskset -c 0 /usr/bin/python3 "$(dirname "$0")/traffic.py" "$@"; }

# json [FILTER]: stats --json of the interface through jq, one line
json() { gl stats --json "$nic" | jq -rc "${1:-.}"; }

row() { json "[.$1[] | select((.name // .level) == \"$2\") | .$3] | add // 0"; }
hits() { json "[.words[] | select(.word == \"$1\") | .hits] | add // 0"; }

law='. as $s | [.outcome, .verdict, .protocol, .exposure] | all(
	(map(.packets) | add // 0) == $s.seen.packets and (map(.bytes) | add // 0) == $s.seen.bytes)'

# say TEXT...: from B one SIP MESSAGE each, all of them counted when it returns
say() {
	local before
	before=$(row protocol sip packets 2>/dev/null)
	traffic sip 10.99.0.1 5060 $# 0 "$@" >/dev/null
	[ -z "$before" ] || wait_for 3 counted_to sip $((before + $#))
}
counted_to() { [ "$(row protocol "$1" packets)" -ge "$2" ]; }

# As a user without glassine would: the pinned maps, by name.
dump() { bpftool map dump pinned "$pins/$nic/$1"; }

# dump_row outcome GL_OUT_SCANNED packets: summed over the CPUs
dump_row() {
	dump total | jq "[.[].values[].value.$1[] | select(.name == \"$2\") | .$3] | add"
}

# The law, from the map alone.
dump_law() {
	dump total | jq -c '[.[].values[].value] | def sum(f): map(f) | add;
		[sum(.seen_packets) == sum(.outcome, .verdict, .protocol, .exposure | map(.packets) | add) / 4,
		 sum(.seen_packets) == sum(.outcome | map(.packets) | add),
		 sum(.seen_packets) == sum(.verdict | map(.packets) | add),
		 sum(.seen_packets) == sum(.protocol | map(.packets) | add),
		 sum(.seen_packets) == sum(.exposure | map(.packets) | add),
		 sum(.seen_bytes) == sum(.outcome | map(.bytes) | add),
		 sum(.seen_bytes) == sum(.protocol | map(.bytes) | add)] | all'
}

# dump_hits: word, tab, hits; the id from the map words, the rest from word_counts.
# bpftool shows words that are not ASCII as numbers, so only the others are listed.
dump_hits() {
	dump word_counts >"$work/word_counts"
	dump words | jq -r --slurpfile counts "$work/word_counts" '
		($counts[0] | INDEX(.key)) as $by | sort_by(.value.id)[] | select(.key.word | type == "string") |
		"\(.key.word)\t\($by[.value.id | tostring].value.hits)"'
}

xdp_ids() { ip -n "$ns_a" -d link show dev "${1:-$nic}" | grep -oE 'xdp[a-z]* id [0-9]+' | grep -oE '[0-9]+$'; }

# Programs of this interface, for leaves_nothing(): attached is told them.
watched_programs=()
remember_program() {
	local id
	id=$(xdp_ids "$nic")
	[ -z "$id" ] || watched_programs+=("$id")
}

program_gone() { ! bpftool prog show id "$1" >/dev/null 2>&1; }

# The last test of each script: nothing of it is left on the machine.
leaves_nothing() {
	local left='' id
	stop_all
	gl detach "$nic" >/dev/null 2>&1
	[ ! -e "$pins/$nic" ] || left+="pins in $pins/$nic; "
	# another script may have its own interface there
	[ ! -d "$pins" ] || [ -n "$(ls -A "$pins")" ] || sleep 0.5
	[ ! -d "$pins" ] || [ -n "$(ls -A "$pins")" ] || left+="an empty $pins; "
	[ -z "$(xdp_ids "$nic" 2>/dev/null)" ] || left+="a program on $nic; "
	for id in "${watched_programs[@]}"; do
		wait_for 3 program_gone "$id" || left+="program $id; "
	done
	left+=$(ip netns pids "$ns_a"; ip netns pids "$ns_b")
	equal "nothing is left: no pin, no program, no process" "$left" ''
}
