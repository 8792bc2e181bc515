#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# glassine run around real programs: what they send in clear is a leak, in the
# protocol, direction and encoding it was sent in; over TLS it is not.
# shellcheck source-path=SCRIPTDIR disable=SC2015,SC2016,SC2034,SC2086,SC2119,SC2154
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/lab.bash"

needs "run with real programs" openssl setpriv
# A proxy would take the traffic elsewhere.
unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY all_proxy ALL_PROXY
lab
tmp=$work
eval "$(sed -n '/^weechat_home()/,/^}/p; /^certificate()/,/^}/p' "$top/scripts/record")"
chmod 755 "$work"
cp "$(dirname "$0")/run_programs.py" "$glassine" "$work"
glassine=$work/glassine
export SERVER=10.99.0.1
export HELP="/usr/bin/python3 $work/run_programs.py"
certificate garden.example

# ------------------------------------------------------------ the frame of a case

# missing NAME PROGRAM...: skips that case where a program, or a module of Python, is not here
missing() {
	local name=$1 program
	shift
	for program in "$@"; do
		case $program in
		python3-*) /usr/bin/python3 -c "import ${program#python3-}" 2>/dev/null && continue ;;
		*) command -v "$program" >/dev/null && continue ;;
		esac
		skip "$name" "no $program here"
		return 0
	done
	return 1
}

# run OPTION... -- COMMAND...: its exit status in status, its report in json
run() {
	rm -f "$work/json"
	in_b timeout 60 "$glassine" run --json -o "$work/json" "$@" >"$work/out" 2>"$work/err" </dev/null
	status=$?
}
seen() { echo "exit status $status"; tr -d "\0" <"$work/out"; cat "$work/err"; jq -c .judgement "$work/json" 2>/dev/null; }

# judged NAME STATUS FILTER: the exit status, and the judgement fulfils FILTER
judged() {
	if [ "$status" = "$2" ] && jq -e ".judgement | $3" "$work/json" >/dev/null && jq -e "$law" "$work/json" >/dev/null; then
		pass "$1"
	else
		fail "$1" "wanted $2 and $3"$'\n'"$(seen)"
	fi
}

