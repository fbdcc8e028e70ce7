#include <gtest/gtest.h>

#include "detforge/boxes/bbox_overlaps.h"
#include "detforge/boxes/coders/bbox_coder.h"
#include "detforge/boxes/prior_generators/prior_generator.h"
#include "tests/golden/torch/ops_records.h"

/// Box coders, priors and overlaps alone.
namespace detforge::golden {
namespace {

void check_coder(const Json& record) {
  const auto coder = bbox_coders().build(decode_value(record["coder"]), ops_context());
  const torch::Tensor priors = tensor_from(record["priors"]);
  const torch::Tensor strides = record.contains("stride") ? tensor_from(record["stride"]) : torch::Tensor();
  if (record.contains("encoded")) expect_near(coder->encode(priors, tensor_from(record["gt"]), strides), record["encoded"], 1e-5);
  if (record.contains("decoded")) expect_near(coder->decode(priors, tensor_from(record["deltas"]), strides), record["decoded"], 1e-5);
}

void check_priors(const Json& record) {
  const auto generator = anchor_generators().build(decode_value(record["generator"]), ops_context());
  std::vector<ImageSize> sizes;
  for (const Json& size : record["featmap_sizes"]) sizes.push_back({size[0].get<std::int64_t>(), size[1].get<std::int64_t>()});
  const auto priors = generator->grid_priors(sizes);
  const Json& wanted = record.contains("priors_with_stride") ? record["priors_with_stride"] : record["priors"];
  ASSERT_EQ(priors.size(), wanted.size());
  for (std::size_t i = 0; i < priors.size(); ++i) expect_near(priors[i], wanted[i], 1e-6);
  EXPECT_EQ(generator->num_base_priors(), record["num_base_priors"].get<std::vector<std::int64_t>>());
}

void check_overlaps(const Json& record) {
  const std::string name = record["mode"];
  const OverlapMode mode = name == "iou" ? OverlapMode::Iou : name == "iof" ? OverlapMode::Iof : OverlapMode::Giou;
  const torch::Tensor a = tensor_from(record["a"]), b = tensor_from(record["b"]);
  expect_near(record["is_aligned"].get<bool>() ? aligned_bbox_overlaps(a, b, mode) : bbox_overlaps(a, b, mode), record["out"], 1e-6);
}

const SuiteMaker maker([] {
  const auto type = [](const char* key) { return [key](const Json& record) { return record[key]["type"].get<std::string>(); }; };
  add_ops_cases("bbox_coders", type("coder"), check_coder);
  add_ops_cases("prior_generators", type("generator"), check_priors);
  add_ops_cases(
      "bbox_overlaps", [](const Json& record) { return record["mode"].get<std::string>(); }, check_overlaps);
});

}  // namespace
}  // namespace detforge::golden
