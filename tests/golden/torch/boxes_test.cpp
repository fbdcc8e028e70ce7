#include <gtest/gtest.h>

#include "detforge/boxes/bbox_overlaps.h"
#include "detforge/boxes/coders/bucketing_bbox_coder.h"
#include "detforge/boxes/prior_generators/anchor_generator.h"
#include "tests/golden/torch/ops_records.h"

/// Box coders, priors and overlaps alone.
namespace detforge::golden {
namespace {

ImageSize size_from(const Json& json) { return {json[0].get<std::int64_t>(), json[1].get<std::int64_t>()}; }

CoderCall call_of(const Json& record) {
  CoderCall call;
  if (record.contains("stride")) call.strides = tensor_from(record["stride"]);
  if (record.contains("max_shape")) call.max_shape = size_from(record["max_shape"]);
  if (record.contains("wh_ratio_clip")) call.wh_ratio_clip = record["wh_ratio_clip"];
  if (record.contains("max_dis")) call.max_dis = record["max_dis"].get<double>();
  if (record.contains("eps")) call.eps = record["eps"];
  return call;
}

void check_bucketing(const BucketingBBoxCoder& coder, const Json& record) {
  const torch::Tensor priors = tensor_from(record["priors"]);
  const BucketingBBoxCoder::Targets targets = coder.encode_buckets(priors, tensor_from(record["gt"]));
  expect_near(targets.offsets, record["encoded"][0], 1e-5);
  expect_near(targets.offset_weights, record["encoded"][1], 0);
  expect_near(targets.labels, record["encoded"][2], 0);
  expect_near(targets.label_weights, record["encoded"][3], 0);
  const torch::Tensor scores = tensor_from(record["cls"]), offsets = tensor_from(record["offsets"]);
  const BucketingBBoxCoder::Boxes decoded = coder.decode_buckets(priors, scores, offsets, call_of(record));
  expect_near(decoded.boxes, record["decoded"], 1e-6);
  expect_near(decoded.confidence, record["loc_confidence"], 1e-6);
  expect_near(coder.decode(priors, torch::cat({scores, offsets}, -1), call_of(record)), record["decoded"], 1e-6);
}

void check_coder(const Json& record) {
  const auto coder = bbox_coders().build(decode_value(record["coder"]), ops_context());
  if (const auto* bucketing = dynamic_cast<const BucketingBBoxCoder*>(coder.get())) return check_bucketing(*bucketing, record);
  const torch::Tensor priors = tensor_from(record.contains("points") ? record["points"] : record["priors"]);
  if (record.contains("encoded")) expect_near(coder->encode(priors, tensor_from(record["gt"]), call_of(record)), record["encoded"], 1e-6);
  if (!record.contains("decoded")) return;
  const torch::Tensor deltas = tensor_from(record["deltas"]);
  expect_near(coder->decode(priors, deltas, call_of(record)), record["decoded"], 1e-6);
  if (record.contains("stride")) return;
  const torch::Tensor batch = coder->decode(torch::stack({priors, priors}), torch::stack({deltas, deltas}), call_of(record));
  expect_near(batch[1], record["decoded"], 1e-6);
}

void check_priors(const Json& record) {
  const auto generator = anchor_generators().build(decode_value(record["generator"]), ops_context());
  std::vector<ImageSize> sizes;
  for (const Json& size : record["featmap_sizes"]) sizes.push_back(size_from(size));
  const auto priors = generator->grid_priors(sizes);
  const Json& wanted = record.contains("priors_with_stride") ? record["priors_with_stride"] : record["priors"];
  ASSERT_EQ(priors.size(), wanted.size());
  for (std::size_t i = 0; i < priors.size(); ++i) expect_near(priors[i], wanted[i], 1e-6);
  EXPECT_EQ(generator->num_base_priors(), record["num_base_priors"].get<std::vector<std::int64_t>>());
  const auto flags = generator->valid_flags(sizes, size_from(record["pad_shape"]));
  for (std::size_t i = 0; i < flags.size(); ++i) expect_near(flags[i], record["valid_flags"][i], 0);
  if (const auto* anchors = dynamic_cast<const AnchorGenerator*>(generator.get())) {
    for (std::size_t i = 0; i < flags.size(); ++i) expect_near(anchors->base_anchors()[i], record["base_anchors"][i], 1e-6);
  }
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
