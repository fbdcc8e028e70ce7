#include "tests/golden/torch/fill.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace detforge::golden {
namespace {

std::uint64_t fnv1a(std::string_view name) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return hash;
}

std::uint64_t splitmix(std::uint64_t x) {
  std::uint64_t z = x + 0x9E3779B97F4A7C15U;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31);
}

/// What ConvAWS keeps of its weight, whose values begin at `weight`'s fan in.
torch::Tensor aws_values(const nn::NamedTensor& entry, const std::vector<nn::NamedTensor>& state) {
  const std::string weight = entry.name.substr(0, entry.name.rfind("weight_")) + "weight";
  const auto sibling = std::find_if(state.begin(), state.end(), [&](const nn::NamedTensor& other) { return other.name == weight; });
  const auto fan_in = static_cast<double>(sibling->tensor.numel() / sibling->tensor.size(0));
  const torch::Tensor u = uniform(entry.name, entry.tensor.sizes());
  const torch::Tensor values = entry.name.ends_with("gamma") ? 0.5 * u + 0.75 : (2 * u - 1) * 0.1;
  return values.to(torch::kFloat) / static_cast<float>(std::sqrt(fan_in));
}

/// The values of one entry; undefined for buffers that stay as built.
torch::Tensor entry_values(const nn::NamedTensor& entry, const std::vector<nn::NamedTensor>& state, double gain) {
  const auto shape = entry.tensor.sizes();
  const auto u = [&] { return uniform(entry.name, shape); };
  const auto ends_with = [&](const char* end) { return entry.name.ends_with(end); };
  if (ends_with("num_batches_tracked")) return torch::zeros(shape, torch::kDouble);
  if (ends_with("running_mean")) return (2 * u() - 1) * 0.1;
  if (ends_with("running_var")) return 0.5 * u() + 0.75;
  if (ends_with("weight_gamma") || ends_with("weight_beta")) return aws_values(entry, state);
  if (!entry.is_parameter) return {};
  if (ends_with("init_proposal_bboxes.weight")) return 0.5 * u() + 0.25;
  if (shape.size() >= 2) {
    double fan_in = 1;
    for (const std::int64_t size : shape.slice(1)) fan_in *= static_cast<double>(size);
    return (2 * u() - 1) * (std::sqrt(3.0 / fan_in) * gain);
  }
  if (ends_with("bias")) return (2 * u() - 1) * 0.1;
  return 0.5 * u() + 0.75;
}

}  // namespace

torch::Tensor uniform(std::string_view name, torch::IntArrayRef shape) {
  torch::Tensor tensor = torch::empty(shape, torch::kDouble);
  const std::uint64_t hash = fnv1a(name);
  double* values = tensor.data_ptr<double>();
  for (std::int64_t i = 0; i < tensor.numel(); ++i) {
    values[i] = static_cast<double>(splitmix(hash + static_cast<std::uint64_t>(i)) >> 11U) * 0x1p-53;
  }
  return tensor;
}

void fill(nn::Module& model, double gain, const std::string& prefix) {
  const torch::NoGradGuard no_grad;
  std::vector<nn::NamedTensor> state = nn::state_dict(model);
  for (nn::NamedTensor& entry : state) entry.name.insert(0, prefix);
  std::set<const void*> filled;  // layers that several modules share have the values of their first name
  for (const nn::NamedTensor& entry : state) {
    if (!filled.insert(entry.tensor.data_ptr()).second) continue;
    if (const torch::Tensor values = entry_values(entry, state, gain); values.defined()) entry.tensor.copy_(values);
  }
}

torch::Tensor filled_image(std::string_view name, torch::IntArrayRef shape) {
  const auto blocks = [](std::int64_t size) { return (size + 15) / 16; };
  const torch::Tensor coarse = uniform(std::string(name) + ".blocks", {shape[0], shape[1], blocks(shape[2]), blocks(shape[3])});
  const torch::Tensor enlarged = coarse.repeat_interleave(16, 2).repeat_interleave(16, 3).slice(2, 0, shape[2]).slice(3, 0, shape[3]);
  return (0.5 * (2 * uniform(name, shape) - 1) + 2 * (2 * enlarged - 1)).to(torch::kFloat);
}

void expect_tensor(const torch::Tensor& ours, const Json& record, double tolerance, const TiedRows& tied_rows) {
  ASSERT_EQ(ours.sizes().vec(), record["shape"].get<std::vector<std::int64_t>>());
  const torch::Tensor flat = ours.detach().to(torch::kDouble).contiguous().view({-1});
  const auto count = static_cast<std::uint64_t>(flat.numel());
  if (count == 0) return;
  const auto values = record["values"].get<std::vector<double>>();
  double largest = 0;
  for (const double value : values) largest = std::max(largest, std::abs(value));
  const double bound = std::max(tolerance * largest, 1e-12);
  const std::int64_t row_size = ours.dim() > 0 ? ours.numel() / ours.size(0) : 1;
  std::map<std::int64_t, std::vector<std::pair<std::int64_t, double>>> rows;  // place in the row and value
  for (std::size_t k = 0; k < values.size(); ++k) {
    const auto place = static_cast<std::int64_t>(splitmix(k) % count);
    rows[place / row_size].emplace_back(place % row_size, values[k]);
  }
  for (const auto& [row, samples] : rows) {
    const auto holds = [&](std::int64_t candidate) {
      return std::all_of(samples.begin(), samples.end(), [&](const auto& sample) {
        return std::abs(flat[candidate * row_size + sample.first].template item<double>() - sample.second) <= bound;
      });
    };
    if (holds(row)) continue;
    if (tied_rows) {
      const std::vector<std::int64_t> tied = tied_rows(row, ours.size(0));
      if (std::any_of(tied.begin(), tied.end(), holds)) continue;
    }
    for (const auto& [place, value] : samples) {
      ASSERT_NEAR(flat[row * row_size + place].item<double>(), value, bound) << "element " << place << " of row " << row;
    }
  }
  const double size = record["abs_sum"].get<double>();
  EXPECT_NEAR(flat.sum().item<double>(), record["sum"].get<double>(), tolerance * std::max(size, 1e-12));
  EXPECT_NEAR(flat.abs().sum().item<double>(), size, tolerance * std::max(size, 1e-12));
}

}  // namespace detforge::golden
