#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Interfaces as they are found: absent, down, taken, with jumbo frames, with VLAN
# tags, with IPv6; both modes; pins elsewhere; and who is not root.
# shellcheck source-path=SCRIPTDIR disable=SC2016,SC2034,SC2119,SC2154
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/lab.bash"

needs "kinds of interfaces" setpriv taskset
lab 9000

printf 'lantern\nharbour\n' >"$work/words"
chmod 755 "$work"
chmod 644 "$work/words"
quiet() { "$@" >/dev/null 2>&1; }
nobody() { in_a setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }
# The flows of a label: vlan ids and hits.
flows() { gl flows --json "$nic" | jq -c "[.flows[] | select(.protocol == \"$1\") | $2] | sort"; }
nothing_pinned() { equal "$1" "$(find "$pins/$2" 2>/dev/null; xdp_ids "$2" 2>/dev/null)" ''; }

# ------------------------------------------------------------ absent

refuses "an absent interface: one sentence" 1 "no interface gz$$ here; 'ip link'" gl attach gz$$
nothing_pinned "and nothing is pinned for it" gz$$
refuses "a name that is a path: one sentence" 1 "not the name of an interface" gl attach ../$nic
refuses "words of an interface without filter" 1 "nothing is attached .*'glassine attach $nic'" \
	gl words load "$work/words" -i "$nic"
refuses "a mode that does not exist is a usage error" 2 "mode takes one of auto, native, generic" \
	gl attach "$nic" --mode offload
printf 'x\n' >"$work/bad"
refuses "a bad word list stops attach" 1 "bad:1" gl attach "$nic" --words "$work/bad"
nothing_pinned "and nothing is pinned" "$nic"

# ------------------------------------------------------------ down

ip -n "$ns_a" link set "$nic" down
gl attach "$nic" --words "$work/words" >"$work/out" 2>"$work/err"
equal "an interface that is down is attached to, with a note" \
	"$? $(grep -c "note: $nic is down: .*'ip link set dev $nic up'" "$work/err")" "0 1"
remember_program
say lantern
equal "nothing is seen" "$(json .seen.packets)" 0
ip -n "$ns_a" link set "$nic" up
ip -n "$ns_a" addr replace fd99::1/64 dev "$nic" nodad
wait_for 5 carrier
ip -n "$ns_b" neigh flush dev vb
say lantern
equal "once it is up, it counts" "$(hits lantern)" 1
succeeds "detach" gl detach "$nic"
gl attach "$nic" >"$work/out" 2>"$work/err"
equal "no such note for one that is up" "$(grep -c 'is down' "$work/err")" 0
remember_program
quiet gl detach "$nic"

# ------------------------------------------------------------ taken

cat >"$work/other.c" <<'END'
__attribute__((section("xdp"), used)) int other(void *ctx) { return ctx ? 2 : 1; }
char licence[] __attribute__((section("license"), used)) = "GPL";
END
if ! clang -O2 -g -target bpf -c "$work/other.c" -o "$work/other.o" 2>"$work/out"; then
	skip "an interface with another XDP program" "no clang for BPF here"
else
	for mode in xdpgeneric xdpdrv; do
		# a program of its own kind must not meet the peer's MTU
		ip -n "$ns_b" link set vb mtu 1500
		if ! ip -n "$ns_a" link set dev "$nic" $mode obj "$work/other.o" sec xdp 2>"$work/out"; then
			skip "another XDP program, $mode" "ip cannot attach one: $(head -n 1 "$work/out")"
			continue
		fi
		other=$(xdp_ids)
		off=$([ $mode = xdpdrv ] && echo xdp || echo xdpgeneric)
		for own in auto native generic; do
			refuses "another program ($mode): attach --mode $own is refused, with the remedy" 1 \
				"$nic has another XDP program \(other, id $other\).*'ip link set dev $nic $off off'" \
				gl attach "$nic" --mode $own
		done
		equal "$mode: it is still there, and nothing is pinned" "$(xdp_ids) $(find "$pins/$nic" 2>/dev/null)" "$other "
		equal "$mode: detach leaves it" "$(gl detach "$nic" 2>&1; xdp_ids)" "glassine: nothing was attached to $nic"$'\n'"$other"
		ip -n "$ns_a" link set dev "$nic" "$off" off
		quiet gl attach "$nic"
		equal "$mode: the remedy works" "$(gl status --json "$nic" | jq -r .status[0].attached)" true
		remember_program
		quiet gl detach "$nic"
	done
	ip -n "$ns_b" link set vb mtu 9000
fi

# ------------------------------------------------------------ jumbo frames

# 8 kB in one frame, of which the first 3,520 bytes at most are linear.
padding=$(printf 'x%.0s' {1..7600})
succeeds "native mode at MTU 9000" gl attach "$nic" --mode native --words "$work/words"
remember_program
equal "it is native" "$(gl status --json "$nic" | jq -r .status[0].mode) $(ip -n "$ns_a" link show "$nic" | grep -oE ' xdp(generic)? ')" "native  xdp "
say "$padding nothing listed"
equal "a jumbo frame without a word" "$(hits lantern) $(row outcome scanned packets)" "0 1"
say "$padding lantern"
equal "a word in its tail is found" "$(hits lantern) $(row outcome scanned packets)" "1 2"
# every place around the end of the linear part
for ((i = 3170; i < 3190; i++)); do printf '%s\0' "${padding:0:i}lantern${padding:0:4000}"; done >"$work/texts"
mapfile -d '' -t texts <"$work/texts"
say "${texts[@]}"
equal "words across the end of the linear part are found" "$(hits lantern)" 21
equal "bytes are those of the wire" "$(json '[.outcome[] | select(.name == "scanned") | .bytes / .packets > 7000] | all')" true
equal "the law holds" "$(json "$law") $(dump_law)" "true true"
quiet gl detach "$nic"
ip -n "$ns_a" link set "$nic" mtu 1500
ip -n "$ns_b" link set vb mtu 1500

