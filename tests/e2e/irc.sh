#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Two people, a real IRC server and real clients: what they say in clear is
# counted exactly, natively and in generic mode; over TLS nothing is read.
# shellcheck source-path=SCRIPTDIR disable=SC2034,SC2119,SC2154
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/lab.bash"

needs "live IRC" ngircd irssi tmux weechat-headless openssl
lab
tmp=$work
# Configuration of the clients and the certificate: as the captures are recorded.
eval "$(sed -n '/^irssi_home()/,/^}/p; /^weechat_home()/,/^}/p; /^certificate()/,/^}/p' "$top/scripts/record")"

alice_pid='' bob_pid=''

server_up() {
	certificate irc.garden.example
	{ ngircd_conf; cat; } >"$work/ngircd.conf" <<-END
		[SSL]
		CertFile = $work/cert.pem
		KeyFile = $work/key.pem
		Ports = 6697
	END
	chmod 755 "$work"
	start_a ngircd.log ngircd -n -f "$work/ngircd.conf"
	wait_for 10 listening t 6667 && wait_for 10 listening t 6697
}

alice_log() { grep -qsF -e "$1" "$work/alice/#garden.log"; }
bob_log() { grep -qsF -e "$1" "$work/bob/logs/irc.garden.#garden.weechatlog"; }

# join PORT on|off: both enter #garden, TLS on or off
join() {
	local yes=no
	[ "$2" = off ] || yes=yes
	rm -rf "$work/alice" "$work/bob"
	irssi_home "$work/alice" alice 10.99.0.1 "$1" $yes
	weechat_home "$work/bob" bob 10.99.0.1 "$1" "$2"
	in_b env -i HOME="$work/alice" PATH="$PATH" LANG=C.UTF-8 TERM=screen \
		tmux -S "$work/tmux" -f /dev/null new-session -d -x 150 -y 40 -s alice "exec irssi --home=$work/alice"
	pids+=("$(tmux -S "$work/tmux" display-message -p '#{pid}')")
	alice_pid=$(tmux -S "$work/tmux" display-message -p -t alice '#{pane_pid}')
	pids+=("$alice_pid")
	start_b weechat.log env -i HOME="$work" PATH="$PATH" LANG=C.UTF-8 TERM=screen weechat-headless -d "$work/bob"
	bob_pid=${pids[-1]}
	wait_for 10 alice_log bob && wait_for 10 alice_log 'was synced' && wait_for 10 bob_log 'Channel created'
}

# say WHO TEXT: and the other has read it
say() {
	case $1 in
	alice)
		tmux -S "$work/tmux" send-keys -t alice -l -- "/msg #garden $2"
		tmux -S "$work/tmux" send-keys -t alice Enter
		wait_for 10 bob_log "$2"
		;;
	bob)
		printf '[cmd]\nsay = "/msg -server garden #garden %s"\n' "$2" >"$work/bob/alias.conf"
		kill -USR1 "$bob_pid"
		wait_for 10 alice_log "$2"
		;;
	esac
}

quit_all() {
	printf '[cmd]\nsay = "/quit"\n' >"$work/bob/alias.conf"
	kill -USR1 "$bob_pid"
	tmux -S "$work/tmux" send-keys -t alice -l -- "/quit"
	tmux -S "$work/tmux" send-keys -t alice Enter
	wait_for 5 gone "$alice_pid"
	wait_for 2 gone "$bob_pid" || stop "$bob_pid"
}

# Each said once: only what goes to the server passes the watched interface.
cat >"$work/conversation" <<'END'
alice	Are you coming to the harbour tonight?
bob	Yes. Does the LANTERN still hang by the harbour gate? A lantern?
alice	Kommt Jürgen auch zum Treffpunkt? JÜRGEN bringt Kuchen.
bob	我会带一个灯笼来，旧灯笼在门口。
alice	Three tickets for the Midnight Train please.
bob	Тогда встреча у фонаря, ровно в девять.
END
# hits of the words in it, by hand; #garden depends on what the clients ask for
wanted='{"lantern":2,"harbour":2,"midnight train":1,"train":1,"Treffpunkt":1,"Jürgen":2,"灯笼":2,"фонаря":1,"volcano":0}'
silent='{"lantern":0,"harbour":0,"midnight train":0,"train":0,"Treffpunkt":0,"Jürgen":0,"灯笼":0,"фонаря":0,"volcano":0}'
counted='[.words[] | select(.word != "#garden") | {(.word): .hits}] | add'

