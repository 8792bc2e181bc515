#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Runs the bpftool and jq lines of the README as they stand there, in a network
# and a mount namespace of their own, after a conversation of known words.
. "$(dirname "$0")/../lib.sh"

missing=$(bpf_missing)
for program in bpftool jq python3 unshare; do
	[ -n "$missing" ] || command -v "$program" >/dev/null || missing="$program is not installed"
done
if [ -n "$missing" ]; then
	skip "the README's bpftool lines" "$missing"
	exit 0
fi
grep -E '^sudo bpftool' "$top/README.md" | sed 's/sudo //' >"$work/lines"
equal "the README has such lines" "$(wc -l <"$work/lines")" 4

cat >"$work/talk.py" <<'PYTHON'
import socket, threading
server = socket.create_server(('127.0.0.1', 6667))
def serve():
    peer, _ = server.accept()
    while peer.recv(4096):
        pass
threading.Thread(target=serve, daemon=True).start()
client = socket.create_connection(('127.0.0.1', 6667))
client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
for line in ('NICK ann\r\nUSER ann 0 * :Ann\r\n', 'PRIVMSG #garden :the lantern\r\n',
             'PRIVMSG #garden :Lantern by the harbour\r\n'):
    client.sendall(line.encode())
client.close()
PYTHON
cat >"$work/inside" <<INSIDE
set -e
mount -t bpf bpf /sys/fs/bpf
ip link set lo up
'$glassine' -q attach lo --words '$top/tests/captures/words.txt' 2>/dev/null
/usr/bin/python3 '$work/talk.py'
n=0
while read -r line; do
	n=\$((n + 1))
	bash -c "\$line" >'$work'/result\$n 2>&1 || echo "failed: \$line"
done <'$work/lines'
'$glassine' stats --json lo >'$work/stats'
'$glassine' -q detach lo
INSIDE
equal "they run" "$(unshare --mount --net bash "$work/inside" 2>&1)" "glassine: detached from lo"

stat() { jq -r "$1" "$work/stats"; }
equal "outcomes by name" "$(grep -c '^GL_OUT_SCANNED [1-9][0-9]* packets' "$work/result1")" 1
equal "no outcome that did not happen" "$(grep -c '^GL_OUT_TUNNEL' "$work/result1")" 0
equal "packets of irc as in stats" "$(awk '$1 == "irc" { print $2 }' "$work/result2")" \
	"$(stat '.protocol[] | select(.name == "irc") | .packets')"
equal "flows of irc" "$(awk '$1 == "irc" { print $4 }' "$work/result2")" 1
equal "each word of the list" "$(wc -l <"$work/result3")" "$(stat '.words | length')"
id=$(awk '$2 == "lantern" { print $1 }' "$work/result3")
equal "the word's hits by number" "$(awk -v id="$id" '$1 == id { print $2 }' "$work/result4")" 2
id=$(awk '$2 == "volcano" { print $1 }' "$work/result3")
equal "no hits of a word that was not said" "$(awk -v id="$id" '$1 == id' "$work/result4")" ""
