#include "detforge/base/progress.h"

#include <fmt/format.h>

#include <ostream>

namespace detforge {
namespace {

constexpr std::chrono::milliseconds kRefresh(100);
constexpr const char* kWipe = "\r\x1B[K";

}  // namespace

std::string progress_text(std::size_t done, std::size_t total, const std::string& unit, double seconds) {
  const double rate = seconds > 0 ? static_cast<double>(done) / seconds : 0;
  if (total == 0) return fmt::format("{} {}, {:.1f}/s", done, unit, rate);
  const double left = rate > 0 && done < total ? static_cast<double>(total - done) / rate : 0;
  return fmt::format("{}/{} {}, {:.1f}/s, {:.0f} s left", done, total, unit, rate, left);
}

Progress::Progress(std::ostream& out, bool shown, std::string unit, std::size_t total)
    : out_(out), shown_(shown), unit_(std::move(unit)), total_(total) {}

Progress::~Progress() {
  if (shown_ && last_shown_ != Clock::time_point{}) out_ << kWipe << std::flush;
}

void Progress::advance(std::size_t count) {
  done_ += count;
  const auto now = Clock::now();
  if (shown_ && now - last_shown_ >= kRefresh) show(now);
}

void Progress::show(Clock::time_point now) {
  last_shown_ = now;
  out_ << kWipe << progress_text(done_, total_, unit_, std::chrono::duration<double>(now - started_).count()) << std::flush;
}

}  // namespace detforge
