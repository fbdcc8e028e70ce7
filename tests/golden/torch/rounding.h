#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>

/// What rounding alone makes of a case's numbers: machines add up in different orders, and through batch norms over few values, ties
/// and maxima that grows far beyond the last digits.
namespace detforge::golden {

using Numbers = std::map<std::string, double>;

/// The tensor as if rounding had changed it about as much as it changes the features of one backbone between two machines.
torch::Tensor disturbed(const torch::Tensor& tensor, std::uint64_t seed);

/// How far the numbers of one run move when its inputs are disturbed. Nothing runs before a movement is asked for.
class Movements {
 public:
  /// `run` gives the same numbers of inputs that are disturbed by that seed.
  Movements(Numbers numbers, std::function<Numbers(std::uint64_t seed)> run) : numbers_(std::move(numbers)), run_(std::move(run)) {}

  /// The furthest that this number moved.
  double of(const std::string& name);
  /// How far half of the numbers move at most, in relation to their size.
  double typical();
  /// How far from `wanted` that number, which need not be one of the run's, may be: ten times what rounding moves it, or what it
  /// moves numbers of that size.
  double allowance(const std::string& name, double wanted);

 private:
  void measure();

  Numbers numbers_;
  std::function<Numbers(std::uint64_t)> run_;
  Numbers moved_;
};

/// Within `bound` of Python's, or, where rounding moves the number further, within the allowance.
void expect_number(const std::string& name, double ours, double wanted, double bound, Movements& moved);

}  // namespace detforge::golden
