#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <unordered_map>

#include "detforge/base/json_document.h"
#include "detforge/data/datasets/annotated_dataset.h"
#include "detforge/data/formats/csv.h"
#include "detforge/data/formats/voc_xml.h"

namespace detforge {

namespace {

/// The classes of Open Images and the machine ids (`/m/011k07`) that files call them by.
struct OpenImagesLabels {
  std::vector<std::string> names;
  std::unordered_map<std::string, std::int64_t> by_id;
};

double csv_number(const std::string& text, const std::string& place) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) throw Error("'" + text + "' is no number").at(place);
  return value;
}

const std::string& csv_field(const std::vector<std::string>& fields, std::size_t index, const std::string& place) {
  if (index >= fields.size()) throw Error(fmt::format("the line has {} fields only", fields.size())).at(place);
  return fields[index];
}

/// Fills the columns from lists of boxes that are shares of the image: `LoadAnnotations(denorm_bbox=True)` makes pixels of them.
class OpenImagesLoader {
 public:
  explicit OpenImagesLoader(const OpenImagesLabels& labels) {
    loaded_.rules = EvaluationRules::OpenImages;
    loaded_.classes = labels.names;
    loaded_.min_side_px = 0;  // sizes are not known
    for (std::size_t i = 0; i < labels.names.size(); ++i) loaded_.labels.push_back(static_cast<std::int64_t>(i));
    loaded_.category_ids.assign(loaded_.labels.begin(), loaded_.labels.end());
  }

  void add(const std::string& filename, std::int64_t label, const BoxXyxy& box, bool is_group) {
    AnnotationColumns::Row row;
    row.image = image(filename);
    row.box = box;
    row.category = static_cast<std::int32_t>(label);
    loaded_.columns.add(row);
    loaded_.is_group_of.push_back(is_group ? 1 : 0);
  }

  std::uint32_t image(const std::string& filename) {
    const auto [found, is_new] = images_.emplace(filename, static_cast<std::uint32_t>(loaded_.images.size()));
    if (is_new) loaded_.images.push_back({found->second, filename, {}, {}});
    return found->second;
  }

  void skip(const Error& error) { loaded_.findings.skip(error); }

  LoadedAnnotations finish() {
    loaded_.columns.group(loaded_.images.size());
    return std::move(loaded_);
  }

 private:
  LoadedAnnotations loaded_;
  std::unordered_map<std::string, std::uint32_t> images_;
};

}  // namespace

/// Open Images (Kuznetsova et al., https://arxiv.org/abs/1811.00982): boxes as shares of the image's sides, in a CSV file. `flag` is 0
/// for every image, since sizes are not known.
class OpenImagesDataset : public AnnotatedDataset {
 public:
  struct Options : AnnotatedDataset::Options {
    std::string label_file;
    std::string image_level_ann_file;
    bool get_supercategory = true;
    std::optional<std::string> hierarchy_file;
    bool get_metas = true;
    bool load_from_file = true;
    std::string meta_file;
    bool filter_labels = true;
    bool load_image_level_labels = true;
  };
  static Arguments<Options> arguments() {
    return {AnnotatedDataset::arguments(),
            arg(&Options::label_file, "label_file", "CSV of the classes: machine id and name"),
            arg(&Options::image_level_ann_file, "image_level_ann_file", "CSV of classes that were checked for whole images; evaluation's"),
            arg(&Options::get_supercategory, "get_supercategory", "an object is one of its class's ancestors too; evaluation's"),
            arg(&Options::hierarchy_file, "hierarchy_file", "the tree of classes"),
            arg(&Options::get_metas, "get_metas", "evaluation knows the images' sizes"),
            arg(&Options::load_from_file, "load_from_file", "from meta_file; else from the pipeline"),
            arg(&Options::meta_file, "meta_file", "pickle with the images' sizes"),
            arg(&Options::filter_labels, "filter_labels", "evaluation passes over classes that were not checked for an image"),
            arg(&Options::load_image_level_labels, "load_image_level_labels", "evaluation reads image_level_ann_file")};
  }

  OpenImagesDataset(const Options& options, const BuildContext& context)
      : AnnotatedDataset(options, context, [&](const AnnotatedDataset::Options& joined) {
          check(options, ".json");
          const OpenImagesLabels labels = read_labels(options.label_file);
          return load(joined.ann_file, labels);
        }) {}

  /// Throws `ArgumentError` for files that are missing or of another kind.
  static void check(const Options& options, std::string_view hierarchy_extension) {
    if (!options.label_file.ends_with(".csv")) throw ArgumentError("label_file", "must name a .csv file of the classes");
    if (!options.get_supercategory) return;
    if (!options.hierarchy_file || !options.hierarchy_file->ends_with(hierarchy_extension)) {
      throw ArgumentError("hierarchy_file",
                          fmt::format("must name a {} file of the tree of classes, or get_supercategory be False", hierarchy_extension));
    }
  }

 private:
  static OpenImagesLabels read_labels(const std::string& file) {
    OpenImagesLabels labels;
    read_csv(file, [&](std::size_t line, const std::vector<std::string>& fields) {
      const std::string& name = csv_field(fields, 1, fmt::format("{}:{}", file, line));
      labels.by_id.insert_or_assign(fields[0], static_cast<std::int64_t>(labels.names.size()));
      labels.names.push_back(name);
    });
    return labels;
  }

