#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The demo: from another folder, in the kernel, natively and as a user without
# rights, its numbers are those of expected.tsv.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

captures=$top/tests/captures
expected() { awk -F'\t' -v c="$1.pcap" -v k="$2" '$1 == c && $2 == k { print $3 }' "$captures/expected.tsv"; }
# words CAPTURE: how many different words are readable, and how often
words() {
	awk -F'\t' -v c="$1.pcap" '$1 == c && $2 ~ /^word:/ && $3 { n++; sum += $3 } END { print n + 0, sum + 0 }' \
		"$captures/expected.tsv"
}
# column FILE ROW N: one of the two columns of the first screen
column() { sed -n "s/^  $2  *\(.*\)/\1/p" "$1" | sed 's/   */\t/g' | cut -f "$3" | sed 's/ .*//'; }
table() { awk -v n="$2" '$1 == n && NF == 8' "$1"; }

# judge NAME FILE: what each run must show
judge() {
	local how=$1 file=$2 capture name wanted got
	wanted="$(expected irc-plain messages) $(expected irc-tls messages)"
	equal "$how: messages sent" "$(column "$file" 'messages sent' 1) $(column "$file" 'messages sent' 2)" "$wanted"
	wanted="$(words irc-plain | cut -d' ' -f1) none $(words irc-plain | cut -d' ' -f2) 0"
	got="$(column "$file" 'words readable' 1) $(column "$file" 'words readable' 2)"
	got+=" $(column "$file" '  how often' 1) $(column "$file" '  how often' 2)"
	equal "$how: words readable, in clear and over TLS" "$got" "$wanted"
	wanted='' got=''
	for capture in "$captures"/*.pcap; do
		name=$(basename "$capture" .pcap)
		wanted+="$name $(expected "$name" packets) $(words "$name")"$'\n'
		got+="$(table "$file" "$name" | awk '{ print $1, $4, $7, $8 }')"$'\n'
	done
	equal "$how: packets, words and hits of each capture" "$got" "$wanted"
	equal "$how: the first protocol of a capture, and how many more" \
		"$(table "$file" irc-plain | awk '{ print $2 }') $(table "$file" call-dtls | awk '{ print $2 }')" 'irc sip+1'
	equal "$how: no escape codes in a file" "$(grep -c $'\e' "$file")" 0
	equal "$how: no line is wider than 80" "$(LC_ALL=C.UTF-8 awk '/^(Try|Engine)/ || /^  .*build\// { next } length > 80' "$file")" ''
}

# demo FILE OPTION...: from another folder, without a terminal
demo() {
	local file=$1
	shift
	(cd / && "$top/scripts/demo" "$@") >"$file" 2>"$work/err" </dev/null
}

if demo "$work/native" --native; then pass "native: exit status 0"; else fail "native: exit status 0" "$(cat "$work/err")"; fi
equal "native: nothing on stderr" "$(cat "$work/err")" ''
judge native "$work/native"
succeeds "native: says so" grep -q '^Engine: native, .*--native asked for it' "$work/native"
numbers() { sed -n '/^One conversation/,/^Try next/{/^Try next/!p}' "$1"; }
equal "the README shows what is printed" "$(numbers "$top/README.md")" "$(numbers "$work/native")"

on_terminal() { TERM=xterm script -qec "$* '$top/scripts/demo' --native" /dev/null </dev/null; }
if ! command -v script >/dev/null; then
	skip "colours on a terminal only" "no script"
else
	equal "colours on a terminal" "$(on_terminal env -u NO_COLOR | grep -c $'\e\[31mcontent' | sed 's|[1-9].*|some|')" some
	equal "no colours with NO_COLOR" "$(on_terminal env NO_COLOR=1 | grep -c $'\e')" 0
fi

missing=$(bpf_missing)
if [ -n "$missing" ]; then
	skip "kernel: the same numbers" "$missing"
else
	if demo "$work/kernel"; then pass "kernel: exit status 0"; else fail "kernel: exit status 0" "$(cat "$work/err")"; fi
	judge kernel "$work/kernel"
	succeeds "kernel: says so" grep -qF "run by this kernel ($(uname -r | sed 's/-.*//'))" "$work/kernel"
	equal "kernel: prints what native prints" "$(numbers "$work/kernel")" "$(numbers "$work/native")"
fi

if [ "$(id -u)" != 0 ]; then
	skip "without rights: runs natively" "not root, so another user cannot be taken"
else
	copy=$work/copy
	mkdir -p "$copy/tests" "$copy/build"
	cp -a "$top/Makefile" "$top/bpf" "$top/user" "$top/scripts" "$copy/"
	cp -a "$captures" "$copy/tests/"
	cp -a "$top/build/full" "$top"/build/glassine* "$top/build/embed.S" "$copy/build/"
	chown -R 65534:65534 "$copy"
	chmod 755 "$work"
	nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups env HOME=/ PATH=/usr/bin:/bin "$@"; }
	if nobody sh -c "cd / && exec '$copy/scripts/demo'" >"$work/nobody" 2>"$work/err" </dev/null; then
		pass "without rights: exit status 0"
	else
		fail "without rights: exit status 0" "$(cat "$work/err")"
	fi
	judge "without rights" "$work/nobody"
	succeeds "without rights: says that it runs natively, and why" \
		grep -q '^Engine: native, .*(not root' "$work/nobody"
fi

refuses "an option that is none" 2 'usage: scripts/demo' "$top/scripts/demo" --nonsense
