#include <gtest/gtest.h>

#include "detforge/models/losses/loss.h"
#include "tests/golden/torch/ops_records.h"

/// Losses alone, with gradients.
namespace detforge::golden {
namespace {

void check_loss(const Json& record) {
  const auto loss = build_loss(decode_value(record["loss"]), ops_context());
  if (record.contains("extra") && !record["extra"].empty()) {
    skip_unregistered("extra arguments of " + record["loss"]["type"].get<std::string>());
    return;
  }
  torch::Tensor prediction = tensor_from(record["pred"]);
  prediction.requires_grad_();
  const bool classes = record["target"].is_array() && !record["target"].empty() && record["target"][0].is_number_integer();
  const torch::Tensor target = tensor_from(record["target"], classes ? torch::kLong : torch::kFloat);
  LossCall call;
  const auto given = [&](const char* key) { return record.contains(key) && !record[key].is_null(); };
  if (given("weight")) call.weight = tensor_from(record["weight"]);
  if (given("label")) call.weight = tensor_from(record["label"], torch::kLong);
  if (given("avg_factor")) call.avg_factor = record["avg_factor"].get<double>();
  if (given("reduction")) call.reduction = Conversion<Reduction>::from(record["reduction"].get<std::string>());
  const torch::Tensor value = loss->forward(prediction, target, call);
  expect_near(value, record["value"], 1e-5);
  if (!record.contains("grad") || record["grad"].is_null()) return;
  value.sum().backward();
  expect_near(prediction.grad(), record["grad"], 1e-5);
}

const SuiteMaker maker([] {
  add_ops_cases(
      "losses", [](const Json& record) { return record["loss"]["type"].get<std::string>(); }, check_loss);
});

}  // namespace
}  // namespace detforge::golden
