#include "detforge/data/datasets/load_coco.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <unordered_map>

#include "detforge/base/text_encoding.h"
#include "detforge/data/datasets/coco_findings.h"

namespace detforge {

namespace {

/// Far beyond any image, and floats still count pixels.
constexpr double max_coordinate_px = 1 << 24;

using Positions = std::unordered_map<RecordId, std::int32_t>;

class CocoLoader {
 public:
  CocoLoader(const AnnotatedDataset::Options& options, const CocoDialect& dialect) : options_(options), dialect_(dialect) {}

  LoadedAnnotations load(const JsonValue& root) {
    loaded_.rules = dialect_.takes_all_categories ? EvaluationRules::Lvis : EvaluationRules::Coco;
    each(root["images"], [&](const JsonValue& record) { read_image(record); });
    each(root["categories"], [&](const JsonValue& record) { read_category(record); });
    choose_classes();
    loaded_.is_empty.assign(loaded_.images.size(), 1);
    has_single_.assign(loaded_.images.size(), 0);
    if (const auto annotations = root.find("annotations")) {
      each(*annotations, [&](const JsonValue& record) { read_annotation(record); });
    }
    for (std::size_t i = 0; i < loaded_.images.size() && dialect_.drops_images_of_crowds; ++i) {
      if (has_single_[i] == 0) loaded_.is_empty[i] = 1;
    }
    loaded_.columns.group(loaded_.images.size());
    return std::move(loaded_);
  }

 private:
  template <class Read>
  void each(const JsonValue& list, Read read) {
    list.for_each([&](const JsonValue& record) {
      try {
        read(record);
      } catch (const Error& error) {
        loaded_.findings.skip(error);
      }
    });
  }

  static void add_id(const JsonValue& record, const RecordId& id, std::size_t position, Positions& positions) {
    if (!positions.emplace(id, static_cast<std::int32_t>(position)).second) {
      record["id"].fail(fmt::format("the id {} is that of an earlier record", id.text()));
    }
  }

  void read_image(const JsonValue& record) {
    const CocoImage image = read_coco_image(record);
    const std::string filename = dialect_.file_of(image);
    if (filename.empty()) record.fail("has no name of a file");
    ImageInfo info{image.id, filename, {}, dialect_.seg_map_of(image, filename, options_.seg_suffix)};
    info.size = {static_cast<std::int64_t>(image.height), static_cast<std::int64_t>(image.width)};
    if (!options_.test_mode && (image.height == 0 || image.width == 0)) record.fail("has no 'width' or no 'height'");
    add_id(record, image.id, loaded_.images.size(), images_);
    loaded_.images.push_back(std::move(info));
  }

  void read_category(const JsonValue& record) {
    CocoCategory category = read_coco_category(record);
    add_id(record, category.id, names_.size(), categories_);
    loaded_.category_ids.push_back(category.id);
    names_.push_back(std::move(category.name));
  }

  /// Labels count the categories that are classes, in the file's order whatever that of the classes is.
  void choose_classes() {
    loaded_.classes = class_names(options_, dialect_.classes.empty() ? names_ : dialect_.classes);
    std::vector<std::string> chosen;
    for (std::size_t i = 0; i < names_.size(); ++i) {
      const bool is_class = dialect_.takes_all_categories || label_of(loaded_.classes, names_[i]) >= 0;
      loaded_.labels.push_back(is_class ? static_cast<std::int64_t>(chosen.size()) : -1);
      if (!is_class) continue;
      chosen.push_back(names_[i]);
      loaded_.cat_ids.push_back(loaded_.category_ids[i]);
    }
    if (chosen == loaded_.classes || dialect_.takes_all_categories) return;
    for (const std::string& name : loaded_.classes) {
      if (label_of(names_, name) < 0) loaded_.findings.note("classes that are no category of the file", shown(name));
    }
    const auto is_known = [&](const std::string& name) { return label_of(chosen, name) >= 0; };
    std::vector<std::string> wanted;
    std::copy_if(loaded_.classes.begin(), loaded_.classes.end(), std::back_inserter(wanted), is_known);
    if (wanted != chosen) {
      loaded_.findings.remark(fmt::format(
          "labels follow the order of the file's categories, not that of 'classes': '{}'",
          fmt::join(chosen.begin(),
                    chosen.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(chosen.size(), AnnotationFindings::listed)),
                    "', '")));
    }
  }

