#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <memory>

#include "detforge/models/backbones/backbone.h"
#include "detforge/models/necks/neck.h"
#include "tests/golden/torch/fill.h"
#include "tests/golden/torch/layer_of_record.h"
#include "tests/golden/torch/rounding.h"
#include "tests/golden/torch/skip.h"

/// Backbones, necks and small layers alone, in evaluation and in training, with gradients.
namespace detforge::golden {
namespace {

BuildContext context_of_parts() { return {Reference::V2_27, {}}; }

/// A backbone, a neck or a layer, called alike.
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
  if (record["kind"] != "neck") {
    const auto layer = layer_of_record(record, context_of_parts());
    return {layer, [layer](const nn::Features& inputs) { return nn::Features{layer->forward(inputs.at(0))}; }};
  }
  const auto neck = build_neck(config, context_of_parts());
  return {neck, [neck](const nn::Features& inputs) { return neck->forward(inputs); }};
}

Part load(const Json& record) {
  Part part = build(record);
  fill(*part.module, record["gain"].get<double>());
  return part;
}

/// Disturbed unless `seed` is 0.
nn::Features inputs_of(const Json& record, std::uint64_t seed = 0) {
  nn::Features inputs;
  for (const Json& input : record["inputs"]) {
    const torch::Tensor u = uniform(input["name"].get<std::string>(), input["shape"].get<std::vector<std::int64_t>>());
    const torch::Tensor values = ((2 * u - 1) * 1.5).to(torch::kFloat);
    inputs.push_back(seed == 0 ? values : disturbed(values, seed));
  }
  return inputs;
}

void expect_outputs(const nn::Features& ours, const Json& records, double tolerance = 1e-4) {
  ASSERT_EQ(ours.size(), records.size());
  for (std::size_t i = 0; i < records.size(); ++i) {
    SCOPED_TRACE("output " + records[i]["path"].get<std::string>());
    expect_tensor(ours[i], records[i], tolerance);
  }
}

void expect_forward(const Json& record) {
  const torch::NoGradGuard no_grad;
  const Part part = load(record);
  part.module->eval();
  expect_outputs(part.forward(inputs_of(record)), record["eval_outs"]);
}

/// One step in training, of inputs that are disturbed unless `seed` is 0.
struct TrainingStep {
  nn::Features outputs;
  double loss = 0;
  Numbers grad_norms;  // of parameters by name, of inputs by number; without an entry where there is no gradient
  Numbers grad_dots;   // the same with a hashed sign vector
};

/// The gradient times the signs of the rule "Gradients by direction".
double signed_sum(const std::string& name, const torch::Tensor& gradient) {
  const torch::Tensor signs = torch::where(uniform(name + ".grad", gradient.sizes()) >= 0.5, 1.0, -1.0);
  return (gradient.to(torch::kDouble) * signs).sum().item<double>();
}

TrainingStep run_step(const Json& record, std::uint64_t seed) {
  const Part part = load(record);
  part.module->train();
  nn::Features inputs = inputs_of(record, seed);
  for (torch::Tensor& input : inputs) input.requires_grad_();
  TrainingStep step;
  step.outputs = part.forward(inputs);
  torch::Tensor loss = torch::zeros({}, torch::kDouble);
  for (const torch::Tensor& output : step.outputs) loss = loss + output.to(torch::kDouble).square().mean();
  loss.backward();
  step.loss = loss.item<double>();
  const auto keep = [&](const std::string& name, const std::string& hashed, const torch::Tensor& tensor) {
    if (!tensor.grad().defined()) return;
    step.grad_norms[name] = tensor.grad().norm().item<double>();
    step.grad_dots[name] = signed_sum(hashed, tensor.grad());
  };
  for (const nn::NamedTensor& entry : nn::state_dict(*part.module)) keep(entry.name, entry.name, entry.tensor);
  for (std::size_t i = 0; i < inputs.size(); ++i) keep("input " + std::to_string(i), record["inputs"][i]["name"], inputs[i]);
  return step;
}

/// How far rounding moves an output in training, in relation to its largest value.
double movement_of_outputs(const Json& record, const nn::Features& outputs) {
  const torch::NoGradGuard no_grad;
  const Part part = load(record);
  part.module->train();
  double moved = 0;
  const nn::Features others = part.forward(inputs_of(record, /*seed=*/1));
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    moved = std::max(moved, ((outputs[i] - others[i]).abs().max() / outputs[i].abs().max()).item<double>());
  }
  return moved;
}

