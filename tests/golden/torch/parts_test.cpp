#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <memory>

#include "detforge/models/backbones/backbone.h"
#include "detforge/models/necks/neck.h"
#include "tests/golden/torch/fill.h"
#include "tests/golden/torch/skip.h"

/// Backbones and necks alone, in evaluation and in training, with gradients.
namespace detforge::golden {
namespace {

BuildContext context_of_parts() { return {Reference::V2_27, {}}; }

/// A backbone or a neck, called alike.
struct Part {
  std::shared_ptr<nn::Module> module;
  std::function<nn::Features(const nn::Features&)> forward;
};

Part build(const Json& record) {
  const Value config = decode_value(record["config"]);
  if (record["kind"] == "backbone") {
    const auto backbone = build_backbone(config, context_of_parts());
    return {backbone, [backbone](const nn::Features& inputs) { return backbone->forward(inputs.at(0)); }};
  }
  const auto neck = build_neck(config, context_of_parts());
  return {neck, [neck](const nn::Features& inputs) { return neck->forward(inputs); }};
}

Part load(const Json& record) {
  Part part = build(record);
  fill(*part.module, record["gain"].get<double>());
  return part;
}

nn::Features inputs_of(const Json& record) {
  nn::Features inputs;
  for (const Json& input : record["inputs"]) {
    const torch::Tensor u = uniform(input["name"].get<std::string>(), input["shape"].get<std::vector<std::int64_t>>());
    inputs.push_back(((2 * u - 1) * 1.5).to(torch::kFloat));
  }
  return inputs;
}

void expect_outputs(const nn::Features& ours, const Json& records) {
  ASSERT_EQ(ours.size(), records.size());
  for (std::size_t i = 0; i < records.size(); ++i) {
    SCOPED_TRACE("output " + records[i]["path"].get<std::string>());
    expect_tensor(ours[i], records[i]);
  }
}

void expect_forward(const Json& record) {
  const torch::NoGradGuard no_grad;
  const Part part = load(record);
  part.module->eval();
  expect_outputs(part.forward(inputs_of(record)), record["eval_outs"]);
}

/// The norms of the gradients of parameters by name, of inputs by number; without an entry where there is no gradient.
std::map<std::string, double> gradient_norms(const Json& record, bool compare_outputs) {
  const Part part = load(record);
  part.module->train();
  nn::Features inputs = inputs_of(record);
  for (torch::Tensor& input : inputs) input.requires_grad_();
  const nn::Features outputs = part.forward(inputs);
  torch::Tensor loss = torch::zeros({}, torch::kDouble);
  for (const torch::Tensor& output : outputs) loss = loss + output.to(torch::kDouble).square().mean();
  if (compare_outputs) {
    expect_outputs(outputs, record["train_outs"]);
    const double wanted = record["train_loss"].get<double>();
    EXPECT_NEAR(loss.item<double>(), wanted, 1e-4 * wanted);
  }
  loss.backward();
  std::map<std::string, double> norms;
  const auto keep = [&](const std::string& name, const torch::Tensor& tensor) {
    if (tensor.grad().defined()) norms[name] = tensor.grad().norm().item<double>();
  };
  for (const nn::NamedTensor& entry : nn::state_dict(*part.module)) keep(entry.name, entry.tensor);
  for (std::size_t i = 0; i < inputs.size(); ++i) keep("input " + std::to_string(i), inputs[i]);
  return norms;
}

/// The norms again, with another number of threads: what rounding alone changes.
std::map<std::string, double> rounded_otherwise(const Json& record) {
  const int threads = torch::get_num_threads();
  torch::set_num_threads(threads == 1 ? 2 : 1);
  auto norms = gradient_norms(record, /*compare_outputs=*/false);
  torch::set_num_threads(threads);
  return norms;
}

void expect_gradients(const Json& record) {
  std::map<std::string, Json> wanted;
  for (const auto& [name, norm] : record["grad_norms"].items()) wanted[name] = norm;
  for (std::size_t i = 0; i < record["input_grad_norms"].size(); ++i) wanted["input " + std::to_string(i)] = record["input_grad_norms"][i];
  const auto number = [](const Json& norm) { return norm.is_null() ? 0 : norm.get<double>(); };
  double total = 0;
  for (const auto& [name, norm] : record["grad_norms"].items()) total += std::pow(number(norm), 2);
  const double floor = 1e-6 * std::sqrt(total);

  const auto ours = gradient_norms(record, /*compare_outputs=*/true);
  std::map<std::string, double> again;
  for (const auto& [name, norm] : wanted) {
    const auto found = ours.find(name);
    const double value = found == ours.end() ? 0 : found->second;
    double bound = 1e-3 * number(norm) + floor;
    if (std::abs(value - number(norm)) > bound) {
      // Through many batch norms rounding weighs more: ten times what it does is allowed, as elsewhere.
      if (again.empty()) again = rounded_otherwise(record);
      if (const auto other = again.find(name); other != again.end()) bound += 10 * std::abs(value - other->second);
    }
    EXPECT_NEAR(value, number(norm), bound) << name;
  }
}

void expect_state(const Json& record) {
  const Part part = load(record);
  double abs_sum = 0;
  std::vector<std::string> names;
  for (const nn::NamedTensor& entry : nn::state_dict(*part.module)) {
    names.push_back(entry.name);
    abs_sum += entry.tensor.detach().to(torch::kDouble).abs().sum().item<double>();
  }
  const Json& state = record["state"];
  EXPECT_EQ(names.size(), state["entries"].get<std::size_t>());
  if (!state["keys"].is_null()) {
    EXPECT_EQ(names, state["keys"].get<std::vector<std::string>>());
  }
  EXPECT_NEAR(abs_sum, state["abs_sum"].get<double>(), 1e-6 * state["abs_sum"].get<double>());
}

const SuiteMaker maker([] {
  for (const char* folder : {"_backbones", "_necks"}) {
    const auto file = golden_dir() / "numerics" / (std::string(folder) + ".json.gz");
    if (!std::filesystem::exists(file)) continue;
    for (const Json& json : read_json(file)) {
      const auto record = std::make_shared<Json>(json);
      const std::string name = std::string(folder) + "_" + json["name"].get<std::string>();
      add_case("Numerics", name + "_state", unless_unregistered([=] { expect_state(*record); }));
      add_case("Numerics", name + "_forward", unless_unregistered([=] { expect_forward(*record); }));
      add_case("Numerics", name + "_gradients", unless_unregistered([=] { expect_gradients(*record); }));
    }
  }
});

}  // namespace
}  // namespace detforge::golden
