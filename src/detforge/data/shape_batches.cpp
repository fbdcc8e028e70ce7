#include "detforge/data/shape_batches.h"

#include <algorithm>

namespace detforge {
namespace {

bool is_alone(const LoadedSample& sample) { return sample.error != nullptr || sample.views.size() != 1; }

bool fit_together(const LoadedSample& a, const LoadedSample& b) {
  if (is_alone(a) || is_alone(b)) return false;
  const cv::Mat &image = a.views.front().image, &other = b.views.front().image;
  return image.size() == other.size() && image.type() == other.type();
}

}  // namespace

ShapeBatches::ShapeBatches(Next next, std::size_t batch, std::size_t window)
    : next_(std::move(next)), batch_(std::max<std::size_t>(batch, 1)), window_(std::max(window, batch_)) {}

std::vector<LoadedSample> ShapeBatches::take() {
  while (!is_over_ && waiting_.size() < window_) {
    std::optional<LoadedSample> sample = next_();
    if (!sample) {
      is_over_ = true;
      break;
    }
    waiting_.push_back(std::move(*sample));
    const LoadedSample& last = waiting_.back();
    if (is_alone(last) && waiting_.size() == 1) break;
    const auto alike =
        std::count_if(waiting_.begin(), waiting_.end(), [&](const LoadedSample& other) { return fit_together(other, last); });
    if (static_cast<std::size_t>(alike) == batch_) return take_like(last);
  }
  return waiting_.empty() ? std::vector<LoadedSample>() : take_like(waiting_.front());
}

std::vector<LoadedSample> ShapeBatches::take_like(const LoadedSample& model) {
  // Which go is found first: `model` is one of those that move.
  std::vector<bool> goes;
  std::size_t count = 0;
  for (const LoadedSample& sample : waiting_) {
    const bool is_model = &sample == &model;
    goes.push_back(is_model || (count < batch_ && fit_together(sample, model)));
    count += goes.back() ? 1 : 0;
  }
  std::vector<LoadedSample> batch;
  std::deque<LoadedSample> rest;
  for (std::size_t i = 0; i < waiting_.size(); ++i) {
    if (goes[i]) {
      batch.push_back(std::move(waiting_[i]));
    } else {
      rest.push_back(std::move(waiting_[i]));
    }
  }
  waiting_ = std::move(rest);
  return batch;
}

}  // namespace detforge