/// Where the record has them: gradients by direction, within 1 % of their norm.
void expect_directions(const Json& record, const TrainingStep& step, double floor) {
  if (!record.contains("grad_dots")) return;
  const auto expect = [&](const std::string& name, const Json& dot) {
    if (dot.is_null()) return;
    const auto norm = step.grad_norms.find(name);
    ASSERT_NE(norm, step.grad_norms.end()) << name << " has no gradient";
    EXPECT_NEAR(step.grad_dots.at(name), dot.get<double>(), 0.01 * norm->second + floor) << name;
  };
  for (const auto& [name, dot] : record["grad_dots"].items()) expect(name, dot);
  for (std::size_t i = 0; i < record["input_grad_dots"].size(); ++i) expect("input " + std::to_string(i), record["input_grad_dots"][i]);
}

/// Through many batch norms rounding weighs more: ten times what it does is allowed, as elsewhere.
void expect_training_step(const Json& record) {
  Numbers wanted;  // a parameter without gradient counts as 0
  const auto number = [](const Json& norm) { return norm.is_null() ? 0 : norm.get<double>(); };
  double total = 0;
  for (const auto& [name, norm] : record["grad_norms"].items()) {
    wanted[name] = number(norm);
    total += std::pow(wanted[name], 2);
  }
  for (std::size_t i = 0; i < record["input_grad_norms"].size(); ++i) {
    wanted["input " + std::to_string(i)] = number(record["input_grad_norms"][i]);
  }
  const double floor = 1e-6 * std::sqrt(total);

  const TrainingStep step = run_step(record, 0);
  expect_outputs(step.outputs, record["train_outs"], std::max(1e-4, 10 * movement_of_outputs(record, step.outputs)));
  const double wanted_loss = record["train_loss"].get<double>();
  EXPECT_NEAR(step.loss, wanted_loss, 1e-4 * wanted_loss);
  Movements moved(step.grad_norms, [&](std::uint64_t seed) { return run_step(record, seed).grad_norms; });
  for (const auto& [name, norm] : wanted) {
    const auto found = step.grad_norms.find(name);
    const double ours = found == step.grad_norms.end() ? 0 : found->second;
    expect_number(name, ours, norm, 1e-3 * norm + floor, moved);
  }
  expect_directions(record, step, floor);
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
  for (const char* folder : {"_backbones", "_necks", "_layers"}) {
    const auto file = golden_dir() / "numerics" / (std::string(folder) + ".json.gz");
    if (!std::filesystem::exists(file)) continue;
    for (const Json& json : read_json(file)) {
      const auto record = std::make_shared<Json>(json);
      const std::string name = std::string(folder) + "_" + json["name"].get<std::string>();
      add_case("Numerics", name + "_state", unless_unregistered([=] { expect_state(*record); }));
      add_case("Numerics", name + "_forward", unless_unregistered([=] { expect_forward(*record); }));
      if (json.contains("printed")) {
        add_case("Numerics", name + "_printed",
                 unless_unregistered([=] { EXPECT_EQ(nn::repr(*build(*record).module), (*record)["printed"]); }));
      }
      // Where Python cannot go back there is nothing to compare with.
      if (!json.contains("train_loss")) continue;
      add_case("Numerics", name + "_gradients", unless_unregistered([=] { expect_training_step(*record); }));
    }
  }
});

}  // namespace
}  // namespace detforge::golden
