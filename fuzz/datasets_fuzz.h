#pragma once

#include <unistd.h>

#include <array>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <string_view>

#include "detforge/config/config.h"
#include "detforge/data/datasets/load_coco.h"
#include "detforge/data/formats/voc_xml.h"
#include "detforge/data/interchange/split_coco.h"

namespace detforge::fuzz {

/// A folder of this process, for readers that take files; removed at its end.
class ScratchFolder {
 public:
  ScratchFolder() : path_(std::filesystem::temp_directory_path() / ("detforge_fuzz_" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(path_);
    write("labels.csv", "/m/a,cat,1\n/m/b,dog,2\n");
    write("names.txt", "image\n");
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  ~ScratchFolder() { std::filesystem::remove_all(path_); }

  std::string write(const std::string& name, std::string_view text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
    return (path_ / name).string();
  }
  std::string string() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

/// A dataset that reads files: by the input's first byte.
struct FileLayout {
  char tag;
  const char* file;    ///< that the rest of the input is written to
  const char* config;  ///< of the dataset, without its paths
};
constexpr std::array<FileLayout, 6> file_layouts = {{
    {'C', "boxes.csv", "type='OpenImagesDataset', get_supercategory=False, "},
    {'L', "boxes.txt", "type='OpenImagesChallengeDataset', get_supercategory=False, "},
    {'M', "list.json", "type='CustomDataset', "},
    {'P', "list.pkl", "type='CustomDataset', classes=['cat', 'dog'], "},
    {'V', "lvis.json", "type='LVISV1Dataset', "},
    {'X', "image.xml", "type='XMLDataset', classes=['cat', 'dog'], ann_subdir='', min_size=3, "},
}};

inline void read_file_layout(const FileLayout& layout, std::string_view text) {
  static const ScratchFolder folder;
  std::string file = folder.write(layout.file, text);
  if (layout.tag == 'X') file = folder.string() + "/names.txt";
  std::string config =
      std::string("data = dict(pipeline=[], ") + layout.config + "ann_file='" + file + "', img_prefix='" + folder.string() + "'";
  if (layout.tag == 'C' || layout.tag == 'L') config += ", label_file='" + folder.string() + "/labels.csv'";
  const auto dataset = build_dataset(Config::from_text(config + ")", ".py")["data"], {Reference::V2_27, "data"});
  static_cast<void>(dataset->findings().text());
  for (std::size_t i = 0; i < dataset->size(); ++i) {
    static_cast<void>(dataset->annotations(i));
    static_cast<void>(dataset->category_ids(i));
  }
}

/// Reads `input` as a dataset: VOC's XML where it begins like one, a layout of files by its first byte, else COCO's JSON as training and
/// testing and Cityscapes read it, and looks at every row; an `Error` is as good as a dataset.
inline void read_dataset(std::span<const std::byte> input) {
  const std::string_view text(reinterpret_cast<const char*>(input.data()), input.size());
  try {
    if (text.starts_with('<')) {
      static_cast<void>(parse_voc_xml(text, "input"));
      return;
    }
    for (const FileLayout& layout : file_layouts) {
      if (text.starts_with(layout.tag)) return read_file_layout(layout, text.substr(1));
    }
    const JsonDocument document = JsonDocument::parse(text, "input");
    for (const bool is_cityscapes : {false, true}) {
      AnnotatedDataset::Options options;
      options.test_mode = !is_cityscapes;
      CocoDialect dialect;
      dialect.keeps_boxes_outside = dialect.drops_images_of_crowds = is_cityscapes;
      const LoadedAnnotations loaded = load_coco(document, options, dialect);
      static_cast<void>(loaded.findings.text());
      for (std::size_t image = 0; image < loaded.images.size(); ++image) {
        for (const std::uint32_t row : loaded.columns.of_image(image)) {
          static_cast<void>(loaded.labels.at(static_cast<std::size_t>(loaded.columns.category(row))));
          static_cast<void>(loaded.columns.mask(row));
        }
      }
    }
    const std::vector<std::size_t> everywhere(document.root()["images"].size());
    AnnotationFindings findings;
    static_cast<void>(split_coco(document, everywhere, 1, findings));
  } catch (const Error&) {
    // What a malformed file is to give.
  }
}

}  // namespace detforge::fuzz
