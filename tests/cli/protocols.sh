#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck disable=SC2016,SC2154
#
# protocols: list, show and check anywhere; load on a live interface: the worked
# example of docs/SIGNATURES.md, as it stands there.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/e2e/lab.bash
. "$top/tests/e2e/lab.bash"

awk '/^```/ { inside = /yaml/; block += inside; next } inside && block == 1' \
	"$top/docs/SIGNATURES.md" >"$work/nats.yaml"
cd "$work" || exit 1

# ------------------------------------------------------------ list and show

count=$(find "$top/user/protocols" -name '*.yaml' | wc -l)
"$glassine" protocols list >listed
equal "list: a line for each file" "$(grep -cE '^[a-z][a-z0-9-]+ +(chat|clear|encrypted|masked) ' listed)" "$count"
equal "list is what protocols does without a word" "$("$glassine" protocols)" "$(cat listed)"
equal "list: one protocol in full" "$(awk '$1 == "ssh" { $5 = $6 = "n"; print }' listed)" \
	"ssh encrypted protocol shape n n tcp 22"
if command -v jq >/dev/null; then
	equal "list --json: the same labels, in the same order" \
		"$("$glassine" protocols list --json | jq -r '.protocols[].protocol')" \
		"$(awk '$2 ~ /^(chat|clear|encrypted|masked)$/ { print $1 }' listed)"
	equal "list --json: ports as they are compiled" \
		"$("$glassine" protocols list --json | jq -c '.protocols[] | select(.protocol == "irc") | .ports')" \
		'{"tcp":["80","6660","6665-6669","7000","8000"],"udp":[]}'
else
	skip "list --json" "no jq"
fi
"$glassine" protocols show ssh >shown
equal "show: the file as it is" "$(cat shown)" "$(cat "$top/user/protocols/ssh.yaml")"
refuses "show: an unknown name" 1 'no signature file for morse' "$glassine" protocols show morse
refuses "show: no name" 2 'show takes a protocol' "$glassine" protocols show
refuses "another word" 2 'list, show, check, load' "$glassine" protocols morse

# ------------------------------------------------------------ check

"$glassine" protocols check nats.yaml >checked 2>&1
equal "check: the example of the documentation is fine" "$?: $(head -1 checked)" \
	"0: OK  nats.yaml: nats, a new protocol"
equal "check: it says that nothing overlaps" "$(grep -c '^none: ' checked)" 1
equal "check: the cost before and after" \
	"$(awk '/^states / { print ($3 > $2), $4, $6 }' checked)" "1 4095 %"

