#include <gtest/gtest.h>

#include <set>

#include <algorithm>
#include <cmath>

#include "tests/golden/torch/fill.h"
#include "tests/golden/torch/numerics_case.h"
#include "tests/golden/torch/skip.h"

/// One training step of whole detectors: every loss, and the norms of gradients.
namespace detforge::golden {
namespace {

/// What one step gave; the losses without their graph.
struct TrainingStep {
  Json record;
  Tolerances tolerances;
  Losses losses;
  ParsedLosses parsed;
  std::map<std::string, double> grad_norms;  // of the parameters that have a gradient
};

TrainingStep run_step(const NumericsCase& which) {
  LoadedCase loaded = load_case(which);
  loaded.model->train();
  torch::manual_seed(0);
  TrainingStep step;
  const Losses losses = loaded.model->loss(loaded.images, targets_of(loaded));
  step.parsed = parse_losses(losses);
  for (const Losses::Entry& entry : losses.entries()) {
    std::vector<torch::Tensor> values;
    for (const torch::Tensor& value : entry.values) values.push_back(value.detach());
    step.losses.set(entry.name, std::move(values));
  }
  if (loaded.record.contains("grad_norms")) step.parsed.loss.backward();
  for (auto& [name, value] : step.parsed.log) value = value.detach();
  step.parsed.loss = step.parsed.loss.detach();
  std::set<const void*> counted;  // layers may be shared
  for (const auto& item : loaded.model->named_parameters()) {
    const torch::Tensor& gradient = item.value().grad();
    if (gradient.defined() && counted.insert(item.value().data_ptr()).second)
      step.grad_norms[item.key()] = gradient.to(torch::kDouble).norm().item<double>();
  }
  step.tolerances = loaded.tolerances;
  step.record = std::move(loaded.record);
  return step;
}

/// A case's losses and gradients follow each other and come of one step.
const TrainingStep& step_of(const NumericsCase& which) {
  static std::string name;
  static TrainingStep step;
  if (name != which.name) {
    name.clear();
    step = run_step(which);
    name = which.name;
  }
  return step;
}

/// `size` is the loss's, of which `wanted` may be one level.
void expect_value(const std::string& name, double ours, double wanted, double size, double tolerance) {
  EXPECT_LE(std::abs(ours - wanted), tolerance * std::max(size, 1e-3)) << name << ": ours " << ours << ", Python's " << wanted;
}

void expect_losses(const TrainingStep& step) {
  const double tolerance = step.tolerances.losses;
  std::vector<std::string> names, wanted_names;
  for (const auto& [name, value] : step.record["losses_raw"].items()) {
    wanted_names.push_back(name);
    const Losses::Entry* entry = step.losses.find(name);
    if (entry == nullptr) continue;
    const auto wanted = value.is_array() ? value.get<std::vector<double>>() : std::vector<double>{value.get<double>()};
    ASSERT_EQ(entry->values.size(), wanted.size()) << name;
    double size = 0;
    for (const double level : wanted) size += std::abs(level);
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      expect_value(name + "[" + std::to_string(i) + "]", entry->values[i].mean().item<double>(), wanted[i], size, tolerance);
    }
  }
  for (const Losses::Entry& entry : step.losses.entries()) names.push_back(entry.name);
  std::sort(names.begin(), names.end());
  std::sort(wanted_names.begin(), wanted_names.end());
  EXPECT_EQ(names, wanted_names);
  for (const auto& [name, value] : step.parsed.log) {
    if (step.record["losses"].contains(name)) {
      const double wanted = step.record["losses"][name].get<double>();
      expect_value(name, value.item<double>(), wanted, std::abs(wanted), tolerance);
    }
  }
}

void expect_gradients(const TrainingStep& step) {
  const double tolerance = step.tolerances.grad_norms;
  const double total = step.record["grad_norm_total"].get<double>();
  const double floor = 1e-6 * total;
  for (const auto& [name, value] : step.record["grad_norms"].items()) {
    const double wanted = value.get<double>();
    const auto ours = step.grad_norms.find(name);
    ASSERT_NE(ours, step.grad_norms.end()) << name << " has no gradient";
    EXPECT_LE(std::abs(ours->second - wanted), tolerance * wanted + floor) << name << ": ours " << ours->second << ", Python's " << wanted;
  }
  double squared = 0;
  for (const auto& [name, norm] : step.grad_norms) squared += norm * norm;
  EXPECT_LE(std::abs(std::sqrt(squared) - total), tolerance * total) << "ours " << std::sqrt(squared) << ", Python's " << total;
  EXPECT_EQ(step.grad_norms.size(), step.record["parameters_with_grad"].get<std::size_t>());
}

const SuiteMaker maker([] {
  for (const NumericsCase& which : numerics_cases()) {
    const Json record = read_json(which.file);
    if (record.contains("losses")) {
      add_case("Numerics", which.name + "_losses", unless_unregistered([=] { expect_losses(step_of(which)); }));
    }
    if (record.contains("grad_norms")) {
      add_case("Numerics", which.name + "_gradients", unless_unregistered([=] { expect_gradients(step_of(which)); }));
    }
  }
});

}  // namespace
}  // namespace detforge::golden
