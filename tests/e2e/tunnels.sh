#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# IRC over TCP through tunnels: with --decap what is said in them is read, and the flow
# is that within; without, each packet of it is a tunnel's. The tunnel is the kernel's
# where it has one of the kind, else one of tunnel.py with the kernel's TCP in it.
# shellcheck source-path=SCRIPTDIR disable=SC2034,SC2119,SC2154
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/lab.bash"

needs "live tunnels" taskset
lab
printf 'lantern\nharbour\n' >"$work/words"
lines=('the lantern' 'nothing' 'by the harbour' 'LANTERN')
vb_mac=$(ip -n "$ns_b" -j link show vb | jq -r .[0].address)
nic_mac=$(ip -n "$ns_a" -j link show "$nic" | jq -r .[0].address)
outer4=(local 10.99.0.1 remote 10.99.0.2) outer6=(local fd99::1 remote fd99::2)

# turned WORD...: as the other end says it
turned() {
	local word out=()
	for word; do
		case $word in
		local) out+=(remote) ;;
		remote) out+=(local) ;;
		*) out+=("$word") ;;
		esac
	done
	printf '%s\n' "${out[@]}"
}

# by_kernel TYPE ARGUMENT...: the device tun at both ends
by_kernel() {
	local back
	mapfile -t back < <(turned "$@")
	ip -n "$ns_a" link add tun type "$@" 2>"$work/why" || return 1
	ip -n "$ns_b" link add tun type "${back[@]}" 2>"$work/why" && return 0
	ip -n "$ns_a" link del tun
	return 1
}

tun_up() { ip -n "$1" link show tun >/dev/null 2>&1; }
tun_gone() { ! tun_up "$ns_a" && ! tun_up "$ns_b"; }

# by_python KIND LOCAL REMOTE, PPPoE: LINK MAC LINK MAC
by_python() {
	local kind=$1
	[ -c /dev/net/tun ] || return 1
	start_a tun_a.log /usr/bin/python3 "$(dirname "$0")/tunnel.py" "$kind" tun "$2" "$3"
	start_b tun_b.log /usr/bin/python3 "$(dirname "$0")/tunnel.py" "$kind" tun "${4:-$3}" "${5:-$2}"
	wait_for 5 tun_up "$ns_a" && wait_for 5 tun_up "$ns_b"
}

addresses() {
	local n
	for n in a:1 b:2; do
		local ns=ns_${n%:*}
		ip -n "${!ns}" addr add "10.98.0.${n#*:}/24" dev tun 2>/dev/null
		ip -n "${!ns}" addr add "fd98::${n#*:}/64" dev tun nodad 2>/dev/null
		ip -n "${!ns}" link set tun mtu 1400 up
	done
}

unmake() {
	stop_all
	ip -n "$ns_a" link del tun 2>/dev/null
	ip -n "$ns_b" link del tun 2>/dev/null
	wait_for 5 tun_gone
}

