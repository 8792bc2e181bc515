# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# The program under Debian's 6.1 kernel, in qemu: it replays a capture as the
# native engine does, and the tables of tests/prog hold there too.
source "$(dirname "$0")/../lib.sh"
cd "$top" || exit 1

# Without the sanitizers, which are too slow under emulation.
binaries=()
plain=build/plain
for name in parse flow classify scan media verdict_count; do
	make -s SANITIZE= BUILD="$plain" "$plain/tests/test_$name" >"$work/make" 2>&1 &&
		binaries+=("$plain/tests/test_$name")
done
captures=(irc-plain irc-ipv6 irc-split xmpp-starttls sip-udp tls13-names)

# in_guest COMMAND: with the program, its tests and the captures
in_guest() {
	local with=(--with build/glassine --with tests/captures) binary
	for binary in "${binaries[@]}"; do with+=(--with "$binary"); done
	scripts/guest --kernel 6.1 --timeout 300 "${with[@]}" -- bash -c "$1"
}

# One guest for all of it: each command's output between two marks.
script='
export CMOCKA_MESSAGE_OUTPUT=TAP
for name in '"${captures[*]}"'; do
	echo "=== capture $name"
	build/glassine replay --engine kernel --words tests/captures/words.txt --json --flows \
		tests/captures/$name.pcap 2>&1
done
for test in '"${binaries[*]}"'; do
	echo "=== test $test"
	$test 2>&1
	echo "=== status $?"
done
echo "=== end"'

status=0
in_guest "$script" >"$work/guest" 2>"$work/why" || status=$?
if ((status == 77)); then
	skip "captures under 6.1" "$(tail -1 "$work/why")"
	skip "tables of tests/prog under 6.1" "$(tail -1 "$work/why")"
	exit 0
fi
if ((status != 0)) || ! grep -q '^=== end' "$work/guest"; then
	fail "the guest runs" "status $status"$'\n'"$(tail -n 20 "$work/why"; tail -n 20 "$work/guest")"
	exit 1
fi

# part MARK: what was printed after it
part() { awk -v mark="=== $1" '/^=== / { on = $0 == mark; next } on' "$work/guest"; }

for name in "${captures[@]}"; do
	wanted=$("$glassine" replay --engine native --words tests/captures/words.txt --json --flows \
		"tests/captures/$name.pcap" 2>/dev/null | sed 's/"engine": *"[a-z]*"/"engine": "?"/')
	equal "$name under 6.1 is as the native engine reads it" \
		"$(part "capture $name" | sed 's/"engine": *"[a-z]*"/"engine": "?"/')" "$wanted"
done
((${#binaries[@]})) || fail "tables of tests/prog are built" "$(tail -n 20 "$work/make")"
for binary in "${binaries[@]}"; do
	output=$(part "test $binary")
	status=$(awk -v mark="=== test $binary" '$0 == mark { on = 1 }
		on && /^=== status / { print $3; exit }' "$work/guest")
	if [ "$status" = 0 ]; then
		pass "$(basename "$binary") under 6.1: $(grep -cE '^ok ' <<<"$output") tests"
	else
		fail "$(basename "$binary") under 6.1" "$(grep -vE '^ok ' <<<"$output" | tail -20)"
	fi
done
