#pragma once

#include <cstdint>
#include <random>
#include <span>
#include <vector>

/// Random streams. What the reference draws from numpy is drawn through the same calls, so that a test can replay
/// recorded draws and a seed gives numpy's own sequence.
namespace detforge {

/// The calls of `numpy.random`. Not thread-safe: each thread has its own.
class Random {
 public:
  virtual ~Random() = default;

  /// A double in [0, 1).
  virtual double random_sample() = 0;
  /// A double in [low, high), or low where both are equal.
  virtual double uniform(double low, double high) = 0;
  /// An int in [low, high); `low` < `high`.
  virtual std::int64_t randint(std::int64_t low, std::int64_t high) = 0;
  /// An index, drawn with the probability that stands there; they sum to 1 and are not empty.
  virtual std::size_t choice(std::span<const double> probabilities) = 0;
  /// An index below `count`, which is not 0.
  virtual std::size_t choice(std::size_t count) = 0;
  /// `size` different indices below `count`: numpy's `choice(count, size, replace=False)`.
  virtual std::vector<std::size_t> choice_without_replacement(std::size_t count, std::size_t size) = 0;
  /// The indices below `count` in random order.
  virtual std::vector<std::size_t> permutation(std::size_t count) = 0;
};

/// numpy's legacy generator (MT19937): the sequence that `numpy.random.seed(seed)` starts.
class NumpyRandom : public Random {
 public:
  explicit NumpyRandom(std::uint32_t seed) : engine_(seed) {}

  double random_sample() override;
  double uniform(double low, double high) override { return low + (high - low) * random_sample(); }
  std::int64_t randint(std::int64_t low, std::int64_t high) override;
  std::size_t choice(std::span<const double> probabilities) override;
  std::size_t choice(std::size_t count) override { return static_cast<std::size_t>(randint(0, static_cast<std::int64_t>(count))); }
  std::vector<std::size_t> choice_without_replacement(std::size_t count, std::size_t size) override;
  std::vector<std::size_t> permutation(std::size_t count) override;

 private:
  std::uint64_t next_32() { return static_cast<std::uint64_t>(engine_()); }

  std::mt19937 engine_;
};

}  // namespace detforge
