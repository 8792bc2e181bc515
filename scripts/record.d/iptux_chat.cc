// SPDX-License-Identifier: BSD-2-Clause
//
// iptux_chat NAME CONFIG PEER: one of two who talk by IP Messenger, with the core of iptux and
// without its windows. It announces itself as iptux does, waits for the one at the address PEER,
// sends lines from the standard input as messages and prints what it is told.
// g++ iptux_chat.cc -o iptux_chat $(pkg-config --cflags --libs jsoncpp sigc++-2.0) -liptux-core
#include <chrono>
#include <iostream>
#include <string>
#include <thread>

#include <iptux-core/CoreThread.h>

static void print(std::shared_ptr<const iptux::Event> event)
{
	if (event->getType() != iptux::EventType::NEW_MESSAGE)
		return;
	auto message = std::static_pointer_cast<const iptux::NewMessageEvent>(event);
	for (const auto &part : message->getMsgPara().dtlist)
		std::cout << part.data << std::endl;
}

int main(int argc, char **argv)
{
	std::string line;

	if (argc != 4)
		return 2;
	auto data = std::make_shared<iptux::ProgramData>(std::make_shared<iptux::IptuxConfig>(argv[2]));
	data->nickname = argv[1];
	iptux::CoreThread core(data);
	core.signalEvent.connect(&print);
	core.start();
	while (std::getline(std::cin, line)) {
		while (!core.GetPal(argv[3]))
			std::this_thread::sleep_for(std::chrono::milliseconds(50));
		core.SendMessage(core.GetPal(argv[3]), line);
	}
	core.stop();
	return 0;
}
