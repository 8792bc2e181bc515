#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# glassine run: exit statuses, COMMAND's user and environment, signals, what stays
# behind when something is killed, and what it does without BPF or root.
# shellcheck source-path=SCRIPTDIR disable=SC2016,SC2154
. "$(dirname "$0")/../lib.sh"

python=/usr/bin/python3
for program in jq openssl setpriv $python; do
	command -v "$program" >/dev/null && continue
	skip "run" "no $program here"
	exit 0
done
# Another user must be able to read all that COMMAND is.
chmod 755 "$work"
cp "$(dirname "$0")/run.py" "$glassine" "$work"
printf '#!/bin/sh\nexec %s %s/run.py "$@"\n' $python "$work" >"$work/helper"
chmod 755 "$work/helper"
glassine=$work/glassine
# Folders that another user may not read would turn "not found" into "not permitted".
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
helper=$work/helper
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=garden \
	-keyout "$work/key.pem" -out "$work/cert.pem" 2>/dev/null
chmod 644 "$work/key.pem"

# run OPTION... -- COMMAND...: what it prints is in out and err
run() { timeout 60 "$glassine" run "$@" >"$work/out" 2>"$work/err"; }
# status OPTION... -- COMMAND...: prints the exit status
status() { run "$@"; echo $?; }
says() { if grep -qE -- "$2" "$work/err"; then pass "$1"; else fail "$1" "$(cat "$work/err")"; fi; }
silent=(--canary auto --accept no_payload_seen)

# ------------------------------------------------------------ its own failures

refuses "no command" 125 'name a command' "$glassine" run
refuses "an unknown option" 125 'unrecognized option' "$glassine" run --nonsense -- true
refuses "an unknown mode" 125 'takes one of auto, cgroup, packet, namespace' "$glassine" run --mode x -- true
refuses "a list that is not there" 125 'no-such-list' "$glassine" run --words "$work/no-such-list" -- true
refuses "--scan" 125 'leave --scan out' "$glassine" run --scan chat -- true
refuses "--enforce" 125 'leave --enforce out' "$glassine" run --enforce -- true

# ------------------------------------------------------------ without root

as_nobody() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }
[ "$(id -u)" = 0 ] || as_nobody() { "$@"; }

if as_nobody unshare --user --net true 2>/dev/null; then
	(cd / && as_nobody "$glassine" run --canary auto -- "$helper" irc) >"$work/out" 2>"$work/err"
	equal "no root: a leak is found all the same" $? 3
	says "no root: the mode and the reason are named" 'note: no cgroup with BPF here .*network namespace of its own'
	says "no root: what it cannot see is named" 'Mode namespace: COMMAND had'
	(cd / && as_nobody "$glassine" run --canary auto -- "$helper" tls "$work") >"$work/out" 2>"$work/err"
	equal "no root: over TLS nothing leaks" $? 0
	equal "no root: the user stays" "$(cd / && as_nobody "$glassine" run "${silent[@]}" -- id -u 2>/dev/null)" "$(as_nobody id -u)"
else
	refuses "no root, no namespace: one sentence" 125 'neither a cgroup .* nor a packet socket .* nor a namespace' \
		as_nobody "$glassine" run -- true
fi

reason=$(bpf_missing)
if [ -n "$reason" ]; then
	skip "run in a cgroup" "$reason"
	exit 0
fi

# ------------------------------------------------------------ exit statuses

equal "true: nothing was inspected" "$(status -- true)" 4
says "and that is said" '^inconclusive: .*no_payload_seen'
equal "false: the same" "$(status -- false)" 4
says "with its own status" 'false itself ended with status 1'
equal "accepted: true" "$(status "${silent[@]}" -- true)" 0
equal "accepted: false" "$(status "${silent[@]}" -- false)" 1
equal "accepted: a status of its own" "$(status "${silent[@]}" -- sh -c 'exit 77')" 77
equal "accepted: killed by a signal" "$(status "${silent[@]}" -- sh -c 'kill -USR1 $$')" 138
equal "not found" "$(status -- no-such-command)" 127
equal "and one sentence" "$(cat "$work/err")" "glassine: no-such-command cannot be run: No such file or directory"
equal "not executable" "$(status -- "$work/cert.pem")" 126
equal "options of COMMAND are its own, also without --" "$(run "${silent[@]}" echo --json -n; cat "$work/out")" "--json -n"
equal "all in clear and no canary: its own status" "$(status -- sh -c "$helper irc hello; exit 5")" 5
equal "a canary in clear" "$(status --canary auto -- "$helper" irc)" 3
says "counted" '^leak: canary 1 was read 3 times'
equal "--error-exitcode" "$(status --canary auto --error-exitcode 9 -- "$helper" irc)" 9
equal "a canary over TLS" "$(status --canary auto -- "$helper" tls "$work")" 0
equal "a canary in a tunnel: nothing can be said" "$(status --canary auto -- "$helper" vxlan)" 4
says "and why" '^inconclusive: .*tunnel'
equal "--decap: it is read" "$(status --decap --canary auto -- "$helper" vxlan)" 3
says "in the flow within" '^  sip +1 '
equal "a canary of one's own" "$(status --canary 'blue lantern' -- "$helper" irc 'the blue lantern')" 3

