#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/golden/torch/fill.h"
#include "tests/golden/torch/numerics_case.h"
#include "tests/golden/torch/skip.h"

/// One training step of whole detectors: every loss, and the norms of gradients.
namespace detforge::golden {
namespace {

Losses losses_of(const LoadedCase& loaded) {
  loaded.model->train();
  torch::manual_seed(0);
  return loaded.model->loss(loaded.images, targets_of(loaded));
}

void expect_value(const std::string& name, double ours, double wanted, double tolerance) {
  EXPECT_LE(std::abs(ours - wanted), tolerance * std::max(std::abs(wanted), 1e-3)) << name << ": ours " << ours << ", Python's " << wanted;
}

void expect_losses(const LoadedCase& loaded) {
  const Losses losses = losses_of(loaded);
  const double tolerance = loaded.tolerances.losses;
  std::vector<std::string> names, wanted_names;
  for (const auto& [name, value] : loaded.record["losses_raw"].items()) {
    wanted_names.push_back(name);
    const Losses::Entry* entry = losses.find(name);
    if (entry == nullptr) continue;
    const auto wanted = value.is_array() ? value.get<std::vector<double>>() : std::vector<double>{value.get<double>()};
    ASSERT_EQ(entry->values.size(), wanted.size()) << name;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      expect_value(name + "[" + std::to_string(i) + "]", entry->values[i].mean().item<double>(), wanted[i], tolerance);
    }
  }
  for (const Losses::Entry& entry : losses.entries()) names.push_back(entry.name);
  std::sort(names.begin(), names.end());
  std::sort(wanted_names.begin(), wanted_names.end());
  EXPECT_EQ(names, wanted_names);
  const ParsedLosses parsed = parse_losses(losses);
  for (const auto& [name, value] : parsed.log) {
    if (loaded.record["losses"].contains(name)) {
      expect_value(name, value.item<double>(), loaded.record["losses"][name].get<double>(), tolerance);
    }
  }
}

void expect_gradients(const LoadedCase& loaded) {
  parse_losses(losses_of(loaded)).loss.backward();
  const double tolerance = loaded.tolerances.grad_norms;
  const double total = loaded.record["grad_norm_total"].get<double>();
  const double floor = 1e-6 * total;
  double ours_squared = 0;
  std::size_t with_gradient = 0;
  std::map<std::string, double> norms;
  for (const auto& item : loaded.model->named_parameters()) {
    const torch::Tensor& gradient = item.value().grad();
    if (!gradient.defined()) continue;
    ++with_gradient;
    norms[item.key()] = gradient.to(torch::kDouble).norm().item<double>();
    ours_squared += std::pow(norms[item.key()], 2);
  }
  for (const auto& [name, value] : loaded.record["grad_norms"].items()) {
    const double wanted = value.get<double>();
    ASSERT_TRUE(norms.contains(name)) << name << " has no gradient";
    EXPECT_LE(std::abs(norms[name] - wanted), tolerance * wanted + floor) << name << ": ours " << norms[name] << ", Python's " << wanted;
  }
  EXPECT_LE(std::abs(std::sqrt(ours_squared) - total), tolerance * total) << "ours " << std::sqrt(ours_squared) << ", Python's " << total;
  EXPECT_EQ(with_gradient, loaded.record["parameters_with_grad"].get<std::size_t>());
}

const SuiteMaker maker([] {
  for (const NumericsCase& which : numerics_cases()) {
    const Json record = read_json(which.file);
    if (record.contains("losses")) {
      add_case("Numerics", which.name + "_losses", unless_unregistered([=] { expect_losses(load_case(which)); }));
    }
    if (record.contains("grad_norms")) {
      add_case("Numerics", which.name + "_gradients", unless_unregistered([=] { expect_gradients(load_case(which)); }));
    }
  }
});

}  // namespace
}  // namespace detforge::golden
