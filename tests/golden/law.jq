# Is the conservation law intact? Packets and bytes of each list sum to what was seen.
def law:
  .seen as $seen
  | [.outcome, .verdict, .protocol, .exposure]
  | all(.[]; (map(.packets) | add // 0) == $seen.packets
         and (map(.bytes) | add // 0) == $seen.bytes);