# leaks NAME PROTOCOL ENCODING [OPTION...] -- COMMAND...: exactly there, to the server, and nowhere else
leaks() {
	local name=$1 protocol=$2 encoding=$3 direction=client_to_server
	# The two sides of XMPP speak alike: known is who spoke first.
	[ "$protocol" != xmpp ] || direction=a_to_b
	shift 3
	run "$@"
	judged "$name" 3 ".verdict == \"leak\" and (.leaks | length > 0 and any(.direction == \"$direction\") and
		all(.protocol == \"$protocol\" and .encoding == \"$encoding\" and .hits > 0 and (.loopback | not))) and
		([.leaks[] | select(.direction == \"$direction\").to.address] | unique == [\"$SERVER\"])"
}

# closed NAME -- COMMAND...: COMMAND ends with 7, it was encrypted and nothing leaks
closed() {
	local name=$1
	shift
	run --canary auto "$@"
	judged "$name" 7 '.verdict == "clean" and .leaks == [] and .reasons == [] and .encrypted.packets > 0 and .canaries == 1'
}

# because LIST: a filter, inconclusive for exactly these
because() { echo ".verdict == \"inconclusive\" and .leaks == [] and ([.reasons[].name] | sort == $1)"; }

start_a serve.log $HELP serve "$SERVER" "$work"
wait_for 10 listening t 9001 || { fail "the servers start" "$(cat "$work/serve.log")"; exit 1; }

# ------------------------------------------------------------ IRC

if ! missing IRC ngircd weechat-headless; then
	{ ngircd_conf; printf '[SSL]\nCertFile = %s\nKeyFile = %s\nPorts = 6697\n' "$work/cert.pem" "$work/key.pem"; } >"$work/ngircd.conf"
	start_a ngircd.log ngircd -n -f "$work/ngircd.conf"
	wait_for 10 listening t 6667 && wait_for 10 listening t 6697 || fail "ngircd starts" "$(cat "$work/ngircd.log")"
	# weechat PORT on|off: joins, says the canary, quits
	weechat() {
		rm -rf "$work/weechat"
		weechat_home "$work/weechat" alice $SERVER "$1" "$2"
		echo 'garden.command = "/wait 700ms /msg -server garden #garden ${env:GLASSINE_CANARY};/wait 1200ms /quit"' >>"$work/weechat/irc.conf"
		weechat=(env HOME="$work" LANG=C.UTF-8 TERM=screen timeout 20 weechat-headless -d "$work/weechat")
	}
	weechat 6667 off
	leaks "IRC in clear: weechat" irc utf-8 --canary auto -- "${weechat[@]}"
	weechat 6697 on
	closed "IRC over TLS: weechat" -- sh -c '"$@"; exit 7' _ "${weechat[@]}"
	equal "IRC over TLS: it was said" "$(grep -c "$(printf 'alice\t')" "$work/weechat/logs/irc.garden.#garden.weechatlog")" 1
fi

# ------------------------------------------------------------ XMPP

if ! missing XMPP prosody python3-slixmpp; then
	mkdir -p "$work/prosody/garden%2eexample/accounts"
	for who in alice bob; do
		printf 'return { ["password"] = "%s-secret"; };\n' $who >"$work/prosody/garden%2eexample/accounts/$who.dat"
	done
	cat >"$work/prosody.cfg.lua" <<-END
		run_as_root = true
		daemonize = false
		pidfile = "$work/prosody.pid"
		data_path = "$work/prosody"
		log = { info = "*console" }
		interfaces = { "$SERVER" }
		modules_enabled = { "roster"; "saslauth"; "tls"; "disco"; "presence"; "message"; "iq" }
		modules_disabled = { "s2s"; "offline" }
		authentication = "internal_plain"
		s2s_ports = {}
		c2s_ports = { 5222 }
		c2s_direct_tls_ports = { 5223 }
		c2s_require_encryption = false
		allow_unencrypted_plain_auth = true
		ssl = { key = "$work/key.pem"; certificate = "$work/cert.pem" }
		VirtualHost "garden.example"
	END
	start_a prosody.log prosody --config "$work/prosody.cfg.lua"
	wait_for 10 listening t 5222 && wait_for 10 listening t 5223 || fail "prosody starts" "$(cat "$work/prosody.log")"
	leaks "XMPP in clear: slixmpp" xmpp utf-8 --canary auto -- $HELP xmpp plain $SERVER 5222
	closed "XMPP with STARTTLS: slixmpp" -- sh -c '$HELP xmpp starttls $SERVER 5222 && exit 7'
	closed "XMPP over TLS: slixmpp" -- sh -c '$HELP xmpp tls $SERVER 5223 && exit 7'
fi

# ------------------------------------------------------------ HTTP

if ! missing HTTP curl; then
	start_a s_server.log env -C "$work" openssl s_server -accept $SERVER:4443 -WWW -key key.pem -cert cert.pem -quiet
	wait_for 10 listening t 4443 || fail "openssl s_server starts" "$(cat "$work/s_server.log")"
	leaks "HTTP in clear: curl" http utf-8 --canary auto -- sh -c 'curl -sS "http://$SERVER:8080/?q=$GLASSINE_CANARY"'
	leaks "HTTP in clear: curl, in a body" http utf-8 --canary auto -- sh -c 'curl -sS -d "q=$GLASSINE_CANARY" "http://$SERVER:8080/"'
	closed "HTTPS: curl, python" -- sh -c 'curl -sSk "https://$SERVER:8443/?q=$GLASSINE_CANARY" && exit 7'
	closed "HTTPS: curl, openssl s_server" -- sh -c 'curl -sSk "https://$SERVER:4443/cert.pem" -H "X-Q: $GLASSINE_CANARY" && exit 7'
	run --canary 'A blue lantern' -- curl -sS "http://$SERVER:8080/gzip"
	judged "HTTP: an answer in gzip is inconclusive" 4 "$(because '["compressed"]')"
	run --canary 'A blue lantern' -- curl -sS "http://$SERVER:8080/text"
	judged "HTTP: the same without gzip is a leak, from the server" 3 \
		'([.leaks[] | [.protocol, .direction, .encoding, .hits]] == [["http", "server_to_client", "utf-8", 20]])'
	run --canary 'A red lantern' -- sh -c "curl -sS http://$SERVER:8080/text && exit 7"
	judged "HTTP: without the canary, all of it read, COMMAND's status" 7 \
		'.verdict == "clean" and .leaks == [] and .inspected.bytes > 800 and .encrypted.packets == 0'
fi
leaks "HTTP in clear: Python's urllib" http utf-8 --canary auto -- $HELP urllib "http://$SERVER:8080/"
if ! missing "HTTP in clear: Node" node; then
	leaks "HTTP in clear: Node's fetch" http utf-8 --canary auto -- node -e \
		'fetch(`http://${process.env.SERVER}:8080/?q=${process.env.GLASSINE_CANARY}`).then(r => r.text())'
	leaks "HTTP in clear: Node's http module" http utf-8 --canary auto -- node -e \
		'const r = require("http").request({host: process.env.SERVER, port: 8080, method: "POST"}); r.end(process.env.GLASSINE_CANARY)'
	start_a h2.log node -e 'require("http2").createServer().on("stream", s => { s.respond(); s.end(); }).listen(8082, process.env.SERVER)'
	wait_for 10 listening t 8082
	leaks "HTTP/2 in clear: Node, in a body" http utf-8 --canary auto -- node -e \
		'const c = require("http2").connect(`http://${process.env.SERVER}:8082`), r = c.request({":method": "POST"});
		r.on("end", () => c.close()).resume().end(process.env.GLASSINE_CANARY)'
	closed "HTTPS: Node's fetch" -- env NODE_TLS_REJECT_UNAUTHORIZED=0 node -e \
		'fetch(`https://${process.env.SERVER}:8443/?q=${process.env.GLASSINE_CANARY}`).then(r => r.text()).then(() => process.exit(7))'
fi

# ------------------------------------------------------------ MQTT, WebSocket

if ! missing MQTT mosquitto mosquitto_pub; then
	printf '%s\n' 'allow_anonymous true' 'user root' 'persistence false' "listener 1883 $SERVER" "listener 8883 $SERVER" \
		"certfile $work/cert.pem" "keyfile $work/key.pem" >"$work/mosquitto.conf"
	start_a mosquitto.log mosquitto -c "$work/mosquitto.conf"
	wait_for 10 listening t 1883 && wait_for 10 listening t 8883 || fail "mosquitto starts" "$(cat "$work/mosquitto.log")"
	leaks "MQTT in clear: mosquitto_pub" mqtt utf-8 --canary auto -- sh -c 'mosquitto_pub -h $SERVER -t garden -m "$GLASSINE_CANARY"'
	closed "MQTT over TLS: mosquitto_pub" -- sh -c \
		'mosquitto_pub -h $SERVER -p 8883 --cafile "$0" --insecure -t garden -m "$GLASSINE_CANARY" && exit 7' "$work/cert.pem"
fi
if ! missing WebSocket python3-websockets; then
	leaks "WebSocket in clear, masked" websocket utf-8 --canary auto -- $HELP websocket "ws://$SERVER:8081/room"
	run --canary auto -- $HELP websocket "ws://$SERVER:8081/room" deflate
	judged "WebSocket with compressed messages is inconclusive" 4 "$(because '["compressed"]')"
	closed "WebSocket over TLS" -- sh -c '$HELP websocket wss://$SERVER:8444/room && exit 7'
fi

# ------------------------------------------------------------ who sends it

leaks "each byte of the message in a segment of its own" irc utf-8 --canary auto -- $HELP bytewise $SERVER
run --canary auto -- $HELP count $SERVER 1000
judged "a thousand times in 20 MB: each is counted" 3 \
	'[.leaks[] | [.protocol, .direction, .encoding, .hits]] == [["irc", "client_to_server", "utf-8", 1000]]'
leaks "a daemon that COMMAND leaves behind" irc utf-8 --canary auto -- $HELP daemon 1 $SERVER
run --canary auto --grace 0 -- $HELP daemon 2 $SERVER
judged "the same beyond --grace: nothing was seen, and that is no pass" 4 "$(because '["no_payload_seen"]')"
run --canary auto -- true
judged "true: nothing was seen" 4 "$(because '["no_payload_seen"]')"
start_b relay.log $HELP relay "$work/relay" $SERVER
wait_for 10 test -S "$work/relay"
run --canary auto -- $HELP hand "$work/relay"
judged "a helper outside of the tree sends it: no pass" 4 "$(because '["no_payload_seen"]')"

in_b timeout 60 bash -c 'exec 3<>/dev/tcp/$SERVER/9000; glassine=$1; shift
	"$glassine" run --json -o "$@" -- sh -c "echo NICK \$GLASSINE_CANARY >&3"' \
	_ "$glassine" "$work/json" --canary auto >"$work/out" 2>"$work/err"
status=$?
judged "it goes into a connection that was open before: no pass" 4 "$(because '["no_payload_seen"]')"

# Side by side: each tells its own.
side=()
for i in 1 2 3 4 5 6; do
	in_b timeout 60 "$glassine" run --json -o "$work/side.$i" --canary auto -- \
		sh -c '[ $(($1 % 2)) = 1 ] || exec $HELP raw $SERVER; GLASSINE_CANARY=hello $HELP raw $SERVER; exit $1' _ $i >"$work/side.$i.log" 2>&1 &
	side+=($!)
done
ended=
for i in "${side[@]}"; do wait "$i"; ended+="$? "; done
equal "six at a time: each judges its own" "$ended$(jq -c '[.judgement.leaks[].hits]' "$work"/side.? | tr '\n' ' ')" \
	"1 3 3 3 5 3 [] [1] [] [1] [] [1] "

# ------------------------------------------------------------ encodings

if ! missing encodings curl; then
	text=码头上的蓝灯笼今晚八点
	post='curl -sS --data-binary @"$0" -H "Content-Type: text/plain" "http://$SERVER:8080/"'
	while read -r encoding convert; do
		{ printf 'note='; printf '%s' "$text" | eval "$convert"; printf '\n'; } >"$work/body"
		leaks "encoding: $encoding" http "$encoding" --canary "$text" -- sh -c "$post" "$work/body"
		{ printf 'note='; printf '%s' "${text/蓝/红}" | eval "$convert"; printf '\n'; } >"$work/body"
		run --canary "$text" -- sh -c "$post && exit 7" "$work/body"
		judged "encoding: $encoding, one letter is another" 7 '.verdict == "clean" and .leaks == [] and .inspected.packets > 0'
	done <<-'END'
		utf-8 cat
		utf-16le iconv -f UTF-8 -t UTF-16LE
		utf-16be iconv -f UTF-8 -t UTF-16BE
		gb18030 iconv -f UTF-8 -t GB18030
		percent jq -Rrj @uri
		base64 base64 -w0
		hex od -An -v -tx1 | tr -d ' \n'
	END
	# Base64 of three places: what stands before it shifts its letters.
	for user in a an ann; do
		leaks "encoding: a password of HTTP's basic authentication, user $user" http base64 --canary auto -- \
			sh -c "curl -sS -u $user:\$GLASSINE_CANARY http://\$SERVER:8080/"
	done
	run --canary "$text" -- $HELP forms "http://$SERVER:8080/" "$text"
	judged "encoding: JSON, XML and a form" 3 \
		'[.leaks[] | [.protocol, .direction, .encoding, .hits]] | sort == ([["json", 1], ["percent", 1], ["xml", 1]] | map(["http", "client_to_server"] + .))'
fi

# ------------------------------------------------------------ exposure

if ! missing exposure curl; then
	run --max-exposure service -- curl -sS "http://$SERVER:8080/"
	judged "--max-exposure service: HTTP shows more" 3 '.verdict == "over_budget" and .leaks == []'
	run --max-exposure content -- sh -c "curl -sS http://$SERVER:8080/ && exit 7"
	judged "--max-exposure content: it may" 7 '.verdict == "clean"'
	run --max-exposure protocol -- sh -c "curl -sSk https://$SERVER:8443/ && exit 7"
	judged "--max-exposure protocol: TLS without a name" 7 '.verdict == "clean" and .encrypted.packets > 0'
	run --max-exposure shape -- sh -c "curl -sSk https://$SERVER:8443/ && exit 7"
	judged "--max-exposure shape: TLS shows that it is TLS" 3 '.verdict == "over_budget"'
fi

# ------------------------------------------------------------ bulk

# The sink of A, and one in the namespace of the command: the wire, and loopback.
start_b sink.log $HELP sink 127.0.0.1
wait_for 10 in_b sh -c 'ss -Hlnt "sport = :9000" | grep -q .'
for peer in $SERVER 127.0.0.1; do
	run --flows --canary auto -- sh -c '$HELP bulk 200 $0 && exit 7' $peer
	judged "200 MB to $peer: all of it was read" 7 \
		'.verdict == "clean" and .reasons == [] and .inspected.bytes >= 200 * 1048576'
	# What TCP itself sends twice was read the first time.
	equal "200 MB to $peer: nothing lost, contended or busy, all of it in one flow" \
		"$(jq -c '[([.outcome[].name] - ["retransmission"] | sort), (.flows | length), .flows[0].protocol,
			.flows[0].bytes[0] + .flows[0].bytes[1] >= 200 * 1048576]' "$work/json")" \
		'[["no_payload","scanned"],1,"irc",true]'
done

# What arrives may meet itself on two CPUs: the later packet waits. One may still
# overtake another; what is missing then is said of the flow, and that is no pass.
run --flows --canary auto -- sh -c '$HELP download $SERVER && exit 7'
equal "a download of 40 MB: no packet is left unread for another" \
	"$(jq '[.outcome[] | select(.name == "contended").packets] | add // 0' "$work/json")" 0
gap=$(jq 'any(.flows[]; .flags // [] | index("gap"))' "$work/json")
judged "a download of 40 MB: all of it was read, or it is inconclusive for a gap" \
	"$([ "$gap" = true ] && echo 4 || echo 7)" \
	"(.verdict == \"clean\") == ($gap | not) and [.reasons[].name] == (if $gap then [\"gap\"] else [] end)"
equal "a download of 40 MB: all of it was seen" \
	"$(jq '[.outcome[] | select(.name != "no_payload").bytes] | add >= 400 * 200 * 500' "$work/json")" true

# ------------------------------------------------------------ no root

# As nobody there is no BPF; a namespace of its own has nobody in it but COMMAND itself.
as_nobody() { (cd / && setpriv --reuid 65534 --regid 65534 --clear-groups "$@"); }
if as_nobody unshare --user --net true 2>/dev/null; then
	mkdir -m 777 "$work/nobody"
	# run_as_nobody COMMAND...: as run
	run_as_nobody() {
		as_nobody timeout 60 "$glassine" run --json -o "$work/nobody/json" --canary auto -- "$@" >"$work/out" 2>"$work/err"
		status=$?
		cp "$work/nobody/json" "$work/json"
	}
	run_as_nobody $HELP alone
	judged "no root: a leak is found, in a namespace of its own" 3 \
		'[.leaks[] | [.protocol, .direction, .encoding, .loopback]] == [["irc", "client_to_server", "utf-8", true]]'
	equal "no root: what reads it is named" \
		"$(jq '[.judgement.not_covered[] | select(startswith("Mode namespace:"))] | length' "$work/json") $(grep -c 'network namespace of its own' "$work/err")" "1 1"
	run_as_nobody sh -c "$HELP alone hello; exit 7"
	judged "no root: no leak, COMMAND's status" 7 '.verdict == "clean" and .leaks == [] and .inspected.packets > 0'
	run_as_nobody $HELP raw $SERVER
	judged "no root: nothing gets out, nothing was seen" 4 "$(because '["no_payload_seen"]')"
else
	refuses "no root, no namespace: one sentence" 125 'neither a cgroup .* nor a packet socket .* nor a namespace' \
		as_nobody "$glassine" run --canary auto -- true
fi

equal "nothing is left: no cgroup of these runs" "$(find /sys/fs/cgroup -name 'glassine.*' -newer "$work/cert.pem" -exec \
	sh -c 'kill -0 "$(basename "$1" | cut -d. -f2)" 2>/dev/null || echo "$1"' _ {} \; 2>/dev/null)" ''
leaves_nothing
