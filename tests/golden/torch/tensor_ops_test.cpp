#include <gtest/gtest.h>

#include "detforge/ops/roi_align.h"
#include "tests/golden/torch/fill.h"
#include "tests/golden/torch/ops_records.h"

/// Operators on feature maps, with gradients: inputs, weights and the incoming gradient follow the rule of the reference data.
namespace detforge::golden {
namespace {

using Sizes = std::vector<std::int64_t>;

torch::Tensor filled(const std::string& name, const Sizes& shape, double scale = 1) {
  return ((2 * uniform(name, shape) - 1) * scale).to(torch::kFloat).requires_grad_();
}

torch::Tensor input_of(const Json& record) { return filled(record["input"], record["input_shape"].get<Sizes>()); }

/// The output, and after the rule's gradient went back, each gradient that the record has: `grad_input` of `input`.
void expect_output(const Json& record, const torch::Tensor& output, const std::vector<std::pair<std::string, torch::Tensor>>& inputs) {
  expect_tensor(output, record["out"], 1e-5);
  const std::string gradient =
      record.contains("grad_out") ? record["grad_out"].get<std::string>() : record["input"].get<std::string>() + ".grad";
  output.backward(filled(gradient, output.sizes().vec()).detach());
  for (const auto& [name, input] : inputs) {
    SCOPED_TRACE("gradient of " + name);
    expect_tensor(input.grad(), record["grad_" + name], 1e-5);
  }
}

std::array<std::int64_t, 2> pair_of(const Json& json) {
  if (json.is_array()) return json.get<std::array<std::int64_t, 2>>();
  return {json.get<std::int64_t>(), json.get<std::int64_t>()};
}

void check_roi_align(const Json& record) {
  const torch::Tensor input = input_of(record);
  const auto [height, width] = pair_of(record["output_size"]);
  const ops::RoIAlignOptions options{.output_height = height,
                                     .output_width = width,
                                     .spatial_scale = record["spatial_scale"].get<double>(),
                                     .sampling_ratio = record["sampling_ratio"].get<std::int64_t>(),
                                     .pool_mode = record["pool_mode"] == "max" ? ops::PoolMode::Max : ops::PoolMode::Avg,
                                     .aligned = record["aligned"].get<bool>()};
  expect_output(record, ops::roi_align(input, tensor_from(record["rois"]), options), {{"input", input}});
}

void check(const Json& record) {
  const std::string op = record["op"];
  if (op == "roi_align") return check_roi_align(record);
  skip_unregistered("op " + op);
}

const SuiteMaker maker([] {
  add_ops_cases(
      "tensor_ops", [](const Json& record) { return record["input"].get<std::string>(); }, check);
});

}  // namespace
}  // namespace detforge::golden
