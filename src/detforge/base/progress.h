#pragma once

#include <chrono>
#include <cstddef>
#include <iosfwd>
#include <string>

namespace detforge {

/// `12/80 images, 8.3/s, 8 s left`: one line that a terminal shows again and again. One thread.
class Progress {
 public:
  /// `out` gets nothing at all when `shown` is false (a log file, `--quiet`). `unit` names what is counted.
  Progress(std::ostream& out, bool shown, std::string unit, std::size_t total);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  /// Wipes the line, so that what is printed next starts clean.
  ~Progress();

  void advance(std::size_t count = 1);
  /// A total that was not known at first (a video's frames); 0 for "unknown".
  void set_total(std::size_t total) { total_ = total; }

 private:
  using Clock = std::chrono::steady_clock;

  void show(Clock::time_point now);

  std::ostream& out_;
  bool shown_;
  std::string unit_;
  std::size_t total_;
  std::size_t done_ = 0;
  Clock::time_point started_ = Clock::now();
  Clock::time_point last_shown_{};
};

/// The text of the line: `12/80 images, 8.3/s, 8 s left`; without a total `12 images, 8.3/s`.
std::string progress_text(std::size_t done, std::size_t total, const std::string& unit, double seconds);

}  // namespace detforge
