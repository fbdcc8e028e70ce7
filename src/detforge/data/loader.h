#pragma once

#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "detforge/base/random.h"
#include "detforge/data/sample.h"

namespace detforge {

/// A sample as a loader hands it out.
struct LoadedSample {
  std::size_t index = 0;       ///< in the dataset
  std::vector<Sample> views;   ///< one, or as many as a test pipeline makes; empty where `error` is set
  std::exception_ptr error{};  ///< what making it threw
};

/// Samples made ahead of their use by threads of its own, handed out in the order of `indices`, whatever the number of threads. Each
/// sample draws from its own random stream, by `seed` and its position, so a seed fixes all samples.
/// Holds at most `ahead` samples that were not taken yet. One thread may take.
class Loader {
 public:
  /// Makes the sample at an index of the dataset; called by several threads at once.
  using Make = std::function<std::vector<Sample>(std::size_t index, Random& random)>;

  struct Options {
    std::size_t workers = 2;  ///< threads; 0: samples are made by the one who takes them
    std::size_t ahead = 8;    ///< samples in memory, at least one a worker
    std::uint64_t seed = 0;
  };

  Loader(Make make, std::vector<std::size_t> indices, const Options& options);
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;
  /// Waits for the samples in work.
  ~Loader();

  std::size_t size() const { return indices_.size(); }
  /// The next sample; nothing at the end.
  std::optional<LoadedSample> next();

 private:
  struct Slot {
    LoadedSample sample;
    bool is_done = false;
  };

  void work();
  LoadedSample made(std::size_t position) const;

  Make make_;
  std::vector<std::size_t> indices_;
  std::uint64_t seed_;
  std::vector<Slot> slots_;  ///< of the positions taken_ … taken_ + ahead - 1, by position modulo their number
  std::size_t started_ = 0;  ///< positions that a worker took up
  std::size_t taken_ = 0;
  bool is_stopped_ = false;
  std::mutex mutex_;
  std::condition_variable room_, done_;
  std::vector<std::thread> workers_;
};

/// The random stream of one sample: numpy's generator seeded by `seed` and the sample's position, mixed.
NumpyRandom sample_random(std::uint64_t seed, std::size_t position);

}  // namespace detforge
