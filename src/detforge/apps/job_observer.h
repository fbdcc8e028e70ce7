#pragma once

#include <cstddef>
#include <string>

#include "detforge/base/error.h"

namespace detforge {

/// Who follows a job over many images: the command line, a trainer's log, a server. Every call comes from the thread that runs the job.
class JobObserver {
 public:
  virtual ~JobObserver() = default;

  /// So many `unit`s are to come, `images` say; 0: nobody knows how many.
  virtual void begin(const std::string& unit, std::size_t total) { static_cast<void>(unit), static_cast<void>(total); }
  virtual void advance(std::size_t count) { static_cast<void>(count); }
  virtual void end() {}
  /// One image gives nothing; the job goes on.
  virtual void failed(const Error& error) { static_cast<void>(error); }
  /// Something that is worth a line.
  virtual void note(const std::string& text) { static_cast<void>(text); }
  /// Asked for between images: whether to end in good order.
  virtual bool is_stop_requested() const { return false; }
};

}  // namespace detforge
