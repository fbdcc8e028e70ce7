#include <gtest/gtest.h>

#include <cmath>
#include <memory>

#include "detforge/boxes/bbox_overlaps.h"
#include "detforge/boxes/coders/bbox_coder.h"
#include "detforge/boxes/prior_generators/prior_generator.h"
#include "detforge/kernels/nms.h"
#include "detforge/models/losses/loss.h"
#include "tests/golden/torch/skip.h"

/// Operators, coders, priors and losses alone, on inputs that are written out.
namespace detforge::golden {
namespace {

BuildContext v2_27() { return {Reference::V2_27, {}}; }

void flatten(const Json& json, std::vector<double>& values) {
  if (json.is_array()) {
    for (const Json& element : json) flatten(element, values);
  } else {
    values.push_back(json.get<double>());
  }
}

torch::Tensor tensor(const Json& json, torch::ScalarType type = torch::kFloat) {
  std::vector<std::int64_t> shape;
  for (const Json* level = &json; level->is_array(); level = &level->front()) {
    shape.push_back(static_cast<std::int64_t>(level->size()));
    if (level->empty()) break;
  }
  std::vector<double> values;
  flatten(json, values);
  return torch::tensor(values, torch::kDouble).view(shape).to(type);
}

void expect_near(const torch::Tensor& ours, const Json& json, double tolerance) {
  const torch::Tensor wanted = tensor(json, torch::kDouble);
  ASSERT_EQ(ours.numel(), wanted.numel());
  if (ours.numel() == 0) return;
  const double largest = std::max(1.0, wanted.abs().max().item<double>());
  const double difference = (ours.detach().to(torch::kDouble).view_as(wanted) - wanted).abs().max().item<double>();
  EXPECT_LE(difference, tolerance * largest) << "ours " << ours << " Python's " << wanted;
}

void check_loss(const Json& record) {
  const auto loss = build_loss(decode_value(record["loss"]), v2_27());
  if (record.contains("extra") && !record["extra"].empty()) {
    skip_unregistered("extra arguments of " + record["loss"]["type"].get<std::string>());
    return;
  }
  torch::Tensor prediction = tensor(record["pred"]);
  prediction.requires_grad_();
  const bool classes = record["target"].is_array() && !record["target"].empty() && record["target"][0].is_number_integer();
  const torch::Tensor target = tensor(record["target"], classes ? torch::kLong : torch::kFloat);
  LossCall call;
  const auto given = [&](const char* key) { return record.contains(key) && !record[key].is_null(); };
  if (given("weight")) call.weight = tensor(record["weight"]);
  if (given("label")) call.weight = tensor(record["label"], torch::kLong);
  if (given("avg_factor")) call.avg_factor = record["avg_factor"].get<double>();
  if (given("reduction")) call.reduction = Conversion<Reduction>::from(record["reduction"].get<std::string>());
  const torch::Tensor value = loss->forward(prediction, target, call);
  expect_near(value, record["value"], 1e-5);
  if (!record.contains("grad") || record["grad"].is_null()) return;
  value.sum().backward();
  expect_near(prediction.grad(), record["grad"], 1e-5);
}

void check_coder(const Json& record) {
  const auto coder = bbox_coders().build(decode_value(record["coder"]), v2_27());
  const torch::Tensor priors = tensor(record["priors"]);
  const torch::Tensor strides = record.contains("stride") ? tensor(record["stride"]) : torch::Tensor();
  if (record.contains("encoded")) expect_near(coder->encode(priors, tensor(record["gt"]), strides), record["encoded"], 1e-5);
  if (record.contains("decoded")) expect_near(coder->decode(priors, tensor(record["deltas"]), strides), record["decoded"], 1e-5);
}

void check_priors(const Json& record) {
  const auto generator = anchor_generators().build(decode_value(record["generator"]), v2_27());
  std::vector<ImageSize> sizes;
  for (const Json& size : record["featmap_sizes"]) sizes.push_back({size[0].get<std::int64_t>(), size[1].get<std::int64_t>()});
  const auto priors = generator->grid_priors(sizes);
  const Json& wanted = record.contains("priors_with_stride") ? record["priors_with_stride"] : record["priors"];
  ASSERT_EQ(priors.size(), wanted.size());
  for (std::size_t i = 0; i < priors.size(); ++i) expect_near(priors[i], wanted[i], 1e-6);
  EXPECT_EQ(generator->num_base_priors(), record["num_base_priors"].get<std::vector<std::int64_t>>());
}

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

void check_overlaps(const Json& record) {
  const std::string name = record["mode"];
  const OverlapMode mode = name == "iou" ? OverlapMode::Iou : name == "iof" ? OverlapMode::Iof : OverlapMode::Giou;
  const torch::Tensor a = tensor(record["a"]), b = tensor(record["b"]);
  expect_near(record["is_aligned"].get<bool>() ? aligned_bbox_overlaps(a, b, mode) : bbox_overlaps(a, b, mode), record["out"], 1e-6);
}

const SuiteMaker maker([] {
  const auto file = golden_dir() / "numerics" / "_ops.json.gz";
  if (!std::filesystem::exists(file)) return;
  const Json all = read_json(file);
  const auto add = [&](const char* key, const auto& name, void (*check)(const Json&)) {
    if (!all.contains(key)) return;
    for (const Json& json : all[key]) {
      const auto record = std::make_shared<Json>(json);
      add_case("Numerics", std::string("_ops_") + key + "_" + name(json), unless_unregistered([=] { check(*record); }));
    }
  };
  const auto type = [](const char* key) { return [key](const Json& json) { return json[key]["type"].get<std::string>(); }; };
  add("losses", type("loss"), check_loss);
  add("bbox_coders", type("coder"), check_coder);
  add("prior_generators", type("generator"), check_priors);
  add(
      "nms", [](const Json& json) { return json["op"].get<std::string>(); }, check_nms);
  add(
      "bbox_overlaps", [](const Json& json) { return json["mode"].get<std::string>(); }, check_overlaps);
});

}  // namespace
}  // namespace detforge::golden
