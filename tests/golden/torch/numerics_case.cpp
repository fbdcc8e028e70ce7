#include "tests/golden/torch/numerics_case.h"

#include <algorithm>
#include <regex>

#include "detforge/config/config.h"
#include "detforge/models/detectors/taught_detector.h"
#include "tests/golden/torch/fill.h"

namespace detforge::golden {
namespace {

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

/// The file's name says which detector it is; both versions' detectors round alike.
Tolerances tolerances_of(const std::filesystem::path& file) {
  static const Json noise = [] {
    const auto path = golden_dir() / "numerics" / "noise.json";
    return std::filesystem::exists(path) ? read_json(path)["files"] : Json::object();
  }();
  Tolerances tolerances;
  const auto found = noise.find(file.stem().stem().string());
  if (found == noise.end()) return tolerances;
  const auto raise = [&](double& bound, const char* key) {
    if (found->contains(key)) bound = std::max(bound, 10 * (*found)[key].get<double>());
  };
  raise(tolerances.features, "features");
  raise(tolerances.roi_outs, "roi_outs");
  raise(tolerances.losses, "losses");
  raise(tolerances.grad_norms, "grad_norms");
  raise(tolerances.box_px, "matched_max_px");
  raise(tolerances.score, "matched_max_score");
  for (const auto& [module, value] : (*found)["module_outs"].items()) {
    tolerances.module_outs[module] = std::max(1e-4, 10 * value.get<double>());
  }
  return tolerances;
}

InstanceMasks masks_of(const Json& objects, ImageSize size) {
  PolygonMasks polygons(objects.get<std::vector<Polygons>>(), size);
  return polygons.to_bitmaps();
}

/// `v[k,0,y,x] = ((y//2)*3 + (x//3)*5 + 7*k) % classes; row 0, columns 0 and 1 are 255`
torch::Tensor semantic_seg(const Json& record) {
  const std::string rule = record["rule"];
  std::smatch match;
  if (!std::regex_match(rule, match,
                        std::regex(R"(v\[k,0,y,x\] = \(\(y//2\)\*3 \+ \(x//3\)\*5 \+ 7\*k\) % (\d+); row 0, columns 0 and 1 are 255)"))) {
    throw std::runtime_error("unknown rule of gt_semantic_seg: " + rule);
  }
  const auto shape = record["shape"].get<std::vector<std::int64_t>>();
  const auto range = [&](std::size_t axis) { return torch::arange(shape[axis], torch::kLong); };
  const torch::Tensor y = torch::div(range(2), 2, "floor").view({1, 1, -1, 1});
  const torch::Tensor x = torch::div(range(3), 3, "floor").view({1, 1, 1, -1});
  torch::Tensor labels = (y * 3 + x * 5 + range(0).view({-1, 1, 1, 1}) * 7) % std::int64_t{std::stoll(match[1])};
  labels.select(2, 0).slice(2, 0, 2).fill_(255);
  return labels;
}

/// A teacher is no part of its student's state; the record's notes say how it was filled.
void fill_teacher(TaughtDetector& student, const Json& record) {
  for (const std::string note : record["notes"]) {
    std::smatch match;
    if (std::regex_search(note, match, std::regex(R"(gain ([0-9.]+) and names \"(\w+\.)\")"))) {
      return fill(student.teacher(), std::stod(match[1]), match[2]);
    }
  }
  throw std::runtime_error("the record does not say how the teacher was filled");
}

torch::Tensor rows_of(const Json& rows, std::int64_t columns) {
  std::vector<float> values;
  for (const Json& row : rows) {
    for (const Json& value : row) values.push_back(value.get<float>());
  }
  return torch::tensor(values).view({-1, columns});
}

}  // namespace

std::vector<NumericsCase> numerics_cases() {
  std::vector<NumericsCase> cases;
  const auto add = [&](const char* folder, const std::string& prefix, Reference reference) {
    const auto path = golden_dir() / folder;
    if (!std::filesystem::exists(path)) return;
    for (const auto& entry : std::filesystem::directory_iterator(path)) {
      const std::string name = entry.path().filename();
      if (name.ends_with(".json.gz") && !name.starts_with("_")) {
        cases.push_back({prefix + entry.path().stem().stem().string(), entry.path(), reference});
      }
    }
  };
  add("numerics", "", Reference::V2_27);
  add("numerics_v2.8", "v2_8_", Reference::V2_8);
  std::sort(cases.begin(), cases.end(), [](const NumericsCase& a, const NumericsCase& b) { return a.name < b.name; });
  return cases;
}

std::shared_ptr<Detector> build_filled(const Json& record, Reference reference) {
  const Value config = Config::from_text("model = " + record["model_py"].get<std::string>(), ".py")["model"];
  auto model = build_detector(config, {}, {}, {reference, "model"});
  fill(*model, record["gain"].get<double>());
  if (auto* student = dynamic_cast<TaughtDetector*>(model.get())) fill_teacher(*student, record);
  model->eval();
  return model;
}

LoadedCase load_case(const NumericsCase& which) {
  LoadedCase loaded{.record = read_json(which.file), .model = {}, .images = {}, .metas = {}, .tolerances = tolerances_of(which.file)};
  const Json& record = loaded.record;
  loaded.model = build_filled(record, which.reference);
  loaded.images = filled_image(record["input_name"].get<std::string>(), record["input_shape"].get<std::vector<std::int64_t>>());
  for (const Json& meta : record["img_metas"]) {
    const auto image = static_cast<std::int64_t>(loaded.metas.size());
    loaded.metas.push_back(image_meta(meta));
    const ImageSize size = loaded.metas.back().img_shape;
    loaded.images[image].slice(1, size.height).zero_();
    loaded.images[image].slice(2, size.width).zero_();
  }
  return loaded;
}

Targets targets_of(const LoadedCase& loaded) {
  const Json& record = loaded.record;
  Targets targets;
  targets.metas = loaded.metas;
  for (const Json& boxes : record["gt_bboxes"]) targets.gt_bboxes.push_back(rows_of(boxes, 4));
  for (const Json& labels : record["gt_labels"])
    targets.gt_labels.push_back(torch::tensor(labels.get<std::vector<std::int64_t>>(), torch::kLong));
  const auto given = [&](const char* key) { return record.contains(key) && !record[key].is_null(); };
  if (given("gt_masks")) {
    for (const Json& objects : record["gt_masks"]) {
      targets.gt_masks.push_back(masks_of(objects, {loaded.images.size(2), loaded.images.size(3)}));
    }
  }
  if (given("gt_semantic_seg")) targets.gt_semantic_seg = semantic_seg(record["gt_semantic_seg"]);
  if (given("proposals")) {
    for (const Json& proposals : record["proposals"]) {
      targets.proposals.push_back(rows_of(proposals, proposals.empty() ? 4 : static_cast<std::int64_t>(proposals[0].size())));
    }
  }
  return targets;
}

}  // namespace detforge::golden
