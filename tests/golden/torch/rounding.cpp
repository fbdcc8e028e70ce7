#include "tests/golden/torch/rounding.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace detforge::golden {

torch::Tensor disturbed(const torch::Tensor& tensor, std::uint64_t seed) {
  constexpr double rounding = 1e-6;
  torch::manual_seed(seed);
  return tensor * (1 + rounding * (2 * torch::rand(tensor.sizes()) - 1));
}

double Movements::of(const std::string& name) {
  measure();
  const auto found = moved_.find(name);
  return found == moved_.end() ? 0 : found->second;
}

double Movements::typical() {
  measure();
  std::vector<double> relative;
  for (const auto& [name, moved] : moved_) {
    if (const double size = std::abs(numbers_.at(name)); size > 0) relative.push_back(moved / size);
  }
  if (relative.empty()) return 0;
  const auto middle = relative.begin() + static_cast<std::ptrdiff_t>(relative.size() / 2);
  std::nth_element(relative.begin(), middle, relative.end());
  return *middle;
}

double Movements::allowance(const std::string& name, double wanted) { return 10 * std::max(of(name), typical() * std::abs(wanted)); }

void Movements::measure() {
  constexpr std::uint64_t num_disturbances = 3;
  if (!moved_.empty()) return;
  for (std::uint64_t seed = 1; seed <= num_disturbances; ++seed) {
    for (const auto& [name, number] : run_(seed)) {
      if (const auto found = numbers_.find(name); found != numbers_.end())
        moved_[name] = std::max(moved_[name], std::abs(number - found->second));
    }
  }
}

void expect_number(const std::string& name, double ours, double wanted, double bound, Movements& moved) {
  const double distance = std::abs(ours - wanted);
  if (distance <= bound) return;
  EXPECT_LE(distance, moved.allowance(name, wanted)) << name << ": ours " << ours << ", Python's " << wanted;
}

}  // namespace detforge::golden
