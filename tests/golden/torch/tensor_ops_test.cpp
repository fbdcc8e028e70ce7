#include <gtest/gtest.h>

#include <map>

#include "detforge/ops/carafe.h"
#include "detforge/ops/corner_pool.h"
#include "detforge/ops/deform_conv.h"
#include "detforge/ops/paste_mask.h"
#include "detforge/ops/roi_align.h"
#include "detforge/ops/roi_pool.h"
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

void check_roi_pool(const Json& record) {
  const torch::Tensor input = input_of(record);
  const auto [height, width] = pair_of(record["output_size"]);
  const ops::RoIPoolOptions options{height, width, record["spatial_scale"].get<double>()};
  expect_output(record, ops::roi_pool(input, tensor_from(record["rois"]), options), {{"input", input}});
}

void check_deform_conv(const Json& record) {
  const std::string name = record["input"];
  const bool modulated = !record["mask_rule"].is_null();
  const auto shape = record["offset_shape"].get<Sizes>();
  const torch::Tensor input = input_of(record), offset = filled(name + ".offset", shape, 2);
  const torch::Tensor weight = filled(name + ".weight", record["weight_shape"].get<Sizes>());
  const torch::Tensor bias = filled(name + ".bias", {weight.size(0)});
  const torch::Tensor mask = uniform(name + ".mask", {shape[0], shape[1] / 2, shape[2], shape[3]}).to(torch::kFloat).requires_grad_();
  const ops::DeformConvOptions options{.stride = pair_of(record["stride"]),
                                       .padding = pair_of(record["padding"]),
                                       .dilation = pair_of(record["dilation"]),
                                       .groups = record["groups"].get<std::int64_t>(),
                                       .deform_groups = record["deform_groups"].get<std::int64_t>()};
  if (!modulated) {
    return expect_output(record, ops::deform_conv2d(input, offset, weight, options),
                         {{"input", input}, {"offset", offset}, {"weight", weight}});
  }
  expect_output(record, ops::modulated_deform_conv2d(input, offset, mask, weight, bias, options),
                {{"input", input}, {"offset", offset}, {"weight", weight}, {"mask", mask}, {"bias", bias}});
}

void check_corner_pool(const Json& record) {
  const std::map<std::string, ops::CornerPoolMode> modes = {{"bottom", ops::CornerPoolMode::Bottom},
                                                            {"left", ops::CornerPoolMode::Left},
                                                            {"right", ops::CornerPoolMode::Right},
                                                            {"top", ops::CornerPoolMode::Top}};
  const torch::Tensor input = input_of(record);
  expect_output(record, ops::corner_pool(input, modes.at(record["mode"])), {{"input", input}});
}

void check_carafe(const Json& record) {
  const torch::Tensor input = input_of(record);
  const torch::Tensor mask = uniform(record["input"].get<std::string>() + ".mask", record["mask_shape"].get<Sizes>());
  const torch::Tensor masks = mask.to(torch::kFloat).requires_grad_();
  const ops::CarafeOptions options{record["kernel_size"].get<std::int64_t>(), record["group_size"].get<std::int64_t>(),
                                   record["scale_factor"].get<std::int64_t>()};
  expect_output(record, ops::carafe(input, masks, options), {{"input", input}, {"mask", masks}});
}

void check(const Json& record) {
  const std::string op = record["op"];
  if (op == "roi_align") return check_roi_align(record);
  if (op == "roi_pool") return check_roi_pool(record);
  if (op == "deform_conv2d" || op == "modulated_deform_conv2d") return check_deform_conv(record);
  if (op == "corner_pool") return check_corner_pool(record);
  if (op == "carafe") return check_carafe(record);
  FAIL() << "no check of " << op;
}

void check_paste(const Json& record) {
  const auto shape = record["mask_shape"].get<Sizes>();
  const torch::Tensor maps = uniform("paste_mask", shape).to(torch::kFloat).squeeze(1), boxes = tensor_from(record["boxes"]);
  const auto [height, width] = pair_of(record["size"]);
  expect_tensor(ops::paste_masks_reference(maps, boxes, height, width), record["out"], 1e-5);
  std::vector<std::uint64_t> areas;
  for (const Rle& mask : ops::paste_masks(maps, boxes, height, width, 0.5)) areas.push_back(area_of(mask));
  EXPECT_EQ(areas, record["area_ge_0_5"].get<std::vector<std::uint64_t>>());
}

const SuiteMaker maker([] {
  add_ops_cases(
      "tensor_ops", [](const Json& record) { return record["input"].get<std::string>(); }, check);
  const auto pastes = [](const Json& record) { return record["kind"] == "_do_paste_mask" ? "paste" : std::string(); };
  add_ops_cases("masks", pastes, check_paste);
});

}  // namespace
}  // namespace detforge::golden