  std::int32_t image_of(const JsonValue& value) const {
    const RecordId id = RecordId::read(value);
    const auto found = images_.find(id);
    if (found == images_.end()) {
      value.fail("there is no such image" + (images_.empty() ? "" : other_kind_of_id(id, images_.begin()->first)));
    }
    return found->second;
  }

  /// A class with what nobody sees in it, and the category that it seems to mean.
  std::string shown(const std::string& name) const {
    const auto looks_alike = [&](const std::string& other) { return without_invisible(other) == without_invisible(name); };
    const auto meant = std::find_if(names_.begin(), names_.end(), looks_alike);
    return "'" + visible(name) + "'" + (meant == names_.end() ? "" : " (the file has '" + visible(*meant) + "')");
  }

  void read_annotation(const JsonValue& record) {
    AnnotationColumns::Row row;
    row.image = static_cast<std::uint32_t>(image_of(record["image_id"]));
    const JsonValue bbox = record["bbox"];
    const CocoObject object = read_coco_object(
        record, true, [&](const char* what, const JsonValue& value) { loaded_.findings.note(what, value.place(), value.document()); });
    const auto [x, y, width, height] = object.box;
    for (const double number : {x, y, width, height}) {
      if (!(std::abs(number) <= max_coordinate_px)) bbox.fail("lies beyond any image");
    }
    const bool is_crowd = object.is_crowd;
    row.box = {static_cast<float>(x), static_cast<float>(y), static_cast<float>(x + width), static_cast<float>(y + height)};
    row.category = category_of(record["category_id"]);
    if (object.id) add_id(record, *object.id, 0, ids_);
    row.mask = mask_or_note(record, loaded_.findings);

    const std::int64_t label = loaded_.labels[static_cast<std::size_t>(row.category)];
    if (object.is_ignored) {
      row.use = AnnotationUse::LeftOut;
    } else if (!dialect_.keeps_boxes_outside && is_outside(x, y, width, height, loaded_.images[row.image].size)) {
      row.use = AnnotationUse::LeftOut;
      loaded_.findings.note("boxes without area inside of their image are left out", bbox.place(), bbox.document());
    } else if (object.area <= 0 || width < 1 || height < 1) {
      row.use = AnnotationUse::LeftOut;
      loaded_.findings.note("boxes smaller than a pixel are left out", bbox.place(), bbox.document());
    } else if (label < 0) {
      row.use = AnnotationUse::LeftOut;
    } else if (is_crowd) {
      row.use = AnnotationUse::Ignored;
    }
    if (row.use != AnnotationUse::Object) row.mask = {};
    loaded_.columns.add(row);
    if (label >= 0) loaded_.is_empty[row.image] = 0;
    if (!is_crowd) has_single_[row.image] = 1;
  }

  /// Positions; that of a category which the file does not describe comes after those that it does.
  std::int32_t category_of(const JsonValue& value) {
    const RecordId id = RecordId::read(value);
    const auto [found, is_new] = categories_.emplace(id, static_cast<std::int32_t>(loaded_.category_ids.size()));
    if (is_new) {
      loaded_.category_ids.push_back(id);
      loaded_.labels.push_back(-1);
    }
    if (static_cast<std::size_t>(found->second) >= names_.size()) {
      loaded_.findings.note("annotations of categories that the file does not describe are left out", value.place(), value.document());
    }
    return found->second;
  }

  static bool is_outside(double x, double y, double width, double height, const ImageSize& image) {
    if (image.width == 0 || image.height == 0) return false;
    const double inside_width = std::max(0.0, std::min(x + width, static_cast<double>(image.width)) - std::max(x, 0.0));
    const double inside_height = std::max(0.0, std::min(y + height, static_cast<double>(image.height)) - std::max(y, 0.0));
    return inside_width * inside_height == 0;
  }

  const AnnotatedDataset::Options& options_;
  const CocoDialect& dialect_;
  LoadedAnnotations loaded_;
  Positions images_;
  Positions categories_;
  Positions ids_;
  std::vector<std::string> names_;  ///< of the categories
  std::vector<std::uint8_t> has_single_;
};

}  // namespace

LoadedAnnotations load_coco(const JsonDocument& document, const AnnotatedDataset::Options& options, const CocoDialect& dialect) {
  return CocoLoader(options, dialect).load(document.root());
}

LoadedAnnotations load_coco(const AnnotatedDataset::Options& options, const CocoDialect& dialect) {
  return load_coco(JsonDocument::read(options.ann_file), options, dialect);
}

}  // namespace detforge