# ------------------------------------------------------------ the report

run --json -o "$work/json" --canary auto -- "$helper" irc
equal "stdout is COMMAND's" "$(cat "$work/out")" ''
equal "the control text is not in the report" \
	"$(jq -c '[.glassine.engine, (.words | length), (.protocol[] | select(.name == "irc").flows), .seen.packets == ([.outcome[].packets] | add)]' "$work/json")" \
	'["cgroup",1,1,true]'
run --flows -- true
equal "nor is its flow" "$(grep -c 127.0.0.1 "$work/err")" 0
equal "nor are its packets" "$(grep -c '^Seen  0 packets' "$work/err")" 1
equal "a report that cannot be written" "$(status -o /no/such/folder -- true)" 125
says "names it" '/no/such/folder: cannot be written'

run --canary auto -- "$helper" cmdlines "$work/canary"
equal "the canary is in no command line" "$(cat "$work/out")" 0
equal "it is long" "$(($(wc -c <"$work/canary") >= 26))" 1
equal "and nowhere in what is printed" "$(cat "$work/out" "$work/err" | grep -cFf "$work/canary")" 0
run --json --html "$work/html" --junit "$work/junit" -o "$work/json" --canary auto -- sh -c "$helper cmdlines $work/canary; $helper irc"
equal "nor in any file" "$(grep -lFf "$work/canary" "$work"/{out,err,json,html,junit})" ''

# ------------------------------------------------------------ COMMAND's surroundings

mkdir -m 777 "$work/home"
export SUDO_UID=65534 SUDO_GID=65534 SUDO_USER=nobody SUDO_COMMAND=x
run "${silent[@]}" -- sh -c 'id -u; id -g; id -G; echo "$HOME $USER $LOGNAME"; env | grep -c ^SUDO_'
equal "through sudo: user, group, groups, HOME, names" "$(tr '\n' ' ' <"$work/out")" \
	"65534 65534 65534 $(getent passwd 65534 | cut -d: -f6) nobody nobody 0 "
equal "through sudo: a leak is found" "$(status --canary auto -- "$helper" irc)" 3
equal "through sudo: not found" "$(status -- no-such-command)" 127
# Something of that name that is started with the caller's environment, and clears it.
cp /bin/sh "$work/sudo"
env -u SUDO_UID -u SUDO_GID -u SUDO_USER HOME="$work/home" GARDEN=caller KEPT=caller PATH="/caller:$PATH" "$work/sudo" -c "
	env -i SUDO_UID=65534 SUDO_GID=65534 HOME=/root PATH=/usr/bin:/bin KEPT=option \
	$glassine run --canary auto --accept no_payload_seen -- sh -c 'echo \$HOME \$GARDEN \$KEPT \${PATH%%:*} \$(id -u)'; :" \
	>"$work/out" 2>"$work/err"
equal "through sudo: the caller's environment, and what was added to it" "$(cat "$work/out")" \
	"$work/home caller option /caller 65534"
unset SUDO_UID SUDO_GID SUDO_USER SUDO_COMMAND
run "${silent[@]}" -- id -u
equal "without sudo: as is" "$(cat "$work/out")" 0
inside='ls /proc/self/fd | wc -l; grep -E "^Sig(Blk|Ign)" /proc/self/status; ulimit -l'
equal "descriptors, signals and limits are as they were" \
	"$(run "${silent[@]}" -- sh -c "$inside" </dev/null; cat "$work/out")" "$(sh -c "$inside" </dev/null 2>/dev/null)"

# ------------------------------------------------------------ the tree

