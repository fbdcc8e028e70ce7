#include <gtest/gtest.h>

#include "detforge/models/losses/accuracy.h"
#include "detforge/models/losses/associative_embedding_loss.h"
#include "detforge/models/losses/custom_classifier.h"
#include "detforge/models/losses/loss.h"
#include "tests/golden/torch/ops_records.h"

/// Losses alone, with gradients.
namespace detforge::golden {
namespace {

bool given(const Json& record, const char* key) { return record.contains(key) && !record[key].is_null(); }

torch::Tensor labels_or_values(const Json& json) {
  const bool labels = json.is_array() && !json.empty() && json[0].is_number_integer();
  return tensor_from(json, labels ? torch::kLong : torch::kFloat);
}

LossCall call_of(const Json& record) {
  LossCall call;
  if (given(record, "weight")) call.weight = tensor_from(record["weight"]);
  if (given(record, "label")) call.weight = tensor_from(record["label"], torch::kLong);
  if (given(record, "score")) call.quality = tensor_from(record["score"]);
  if (given(record, "avg_factor")) call.avg_factor = record["avg_factor"].get<double>();
  if (given(record, "reduction")) call.reduction = Conversion<Reduction>::from(record["reduction"].get<std::string>());
  if (!record.contains("extra")) return call;
  for (const auto& [name, value] : record["extra"].items()) {
    if (name != "ignore_index") throw Error("the record calls the loss with '" + name + "', which is not known");
    if (!value.is_null()) call.ignore_index = value.get<std::int64_t>();
  }
  return call;
}

void check_accuracy(const Json& record) {
  const torch::Tensor prediction = tensor_from(record["pred"]), target = tensor_from(record["target"], torch::kLong);
  const auto values = accuracy(prediction, target, record["topk"].get<std::vector<std::int64_t>>());
  expect_near(torch::stack(values), record["value"], 1e-6);
  const double threshold = record.contains("thresh") ? record["thresh"].get<double>() : 0.5;
  expect_near(accuracy(prediction, target, {1}, threshold).front(), record["value_thresh"], 1e-6);
}

void check_embeddings(const Json& record, const AssociativeEmbeddingLoss& loss) {
  std::vector<torch::Tensor> corners;
  for (const Json& image : record["match"]) corners.push_back(tensor_from(image, torch::kLong).view({-1, 4}));
  const auto [pull, push] = loss.pull_and_push(tensor_from(record["tl"]), tensor_from(record["br"]), corners);
  expect_near(torch::stack({pull, push}), record["value"], 1e-5);
}

void check_named_losses(const Json& record, CustomClassifier& loss) {
  const Losses values = loss.losses_of(tensor_from(record["pred"]), tensor_from(record["target"], torch::kLong), call_of(record));
  ASSERT_EQ(values.entries().size(), record["value"].size());
  for (const auto& [name, value] : record["value"].items()) {
    const Losses::Entry* entry = values.find(name);
    ASSERT_NE(entry, nullptr) << name;
    expect_near(entry->values.front(), value, 1e-5);
  }
}

void check_loss(const Json& record) {
  if (record["loss"]["type"] == "accuracy") return check_accuracy(record);
  const auto loss = build_loss(decode_value(record["loss"]), ops_context());
  if (const auto* embeddings = dynamic_cast<const AssociativeEmbeddingLoss*>(loss.get())) return check_embeddings(record, *embeddings);
  if (auto* classifier = dynamic_cast<CustomClassifier*>(loss.get()); classifier != nullptr && record["value"].is_object()) {
    return check_named_losses(record, *classifier);
  }
  torch::Tensor prediction = tensor_from(record["pred"]);
  prediction.requires_grad_();
  const torch::Tensor target = labels_or_values(record["target"]);
  const LossCall call = call_of(record);
  const torch::Tensor value = loss->forward(prediction, target, call);
  expect_near(value, record["value"], 1e-5);
  if (given(record, "grad")) {
    value.sum().backward();
    expect_near(prediction.grad(), record["grad"], 1e-5);
  }
  if (given(record, "second_value")) expect_near(loss->forward(prediction * 1.1, target, call), record["second_value"], 1e-5);
}

const SuiteMaker maker([] {
  add_ops_cases(
      "losses", [](const Json& record) { return record["loss"]["type"].get<std::string>(); }, check_loss);
});

}  // namespace
}  // namespace detforge::golden
