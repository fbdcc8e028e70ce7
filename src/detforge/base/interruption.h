#pragma once

namespace detforge {

/// As long as one lives, Ctrl-C (SIGINT) and SIGTERM ask for an end in good order instead of ending the program at once, so that what is
/// done can still be written. A second signal of the kind ends the program. One at a time.
class Interruption {
 public:
  Interruption();
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;
  ~Interruption();

  /// Whether an end was asked for.
  bool requested() const;
  /// What a shell expects of a program that a signal ended: 130 after Ctrl-C, 143 after SIGTERM. 0: nothing was asked for.
  int exit_status() const;
};

}  // namespace detforge
