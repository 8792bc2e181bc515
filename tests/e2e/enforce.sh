#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Who asks for it filters: a segment with a word of the block list never reaches a
# real IRC server, however often it is sent; of datagrams those with the word are
# missing. It is announced, and the notice can be checked. Without it all arrives.
# shellcheck source-path=SCRIPTDIR disable=SC2001,SC2016,SC2034,SC2119,SC2154
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/lab.bash"

needs "filtering live traffic" ngircd tcpdump sha256sum
lab

printf 'lantern\tobject\n灯笼\nharbour gate\n' >"$work/watch"
printf '# two\nswordfish\tname\nMidnight Train\n' >"$work/block"

# ------------------------------------------------------------ who talks

server_up() {
	ngircd_conf >"$work/ngircd.conf"
	chmod 755 "$work"
	start_a ngircd.log ngircd -n -f "$work/ngircd.conf"
	wait_for 10 listening t 6667
}

# talk.py SECONDS TEXT...: alice and bob enter #garden; alice says each text in a segment
# of its own and waits until bob has read it, or SECONDS; a text that begins with + she
# says at once behind the one before. Prints what he has read.
cat >"$work/talk.py" <<'END'
import socket, struct, sys, time

class Client:
    def __init__(self, nick):
        self.text = b''
        self.socket = socket.create_connection(('10.99.0.1', 6667), 10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.say(f'NICK {nick}\r\nUSER {nick} 0 * :{nick}')
        self.hear(' 001 ', 10) or sys.exit(f'{nick} is not welcome: {self.text}')
        self.say('JOIN #garden')
        self.hear(' 366 ', 10) or sys.exit(f'{nick} cannot join: {self.text}')

    def say(self, line):
        self.socket.sendall(f'{line}\r\n'.encode())

    def hear(self, text, seconds):
        end = time.monotonic() + seconds
        while text.encode() not in self.text:
            left = end - time.monotonic()
            if left <= 0:
                return False
            self.socket.settimeout(left)
            try:
                self.text += self.socket.recv(4096) or sys.exit('the server went away')
            except TimeoutError:
                return False
        return True

    def vanish(self):   # what is not delivered yet is forgotten
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        self.socket.close()

bob, alice = Client('bob'), Client('alice')
for text, after in zip(sys.argv[2:], sys.argv[3:] + ['']):
    alice.say(f'PRIVMSG #garden :{text}')
    after.startswith('+') or bob.hear(f':{text}\r\n', float(sys.argv[1]))
print('|'.join(t for t in sys.argv[2:] if f':{t}\r\n'.encode() in bob.text))
alice.vanish()
bob.vanish()
END

# inbox.py FILE: the last line of each datagram to port 5060, until SIGTERM
cat >"$work/inbox.py" <<'END'
import socket, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s, open(sys.argv[1], 'ab', 0) as f:
    s.bind(('10.99.0.1', 5060))
    while True:
        f.write(s.recv(65536).rsplit(b'\n', 1)[-1] + b'\n')
END

talk() { in_b /usr/bin/python3 "$work/talk.py" "$@" 2>&1; }
retransmissions() { in_b awk '$1 == "Tcp:" && $13 ~ /[0-9]/ { print $13 }' /proc/net/snmp; }

# listen FILE: what alice's machine sends, and what arrives behind the filter
listen() {
	start_b "$1-b.log" tcpdump --immediate-mode -Z root -U -i vb -Q out -w "$work/$1.sent" tcp dst port 6667
	sent_pid=${pids[-1]}
	start_a "$1-a.log" tcpdump --immediate-mode -Z root -U -i "$nic" -Q in -w "$work/$1.arrived" tcp dst port 6667
	arrived_pid=${pids[-1]}
	wait_for 5 grep -q 'listening on' "$work/$1-b.log" && wait_for 5 grep -q 'listening on' "$work/$1-a.log"
}
listened() {
	sleep 0.3
	stop "$sent_pid" INT
	stop "$arrived_pid" INT
}
# segments FILE TEXT: how many hold it
segments() {
	/usr/bin/python3 - "$work/$1" "$2" <<-'END'
		import struct, sys
		data, at, n = open(sys.argv[1], 'rb').read(), 24, 0
		while at < len(data):
		    size = struct.unpack_from('<I', data, at + 8)[0]
		    n += sys.argv[2].encode() in data[at + 16:at + 16 + size]
		    at += 16 + size
		print(n)
	END
}

# attach MODE OPTION...
attach() {
	gl attach "$nic" --mode "$@" 2>"$work/announced" || { fail "attach" "$(cat "$work/announced")"; exit 1; }
	remember_program
}

digest() { printf '%s\n' "$@" | sha256sum | cut -d' ' -f1; }
field() { gl status --notice "$nic" | sed -nE "s/^  $1 +//p"; }

server_up || { fail "ngircd starts" "$(cat "$work/ngircd.log")"; exit 1; }

# ------------------------------------------------------------ IRC

# irc MODE
irc() {
	local mode=$1 before got sent dropped
	attach "$mode" --words "$work/watch" --block "$work/block" --enforce
	equal "$mode: attach says what will be dropped, and for how many words" \
		"$(grep -oE '3 watched and 2 block words; packets .* DROPPED' "$work/announced")" \
		"3 watched and 2 block words; packets in which a block-list word is read in clear are DROPPED"
	listen "$mode" || fail "$mode: tcpdump" "$(cat "$work"/*-[ab].log)"
	before=$(retransmissions)
	got=$(talk 2 "good evening" "a lantern by the harbour gate" "the Swordfish leaves at nine" "+are you there?" "hello?")
	listened
	equal "$mode: bob reads what was said before the word, not the word, and nothing behind it" "$got" \
		"good evening|a lantern by the harbour gate"
	sent=$(segments "$mode.sent" Swordfish)
	dropped=$(row verdict drop packets)
	if ((sent >= 3 && $(retransmissions) - before >= sent - 1)); then
		pass "$mode: alice's machine sends it again and again"
	else
		fail "$mode: alice's machine sends it again and again" "$sent times, $before to $(retransmissions) retransmissions"
	fi
	equal "$mode: each time it is dropped, and nothing else is" "$dropped" "$sent"
	equal "$mode: it never arrives; what was said before and behind it does" \
		"$(segments "$mode.arrived" Swordfish) $(segments "$mode.arrived" lantern) $(($(segments "$mode.arrived" 'are you there') > 0))" \
		"0 1 1"
	equal "$mode: hits count it once, like what was watched" \
		"$(hits swordfish) $(hits lantern) $(hits 'harbour gate') $(hits 'Midnight Train')" "1 1 1 0"
	equal "$mode: all else passed" "$(json '[.verdict[].packets, -.seen.packets] | add')" 0
	equal "$mode: nothing would have been dropped" "$(row verdict would_drop packets)" 0
	equal "$mode: the map says so by name" "$(dump_row verdict GL_VERDICT_DROP packets)" "$dropped"
	equal "$mode: the law holds" "$(json "$law") $(dump_law)" "true true"
	succeeds "$mode: detach" gl detach "$nic"
}

irc native
irc generic

attach native --words "$work/watch" --block "$work/block"
equal "not asked: attach says that everything passes" \
	"$(grep -oE 'every packet passes, block-list words only count as would_drop' "$work/announced" | wc -l)" 1
listen counted || fail "not asked: tcpdump" "$(cat "$work"/*-[ab].log)"
equal "not asked: bob reads all of it" \
	"$(talk 5 "good evening" "the Swordfish leaves at nine" "+the midnight train, too" "are you there?")" \
	"good evening|the Swordfish leaves at nine|+the midnight train, too|are you there?"
listened
equal "not asked: it is sent once, and arrives" "$(segments counted.sent Swordfish) $(segments counted.arrived Swordfish)" "1 1"
equal "not asked: two packets would have been dropped, none was" \
	"$(row verdict would_drop packets) $(row verdict drop packets)" "2 0"
equal "not asked: hits" "$(hits swordfish) $(hits 'Midnight Train')" "1 1"
equal "not asked: the law holds" "$(json "$law")" true

# ------------------------------------------------------------ the notice

action() { field action; gl status "$nic" | sed -nE 's/^  action +//p'; gl status --json "$nic" | jq -r '.status[0].enforce'; }
passes="every packet passes, block-list words only count as would_drop"
drops="packets in which a block-list word is read in clear are DROPPED"
equal "not asked: status and notice say so" "$(action)" "$passes"$'\n'"$passes"$'\nfalse'
gl detach "$nic" 2>/dev/null
began=$(date +%s)
attach native --words "$work/watch" --block "$work/block" --enforce --scan clear
equal "status and notice say what is dropped" "$(action)" "$drops"$'\n'"$drops"$'\ntrue'
watch_digest=$(digest lantern 灯笼 'harbour gate')
block_digest=$(digest swordfish 'Midnight Train')
equal "notice: the lists' sizes, and digests that anyone can check" \
	"$(field 'watch list'); $(field 'block list')" \
	"3 words, sha256 $watch_digest; 2 words, sha256 $block_digest"
equal "status --json: the same" "$(gl status --json "$nic" | jq -c '.status[0].lists')" \
	"[{\"list\":\"watch\",\"words\":3,\"sha256\":\"$watch_digest\"},{\"list\":\"block\",\"words\":2,\"sha256\":\"$block_digest\"}]"
tag=$(bpftool -j prog show pinned "$pins/$nic/program" | jq -r .tag)
equal "notice: the program's tag, as bpftool prints it" "$(field program | grep -oE 'tag [0-9a-f]{16}')" "tag $tag"
equal "notice: what is read, and that it runs" "$(field running): $(field reads)" \
	"yes: payload of readable protocols, and of flows that nothing recognised"
since=$(date -d "$(field since)" +%s)
if ((since >= began && since <= $(date +%s))); then pass "notice: since when"; else fail "notice: since when" "$(field since)"; fi
equal "notice: no word of the lists, no address" \
	"$(gl status --notice "$nic" | grep -ciE 'lantern|灯笼|harbour|swordfish|midnight|10\.99\.')" 0
printf 'swordfish\n' >"$work/one"
succeeds "another block list" gl words load --list block "$work/one" -i "$nic"
equal "notice: of the lists that are loaded now" "$(field 'watch list'); $(field 'block list')" \
	"3 words, sha256 $watch_digest; 1 words, sha256 $(digest swordfish)"
gl detach "$nic" 2>/dev/null
attach native --words "$work/watch"
equal "a watch list alone: every packet passes" "$(field action); $(field 'block list')" \
	"$passes; 0 words, sha256 $(printf '' | sha256sum | cut -d' ' -f1)"
gl detach "$nic" 2>/dev/null

# ------------------------------------------------------------ SIP

start_a inbox.log /usr/bin/python3 "$work/inbox.py" "$work/inbox"
wait_for 5 listening u 5060 || fail "a receiver of datagrams"
arrived() { [ "$(wc -l <"$work/inbox")" -ge "$1" ]; }
texts=("one {n}" "lantern {n}" "swordfish {n}" "four {n}" "SWORDfish {n}" "midnight train {n}" "midnight {n} train")
wanted=$(for ((n = 0; n < 70; n++)); do
	((n % 7 == 2 || n % 7 == 4 || n % 7 == 5)) || sed "s/{n}/$n/" <<<"${texts[n % 7]}"
done)

# sip MODE
sip() {
	: >"$work/inbox"
	attach "$1" --words "$work/watch" --block "$work/block" --enforce
	traffic sip 10.99.0.1 5060 70 0 "${texts[@]}" >/dev/null
	wait_for 5 counted_to sip 70
	wait_for 5 arrived 40
	equal "$1: of 70 datagrams those with a word of the block list are missing" "$(cat "$work/inbox")" "$wanted"
	equal "$1: 30 were dropped, each for a word" \
		"$(row verdict drop packets) $(hits swordfish) $(hits 'Midnight Train') $(hits lantern)" "30 20 10 10"
	equal "$1: 30 datagrams were dropped: the law holds" "$(json "$law") $(dump_law)" "true true"
	gl detach "$nic" 2>/dev/null
}

sip native
sip generic

# ------------------------------------------------------------ afterwards

: >"$work/inbox"
traffic sip 10.99.0.1 5060 70 0 "${texts[@]}" >/dev/null
wait_for 5 arrived 70
equal "detached: every datagram arrives" "$(wc -l <"$work/inbox") $(grep -ci swordfish "$work/inbox")" "70 20"
equal "detached: bob reads all of it" "$(talk 5 "the Swordfish leaves at nine" "are you there?")" \
	"the Swordfish leaves at nine|are you there?"

leaves_nothing
