#pragma once

#include <deque>
#include <functional>
#include <vector>

#include "detforge/data/loader.h"

namespace detforge {

/// Puts samples whose images have one shape into batches of at most `batch`, without padding any: what is detected in an image does not
/// depend on its neighbours. Takes samples from `next` until a shape has a whole batch or `window` samples wait; then the oldest one's
/// shape goes. What is in a batch depends on the order of the samples alone. Samples with several views, and those that failed, are a
/// batch of one.
class ShapeBatches {
 public:
  using Next = std::function<std::optional<LoadedSample>()>;

  ShapeBatches(Next next, std::size_t batch, std::size_t window);

  /// The next batch; empty at the end.
  std::vector<LoadedSample> take();

 private:
  std::vector<LoadedSample> take_like(const LoadedSample& model);

  Next next_;
  std::size_t batch_;
  std::size_t window_;
  std::deque<LoadedSample> waiting_;
  bool is_over_ = false;
};

}  // namespace detforge
