#include "detforge/data/loader.h"

#include <algorithm>

#include "detforge/media/media.h"

namespace detforge {
namespace {

/// The finaliser of splitmix64: every bit of the input moves every bit of the output.
std::uint64_t mixed(std::uint64_t z) {
  z += 0x9E3779B97F4A7C15ULL;
  z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31U);
}

}  // namespace

NumpyRandom sample_random(std::uint64_t seed, std::size_t position) {
  return NumpyRandom(static_cast<std::uint32_t>(mixed(mixed(seed) + position) >> 32U));
}

Loader::Loader(Make make, std::vector<std::size_t> indices, const Options& options)
    : make_(std::move(make)), indices_(std::move(indices)), seed_(options.seed) {
  const std::size_t workers = std::min(options.workers, indices_.size());
  if (workers > 0) open_media();
  slots_.resize(std::max({options.ahead, workers, std::size_t{1}}));
  for (std::size_t i = 0; i < workers; ++i) workers_.emplace_back([this] { work(); });
}

Loader::~Loader() {
  {
    const std::lock_guard lock(mutex_);
    is_stopped_ = true;
  }
  room_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

std::optional<LoadedSample> Loader::next() {
  if (taken_ == indices_.size()) return std::nullopt;
  if (workers_.empty()) return made(taken_++);
  std::unique_lock lock(mutex_);
  Slot& slot = slots_[taken_ % slots_.size()];
  done_.wait(lock, [&] { return slot.is_done; });
  slot.is_done = false;
  ++taken_;
  LoadedSample sample = std::exchange(slot.sample, {});
  lock.unlock();
  room_.notify_one();
  return sample;
}

void Loader::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    room_.wait(lock, [&] { return is_stopped_ || started_ == indices_.size() || started_ < taken_ + slots_.size(); });
    if (is_stopped_ || started_ == indices_.size()) return;
    const std::size_t position = started_++;
    lock.unlock();
    LoadedSample sample = made(position);
    lock.lock();
    slots_[position % slots_.size()] = {std::move(sample), true};
    done_.notify_one();
  }
}

LoadedSample Loader::made(std::size_t position) const {
  LoadedSample sample{indices_[position], {}, {}};
  NumpyRandom random = sample_random(seed_, position);
  try {
    sample.views = make_(sample.index, random);
  } catch (...) {
    sample.error = std::current_exception();
  }
  return sample;
}

}  // namespace detforge