# ------------------------------------------------------------ IPv6

for mode in native generic; do
	succeeds "$mode mode" gl attach "$nic" --mode $mode --words "$work/words"
	remember_program
	equal "$mode: ip agrees" "$(ip -n "$ns_a" link show "$nic" | grep -oE ' xdp(generic)? ' | tr -d ' ')" \
		"$([ $mode = native ] && echo xdp || echo xdpgeneric)"
	traffic sip fd99::1 5060 3 0 'the lantern' 'nothing' 'harbour, HARBOUR' >/dev/null
	wait_for 3 counted_to sip 3
	equal "$mode: IPv6 is read as IPv4 is" "$(hits lantern) $(hits harbour) $(row outcome scanned packets)" "1 2 3"
	equal "$mode: one flow, IPv6 addresses" "$(flows sip '[.l4, .a.address, .b.address, .b.port, .vlan, .hits]')" \
		'[["udp","fd99::2","fd99::1",5060,[],3]]'

	# VLAN: the sender's frames, tagged
	mac=$(ip -n "$ns_a" -j link show "$nic" | jq -r .[0].address)
	traffic vlan vb "$mac" 5 'lantern'
	traffic vlan vb "$mac" 7,42 'lantern and harbour'
	traffic vlan vb "$mac" 1,2,3 'lantern'
	say 'lantern'
	wait_for 3 counted_to sip 6
	equal "$mode: tagged frames are read, each flow with its tags" \
		"$(flows sip 'select(.a.address == "10.99.0.2") | [.vlan, .hits]')" '[[[],1],[[5],1],[[7,42],2]]'
	equal "$mode: three tags are too many, and said so" "$(row outcome vlan_too_deep packets)" 1
	equal "$mode: words in all of them" "$(hits lantern) $(hits harbour)" "4 3"
	equal "$mode: the law holds" "$(json "$law") $(dump_law)" "true true"
	# the other mode's switch does not take it off by mistake, ours does
	succeeds "$mode: detach finds the mode by itself" gl detach "$nic"
	equal "$mode: and nothing is on the interface" "$(xdp_ids)" ''
done

# ------------------------------------------------------------ pins elsewhere

usual=$pins
mkdir "$work/elsewhere"
refuses "--bpffs: a folder that is not there" 1 "absent.*: .*a BPF file system is needed there" \
	gl attach "$nic" --bpffs "$work/absent"
nothing_pinned "nothing is attached then" "$nic"
private_bpffs
succeeds "--bpffs: attach with pins elsewhere" gl attach "$nic" --words "$work/words"
remember_program
equal "they are there, and not in the usual place" "$(find "$pins/$nic" -name total | wc -l) $(find "$usual/$nic" 2>/dev/null)" "1 "
say lantern
equal "stats, status and words find them" \
	"$(hits lantern) $(gl status --json "$nic" | jq .status[0].attached) $(gl words list -i "$nic" | wc -l)" "1 true 2"
refuses "without --bpffs nothing is found" 1 "nothing is attached" in_a "$glassine" stats "$nic"
succeeds "detach there" gl detach "$nic"
equal "and nothing is left there" "$(find "$work/bpf" -mindepth 1 -not -name '*.debug')" ''
bpffs=(--bpffs "$work/elsewhere")
equal "a plain folder gets a BPF file system, and a note says so" \
	"$(gl attach "$nic" 2>&1 | grep -c "note: mounted a BPF file system on $work/elsewhere") $(stat -f -c %T "$work/elsewhere")" "1 bpf_fs"
remember_program
quiet gl detach "$nic"
equal "nothing is left in it" "$(find "$work/elsewhere" -mindepth 1 -not -name '*.debug')" ''
umount "$work/elsewhere"
bpffs=() pins=$usual

# ------------------------------------------------------------ who may

succeeds "attach again" gl attach "$nic" --words "$work/words"
remember_program
equal "pins: for root alone" "$(stat -c '%U %a' "$pins" "$pins/$nic" "$pins/$nic/total" | tr '\n' ' ')" \
	"root 700 root 700 root 600 "
if ! nobody test -x "$glassine"; then
	skip "who is not root is refused" "nobody cannot run $glassine"
else
	for command in "stats $nic" "stats --json $nic" "flows $nic" "words list -i $nic" "words clear -i $nic" \
		"status" "status $nic" "detach $nic" "detach --stale" "attach $nic"; do
		# shellcheck disable=SC2086
		refuses "nobody: ${command//" $nic"/}" 1 '[Rr]oot|not permitted' nobody "$glassine" $command
	done
	equal "and nothing has changed" "$(gl status --json "$nic" | jq -c '.status[0] | [.attached, .words]')" '[true,2]'
	quiet gl detach "$nic"
	refuses "nobody: attach where nothing is attached" 1 '[Rr]oot|not permitted' nobody "$glassine" attach "$nic"
	nothing_pinned "nothing is attached or pinned" "$nic"
fi

leaves_nothing