is_cgroup2() { [ "$(stat -f -c %T "$1" 2>/dev/null)" = cgroup2fs ]; }
cgroups=/sys/fs/cgroup
is_cgroup2 $cgroups || cgroups=/sys/fs/cgroup/unified
is_cgroup2 $cgroups || cgroups=
here=$cgroups$(grep -oP '^0::\K.*' /proc/self/cgroup)
here=${here%/}
of() { compgen -G "$here/glassine.$1.*"; }
none_of() { ! of "$1" >/dev/null; }
dead() { ! kill -0 "$1" 2>/dev/null; }

equal "a daemon stays covered" "$(status --canary auto -- "$helper" daemon 1)" 3
equal "not beyond --grace" "$(status --grace 0 "${silent[@]}" -- "$helper" daemon 1)" 0
says "and that is said" 'are left: what they send from now on is not read'
start=$SECONDS
run --grace 1 -- sh -c 'setsid sleep 1237 >/dev/null 2>&1 &'
equal "--grace ends" "$((SECONDS - start < 4))" 1
equal "the daemon lives on, where run was" "$(cat "/proc/$(pgrep -fx 'sleep 1237')/cgroup")" "$(cat /proc/self/cgroup)"
kill "$(pgrep -fx 'sleep 1237')"
start=$SECONDS
run --grace 30 -- sh -c 'sleep 1 >/dev/null 2>&1 &'
equal "an empty tree ends it at once" "$((SECONDS - start < 5))" 1

# late OPTION...: COMMAND ends while a peer outside has not read what it sent
late() {
	local reader
	rm -f "$work/port"
	$helper reader "$work/port" 1 &
	reader=$!
	wait_for 5 test -s "$work/port"
	status "$@" --canary auto -- "$helper" late "$work/port"
	kill $reader 2>/dev/null
}
equal "data of closed sockets stays covered" "$(late)" 3
equal "not beyond --grace" "$(late --grace 0)" 0
says "and that is said" 'are left: what they send from now on is not read'

if [ -z "$cgroups" ]; then
	skip "what killed runs leave" "no cgroup2 is mounted"
else
	# begin: run of a long sleep in the background; sets pid, child, programs
	begin() {
		"$glassine" run -- sh -c "echo \$\$ >$work/child; exec sleep 1000" >/dev/null 2>&1 &
		pid=$!
		rm -f "$work/child"
		wait_for 10 test -s "$work/child"
		child=$(cat "$work/child")
		programs=$(bpftool cgroup show "$(of $pid)" -j 2>/dev/null | jq -r '.[].id')
	}
	none_of_programs() {
		local id
		for id in $programs; do ! bpftool prog show id "$id" >/dev/null 2>&1 || return 1; done
	}
	begin
	equal "two programs, one cgroup of mode 0700" "$(wc -w <<<"$programs") $(stat -c %a "$(of $pid)")" "2 700"
	kill -KILL $pid
	wait $pid 2>/dev/null
	succeeds "run killed: COMMAND ends" wait_for 3 dead "$child"
	succeeds "run killed: no cgroup is left" wait_for 3 none_of $pid
	succeeds "run killed: no program is left" wait_for 3 none_of_programs
	begin
	kill -KILL "$child"
	wait $pid
	equal "COMMAND killed: run ends" $? 4
	equal "COMMAND killed: nothing is left" "$(of $pid; none_of_programs || echo programs)" ''
	begin
	guard=$(pgrep -P $pid | grep -vx "$child")
	# none of them shall see another's end
	kill -STOP "$guard" $pid
	kill -KILL "$guard" $pid "$child"
	wait $pid 2>/dev/null
	succeeds "all killed: no program is left" wait_for 3 none_of_programs
	equal "all killed: an empty cgroup is left" "$(of $pid | wc -l) $(cat "$(of $pid)/cgroup.procs")" "1 "
	run -- true
	equal "and the next start removes it" "$(of $pid)" ''
	mkdir "$here/glassine.$$.1.0000abcd" "$here/glassine.$$.1.0000abcd/inner" "$here/glassine.mine"
	start=$(sed 's/.*) //' /proc/$$/stat | cut -d' ' -f20)
	mkdir "$here/glassine.$$.$start.0000abcd"
	run -- true
	equal "a recycled number is told apart, and others are left alone" "$(of $$) $(ls -d "$here/glassine.mine")" \
		"$here/glassine.$$.$start.0000abcd $here/glassine.mine"
	rmdir "$here/glassine.$$.$start.0000abcd" "$here/glassine.mine"

	mkdir "$here/nest$$"
	equal "within another cgroup" "$(sh -c "echo \$\$ >$here/nest$$/cgroup.procs; exec $glassine run --canary auto -- $helper irc" 2>/dev/null; echo $?)" 3
	equal "COMMAND's cgroup is within it, and its cgroups are removed" "$(compgen -G "$here/nest$$/glassine.*")" ''
	rmdir "$here/nest$$"
	run "${silent[@]}" -- sh -c "mkdir $here/glassine.*/inner; cat /proc/self/cgroup"
	equal "cgroups that COMMAND makes go, too" "$(compgen -G "$here/glassine.*/inner")" ''
