#include "detforge/cli/torch/terminal_observer.h"

#include <unistd.h>

namespace detforge::cli {

void TerminalObserver::begin(const std::string& unit, std::size_t total) {
  progress_ = std::make_unique<Progress>(log_, !is_quiet_ && isatty(STDERR_FILENO) == 1, unit, total);
}

void TerminalObserver::failed(const Error& error) { log_ << error.what() << '\n'; }

void TerminalObserver::note(const std::string& text) {
  if (!is_quiet_) log_ << "note: " << text << '\n';
}

void tell(const LoadedWeights& weights, bool is_quiet, std::ostream& log) {
  if (!weights.report.empty() && !is_quiet) log << "note: the checkpoint does not fit the model in everything\n" << weights.report.text();
}

}  // namespace detforge::cli