# talk ADDRESS: an IRC connection from B, of which A reads all
talk() {
	local port=6667
	start_a sink.log /usr/bin/python3 "$(dirname "$0")/traffic.py" sink "$1" $port "$work/sunk"
	wait_for 5 listening t $port
	equal "$label: all of it arrives" "$(traffic irc "$1" $port ${#lines[@]} 0 "${lines[@]}" 2>&1)" ${#lines[@]}
	stop "${pids[-1]}"
}

watch() {
	gl attach "$nic" --words "$work/words" "$@" >"$work/out" 2>"$work/err" ||
		fail "$label: attach $*" "$(cat "$work/err")"
	remember_program
}

flow() { gl flows --json "$nic" | jq -c '[.flows[] | [.l4, .protocol, .a.address, .b.address, .b.port, .vlan, .hits]]'; }

# check LABEL ADDRESS PEER: through the device tun, with --decap and without
check() {
	label=$1
	watch --mode native
	talk "$2"
	equal "$label: without --decap, a tunnel and nothing else" \
		"$(row protocol irc packets) $(hits lantern) $(flow) $(($(row outcome tunnel packets) >= 5))" '0 0 [] 1'
	equal "$label: the law holds" "$(json "$law") $(dump_law)" "true true"
	gl detach "$nic" 2>/dev/null
	watch --mode native --decap
	talk "$2"
	equal "$label: with it, the flow within, and its words" "$(flow)" "[[\"tcp\",\"irc\",\"$3\",\"$2\",6667,[],3]]"
	equal "$label: with it, words, packets read, no tunnel" \
		"$(hits lantern) $(hits harbour) $(row outcome tunnel packets)" '2 1 0'
	equal "$label: the law holds, and in the map" "$(json "$law") $(dump_law)" "true true"
	gl detach "$nic" 2>/dev/null
}

# tunnel NAME INNER OUTER KIND -- TYPE ARGUMENT...: INNER 4 or 6; OUTER: that of the addresses, or pppoe
tunnel() {
	local name=$1 inner=$2 outer=$3 kind=$4 made=''
	shift 5
	[ $# = 0 ] || ! by_kernel "$@" || made="the kernel's"
	if [ -z "$made" ]; then
		case $outer in
		4) by_python "$kind" 10.99.0.1 10.99.0.2 ;;
		6) by_python "$kind" fd99::1 fd99::2 ;;
		*) by_python "$kind" "$nic" "$vb_mac" vb "$nic_mac" ;;
		esac && made=tunnel.py
	fi
	if [ -z "$made" ]; then
		skip "$name" "neither has the kernel such a device ($(tail -n 1 "$work/why")), nor a TUN device"
		unmake
		return
	fi
	addresses
	if [ "$inner" = 4 ]; then
		check "$name ($made)" 10.98.0.1 10.98.0.2
	else
		check "$name ($made)" fd98::1 fd98::2
	fi
	unmake
}

tunnel "IPv4 in IPv4" 4 4 ip -- ipip "${outer4[@]}"
tunnel "IPv6 in IPv4" 6 4 ip -- sit "${outer4[@]}"
tunnel "IPv4 in IPv6" 4 6 ip -- ip6tnl mode any "${outer6[@]}"
tunnel "IPv6 in IPv6" 6 6 ip -- ip6tnl mode any "${outer6[@]}"
tunnel "GRE" 4 4 gre -- gre "${outer4[@]}"
tunnel "GRE with key and sequence number" 4 4 gre-fields -- gre "${outer4[@]}" key 7 seq
tunnel "GRE with Ethernet" 6 4 gretap -- gretap "${outer4[@]}"
tunnel "GRE over IPv6" 6 6 gre -- ip6gre "${outer6[@]}"
tunnel "VXLAN" 4 4 vxlan -- vxlan id 42 "${outer4[@]}" dstport 4789
tunnel "VXLAN over IPv6" 6 6 vxlan -- vxlan id 42 "${outer6[@]}" dstport 4789
tunnel "VXLAN of tunnel.py" 6 4 vxlan --
tunnel "PPPoE" 4 pppoe pppoe --
tunnel "PPPoE, IPv6" 6 pppoe pppoe --

# ------------------------------------------------------------ what is said of it

said() { tr '\n' ' ' <"$work/err" | grep -oE 'in tunnels too \(one level\)'; }
status_of() { gl status "$nic" | sed -nE 's/^  tunnels +//p'; gl status --notice "$nic" | sed -nE 's/^  tunnels +//p'; gl status --json "$nic" | jq .status[0].decap; }
label=status
watch --decap
equal "attach, status and notice say that tunnels are opened" "$(said; status_of)" \
	$'in tunnels too (one level)\none level is opened, and read\none level is opened, and read\ntrue'
gl detach "$nic" 2>/dev/null
watch
equal "twin: and that they are not" "$(said; status_of)" \
	$'counted, not opened\ncounted, not opened\nfalse'

leaves_nothing
