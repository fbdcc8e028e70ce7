#include "detforge/data/datasets/config_classes.h"

#include "detforge/base/error.h"
#include "detforge/data/datasets/coco_classes.h"
#include "detforge/data/formats/voc_xml.h"

namespace detforge {
namespace {

/// The names of a list of texts; none where it holds anything else.
std::vector<std::string> texts_of(const Value& list) {
  std::vector<std::string> texts;
  for (const Value& element : list.elements()) {
    if (!element.is_string()) return {};
    texts.push_back(element.as_string());
  }
  return texts;
}

}  // namespace

std::vector<std::string> config_classes(const Value& dataset) {
  if (dataset.is_sequence()) return dataset.size() == 0 ? std::vector<std::string>() : config_classes(dataset[0]);
  if (!dataset.is_dict()) return {};
  const Value* classes = dataset.find("classes");
  if (classes != nullptr && classes->is_string()) return read_lines(classes->as_string());
  if (classes != nullptr && classes->is_sequence()) return texts_of(*classes);
  for (const char* inner : {"dataset", "datasets"}) {
    if (const Value* part = dataset.find(inner)) return config_classes(*part);
  }
  const Value* type = dataset.find("type");
  if (type == nullptr) return {};
  if (*type == Value("CocoDataset")) return coco_classes();
  return *type == Value("VOCDataset") ? voc_classes() : std::vector<std::string>();
}

AssumedClasses assumed_classes(const Value* data, std::int64_t num_classes) {
  const auto fits = [&](const std::vector<std::string>& names) {
    return !names.empty() && (num_classes == 0 || static_cast<std::int64_t>(names.size()) == num_classes);
  };
  for (const char* split : {"test", "val", "train"}) {
    const Value* dataset = data == nullptr ? nullptr : data->find(split);
    if (dataset == nullptr) continue;
    try {
      std::vector<std::string> names = config_classes(*dataset);
      if (fits(names)) return {std::move(names), std::string("data.") + split + "'s"};
    } catch (const Error&) {
      // A list of names that is not on this machine: what follows may know them.
    }
  }
  if (num_classes == static_cast<std::int64_t>(coco_classes().size())) return {coco_classes(), "COCO's"};
  return {};
}

std::int64_t config_num_classes(const Value& model) {
  if (model.is_sequence()) {
    for (const Value& part : model.elements()) {
      if (const std::int64_t found = config_num_classes(part); found > 0) return found;
    }
  }
  if (!model.is_dict()) return 0;
  if (const Value* own = model.find("num_classes"); own != nullptr && own->is_int()) return own->as_int();
  for (const char* head : {"bbox_head", "roi_head", "mask_head", "panoptic_head", "rpn_head"}) {
    const Value* part = model.find(head);
    if (part == nullptr) continue;
    if (const std::int64_t found = config_num_classes(*part); found > 0) return found;
  }
  return 0;
}

}  // namespace detforge
