#include "tests/golden/torch/ops_records.h"

#include <gtest/gtest.h>

#include <memory>

namespace detforge::golden {
namespace {

void flatten(const Json& json, std::vector<double>& values) {
  if (json.is_array()) {
    for (const Json& element : json) flatten(element, values);
  } else {
    values.push_back(json.get<double>());
  }
}

/// Read once, whatever the number of files that make cases of it; empty where the file is absent.
const Json& all_records() {
  static const Json all = [] {
    const auto file = golden_dir() / "numerics" / "_ops.json.gz";
    return std::filesystem::exists(file) ? read_json(file) : Json::object();
  }();
  return all;
}

}  // namespace

BuildContext ops_context() { return {Reference::V2_27, {}}; }

torch::Tensor tensor_from(const Json& json, torch::ScalarType type) {
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
  const torch::Tensor wanted = tensor_from(json, torch::kDouble);
  ASSERT_EQ(ours.numel(), wanted.numel());
  if (ours.numel() == 0) return;
  const double largest = std::max(1.0, wanted.abs().max().item<double>());
  const double difference = (ours.detach().to(torch::kDouble).view_as(wanted) - wanted).abs().max().item<double>();
  EXPECT_LE(difference, tolerance * largest) << "ours " << ours << " Python's " << wanted;
}

void add_ops_cases(const std::string& key, const std::function<std::string(const Json&)>& name,
                   const std::function<void(const Json&)>& check) {
  const Json& all = all_records();
  if (!all.contains(key)) return;
  for (const Json& record : all[key]) {
    if (name(record).empty()) continue;
    add_case("Numerics", "_ops_" + key + "_" + name(record), unless_unregistered([&record, check] { check(record); }));
  }
}

}  // namespace detforge::golden
