#include <gtest/gtest.h>

#include "detforge/kernels/nms.h"
#include "tests/golden/torch/ops_records.h"

/// The NMS family.
namespace detforge::golden {
namespace {

std::vector<kernels::Box> boxes_of(const Json& json) { return json.get<std::vector<kernels::Box>>(); }

void check_nms(const Json& record) {
  const std::string op = record["op"];
  const Json options = op == "batched_nms" ? record["nms_cfg"] : record;
  if ((op != "nms" && op != "batched_nms") || (op == "batched_nms" && options["type"] != "nms")) {
    skip_unregistered("op " + (op == "batched_nms" ? options["type"].get<std::string>() : op));
    return;
  }
  const auto boxes = boxes_of(record["boxes"]);
  const auto scores = record["scores"].get<std::vector<float>>();
  const auto number = [&](const char* key, double fallback) { return options.contains(key) ? options[key].get<double>() : fallback; };
  const kernels::NmsOptions nms{
      .iou_threshold = number("iou_threshold", 0.5),
      .offset = static_cast<std::int64_t>(number("offset", 0)),
      .score_threshold = number("score_threshold", 0),
      .max_num = static_cast<std::int64_t>(number("max_num", -1)),
      .class_agnostic = op == "nms" || (options.contains("class_agnostic") && options["class_agnostic"].get<bool>())};
  const auto labels = op == "nms" ? std::vector<std::int64_t>(scores.size(), 0) : record["idxs"].get<std::vector<std::int64_t>>();
  EXPECT_EQ(kernels::batched_nms(boxes, scores, labels, nms), record["inds"].get<std::vector<std::int64_t>>());
}

const SuiteMaker maker([] {
  add_ops_cases(
      "nms", [](const Json& record) { return record["op"].get<std::string>(); }, check_nms);
});

}  // namespace
}  // namespace detforge::golden
