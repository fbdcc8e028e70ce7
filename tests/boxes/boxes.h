#pragma once

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <vector>

/// Boxes and numbers for tests of `boxes/`.
namespace detforge::testing {

/// All boxes with corners on a lattice of `size` × `size` points, px: [n, 4].
inline torch::Tensor lattice(int size) {
  std::vector<float> corners;
  for (int x1 = 0; x1 < size; ++x1) {
    for (int y1 = 0; y1 < size; ++y1) {
      for (int x2 = x1 + 1; x2 < size; ++x2) {
        for (int y2 = y1 + 1; y2 < size; ++y2) {
          for (const int corner : {x1, y1, x2, y2}) corners.push_back(static_cast<float>(corner));
        }
      }
    }
  }
  return torch::tensor(corners).view({-1, 4});
}

inline torch::Tensor boxes(const std::vector<std::vector<float>>& rows) {
  torch::Tensor all = torch::zeros({static_cast<std::int64_t>(rows.size()), 4});
  for (std::size_t i = 0; i < rows.size(); ++i) all[static_cast<std::int64_t>(i)] = torch::tensor(rows[i]);
  return all;
}

inline torch::Tensor ints(const std::vector<std::int64_t>& numbers) { return torch::tensor(numbers, torch::kLong); }

inline std::vector<std::int64_t> numbers(const torch::Tensor& tensor) {
  const torch::Tensor flat = tensor.to(torch::kLong).contiguous();
  return {flat.data_ptr<std::int64_t>(), flat.data_ptr<std::int64_t>() + flat.numel()};
}

inline void expect_close(const torch::Tensor& ours, const torch::Tensor& wanted, double tolerance = 1e-6) {
  ASSERT_EQ(ours.sizes(), wanted.sizes());
  if (ours.numel() == 0) return;
  EXPECT_LE((ours - wanted).abs().max().item<double>(), tolerance) << ours << wanted;
}

}  // namespace detforge::testing
