#include "detforge/nn/old_checkpoints.h"

#include <gtest/gtest.h>

#include <map>

#include "detforge/nn/layers/containers.h"
#include "detforge/nn/layers/conv2d.h"
#include "detforge/nn/layers/linear.h"
#include "detforge/nn/load_state_dict.h"
#include "tests/support/saved_weights.h"

/// Weights as the tools `upgrade_model_version.py` and `upgrade_ssd_version.py` of MMDetection, and its DETRHead, take them up.
namespace detforge::nn {
namespace {

std::shared_ptr<Conv2d> conv(std::int64_t out_channels) {
  return std::make_shared<Conv2d>(Conv2d::Options{.in_channels = 2, .out_channels = out_channels, .kernel_size = 1});
}

/// Layers by their dotted names, `roi_head.mask_head.conv_logits`.
std::shared_ptr<Sequential> model_of(const std::vector<std::pair<std::string, std::shared_ptr<Layer>>>& layers) {
  auto model = std::make_shared<Sequential>();
  std::map<std::string, std::shared_ptr<Sequential>> parts = {{"", model}};
  for (const auto& [name, layer] : layers) {
    std::string place;
    std::size_t begin = 0;
    for (std::size_t dot = name.find('.'); dot != std::string::npos; begin = dot + 1, dot = name.find('.', begin)) {
      const std::string whole = name.substr(0, dot);
      if (!parts.contains(whole)) {
        parts[whole] = std::make_shared<Sequential>();
        parts.at(place)->append(name.substr(begin, dot - begin), parts[whole]);
      }
      place = whole;
    }
    parts.at(place)->append(name.substr(begin), layer);
  }
  return model;
}

std::map<std::string, torch::Tensor> numbered(const Module& model) {
  const torch::NoGradGuard no_grad;
  std::map<std::string, torch::Tensor> tensors;
  for (const NamedTensor& entry : state_dict(model)) {
    entry.tensor.copy_(torch::arange(entry.tensor.numel()).view_as(entry.tensor) + 1000 * static_cast<double>(tensors.size()));
    tensors.emplace(entry.name, entry.tensor.clone());
  }
  return tensors;
}

void forget(const Module& model) {
  const torch::NoGradGuard no_grad;
  for (const NamedTensor& entry : state_dict(model)) entry.tensor.fill_(-1);
}

void expect_weights(const Module& model, const std::map<std::string, torch::Tensor>& wanted) {
  for (const NamedTensor& entry : state_dict(model)) EXPECT_TRUE(torch::equal(entry.tensor, wanted.at(entry.name))) << entry.name;
}

torch::Tensor with_background_first(const torch::Tensor& tensor, std::int64_t rows) {
  return torch::cat({torch::full_like(tensor.slice(0, 0, rows), 7), tensor});
}

TEST(OldCheckpoints, OfASecondStageLoseTheirBackground) {
  // Three classes: heads of boxes, masks and their scores; a semantic head and a box head that know no classes keep all rows.
  const auto model = model_of({{"rpn_head.rpn_cls", conv(3)},
                               {"roi_head.bbox_head.fc_cls", conv(4)},
                               {"roi_head.bbox_head.fc_reg", conv(12)},
                               {"roi_head.mask_head.conv_logits", conv(3)},
                               {"roi_head.mask_iou_head.fc_mask_iou", conv(3)},
                               {"roi_head.semantic_head.conv_logits", conv(5)},
                               {"roi_head.shared_head.layer4", conv(2)},
                               {"roi_head.agnostic.fc_reg", conv(4)}});
  const auto wanted = numbered(*model);
  NamedTensors old;
  for (const auto& [name, tensor] : wanted) {
    torch::Tensor saved = tensor;
    if (name.find("fc_cls") != std::string::npos) saved = tensor.roll(1, 0);
    if (name.find("bbox_head.fc_reg") != std::string::npos) saved = with_background_first(tensor, 4);
    if (name.find("mask_") != std::string::npos) saved = with_background_first(tensor, 1);
    old.emplace_back(name.starts_with("roi_head.") ? name.substr(9) : name, saved);
  }
  forget(*model);
  EXPECT_TRUE(load_state_dict(*model, Checkpoint::read(saved_tensors(old)), /*strict=*/true).empty());
  expect_weights(*model, wanted);
}

TEST(OldCheckpoints, OfOtherClassesDoNotFit) {
  const auto model = model_of({{"roi_head.bbox_head.fc_cls", conv(4)}, {"roi_head.bbox_head.fc_reg", conv(12)}});
  forget(*model);
  const NamedTensors old = {{"bbox_head.fc_cls.bias", torch::zeros({9})}, {"bbox_head.fc_reg.bias", torch::zeros({36})}};
  const LoadReport report = load_state_dict(*model, Checkpoint::read(saved_tensors(old)));
  ASSERT_EQ(report.mismatched.size(), 2U);
  EXPECT_EQ(report.mismatched[0].in_checkpoint, std::vector<std::int64_t>{9});
  EXPECT_EQ(state_dict(*model)[1].tensor.min().item<float>(), -1) << "what does not fit stays as it was";
}

/// SSD with two levels, of 2 and 3 anchors, and two classes.
std::shared_ptr<Sequential> ssd(bool is_new) {
  const std::string list = is_new ? ".0" : "";
  return model_of({{is_new ? "neck.l2_norm" : "backbone.l2_norm", std::make_shared<Linear>(Linear::Options{1, 1, false})},
                   {is_new ? "neck.extra_layers.0.0.conv" : "backbone.extra.0", conv(3)},
                   {is_new ? "neck.extra_layers.0.1.conv" : "backbone.extra.1", conv(4)},
                   {is_new ? "neck.extra_layers.1.0.conv" : "backbone.extra.2", conv(5)},
                   {"bbox_head.cls_convs.0" + list, conv(6)},
                   {"bbox_head.cls_convs.1" + list, conv(9)},
                   {"bbox_head.reg_convs.0" + list, conv(8)},
                   {"bbox_head.reg_convs.1" + list, conv(12)}});
}

/// In the order of `ssd`'s, whose names differ.
NamedTensors renamed(const Module& from, const Module& to) {
  NamedTensors tensors;
  const auto values = state_dict(from), names = state_dict(to);
  for (std::size_t i = 0; i < values.size(); ++i) tensors.emplace_back(names[i].name, values[i].tensor.clone());
  return tensors;
}

TEST(OldCheckpoints, OfSSDGiveTheirFurtherLevelsToTheNeck) {
  const auto old = ssd(/*is_new=*/false), model = ssd(/*is_new=*/true);
  const auto wanted = numbered(*model);
  const NamedTensors saved = renamed(*model, *old);
  forget(*model);
  EXPECT_TRUE(load_state_dict(*model, Checkpoint::read(saved_tensors(saved)), /*strict=*/true).empty());
  expect_weights(*model, wanted);
}

TEST(OldCheckpoints, OfDETRNameTheirLayersPartsInLists) {
  const auto detr = [](bool is_new) {
    const std::string layers = "bbox_head.transformer.decoder.layers.0.";
    return model_of({{layers + (is_new ? "attentions.0.attn" : "self_attn.attn"), conv(3)},
                     {layers + (is_new ? "attentions.1.attn" : "multihead_attn.attn"), conv(4)},
                     {layers + (is_new ? "ffns.0.layers.1" : "ffn.layers.1"), conv(5)},
                     {std::string("bbox_head.transformer.decoder.") + (is_new ? "post_norm" : "norm"), conv(6)},
                     {"bbox_head.reg_ffn.layers.1", conv(7)}});
  };
  const auto old = detr(/*is_new=*/false), model = detr(/*is_new=*/true);
  const auto wanted = numbered(*model);
  const NamedTensors saved = renamed(*model, *old);
  forget(*model);
  EXPECT_TRUE(load_state_dict(*model, Checkpoint::read(saved_tensors(saved)), /*strict=*/true).empty());
  expect_weights(*model, wanted);
}

TEST(OldCheckpoints, OfSSDPutTheBackgroundLastWhereTheirMetaIsOfBeforeVersion2) {
  for (const bool is_new : {false, true}) {
    const auto old = ssd(/*is_new=*/false), model = ssd(is_new);
    const auto wanted = numbered(*model);
    NamedTensors saved = renamed(*model, *old);
    for (auto& [name, tensor] : saved) {
      if (name.find("cls_convs") == std::string::npos) continue;
      std::vector<std::int64_t> by_anchor = tensor.sizes().vec();
      by_anchor[0] = 3;
      by_anchor.insert(by_anchor.begin(), tensor.size(0) / 3);
      tensor = tensor.view(by_anchor).roll(1, 1).reshape(tensor.sizes());
    }
    for (const std::string version : {"1.0.0+8732ed9", "0.6.0+unknown", "2.3.0"}) {
      forget(*model);
      const Value meta = Value::dict({{"mmdet_version", version}});
      EXPECT_TRUE(load_state_dict(*model, Checkpoint::read(saved_tensors(saved, meta)), /*strict=*/true).empty());
      if (version != "2.3.0") {
        expect_weights(*model, wanted);
      } else {
        const auto found = state_dict(*model);
        for (std::size_t i = 0; i < found.size(); ++i) EXPECT_TRUE(torch::equal(found[i].tensor, saved[i].second)) << found[i].name;
      }
    }
  }
}

}  // namespace
}  // namespace detforge::nn
