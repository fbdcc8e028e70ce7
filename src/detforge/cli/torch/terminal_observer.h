#pragma once

#include <memory>
#include <ostream>

#include "detforge/apps/job_observer.h"
#include "detforge/apps/weights.h"
#include "detforge/base/interruption.h"
#include "detforge/base/progress.h"

namespace detforge::cli {

/// Follows a job for a person: a line of progress on a terminal, errors and notes in the log.
class TerminalObserver : public JobObserver {
 public:
  TerminalObserver(std::ostream& log, bool is_quiet) : log_(log), is_quiet_(is_quiet) {}

  void begin(const std::string& unit, std::size_t total) override;
  void advance(std::size_t count) override { progress_->advance(count); }
  void end() override { progress_.reset(); }
  void failed(const Error& error) override;
  void note(const std::string& text) override;

 private:
  std::ostream& log_;
  bool is_quiet_;
  std::unique_ptr<Progress> progress_;
};

/// The same, and Ctrl-C or SIGTERM end the job in good order.
class InterruptibleObserver : public TerminalObserver {
 public:
  using TerminalObserver::TerminalObserver;
  bool is_stop_requested() const override { return interruption_.requested(); }
  int exit_status() const { return interruption_.exit_status(); }

 private:
  Interruption interruption_;
};

/// What of a checkpoint does not fit.
void tell(const LoadedWeights& weights, bool is_quiet, std::ostream& log);

}  // namespace detforge::cli
