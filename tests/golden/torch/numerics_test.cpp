#include <gtest/gtest.h>
#include <openssl/sha.h>

#include <map>
#include <memory>

#include "detforge/config/config.h"
#include "detforge/models/detectors/detector.h"
#include "tests/golden/torch/fill.h"
#include "tests/golden/torch/skip.h"

/// Whole detectors with weights and inputs by rule: their state, features, head outputs and detections.
namespace detforge::golden {
namespace {

struct Case {
  std::filesystem::path file;
  Reference reference;
};

struct Loaded {
  Json record;
  std::shared_ptr<Detector> model;
  torch::Tensor images;
  std::vector<ImageMeta> metas;
};

ImageSize image_size(const Json& shape) { return {shape[0].get<std::int64_t>(), shape[1].get<std::int64_t>()}; }

ImageMeta image_meta(const Json& json) {
  ImageMeta meta;
  meta.ori_shape = image_size(json["ori_shape"]);
  meta.img_shape = image_size(json["img_shape"]);
  meta.pad_shape = image_size(json["pad_shape"]);
  meta.batch_input_shape = image_size(json["batch_input_shape"]);
  meta.scale_factor = json["scale_factor"].get<std::array<float, 4>>();
  meta.flip = json["flip"].get<bool>();
  return meta;
}

Loaded load(const Case& which) {
  Loaded loaded{.record = read_json(which.file), .model = {}, .images = {}, .metas = {}};
  const Json& record = loaded.record;
  const Value config = Config::from_text("model = " + record["model_py"].get<std::string>(), ".py")["model"];
  loaded.model = build_detector(config, {}, {}, {which.reference, "model"});
  fill(*loaded.model, record["gain"].get<double>());
  loaded.images = filled_image(record["input_name"].get<std::string>(), record["input_shape"].get<std::vector<std::int64_t>>());
  for (const Json& meta : record["img_metas"]) {
    const auto image = static_cast<std::int64_t>(loaded.metas.size());
    loaded.metas.push_back(image_meta(meta));
    const ImageSize size = loaded.metas.back().img_shape;
    loaded.images[image].slice(1, size.height).zero_();
    loaded.images[image].slice(2, size.width).zero_();
  }
  loaded.model->eval();
  return loaded;
}

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
  const auto state = nn::state_dict(model);
  for (const nn::NamedTensor& entry : state) {
    keys += (keys.empty() ? "" : "\n") + entry.name;
    abs_sum += entry.tensor.detach().to(torch::kDouble).abs().sum().item<double>();
    if (entry.is_parameter) parameters += entry.tensor.numel();
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

void expect_tensors(const std::vector<torch::Tensor>& ours, const Json& records) {
  ASSERT_EQ(ours.size(), records.size());
  for (std::size_t i = 0; i < records.size(); ++i) {
    SCOPED_TRACE("output " + records[i]["path"].get<std::string>());
    expect_tensor(ours[i], records[i]);
  }
}

void expect_forward(const Loaded& loaded) {
  const torch::NoGradGuard no_grad;
  FirstOutputs outputs;
  {
    const nn::ObserverGuard guard(outputs);
    loaded.model->predict(loaded.images, loaded.metas);
  }
  const auto expect_module = [&](const std::string& name, const Json& records) {
    SCOPED_TRACE(name);
    expect_tensors(outputs.of(*loaded.model, name), records);
  };
  expect_module("backbone", loaded.record["backbone_feats"]);
  if (loaded.record.contains("neck_feats") && !loaded.record["neck_feats"].is_null()) expect_module("neck", loaded.record["neck_feats"]);
  for (const auto& [name, records] : loaded.record["module_outs"].items()) expect_module(name, records);
}

struct Row {
  std::int64_t label;
  std::array<double, 4> box;
  double score;
};

bool is_partner(const Row& a, const Row& b) {
  if (a.label != b.label || std::abs(a.score - b.score) > 1e-4) return false;
  for (std::size_t i = 0; i < 4; ++i) {
    if (std::abs(a.box[i] - b.box[i]) > 1e-2) return false;
  }
  return true;
}

/// Rows of the one without a partner in the other, but for those whose score is that of the cut.
std::vector<Row> unmatched(const std::vector<Row>& rows, std::vector<Row> others, double cut) {
  std::vector<Row> left;
  for (const Row& row : rows) {
    const auto partner = std::find_if(others.begin(), others.end(), [&](const Row& other) { return is_partner(row, other); });
    if (partner != others.end()) {
      others.erase(partner);
    } else if (std::abs(row.score - cut) > 1e-4) {
      left.push_back(row);
    }
  }
  return left;
}

void expect_detections(const Loaded& loaded) {
  const torch::NoGradGuard no_grad;
  const std::vector<Detections> ours = loaded.model->predict(loaded.images, loaded.metas, /*rescale=*/true);
  ASSERT_EQ(ours.size(), loaded.record["detections"].size());
  for (std::size_t image = 0; image < ours.size(); ++image) {
    SCOPED_TRACE("image " + std::to_string(image));
    std::vector<Row> rows, wanted;
    double cut = 1;
    for (std::size_t i = 0; i < ours[image].size(); ++i) {
      const auto& box = ours[image].boxes_xyxy[i];
      rows.push_back({ours[image].labels[i], {box[0], box[1], box[2], box[3]}, ours[image].scores[i]});
    }
    for (const Json& row : loaded.record["detections"][image]["dets"]) {
      wanted.push_back({row[0].get<std::int64_t>(),
                        {row[1].get<double>(), row[2].get<double>(), row[3].get<double>(), row[4].get<double>()},
                        row[5].get<double>()});
      cut = std::min(cut, wanted.back().score);
    }
    EXPECT_EQ(rows.size(), wanted.size());
    for (const Row& row : unmatched(rows, wanted, cut)) {
      ADD_FAILURE() << "not in Python's: class " << row.label << " score " << row.score << " box " << row.box[0] << " " << row.box[1];
    }
    for (const Row& row : unmatched(wanted, rows, cut)) {
      ADD_FAILURE() << "only in Python's: class " << row.label << " score " << row.score << " box " << row.box[0] << " " << row.box[1];
    }
  }
}

void add_cases(const std::string& folder, const std::string& prefix, Reference reference) {
  const auto path = golden_dir() / folder;
  if (!std::filesystem::exists(path)) return;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(path)) {
    const std::string name = entry.path().filename();
    if (name.ends_with(".json.gz") && !name.starts_with("_")) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  for (const auto& file : files) {
    const Case which{file, reference};
    const std::string name = prefix + file.stem().stem().string();
    add_case("Numerics", name + "_state", unless_unregistered([=] {
               const Loaded loaded = load(which);
               expect_state(*loaded.model, loaded.record["state"]);
             }));
    add_case("Numerics", name + "_forward", unless_unregistered([=] { expect_forward(load(which)); }));
    add_case("Numerics", name + "_detections", unless_unregistered([=] { expect_detections(load(which)); }));
  }
}

const SuiteMaker maker([] {
  add_cases("numerics", "", Reference::V2_27);
  add_cases("numerics_v2.8", "v2_8_", Reference::V2_8);
});

}  // namespace
}  // namespace detforge::golden
