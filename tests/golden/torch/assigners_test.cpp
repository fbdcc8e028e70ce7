#include <gtest/gtest.h>

#include "detforge/boxes/assigners/assigner.h"
#include "tests/golden/torch/ops_records.h"

/// Assigners alone.
namespace detforge::golden {
namespace {

/// Boxes [n, 4], also when there are none.
torch::Tensor boxes_from(const Json& json) { return json.empty() ? torch::zeros({0, 4}) : tensor_from(json); }

AssignInput input_from(const Json& record) {
  AssignInput input;
  for (const char* key : {"bboxes", "points", "priors", "squares", "anchors", "anchor"}) {
    if (record.contains(key)) input.priors = tensor_from(record[key]);
  }
  for (const char* key : {"decoded_bboxes", "decode_bboxes", "bbox_pred"}) {
    if (record.contains(key)) input.decoded_bboxes = tensor_from(record[key]);
  }
  for (const char* key : {"pred_scores", "cls_pred"}) {
    if (record.contains(key)) input.cls_scores = tensor_from(record[key]);
  }
  input.gt_bboxes = boxes_from(record["gt_bboxes"]);
  input.gt_labels = torch::tensor(record["gt_labels"].get<std::vector<std::int64_t>>(), torch::kLong);
  if (record.contains("gt_bboxes_ignore")) input.gt_bboxes_ignore = boxes_from(record["gt_bboxes_ignore"]);
  if (record.contains("num_level_bboxes")) input.num_level_priors = record["num_level_bboxes"].get<std::vector<std::int64_t>>();
  if (record.contains("box_responsible_flags")) input.box_responsible_flags = tensor_from(record["box_responsible_flags"], torch::kByte);
  if (record.contains("approxs")) input.approxs = tensor_from(record["approxs"]);
  if (record.contains("approxs_per_octave")) input.approxs_per_octave = record["approxs_per_octave"];
  if (record.contains("img_shape"))
    input.img_shape = {record["img_shape"][0].get<std::int64_t>(), record["img_shape"][1].get<std::int64_t>()};
  if (record.contains("alpha")) input.alpha = record["alpha"];
  if (record.contains("beta")) input.beta = record["beta"];
  return input;
}

void check_assigner(const Json& record) {
  const auto assigner = bbox_assigners().build(decode_value(record["assigner"]), ops_context());
  const AssignResult result = assigner->assign(input_from(record));
  const auto expect = [&](const char* key, const torch::Tensor& ours, double tolerance) {
    SCOPED_TRACE(key);
    if (!record.contains(key)) return;
    ASSERT_EQ(ours.defined(), !record[key].is_null());
    if (ours.defined()) expect_near(ours, record[key], tolerance);
  };
  expect("gt_inds", result.gt_inds, 0);
  expect("labels", result.labels, 0);
  expect("max_overlaps", result.max_overlaps, 1e-6);
  expect("assign_metrics", result.assign_metrics, 1e-6);
  expect("shadowed_labels", result.shadowed_labels, 0);
  expect("pos_idx", result.pos_idx, 0);
  expect("pos_predicted_boxes", result.pos_predicted_boxes, 1e-6);
  expect("target_boxes", result.target_boxes, 1e-6);
}

const SuiteMaker maker([] {
  add_ops_cases(
      "assigners", [](const Json& record) { return record["assigner"]["type"].get<std::string>(); }, check_assigner);
});

}  // namespace
}  // namespace detforge::golden