sed 's/nats/nuts/' nats.yaml >nuts.yaml
"$glassine" protocols check nats.yaml nuts.yaml >checked 2>&1
equal "check: who wins where two can hold, and after which bytes" \
	"$(grep -oE '^nats/info and nuts/info: both end after "INFO \{".* else nats/info wins' checked | wc -l)" 1
sed "s/^protocol: .*/protocol: ssh/" nats.yaml >own.yaml
"$glassine" protocols check own.yaml >checked 2>&1
equal "check: a file replaces the built-in one of its label" "$(head -1 checked)" \
	"OK  own.yaml: ssh, in place of the built-in one"
refuses "check: two files of one label" 1 'nats.yaml:1: protocol "nats" is described by nats.yaml' \
	"$glassine" protocols check nats.yaml nats.yaml
sed "s/match: .*/match: '.*INFO'/" nats.yaml >bad.yaml
line=$(grep -n -- '- name' bad.yaml | cut -d: -f1)
refuses "check: an error has file, line and remedy" 1 \
	"^glassine: bad.yaml:$line: the expression of pattern \"info\" begins with more than 8 bytes" \
	"$glassine" protocols check bad.yaml
refuses "check: no such file" 1 'nowhere.yaml: cannot be read: No such file' \
	"$glassine" protocols check nowhere.yaml
refuses "check: a folder" 1 'cannot be read: Is a directory' "$glassine" protocols check .
printf 'protocol: "\\e[31m"\n' >steer.yaml
refuses "check: a file cannot steer the terminal" 1 'steer.yaml:1: "\\x1b\[31m" cannot be a label' \
	"$glassine" protocols check steer.yaml

# ------------------------------------------------------------ replay

sed -e 's/nats/hello/' -e "s/from: .*/from: client/" -e "s/match: .*/match: 'CAP LS'\n    priority: 9/" \
	nats.yaml >hello.yaml
irc=$top/tests/captures/irc-plain.pcap
if command -v jq >/dev/null; then
	flows() { jq -c '[.protocol[] | select(.flows > 0) | {(.name): .flows}] | add'; }
	before=$("$glassine" replay --engine native --json "$irc" | flows)
	after=$("$glassine" replay --engine native --signature hello.yaml --json "$irc" | flows)
	equal "replay --signature: the new label in place of the old one" \
		"$(jq -c '(.hello // 0) > 0' <<<"$after") $(jq -c '.hello // 0' <<<"$before")" "true 0"
else
	skip "replay --signature" "no jq"
fi
refuses "replay --signature: a bad file" 1 'bad.yaml:' "$glassine" replay --signature bad.yaml "$irc"

# ------------------------------------------------------------ load

needs "load on a live interface" ip jq ss perl
lab
gl attach "$nic" --mode generic 2>attached || { fail "attach" "$(cat attached)"; exit 1; }

# say PORT TEXT: B accepts one connection from A and says TEXT first
say() {
	start_b server perl -MIO::Socket::INET -e 'my $s = IO::Socket::INET->new(Listen => 1,
		LocalPort => $ARGV[0], ReuseAddr => 1) or die; print {$s->accept} "$ARGV[1]\r\n"' "$@"
	wait_for 5 sh -c "[ -n \"\$(ip netns exec $ns_b ss -Hlnt 'sport = :$1')\" ]"
	in_a perl -MIO::Socket::INET -e 'my $c = IO::Socket::INET->new(PeerAddr => "10.99.0.2",
		PeerPort => $ARGV[0], Timeout => 5) or die; 1 while <$c>' "$1"
}
# seen LABEL...: flows of each
seen() { for label; do printf '%s=%s ' "$label" "$(row protocol "$label" flows)"; done; }
identity() { stat -c %i "$pins/$nic/program" "$pins/$nic/signatures"; gl status "$nic" | grep since; }

say 4222 'INFO {"server_id":"one"}'
say 22 'SSH-2.0-glassine'
was=$(identity)
equal "before: the new protocol is unknown" "$(seen nats unknown ssh)" "nats=0 unknown=1 ssh=1 "
if gl protocols load nats.yaml -i "$nic" >loaded 2>&1; then
	pass "load"
else
	fail "load" "$(cat loaded)"
fi
equal "load says so, with the generation" "$(tail -1 loaded)" \
	"glassine: the new signatures are active on $nic, generation 2"
equal "load does not attach again" "$(identity)" "$was"
equal "and labels nothing afterwards" "$(seen nats unknown ssh)" "nats=0 unknown=1 ssh=1 "
say 4222 'INFO {"server_id":"two"}'
say 22 'SSH-2.0-glassine'
equal "after: it counts by its name, and old labels keep their numbers" \
	"$(seen nats unknown ssh)" "nats=1 unknown=1 ssh=2 "
equal "flows print it, too" "$(gl flows "$nic" | grep -c ' nats ')" 1
equal "the law holds" "$(json "$law")" true

refuses "load: a bad file" 1 "^glassine: bad.yaml:$line:" gl protocols load bad.yaml -i "$nic"
say 4222 'INFO {"server_id":"three"}'
equal "and the old signatures stay active" "$(seen nats unknown)" "nats=2 unknown=1 "
gl protocols load nuts.yaml -i "$nic" >loaded 2>&1
equal "load notes what is recognised no more" \
	"$(grep -o 'nats is recognised no more' loaded)" "nats is recognised no more"
say 4222 'INFO {"server_id":"four"}'
equal "a third generation: a new name, and the old one stays readable" \
	"$(seen nats nuts unknown ssh)" "nats=2 nuts=1 unknown=1 ssh=2 "
refuses "load: nothing attached" 1 'nothing is attached' gl protocols load nats.yaml -i lo
refuses "load: no interface" 2 'load takes an interface' gl protocols load nats.yaml

gl detach "$nic" 2>/dev/null
succeeds "attach --signature" gl attach "$nic" --mode generic --signature nats.yaml
say 4222 'INFO {"server_id":"five"}'
equal "attach --signature: known from the start" "$(seen nats unknown)" "nats=1 unknown=0 "
refuses "attach --signature: a bad file" 1 'bad.yaml:' gl attach lo --signature bad.yaml
