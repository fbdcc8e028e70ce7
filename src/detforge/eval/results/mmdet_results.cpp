#include "detforge/eval/results/mmdet_results.h"

#include <fmt/format.h>

#include <string_view>

#include "detforge/base/error.h"
#include "detforge/base/mapped_file.h"
#include "detforge/checkpoint/numpy_array.h"
#include "detforge/checkpoint/pickle.h"

namespace detforge {

namespace {

constexpr std::size_t max_objects = 16000000;  // 5,000 images of 80 classes make 4 million

using Elements = std::span<const Object* const>;

/// The elements of a list or tuple.
std::optional<Elements> sequence(const Object& object) {
  if (const auto* list = object.get<Object::List>()) return Elements(list->elements);
  if (const auto* tuple = object.get<Object::Tuple>()) return Elements(tuple->elements);
  return std::nullopt;
}

Elements sequence_or_fail(const Object& object, const char* what, const std::string& place) {
  const auto elements = sequence(object);
  if (!elements) throw Error(std::string("must be ") + what).at(place);
  return *elements;
}

NumpyArray array_or_fail(const Object& object, const std::string& place) {
  try {
    if (auto array = numpy_array(object)) return *std::move(array);
  } catch (Error& error) {
    throw std::move(error.at(place));
  }
  throw Error("must be an array").at(place);
}

double number_or_fail(const Object& object, const std::string& place) {
  if (const auto* value = object.get<double>()) return *value;
  if (const auto* value = object.get<std::int64_t>()) return static_cast<double>(*value);
  throw Error("must be a number").at(place);
}

/// Boxes of one class: an array, or the lists that its `tolist()` gives.
NumpyArray boxes_or_fail(const Object& object, const std::string& place) {
  const auto rows = sequence(object);
  if (!rows) return array_or_fail(object, place);
  NumpyArray array{{rows->size(), 5}, {}};
  for (std::size_t i = 0; i < rows->size(); ++i) {
    const std::string row_place = fmt::format("{}[{}]", place, i);
    const Elements row = sequence_or_fail(*(*rows)[i], "an array, or a list of 5 numbers", row_place);
    if (row.size() != 5) throw Error("must be 5 numbers: a box and its score").at(row_place);
    for (const Object* number : row) array.values.push_back(number_or_fail(*number, row_place));
  }
  return array;
}

void read_boxes(const Object& object, std::int64_t label, const std::string& place, Detections& detections) {
  const NumpyArray array = boxes_or_fail(object, place);
  const bool is_empty = array.values.empty();
  if (!is_empty && (array.shape.size() != 2 || array.shape[1] != 5)) throw Error("must be an array of [n, 5]").at(place);
  for (std::size_t i = 0; i < array.values.size(); i += 5) {
    const auto at = [&](std::size_t k) { return static_cast<float>(array.values[i + k]); };
    detections.boxes_xyxy.push_back({at(0), at(1), at(2), at(3)});
    detections.scores.push_back(at(4));
    detections.labels.push_back(label);
  }
}

Rle read_mask(const Object& object, const std::string& place) {
  const Object* size = object.find("size");
  const Object* counts = object.find("counts");
  const auto sizes = size == nullptr ? std::nullopt : sequence(*size);
  const auto pixels = [&](std::size_t i) {
    const auto* value = (*sizes)[i]->get<std::int64_t>();
    return value == nullptr || *value < 0 ? max_mask_pixels + 1 : static_cast<std::uint64_t>(*value);
  };
  if (!sizes || sizes->size() != 2 || counts == nullptr) throw Error("must be a mask with 'size' and 'counts'").at(place);
  const auto* bytes = counts->get<Object::Bytes>();
  const std::string* text = bytes != nullptr ? &bytes->value : counts->text();
  if (text == nullptr) throw Error("the counts of a mask must be a text").at(place);
  try {
    return rle_from_text(pixels(0), pixels(1), *text);
  } catch (Error& error) {
    throw std::move(error.at(place));
  }
}

/// Masks by class, alone or in a pair with their scores by class.
void read_masks(const Object& object, const std::string& place, ImageResult& image) {
  Elements classes = sequence_or_fail(object, "a list of masks by class", place);
  if (object.get<Object::Tuple>() != nullptr && classes.size() == 2) {
    for (const Object* scores : sequence_or_fail(*classes[1], "scores of masks by class", place)) {
      if (const auto array = numpy_array(*scores)) {
        image.mask_scores.insert(image.mask_scores.end(), array->values.begin(), array->values.end());
        continue;
      }
      for (const Object* score : sequence_or_fail(*scores, "scores of masks", place)) {
        const auto* value = score->get<double>();
        if (value == nullptr) throw Error("the score of a mask must be a number").at(place);
        image.mask_scores.push_back(static_cast<float>(*value));
      }
    }
    classes = sequence_or_fail(*classes[0], "a list of masks by class", place);
  }
  for (std::size_t k = 0; k < classes.size(); ++k) {
    const std::string class_place = fmt::format("{}[{}]", place, k);
    for (const Object* mask : sequence_or_fail(*classes[k], "a list of masks", class_place))
      image.masks.push_back(read_mask(*mask, class_place));
  }
  if (image.masks.size() != image.detections.size()) {
    throw Error(fmt::format("there are {} masks for {} boxes", image.masks.size(), image.detections.size())).at(place);
  }
  if (!image.mask_scores.empty() && image.mask_scores.size() != image.masks.size()) {
    throw Error(fmt::format("there are {} scores for {} masks", image.mask_scores.size(), image.masks.size())).at(place);
  }
}

std::size_t read_image(const Object& object, const std::string& place, ImageResult& image) {
  const Object* boxes = &object;
  const auto* pair = object.get<Object::Tuple>();
  // A tuple of arrays is one of classes: boxes that come in a pair with masks are a list.
  if (pair != nullptr && !pair->elements.empty() && !sequence(*pair->elements[0])) pair = nullptr;
  if (pair != nullptr) {
    if (pair->elements.size() != 2) throw Error("must be a pair of boxes and masks").at(place);
    boxes = pair->elements[0];
  }
  const auto classes = sequence(*boxes);
  if (!classes) {
    read_boxes(*boxes, 0, place, image.detections);
    return 0;
  }
  for (std::size_t k = 0; k < classes->size(); ++k) {
    read_boxes(*(*classes)[k], static_cast<std::int64_t>(k), fmt::format("{}[{}]", place, k), image.detections);
  }
  if (pair != nullptr) read_masks(*pair->elements[1], place + "[1]", image);
  return classes->size();
}

/// What holds tensors is not 2.x's, and names in its pickle say whose it is.
void refuse_tensors(std::span<const std::byte> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (text.find("pred_instances") != std::string_view::npos) {
    throw Error("these are results of MMDetection 3.x (DumpDetResults): one dict an image, with tensors")
        .help("its CocoMetric with outfile_prefix writes COCO's .json, which is read");
  }
  if (text.find("_load_from_bytes") != std::string_view::npos || text.find("_rebuild_tensor") != std::string_view::npos) {
    throw Error("the results hold tensors of PyTorch's in the place of NumPy's arrays").help("save them by tensor.cpu().numpy()");
  }
}

}  // namespace

MmdetResults parse_mmdet_results(std::span<const std::byte> bytes, const std::string& name) {
  MmdetResults results;
  try {
    refuse_tensors(bytes);
    ObjectHeap heap;
    const Pickle pickle = read_pickle(bytes, 0, heap, max_objects);
    const auto* images = pickle.root->get<Object::List>();
    if (images == nullptr) throw Error("the results must be a list of images").at(name);
    for (std::size_t i = 0; i < images->elements.size(); ++i) {
      const std::string place = fmt::format("[{}]", i);
      const std::size_t classes = read_image(*images->elements[i], place, results.images.emplace_back());
      if (i > 0 && classes != results.classes)
        throw Error(fmt::format("has {} classes, the image before {}", classes, results.classes)).at(place);
      results.classes = classes;
    }
  } catch (Error& error) {
    throw std::move(error.at(name).note("in " + name));
  }
  return results;
}

MmdetResults read_mmdet_results(const std::filesystem::path& file) { return parse_mmdet_results(MappedFile(file).bytes(), file.string()); }

void check_fit(const MmdetResults& results, std::size_t images, std::size_t classes) {
  if (results.images.size() != images) {
    throw Error(fmt::format("there are results of {} images, but {} images are annotated", results.images.size(), images));
  }
  if (results.classes != 0 && results.classes != classes) {
    throw Error(fmt::format("the results have {} classes, the annotations {}", results.classes, classes))
        .help("--classes names the results' classes for VOC's annotations; `detforge test --out results.json` writes COCO's ids");
  }
}

CocoResults to_coco(const MmdetResults& results, const CocoAnnotations& annotations, bool with_masks) {
  check_fit(results, annotations.image_order.size(), annotations.category_order.size());
  CocoResults converted;
  DetectionColumns& columns = converted.detections;
  for (std::size_t i = 0; i < results.images.size(); ++i) {
    const ImageResult& image = results.images[i];
    const Detections& detections = image.detections;
    if (with_masks && image.masks.size() != detections.size()) throw Error("the results hold no masks").at(fmt::format("[{}]", i));
    for (std::size_t d = 0; d < detections.size(); ++d) {
      const auto& [x1, y1, x2, y2] = detections.boxes_xyxy[d];
      const BoxXywh box = {x1, y1, double(x2) - double(x1), double(y2) - double(y1)};
      columns.image.push_back(annotations.image_order[i]);
      columns.category.push_back(annotations.category_order[static_cast<std::size_t>(detections.labels[d])]);
      columns.box.push_back(box);
      columns.score.push_back(with_masks && !image.mask_scores.empty() ? image.mask_scores[d] : detections.scores[d]);
      columns.area.push_back(with_masks ? static_cast<double>(area_of(image.masks[d])) : box[2] * box[3]);
      if (with_masks) columns.mask.push_back(image.masks[d]);
    }
  }
  return converted;
}

}  // namespace detforge
