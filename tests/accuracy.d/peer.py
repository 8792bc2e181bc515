# SPDX-License-Identifier: BSD-2-Clause
"""peer.py FOLDER: each CAPTURE.csv in it, which nDPI 4.2's reader printed (ndpiReader -v 2
-C), as CAPTURE.json beside it in the form that the corpus's scorer reads: that of later
versions (-K json), a flow a line.

nDPI 4.2 prints neither how sure it is nor the VLAN; a guess by port or address is an
answer like others.
"""
import json
import os
import sys

HEADER = ("#flow_id,protocol,first_seen,last_seen,duration,src_ip,src_port,dst_ip,dst_port,"
          "ndpi_proto_num,ndpi_proto,server_name_sni,c_to_s_pkts,c_to_s_bytes,"
          "c_to_s_goodput_bytes,s_to_c_pkts,")
L4 = {"6": "tcp", "17": "udp"}
# What has another name in the versions whose names the scorer knows.
RENAMED = {"Messenger": "FacebookMessenger", "GoogleHangoutDuo": "GoogleCall",
           "SkypeCall": "Skype_TeamsCall"}
# One word for a protocol of its own and for a service: it is the protocol where it
# stands first, as all other flows of the service begin with their carrier's name.
PROTOCOL = {"QQ": "OICQ.QQ", "Skype_Teams": "Skype.Skype_Teams"}


def name(label):
    """nDPI's "protocol.service", or one of them"""
    first, _, rest = label.partition(".")
    if first in PROTOCOL:
        return PROTOCOL[first]
    return ".".join(RENAMED.get(part, part) for part in label.split("."))


def address(text):
    """nDPI writes "::" for the first ":0:", even where another "::" follows"""
    return text.replace("::", ":0:", 1) if text.count("::") > 1 else text


def flow(line):
    """A line of the CSV; None for what is neither TCP nor UDP"""
    field = line.rstrip("\n").split(",")
    if field[1] not in L4:
        return None
    return {"proto": L4[field[1]].upper(),
            "src_ip": address(field[5]), "src_port": int(field[6]),
            "dest_ip": address(field[7]), "dst_port": int(field[8]),
            "ndpi": {"proto": name(field[10]), "confidence": {}},
            "xfer": {"src2dst_packets": int(field[12]), "dst2src_packets": int(field[15])}}


def convert(csv, out):
    with open(csv, encoding="utf-8", errors="replace") as file:
        lines = file.readlines()
    if not lines or not lines[0].startswith(HEADER):
        sys.exit("peer.py: the columns are not those of nDPI 4.2")
    with open(out, "w", encoding="utf-8") as file:
        for line in lines[1:]:
            said = flow(line)
            if said:
                print(json.dumps(said), file=file)


def main():
    folder = sys.argv[1]
    for name in sorted(os.listdir(folder)):
        capture, extension = os.path.splitext(name)
        if extension == ".csv":
            convert(os.path.join(folder, name), os.path.join(folder, capture + ".json"))


if __name__ == "__main__":
    main()
