#include <gtest/gtest.h>
#include <openssl/sha.h>

#include <map>
#include <memory>
#include <set>

#include "detforge/models/backbones/backbone.h"
#include "detforge/models/necks/neck.h"
#include "detforge/models/roi_heads/roi_head.h"
#include "tests/golden/torch/expect_detections.h"
#include "tests/golden/torch/fill.h"
#include "tests/golden/torch/skip.h"

/// Whole detectors with weights and inputs by rule: their state, features, head outputs and detections.
namespace detforge::golden {
namespace {

std::string sha1_hex(const std::string& text) {
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest{};
  SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  std::string hex;
  for (const unsigned char byte : digest) {
    constexpr std::string_view digits = "0123456789abcdef";
    hex += {digits[byte >> 4U], digits[byte & 15U]};
  }
  return hex;
}

void expect_state(const nn::Module& model, const Json& record) {
  std::string keys;
  double abs_sum = 0;
  std::int64_t parameters = 0;
  std::set<const void*> counted;  // layers may be shared
  const auto state = nn::state_dict(model);
  for (const nn::NamedTensor& entry : state) {
    keys += (keys.empty() ? "" : "\n") + entry.name;
    abs_sum += entry.tensor.detach().to(torch::kDouble).abs().sum().item<double>();
    if (entry.is_parameter && counted.insert(entry.tensor.data_ptr()).second) parameters += entry.tensor.numel();
  }
  EXPECT_EQ(state.size(), record["entries"].get<std::size_t>());
  EXPECT_EQ(parameters, record["parameters"].get<std::int64_t>());
  EXPECT_EQ(sha1_hex(keys), record["keys_sha1"].get<std::string>());
  EXPECT_NEAR(abs_sum, record["abs_sum"].get<double>(), 1e-6 * record["abs_sum"].get<double>());
}

/// Keeps what the first call of each module gives.
class FirstOutputs : public nn::ForwardObserver {
 public:
  void enter(const nn::Module&) override {}
  void leave(const nn::Module& module, std::span<const torch::Tensor>, std::span<const torch::Tensor> outputs) override {
    outputs_.try_emplace(&module, outputs.begin(), outputs.end());
  }
  const std::vector<torch::Tensor>& of(const torch::nn::Module& root, const std::string& name) const {
    return outputs_.at(root.named_modules()[name].get());
  }

 private:
  std::map<const torch::nn::Module*, std::vector<torch::Tensor>> outputs_;
};

void expect_tensors(const std::vector<torch::Tensor>& ours, const Json& records, double tolerance) {
  ASSERT_EQ(ours.size(), records.size());
  for (std::size_t i = 0; i < records.size(); ++i) {
    SCOPED_TRACE("output " + records[i]["path"].get<std::string>());
    expect_tensor(ours[i], records[i], tolerance);
  }
}

/// Of as many images as Python was asked about; some of its operators take one at a time. Not every detector has a result for each.
std::vector<Detections> predict(const LoadedCase& loaded) {
  const auto count = loaded.record["backbone_feats"][0]["shape"][0].get<std::size_t>();
  const torch::Tensor images = loaded.images.slice(0, 0, static_cast<std::int64_t>(count));
  const std::span<const ImageMeta> metas(loaded.metas.data(), count);
  const Targets targets = targets_of(loaded);
  if (!targets.proposals.empty()) return loaded.model->predict_from_proposals(images, metas, targets.proposals, /*rescale=*/true);
  return loaded.model->predict(images, metas, /*rescale=*/true);
}

/// Backbone and neck on the whole batch.
nn::Features features_of(const LoadedCase& loaded) {
  const auto modules = loaded.model->named_modules();
  nn::Features features = dynamic_cast<Backbone&>(*modules["backbone"]).forward(loaded.images);
  return modules.contains("neck") ? dynamic_cast<Neck&>(*modules["neck"]).forward(features) : features;
}

void expect_roi_outputs(const LoadedCase& loaded) {
  const Json& record = loaded.record["roi_outs"];
  std::vector<float> rois;
  for (const Json& row : record["rois"]) {
    for (const Json& value : row) rois.push_back(value.get<float>());
  }
  auto& head = dynamic_cast<RoIHead&>(*loaded.model->named_modules()["roi_head"]);
  std::map<std::string, torch::Tensor> ours;
  for (const RoIOutput& output : head.roi_outputs(features_of(loaded), torch::tensor(rois).view({-1, 5})))
    ours[output.name] = output.tensor;
  for (const auto& [stage, tensors] : record.items()) {
    if (stage == "rois") continue;
    for (const auto& [name, tensor] : tensors.items()) {
      SCOPED_TRACE("roi_head's " + stage + "." + name);
      ASSERT_TRUE(ours.contains(stage + "." + name));
      expect_tensor(ours[stage + "." + name], tensor, loaded.tolerances.roi_outs);
    }
  }
}

void expect_forward(const LoadedCase& loaded) {
  const torch::NoGradGuard no_grad;
  FirstOutputs outputs;
  {
    const nn::ObserverGuard guard(outputs);
    predict(loaded);
  }
  const auto expect_module = [&](const std::string& name, const Json& records, double tolerance) {
    SCOPED_TRACE(name);
    expect_tensors(outputs.of(*loaded.model, name), records, tolerance);
  };
  const Json& record = loaded.record;
  expect_module("backbone", record["backbone_feats"], loaded.tolerances.features);
  if (record.contains("neck_feats") && !record["neck_feats"].is_null())
    expect_module("neck", record["neck_feats"], loaded.tolerances.features);
  for (const auto& [name, records] : record["module_outs"].items()) expect_module(name, records, loaded.tolerances.of_module(name));
  if (record.contains("roi_outs") && !record["roi_outs"].is_null()) expect_roi_outputs(loaded);
}

void expect_detections(const LoadedCase& loaded) {
  const torch::NoGradGuard no_grad;
  const std::vector<Detections> ours = predict(loaded);
  ASSERT_EQ(ours.size(), loaded.record["detections"].size());
  for (std::size_t image = 0; image < ours.size(); ++image) {
    SCOPED_TRACE("image " + std::to_string(image));
    expect_detections(ours[image], loaded.record["detections"][image], loaded.tolerances);
  }
}

/// A case's aspects follow each other and share the model; none of them changes it.
const LoadedCase& loaded_case(const NumericsCase& which) {
  static std::string name;
  static LoadedCase loaded;
  if (name != which.name) {
    name.clear();
    loaded = load_case(which);
    name = which.name;
  }
  return loaded;
}

const SuiteMaker maker([] {
  for (const NumericsCase& which : numerics_cases()) {
    add_case("Numerics", which.name + "_state", unless_unregistered([=] {
               const LoadedCase& loaded = loaded_case(which);
               expect_state(*loaded.model, loaded.record["state"]);
             }));
    add_case("Numerics", which.name + "_forward", unless_unregistered([=] { expect_forward(loaded_case(which)); }));
    add_case("Numerics", which.name + "_detections", unless_unregistered([=] { expect_detections(loaded_case(which)); }));
  }
});

}  // namespace
}  // namespace detforge::golden
