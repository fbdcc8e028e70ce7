#include "detforge/kernels/nms.h"

#include <gtest/gtest.h>

#include "detforge/kernels/class_candidates.h"
#include "detforge/models/nms_cfg.h"
#include "detforge/postprocess/fast_nms.h"
#include "detforge/postprocess/matrix_nms.h"
#include "tests/golden/torch/ops_records.h"

/// The NMS family.
namespace detforge::golden {
namespace {

using kernels::Box;
using Indices = std::vector<std::int64_t>;

std::vector<float> floats(const Json& json) { return json.get<std::vector<float>>(); }

kernels::NmsOptions options_of(const Json& config) {
  return nms_options_from(ConfigDict(decode_value(config)), "the record's nms", ops_context());
}

/// `dets` [N, 5]: xyxy and score.
void expect_dets(const Json& dets, const std::vector<Box>& boxes, const std::vector<float>& scores) {
  ASSERT_EQ(boxes.size(), dets.size());
  for (std::size_t i = 0; i < dets.size(); ++i) {
    for (std::size_t k = 0; k < 4; ++k) EXPECT_FLOAT_EQ(boxes[i][k], dets[i][k].get<float>()) << "row " << i;
    EXPECT_NEAR(scores[i], dets[i][4].get<float>(), 1e-6) << "row " << i;
  }
}

void expect_kept(const Json& record, const kernels::NmsResult& kept) {
  EXPECT_EQ(kept.indices, record["inds"].get<Indices>());
  std::vector<Box> boxes;
  for (const std::int64_t index : kept.indices) boxes.push_back(record["boxes"][static_cast<std::size_t>(index)].get<Box>());
  expect_dets(record["dets"], boxes, kept.scores);
}

/// A record of `nms` or `soft_nms` alone has the arguments beside the boxes.
Json config_of(const Json& record) {
  if (record.contains("nms_cfg")) return record["nms_cfg"];
  Json config = {{"type", record["op"]}};
  for (const char* key : {"iou_threshold", "offset", "score_threshold", "max_num", "sigma", "min_score", "method"}) {
    if (record.contains(key)) config[key] = record[key];
  }
  return config;
}

void check_nms(const Json& record) {
  const auto boxes = record["boxes"].get<std::vector<Box>>();
  const Indices labels = record.contains("idxs") ? record["idxs"].get<Indices>() : Indices(boxes.size(), 0);
  kernels::NmsOptions options = options_of(config_of(record));
  options.class_agnostic |= !record.contains("idxs");
  expect_kept(record, kernels::batched_nms(boxes, floats(record["scores"]), labels, options));
}

void check_nms_match(const Json& record) {
  std::vector<Box> boxes;
  std::vector<float> scores;
  for (const Json& row : record["dets"]) {
    boxes.push_back({row[0].get<float>(), row[1].get<float>(), row[2].get<float>(), row[3].get<float>()});
    scores.push_back(row[4].get<float>());
  }
  EXPECT_EQ(kernels::nms_match(boxes, scores, record["iou_threshold"].get<float>()), record["groups"].get<std::vector<Indices>>());
}

void check_multiclass_nms(const Json& record) {
  const torch::Tensor scores = tensor_from(record["multi_scores"]).contiguous(), boxes = tensor_from(record["multi_bboxes"]).contiguous();
  const auto factors = record["score_factors"].is_null() ? std::vector<float>() : floats(record["score_factors"]);
  const std::span<const float> numbers(scores.data_ptr<float>(), static_cast<std::size_t>(scores.numel()));
  const std::span<const Box> places(reinterpret_cast<const Box*>(boxes.data_ptr<float>()), static_cast<std::size_t>(boxes.numel() / 4));
  kernels::Candidates candidates;
  kernels::collect_candidates({.num_classes = scores.size(1) - 1, .scores = numbers, .boxes = places, .factors = factors},
                              {.score_thr = record["score_thr"].get<double>()}, candidates);
  const Detections kept = kernels::select_detections(candidates, options_of(record["nms"]), record["max_num"].get<std::int64_t>());
  expect_dets(record["dets"], kept.boxes_xyxy, kept.scores);
  EXPECT_EQ(kept.labels, record["labels"].get<Indices>());
}

void check_fast_nms(const Json& record) {
  const postprocess::FastNms nms{record["score_thr"].get<double>(), record["iou_thr"].get<double>(), record["top_k"].get<std::int64_t>(),
                                 record["max_num"].get<std::int64_t>()};
  const auto boxes = record["multi_bboxes"].get<std::vector<Box>>();
  const torch::Tensor scores = tensor_from(record["multi_scores"]).contiguous();
  const auto kept = nms.run(boxes, {scores.data_ptr<float>(), static_cast<std::size_t>(scores.numel())});
  std::vector<Box> places;
  Json coeffs = Json::array();
  for (const std::size_t box : kept.boxes) {
    places.push_back(boxes[box]);
    coeffs.push_back(record["multi_coeffs"][box]);
  }
  expect_dets(record["dets"], places, kept.scores);
  EXPECT_EQ(kept.labels, record["labels"].get<Indices>());
  EXPECT_EQ(coeffs, record["coeffs"]);
}

void check_mask_matrix_nms(const Json& record) {
  const auto size = record["mask_size"].get<std::array<std::int64_t, 2>>();
  std::vector<postprocess::BitMask> masks;
  for (const auto& [x1, y1, x2, y2] : record["mask_boxes_inclusive"].get<std::vector<std::array<std::int64_t, 4>>>()) {
    std::vector<float> pixels;
    for (std::int64_t i = 0; i < size[0] * size[1]; ++i) {
      const std::int64_t y = i / size[1], x = i % size[1];
      pixels.push_back(x1 <= x && x <= x2 && y1 <= y && y <= y2 ? 1.0F : 0.0F);
    }
    masks.emplace_back(pixels, 0.5F);
  }
  const postprocess::MatrixNms nms{
      record["filter_thr"].get<double>(), record["nms_pre"].get<std::int64_t>(), record["max_num"].get<std::int64_t>(),
      record["kernel"] == "linear" ? postprocess::MatrixNmsKernel::Linear : postprocess::MatrixNmsKernel::Gaussian,
      record["sigma"].get<double>()};
  const auto labels = record["labels"].get<Indices>();
  const auto kept = nms.run(masks, labels, floats(record["scores"]));
  Indices out_labels, places;
  for (const std::size_t mask : kept.masks) {
    out_labels.push_back(labels[mask]);
    places.push_back(static_cast<std::int64_t>(mask));
  }
  ASSERT_EQ(kept.scores.size(), record["out_scores"].size());
  for (std::size_t i = 0; i < kept.scores.size(); ++i) EXPECT_NEAR(kept.scores[i], record["out_scores"][i].get<float>(), 1e-6);
  EXPECT_EQ(out_labels, record["out_labels"].get<Indices>());
  EXPECT_EQ(places, record["keep"].get<Indices>());
}

void check(const Json& record) {
  const std::string op = record["op"];
  if (op == "nms_match") return check_nms_match(record);
  if (op == "multiclass_nms") return check_multiclass_nms(record);
  if (op == "nms" || op == "soft_nms" || op == "batched_nms") return check_nms(record);
  if (op == "fast_nms") return check_fast_nms(record);
  if (op == "mask_matrix_nms") return check_mask_matrix_nms(record);
  FAIL() << "no check of " << op;
}

const SuiteMaker maker([] {
  add_ops_cases(
      "nms", [](const Json& record) { return record["op"].get<std::string>(); }, check);
});

}  // namespace
}  // namespace detforge::golden
