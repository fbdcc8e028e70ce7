#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "tests/golden/torch/fill.h"
#include "tests/golden/torch/numerics_case.h"
#include "tests/golden/torch/rounding.h"
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
  Numbers grad_norms;  // of the parameters that have a gradient
};

/// Where the record says so, nothing is left out by chance: what drops out has nothing else to learn otherwise.
void train(Detector& model, const Json& record) {
  model.train();
  const Json& notes = record["notes"];
  const bool drops = std::none_of(notes.begin(), notes.end(), [](const Json& note) {
    return note.get<std::string>() == "train mode: every dropout and drop-path probability set to 0";
  });
  if (drops) return;
  const std::set<std::string> dropping = {"Dropout", "DropPath", "MultiheadAttention"};
  for (const auto& module : model.modules()) {
    const auto* ours = dynamic_cast<const nn::Module*>(module.get());
    if (ours != nullptr && dropping.contains(ours->python_name())) module->eval();
  }
}

/// With a `disturbance` other than 0, of images that differ in their last digits.
TrainingStep run_step(const NumericsCase& which, std::uint64_t disturbance) {
  LoadedCase loaded = load_case(which);
  if (disturbance != 0) loaded.images = disturbed(loaded.images, disturbance);
  train(*loaded.model, loaded.record);
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

/// A case's losses and gradients follow each other and come of the same steps, one and those that are disturbed.
const TrainingStep& step_of(const NumericsCase& which, std::uint64_t disturbance = 0) {
  static std::string name;
  static std::map<std::uint64_t, TrainingStep> steps;
  if (name != which.name) steps.clear();
  name = which.name;
  const auto found = steps.find(disturbance);
  return found != steps.end() ? found->second : steps.emplace(disturbance, run_step(which, disturbance)).first->second;
}

/// The mean of each value of each loss, `loss_cls[0]`, and what is logged, `loss_cls`.
Numbers numbers_of(const TrainingStep& step) {
  Numbers numbers;
  for (const Losses::Entry& entry : step.losses.entries()) {
    for (std::size_t i = 0; i < entry.values.size(); ++i) {
      numbers[entry.name + "[" + std::to_string(i) + "]"] = entry.values[i].mean().item<double>();
    }
  }
  for (const auto& [name, value] : step.parsed.log) numbers[name] = value.item<double>();
  return numbers;
}

struct Wanted {
  std::string name;
  double value;
  double size;  ///< of the loss, of which the value may be one level
};

std::vector<Wanted> wanted_numbers(const Json& record) {
  std::vector<Wanted> all;
  for (const auto& [name, value] : record["losses_raw"].items()) {
    const auto levels = value.is_array() ? value.get<std::vector<double>>() : std::vector<double>{value.get<double>()};
    double size = 0;
    for (const double level : levels) size += std::abs(level);
    for (std::size_t i = 0; i < levels.size(); ++i) all.push_back({name + "[" + std::to_string(i) + "]", levels[i], size});
  }
  for (const auto& [name, value] : record["losses"].items()) all.push_back({name, value.get<double>(), std::abs(value.get<double>())});
  return all;
}

/// Within the tolerance, or, where rounding moves a number further than that, within what it moves: of proposals and anchors that are
/// nearly tied it decides which one counts.
void expect_losses(const NumericsCase& which) {
  const TrainingStep& step = step_of(which);
  const Numbers numbers = numbers_of(step);
  Movements moved(numbers, [&](std::uint64_t seed) { return numbers_of(step_of(which, seed)); });
  for (const Wanted& wanted : wanted_numbers(step.record)) {
    const auto ours = numbers.find(wanted.name);
    ASSERT_NE(ours, numbers.end()) << wanted.name << " is missing";
    const double distance = std::abs(ours->second - wanted.value);
    const double tolerance = step.tolerances.losses * std::max(wanted.size, 1e-3);
    if (distance <= tolerance) continue;
    EXPECT_LE(distance, moved.of(wanted.name)) << wanted.name << ": ours " << ours->second << ", Python's " << wanted.value;
  }
  std::vector<std::string> names, wanted_names;
  const auto with_levels = [](const std::string& name, std::size_t levels) { return name + " of " + std::to_string(levels); };
  for (const auto& [name, value] : step.record["losses_raw"].items()) {
    wanted_names.push_back(with_levels(name, value.is_array() ? value.size() : 1));
  }
  for (const Losses::Entry& entry : step.losses.entries()) names.push_back(with_levels(entry.name, entry.values.size()));
  std::sort(names.begin(), names.end());
  std::sort(wanted_names.begin(), wanted_names.end());
  EXPECT_EQ(names, wanted_names);
}

/// Within the tolerance, and where rounding moves gradients further than that, within ten times what it moves, as elsewhere.
void expect_gradients(const NumericsCase& which) {
  const TrainingStep& step = step_of(which);
  const double tolerance = step.tolerances.grad_norms;
  const double total = step.record["grad_norm_total"].get<double>();
  const double floor = 1e-6 * total;
  Movements moved(step.grad_norms, [&](std::uint64_t seed) { return step_of(which, seed).grad_norms; });
  for (const auto& [name, value] : step.record["grad_norms"].items()) {
    const double norm = value.get<double>();
    const auto ours = step.grad_norms.find(name);
    ASSERT_NE(ours, step.grad_norms.end()) << name << " has no gradient";
    expect_number(name, ours->second, norm, tolerance * norm + floor, moved);
  }
  double squared = 0;
  for (const auto& [name, norm] : step.grad_norms) squared += norm * norm;
  expect_number("all gradients", std::sqrt(squared), total, tolerance * total, moved);
  EXPECT_EQ(step.grad_norms.size(), step.record["parameters_with_grad"].get<std::size_t>());
}

const SuiteMaker maker([] {
  for (const NumericsCase& which : numerics_cases()) {
    const Json record = read_json(which.file);
    if (record.contains("losses")) {
      add_case("Numerics", which.name + "_losses", unless_unregistered([=] { expect_losses(which); }));
    }
    if (record.contains("grad_norms")) {
      add_case("Numerics", which.name + "_gradients", unless_unregistered([=] { expect_gradients(which); }));
    }
  }
});

}  // namespace
}  // namespace detforge::golden