fi
equal "run within run: both see it" "$(status --canary 'blue lantern' -- "$glassine" run --canary lantern --error-exitcode 9 -- "$helper" irc 'blue lantern')" 3
says "the inner one, too" 'run itself ended with status 9|itself ended with status 9'
equal "where no cgroup2 is mounted" \
	"$(unshare --mount sh -c "umount -l /sys/fs/cgroup && exec $glassine run --mode cgroup --canary auto -- $helper irc" 2>"$work/err"; echo $?)" 3

# ------------------------------------------------------------ signals

"$glassine" run "${silent[@]}" -- sh -c "trap 'exit 42' TERM; echo >$work/ready; while :; do sleep 0.1; done" 2>/dev/null &
wait_for 10 test -e "$work/ready"
kill -TERM $!
wait $!
equal "SIGTERM reaches COMMAND" $? 42
$helper terminal "$glassine" -q run "${silent[@]}" -- \
	sh -c 'trap "n=\$((n + 1))" INT; echo ready; while [ -z "$n" ]; do sleep 0.1; done; sleep 0.5; echo "interrupts $n"; exit 42' >"$work/out" 2>"$work/err"
equal "a terminal: stopped with COMMAND, continued, interrupted once" \
	"$(grep -oE '(stopped|interrupts .*|status [0-9]+)$' "$work/out" | tr '\n' ' ')" "stopped interrupts 1 status 42 "
run --grace 20 "${silent[@]}" -- sh -c 'exit 3' </dev/null
equal "no signal, no delay" "$(status "${silent[@]}" -- sh -c 'exit 3')" 3

# ------------------------------------------------------------ other modes

only_raw() { setpriv --bounding-set=-all,+net_raw,+setuid,+setgid "$@"; }
only_raw "$glassine" run --canary auto -- "$helper" irc >"$work/out" 2>"$work/err"
equal "BPF refused: a packet socket" $? 3
says "said so" 'note: no cgroup with BPF here .*every interface of this machine is read'
says "each packet over loopback is read once" '^leak: canary 1 was read 3 times'
setpriv --bounding-set=-sys_admin "$glassine" run --canary auto -- "$helper" irc >"$work/out" 2>"$work/err"
equal "BPF, but no map by its id: a packet socket, too" $? 3
says "said so, too" 'note: no cgroup with BPF here'
equal "packet mode: TLS" "$(status --mode packet --canary auto --accept unknown --accept undecided --accept not_tcp_udp -- "$helper" tls "$work")" 0
refuses "nothing permitted: one sentence" 125 'neither a cgroup .* nor a packet socket .* nor a namespace .* run this as root' \
	setpriv --bounding-set=-all "$glassine" run -- true
equal "namespace mode: a leak" "$(status --mode namespace --canary auto -- "$helper" irc)" 3
equal "namespace mode: a daemon stays covered" "$(status --mode namespace --canary auto -- "$helper" daemon 1)" 3
equal "namespace mode: nothing goes out" \
	"$(status --mode namespace --canary auto --accept no_payload_seen -- $python -c 'import socket; socket.create_connection(("192.0.2.1", 9))')" 1
refuses "loopback down: one sentence" 125 "control text cannot be sent over loopback .* 'lo' is up" \
	unshare --net "$glassine" run -- true

# ------------------------------------------------------------ bulk

equal "200 MB in the tree: all of it is inspected" "$(status --canary auto -- "$helper" bulk 200)" 0
run --json -o "$work/json" --canary auto -- "$helper" bulk 200
equal "200 MB: nothing lost, the law holds" \
	"$(jq -c '[(.outcome | map(select(.name == "scanned").bytes) | add) >= 200 * 1024 * 1024, ([.outcome[].bytes] | add) == .seen.bytes]' "$work/json")" '[true,true]'

equal "nothing is left: no cgroup" "$([ -z "$cgroups" ] || find "$here" -maxdepth 1 -name "glassine.*" -user root -newer "$work/key.pem" -exec sh -c 'kill -0 "$(basename "$1" | cut -d. -f2)" 2>/dev/null || echo "$1"' _ {} \;)" ''
