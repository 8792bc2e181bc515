#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck disable=SC2016
#
# The tunnels of Debian's 6.1 kernel, in qemu: an IRC connection through each kind of
# device is read with --decap, and the table of tests/prog holds there too.
# tests/e2e/tunnels.sh has what the running kernel has.
. "$(dirname "$0")/../lib.sh"
cd "$top" || exit 1

modules=(ipip sit ip_gre ip6_tunnel ip6_gre vxlan)
outer4='local 10.99.0.1 remote 10.99.0.2' outer6='local fd99::1 remote fd99::2'
# name, inner address, device
kinds="ipip 10.98.0.1 ipip $outer4
sit fd98::1 sit $outer4
4in6 10.98.0.1 ip6tnl mode any $outer6
6in6 fd98::1 ip6tnl mode any $outer6
gre 10.98.0.1 gre $outer4
gre-fields 10.98.0.1 gre $outer4 key 7 csum seq
gretap 10.98.0.1 gretap $outer4
ip6gre fd98::1 ip6gre $outer6
vxlan 10.98.0.1 vxlan id 42 $outer4 dstport 4789
vxlan6 fd98::1 vxlan id 42 $outer6 dstport 4789"

# Without the sanitizers, which are too slow under emulation.
table=build/plain/tests/test_decap
make -s SANITIZE= BUILD=build/plain $table >"$work/make" 2>&1 ||
	fail "the table is built" "$(tail -n 20 "$work/make")"

# In the guest: A is the first namespace, B the other.
script='
in_b() { ip netns exec b "$@"; }
ip netns add b
ip link add va type veth peer name vb netns b
ip addr add 10.99.0.1/24 dev va; ip addr add fd99::1/64 dev va nodad; ip link set va up
ip -n b addr add 10.99.0.2/24 dev vb; ip -n b addr add fd99::2/64 dev vb nodad
ip -n b link set vb up; ip -n b link set lo up
printf "lantern\nharbour\n" >/tmp/words
listens() { for i in $(seq 100); do grep -q ":1A0B " /proc/net/tcp /proc/net/tcp6 && return; usleep 20000; done; }
talk() {
	timeout 20 nc -l -p 6667 </dev/null >/tmp/got &
	listens
	in_b timeout 20 bash -c "exec 3<>/dev/tcp/$1/6667 && printf \"NICK a\r\nUSER a 0 * :a\r\nPRIVMSG #c :the lantern\r\nPRIVMSG #c :LANTERN\r\n\" >&3"
	wait
	grep -c PRIVMSG /tmp/got
}
try() {
	local name=$1 address=$2 type back
	shift 2
	type=$*
	back=${type/local/X}; back=${back/remote/local}; back=${back/X/remote}
	ip link add tun type $type && ip -n b link add tun type $back || return
	ip addr add 10.98.0.1/24 dev tun; ip addr add fd98::1/64 dev tun nodad; ip link set tun up
	ip -n b addr add 10.98.0.2/24 dev tun; ip -n b addr add fd98::2/64 dev tun nodad
	ip -n b link set tun up
	# without --decap once: under emulation each attach takes seconds
	for option in $([ "$name" = gre ] && echo --max-flows=4096) --decap; do
		build/glassine attach va --mode native --words /tmp/words $option 2>/dev/null
		echo "=== $name $option $(talk $address | xargs)"
		build/glassine stats --json --flows va
		build/glassine detach va 2>/dev/null
	done
	ip link del tun; ip -n b link del tun
}
while read -r line; do try $line; done <<<"$kinds"
echo "=== table"
CMOCKA_MESSAGE_OUTPUT=TAP $table 2>&1
echo "=== status $?"
echo "=== end"'

with=()
for name in "${modules[@]}"; do with+=(--module "$name"); done
status=0
scripts/guest --kernel 6.1 --timeout 500 --with build/glassine --with "$table" "${with[@]}" \
	-- bash -c "kinds='$kinds' table=$table$script" >"$work/guest" 2>"$work/why" || status=$?
if ((status == 77)); then
	skip "tunnels of 6.1" "$(tail -1 "$work/why")"
	exit 0
fi
if ((status != 0)) || ! grep -q '^=== end' "$work/guest"; then
	fail "the guest runs" "status $status"$'\n'"$(tail -n 20 "$work/why"; tail -n 20 "$work/guest")"
	exit 1
fi

# part MARK FILTER: what was counted, through jq; law and sums are tests of their own
part() { awk -v mark="=== $1 2" '/^=== / { on = $0 == mark; next } on' "$work/guest" |
	jq -rc -L tests/golden "include \"law\"; $2"; }
said='[([.outcome[] | select(.name == "tunnel").packets] | add // 0) > 0,
	([.words[].hits] | add), [.flows[] | [.protocol, .b.address, .b.port, .hits]]]'

while read -r name address _; do
	equal "$name: read with --decap" "$(part "$name --decap" "$said")" \
		"[false,2,[[\"irc\",\"$address\",6667,2]]]"
	equal "$name: the law holds" "$(part "$name --decap" law)" true
done <<<"$kinds"
equal "twin: a tunnel without it" "$(part "gre --max-flows=4096" "$said")" '[true,0,[]]'
equal "and the law holds" "$(part "gre --max-flows=4096" law)" true
equal "the table of tests/prog/test_decap.c" \
	"$(sed -n 's/^=== status //p' "$work/guest") $(grep -c '^not ok' "$work/guest")" '0 0'
