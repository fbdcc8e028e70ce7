#include <gtest/gtest.h>
#include <openssl/sha.h>

#include <map>
#include <memory>
#include <set>

#include "detforge/kernels/candidates.h"
#include "detforge/models/backbones/backbone.h"
#include "detforge/models/dense_heads/solo/solo_base_head.h"
#include "detforge/models/necks/neck.h"
#include "detforge/models/roi_heads/roi_head.h"
#include "tests/golden/torch/expect_detections.h"
#include "tests/golden/torch/fill.h"
#include "tests/golden/torch/skip.h"
#include "tests/golden/torch/tied_rows.h"

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

void expect_tensors(const std::vector<torch::Tensor>& ours, const Json& records, double tolerance, const TiedRows& tied_rows = {}) {
  ASSERT_EQ(ours.size(), records.size());
  for (std::size_t i = 0; i < records.size(); ++i) {
    SCOPED_TRACE("output " + records[i]["path"].get<std::string>());
    expect_tensor(ours[i], records[i], tolerance, tied_rows);
  }
}

/// How many Python was asked about; some of its operators take one at a time.
std::int64_t num_images(const LoadedCase& loaded) { return loaded.record["backbone_feats"][0]["shape"][0].get<std::int64_t>(); }

/// Not every detector has a result for each image.
std::vector<Detections> predict(const LoadedCase& loaded) {
  const torch::Tensor images = loaded.images.slice(0, 0, num_images(loaded));
  const std::span<const ImageMeta> metas = std::span(loaded.metas).first(static_cast<std::size_t>(num_images(loaded)));
  const Targets targets = targets_of(loaded);
  if (!targets.proposals.empty()) return loaded.model->predict_from_proposals(images, metas, targets.proposals, /*rescale=*/true);
  return loaded.model->predict(images, metas, /*rescale=*/true);
}

/// Backbone and neck on the first `count` images.
nn::Features features_of(const LoadedCase& loaded, std::int64_t count) {
  const auto modules = loaded.model->named_modules();
  nn::Features features = dynamic_cast<Backbone&>(*modules["backbone"]).forward(loaded.images.slice(0, 0, count));
  return modules.contains("neck") ? dynamic_cast<Neck&>(*modules["neck"]).forward(features) : features;
}

/// The other rows that may stand in a row's place, of a tensor with a row per proposal or per detection.
TiedRows tied_rows_of(const LoadedCase& loaded, std::span<const Detections> detections) {
  RowScores of_detections;
  for (const Detections& image : detections) of_detections.append_image(image.scores);
  const double rounding = loaded.tolerances.features / 100;
  return [&loaded, rounding, of_detections, of_proposals = RowScores()](std::int64_t row, std::int64_t rows) mutable {
    if (rows == of_detections.size()) return of_detections.tied_with(row, rounding);
    const auto modules = loaded.model->named_modules();
    if (of_proposals.size() == 0 && modules.contains("rpn_head")) {
      auto& source = dynamic_cast<ProposalSource&>(*modules["rpn_head"]);
      const auto metas = std::span(loaded.metas).first(static_cast<std::size_t>(num_images(loaded)));
      for (const torch::Tensor& proposals : source.propose(features_of(loaded, num_images(loaded)), metas)) {
        const torch::Tensor scores = proposals.select(1, 4).contiguous();
        of_proposals.append_image(values_of(scores));
      }
    }
    return rows == of_proposals.size() ? of_proposals.tied_with(row, rounding) : std::vector<std::int64_t>();
  };
}

void expect_roi_outputs(const LoadedCase& loaded) {
  const Json& record = loaded.record["roi_outs"];
  std::vector<float> rois;
  for (const Json& row : record["rois"]) {
    for (const Json& value : row) rois.push_back(value.get<float>());
  }
  auto& head = dynamic_cast<RoIHead&>(*loaded.model->named_modules()["roi_head"]);
  std::map<std::string, torch::Tensor> ours;
  for (const RoIOutput& output : head.roi_outputs(features_of(loaded, loaded.images.size(0)), torch::tensor(rois).view({-1, 5})))
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

/// While Python's SOLOV2Head predicts it puts the peaks of class scores, channels last, in the place of the logits that its forward gave,
/// and that is what was recorded.
std::vector<torch::Tensor> as_recorded(std::vector<torch::Tensor> outputs, const Json& module_config) {
  if (!module_config.is_object() || module_config.value("type", "") != "SOLOV2Head") return outputs;
  const std::size_t num_levels = outputs.size() / 2;  // of kernels and of classes; the mask features come last
  for (std::size_t i = num_levels; i < 2 * num_levels; ++i) outputs[i] = solo_peaks(outputs[i].sigmoid()).permute({0, 2, 3, 1});
  return outputs;
}

void expect_forward(const LoadedCase& loaded) {
  const torch::NoGradGuard no_grad;
  FirstOutputs outputs;
  std::vector<Detections> detections;
  {
    const nn::ObserverGuard guard(outputs);
    detections = predict(loaded);
  }
  const TiedRows tied_rows = tied_rows_of(loaded, detections);
  const auto expect_module = [&](const std::string& name, const Json& records, double tolerance) {
    SCOPED_TRACE(name);
    const Json config = loaded.record["model"].value(name, Json::object());
    expect_tensors(as_recorded(outputs.of(*loaded.model, name), config), records, tolerance,
                   name.starts_with("roi_head.") ? tied_rows : TiedRows());
  };
  const Json& record = loaded.record;
  expect_module("backbone", record["backbone_feats"], loaded.tolerances.features);
  if (record.contains("neck_feats") && !record["neck_feats"].is_null())
    expect_module("neck", record["neck_feats"], loaded.tolerances.features);
  for (const auto& [name, records] : record["module_outs"].items()) expect_module(name, records, loaded.tolerances.of_module(name));
  if (record.contains("roi_outs") && !record["roi_outs"].is_null()) expect_roi_outputs(loaded);
}

/// What v2.8's TridentNet makes of a batch: one list of all images, with one more NMS.
Detections merged(std::span<const Detections> images, const Json& record) {
  kernels::Candidates all;
  for (const Detections& image : images) {
    for (std::size_t i = 0; i < image.size(); ++i) all.add(image.boxes_xyxy[i], image.scores[i], image.labels[i]);
  }
  const Json& cfg = record["model"]["test_cfg"]["rcnn"];
  kernels::NmsOptions nms;
  nms.iou_threshold = cfg["nms"]["iou_threshold"].get<double>();
  return kernels::select_detections(all, nms, cfg["max_per_img"].get<std::int64_t>());
}

void expect_detections(const LoadedCase& loaded) {
  const torch::NoGradGuard no_grad;
  std::vector<Detections> ours = predict(loaded);
  if (loaded.record["model"]["type"] == "TridentFasterRCNN" && loaded.record["detections"].size() == 1)
    ours = {merged(ours, loaded.record)};
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