  static LoadedAnnotations load(const std::string& file, const OpenImagesLabels& labels) {
    OpenImagesLoader loader(labels);
    read_csv(file, [&](std::size_t line, const std::vector<std::string>& fields) {
      if (line == 1) return;  // the columns' names
      const std::string place = fmt::format("{}:{}", file, line);
      try {
        static_cast<void>(csv_field(fields, 10, place));
        const auto label = labels.by_id.find(fields[2]);
        if (label == labels.by_id.end()) throw Error("'" + fields[2] + "' is no class of the label_file").at(place);
        const auto number = [&](std::size_t i) { return static_cast<float>(csv_number(fields[i], place)); };
        loader.add(fields[0] + ".jpg", label->second, {number(4), number(6), number(5), number(7)}, number(10) == 1);
      } catch (const Error& error) {
        loader.skip(error);
      }
    });
    return loader.finish();
  }
};

/// The Open Images Challenge of 2019: 500 classes, and its own list of boxes: for each image its name, a line of no meaning, the number
/// of boxes and a line each, `label x1 y1 x2 y2 is_group`, with labels from 1.
class OpenImagesChallengeDataset : public AnnotatedDataset {
 public:
  using Options = OpenImagesDataset::Options;
  static Arguments<Options> arguments() { return OpenImagesDataset::arguments(); }

  OpenImagesChallengeDataset(const Options& options, const BuildContext& context)
      : AnnotatedDataset(options, context, [&](const AnnotatedDataset::Options& joined) {
          if (!joined.ann_file.ends_with(".txt")) throw ArgumentError("ann_file", "must name a .txt file of boxes");
          OpenImagesDataset::check(options, ".np");
          return load(joined.ann_file, read_labels(options.label_file));
        }) {}

 private:
  /// Machine id, name and number, from which the order comes.
  static OpenImagesLabels read_labels(const std::string& file) {
    std::vector<std::pair<double, std::string>> numbered;
    read_csv(file, [&](std::size_t line, const std::vector<std::string>& fields) {
      const std::string place = fmt::format("{}:{}", file, line);
      numbered.emplace_back(csv_number(csv_field(fields, 2, place), place), fields[1]);
    });
    std::stable_sort(numbered.begin(), numbered.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    OpenImagesLabels labels;
    for (const auto& [number, name] : numbered) labels.names.push_back(name);
    return labels;
  }

  static LoadedAnnotations load(const std::string& file, const OpenImagesLabels& labels) {
    OpenImagesLoader loader(labels);
    const std::vector<std::string> lines = read_lines(file, EmptyLines::Keep);
    const auto place = [&](std::size_t line) { return fmt::format("{}:{}", file, line + 1); };
    std::size_t next = 0;
    while (next < lines.size()) {
      const std::string& filename = lines[next];
      loader.image(filename);
      if (next + 2 >= lines.size()) throw Error("the list ends within an image").at(place(next));
      const double count = csv_number(lines[next + 2], place(next + 2));
      next += 3;
      if (!(count >= 0 && count <= static_cast<double>(lines.size() - next)))
        throw Error("the list ends within an image").at(place(next - 1));
      for (const std::size_t end = next + static_cast<std::size_t>(count); next < end; ++next) {
        try {
          add(lines[next], filename, labels, place(next), loader);
        } catch (const Error& error) {
          loader.skip(error);
        }
      }
    }
    return loader.finish();
  }

  static void add(const std::string& line, const std::string& filename, const OpenImagesLabels& labels, const std::string& place,
                  OpenImagesLoader& loader) {
    std::vector<double> numbers;
    for (std::size_t begin = line.find_first_not_of(' '); begin < line.size(); begin = line.find_first_not_of(' ', begin)) {
      const std::size_t end = std::min(line.find(' ', begin), line.size());
      numbers.push_back(csv_number(line.substr(begin, end - begin), place));
      begin = end;
    }
    if (numbers.size() < 6) throw Error("a box is 'label x1 y1 x2 y2 is_group'").at(place);
    if (!(numbers[0] >= 1 && numbers[0] <= static_cast<double>(labels.names.size())))
      throw Error("the label is that of no class").at(place);
    const auto side = [&](std::size_t i) { return static_cast<float>(numbers[i]); };
    loader.add(filename, static_cast<std::int64_t>(numbers[0]) - 1, {side(1), side(2), side(3), side(4)}, numbers[5] == 1);
  }
};

DETFORGE_REGISTER(datasets, OpenImagesDataset,
                  {.name = "OpenImagesDataset",
                   .python = "mmdet.datasets.openimages.OpenImagesDataset",
                   .meaning = "Open Images, boxes in a CSV file",
                   .since = Reference::V2_27});
DETFORGE_REGISTER(datasets, OpenImagesChallengeDataset,
                  {.name = "OpenImagesChallengeDataset",
                   .python = "mmdet.datasets.openimages.OpenImagesChallengeDataset",
                   .meaning = "the Open Images Challenge of 2019",
                   .since = Reference::V2_27});

}  // namespace detforge