talk() {
	local who text
	while IFS=$'\t' read -r who text; do
		say "$who" "$text" || return 1
	done <"$work/conversation"
}

# The ASCII ones of the words, as someone without glassine reads them.
dump_wanted=$'lantern\t2\nharbour\t2\nmidnight train\t1\ntrain\t1\nTreffpunkt\t1\nvolcano\t0'

# watch MODE
watch() {
	succeeds "$1: attach" gl attach "$nic" --mode "$1" --words "$top/tests/captures/words.txt"
	remember_program
}

mode_of() { gl status --json "$nic" | jq -r '.status[0].mode'; }

in_clear() {
	local mode=$1 bytes garden
	watch "$mode"
	equal "$mode: status names the mode" "$(mode_of)" "$mode"
	equal "$mode: no hit before a word is said" "$(json "$counted")" "$silent"
	if ! join 6667 off || ! talk; then
		fail "$mode: alice and bob talk" "$(tail -n 3 "$work"/*.log)"
		quit_all
		return
	fi
	pass "$mode: alice and bob talk, each reads the other"
	quit_all
	equal "$mode: each word said is counted exactly" "$(json "$counted")" "$wanted"
	equal "$mode: bpftool finds the same by id" "$(dump_hits | grep -v "^#garden")" "$dump_wanted"
	equal "$mode: the label is irc, two flows" "$(row protocol irc flows)" 2
	garden=$(hits '#garden')
	if ((garden >= 6)); then pass "$mode: #garden in each of six messages"; else fail "$mode: #garden" "$garden"; fi
	equal "$mode: bpftool finds the packets read by name" \
		"$(dump_row outcome GL_OUT_SCANNED packets) $(dump_row outcome GL_OUT_SCANNED bytes)" \
		"$(row outcome scanned packets) $(row outcome scanned bytes)"
	# six messages of which none is shorter than its text
	bytes=$(row outcome scanned bytes)
	if ((bytes > $(wc -c <"$work/conversation") && bytes < 20000)); then
		pass "$mode: bytes of the packets read"
	else
		fail "$mode: bytes of the packets read" "$bytes"
	fi
	equal "$mode: nothing encrypted in it" "$(row outcome encrypted packets) $(row protocol tls packets)" "0 0"
	equal "$mode: the law holds" "$(json "$law")" true
	equal "$mode: the law holds in the map" "$(dump_law)" true
}

# The same talk over TLS. The counters of the clear talk, if any, must not move.
over_tls() {
	local mode=$1 before scanned=$2
	before=$(json "$counted")
	if ! join 6697 on || ! talk; then
		fail "$mode, TLS: alice and bob talk" "$(tail -n 3 "$work"/*.log)"
		quit_all
		return
	fi
	pass "$mode, TLS: alice and bob talk, each reads the other"
	quit_all
	equal "$mode, TLS: no word is read" "$(json "$counted")" "$before"
	equal "$mode, TLS: nothing more was scanned" "$(row outcome scanned packets)" "$scanned"
	equal "$mode, TLS: the label is tls, two flows" "$(row protocol tls flows)" 2
	if (($(row outcome encrypted packets) >= 6)); then
		pass "$mode, TLS: counted as encrypted"
	else
		fail "$mode, TLS: counted as encrypted" "$(json .outcome)"
	fi
	equal "$mode, TLS: the map says so too" "$(dump_row outcome GL_OUT_ENCRYPTED packets)" \
		"$(row outcome encrypted packets)"
	equal "$mode, TLS: the law holds" "$(json "$law")" true
}

server_up || { fail "ngircd starts" "$(cat "$work/ngircd.log")"; exit 1; }

in_clear native
over_tls native "$(row outcome scanned packets)"
succeeds "native: detach" gl detach "$nic"

in_clear generic
over_tls generic "$(row outcome scanned packets)"
succeeds "generic: detach" gl detach "$nic"
equal "and counting has ended: nothing to ask any more" "$(gl stats "$nic" 2>&1 | grep -c 'nothing is attached')" 1

leaves_nothing
