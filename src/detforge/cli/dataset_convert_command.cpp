#include <fmt/format.h>

#include <filesystem>
#include <iostream>
#include <memory>

#include "detforge/base/input_files.h"
#include "detforge/cli/dataset_arguments.h"
#include "detforge/cli/eval_arguments.h"
#include "detforge/cli/findings.h"
#include "detforge/cli/usage_error.h"
#include "detforge/data/interchange/labeled_images.h"

namespace detforge::cli {

namespace {

namespace fs = std::filesystem;

struct ConvertArguments {
  std::string format;
  std::string source;
  std::string out;
  std::string from = "auto";
  std::string images;
  std::vector<std::string> classes;
  std::string name = "train";
  bool strict = false;
  bool overwrite = false;
  std::string json;
};

std::string format_of(const fs::path& source) {
  if (source.extension() == ".json") return "coco";
  if (source.extension() == ".txt") return "voc";
  if (fs::is_directory(source / "Annotations")) return "voc";
  if (fs::is_directory(source)) {
    for (const auto& [extension, format] : {std::pair(".xml", "voc"), std::pair(".json", "labelme"), std::pair(".txt", "yolo")}) {
      for (const auto& entry : fs::directory_iterator(source)) {
        if (entry.path().extension() == extension) return format;
      }
    }
    if (fs::is_directory(source / "labels") || fs::is_regular_file(source / "data.yaml")) return "yolo";
  }
  throw Error("can not tell the format of '" + source.string() + "'").at(source.string()).help("--from names it");
}

LabeledImages read(const ConvertArguments& arguments, const std::string& format) {
  if (format == "coco") return read_coco_images(arguments.source, arguments.images);
  if (format == "voc") return read_voc_images(arguments.source, arguments.images);
  if (format == "labelme") return read_labelme_images(arguments.source, arguments.images);
  if (arguments.images.empty()) throw Error("YOLO's boxes are shares of their images: --images names the folder", ErrorKind::Usage);
  return read_yolo_images(arguments.source, arguments.images, arguments.classes);
}

ConversionLosses write(const ConvertArguments& arguments, const LabeledImages& images) {
  if (arguments.format == "coco") return write_coco_images(images, arguments.out);
  if (arguments.format == "voc") return write_voc_images(images, arguments.out, arguments.name);
  if (arguments.format == "yolo") return write_yolo_images(images, arguments.out);
  return write_labelme_images(images, arguments.out);
}

void refuse_folder_for_coco(const ConvertArguments& arguments) {
  const fs::path out = arguments.out;
  if (arguments.format != "coco" || (out.has_filename() && !fs::is_directory(out))) return;
  throw Error("'" + arguments.out + "' is a folder; COCO's annotations are one file", ErrorKind::Usage)
      .help("--out " + (out / "annotations.json").string());
}

/// The files that are read are none of those that are written over.
void refuse_inputs_as_outputs(const ConvertArguments& arguments) {
  const fs::path out = arguments.out;
  InputFiles inputs;
  inputs.add(arguments.source);
  const fs::path source = arguments.source;
  const bool is_list = fs::is_regular_file(source) && source.extension() == ".txt";
  // VOC's list lies in ImageSets/Main, two folders above which Annotations is.
  const fs::path folder = is_list ? source.parent_path() / ".." / ".." / "Annotations" : source;
  if (fs::is_directory(folder)) {
    for (const char* extension : {".xml", ".json", ".txt"}) inputs.add_folder(folder, extension);
  }
  inputs.refuse(out);
  if (arguments.format == "coco" && !arguments.overwrite && fs::is_regular_file(out)) {
    // It may be what the source was made of, with masks and fields that other formats do not hold.
    throw Error("'" + arguments.out + "' is there already", ErrorKind::Usage).help("--overwrite replaces it");
  }
  if (arguments.format == "voc") {
    inputs.refuse_folder(out / "Annotations", ".xml");
    inputs.refuse(out / "ImageSets" / "Main" / (arguments.name + ".txt"));
  } else if (arguments.format == "yolo") {
    inputs.refuse_folder(out / "labels", ".txt");
    inputs.refuse(out / "classes.txt");
  } else if (arguments.format == "labelme") {
    inputs.refuse_folder(out, ".json");
  }
}

void run(const ConvertArguments& arguments, const Session& session) {
  refuse_folder_for_coco(arguments);
  refuse_inputs_as_outputs(arguments);
  const std::string format = arguments.from == "auto" ? format_of(arguments.source) : arguments.from;
  const LabeledImages images = read(arguments, format);
  if (arguments.strict) images.findings.refuse();
  tell(images.findings, session);
  const ConversionLosses losses = write(arguments, images);
  std::size_t objects = 0;
  for (const LabeledImage& image : images.images) objects += image.objects.size();
  if (arguments.json != "-") {
    std::cout << fmt::format("{}: {} images, {} objects of {} classes\n", arguments.out, images.images.size(), objects,
                             images.classes.size());
    for (const auto& [what, count] : losses) std::cout << fmt::format("lost: {} {}\n", count, what);
  }
  write_json(arguments.json, {{"images", images.images.size()},
                              {"objects", objects},
                              {"classes", images.classes},
                              {"lost", losses},
                              {"findings", findings_json(images.findings)}});
}

}  // namespace

void add_dataset_convert(CLI::App& dataset, Session& session) {
  CLI::App& command = *dataset.add_subcommand("convert", "annotations from one format to another, telling what is lost");
  const auto arguments = std::make_shared<ConvertArguments>();
  const std::vector<std::string> formats = {"coco", "voc", "yolo", "labelme"};
  command.add_option("format", arguments->format, "the format to write: coco, voc, yolo, labelme")->required()->check(one_of(formats));
  command.add_option("source", arguments->source, "COCO's .json, VOC's list .txt, its folder or one of .xml, YOLO's or LabelMe's folder")
      ->required()
      ->type_name("SOURCE");
  command.add_option("--out", arguments->out, "COCO's file, or the folder of the others")->required()->type_name("PATH");
  command.add_option("--from", arguments->from, "the format to read")
      ->check(one_of({"auto", "coco", "voc", "yolo", "labelme"}))
      ->capture_default_str();
  command
      .add_option("--images", arguments->images,
                  "folder of the images, for their sizes: of YOLO's format, and where the annotations do not give them")
      ->type_name("DIR");
  command.add_option("--classes", arguments->classes, "names of YOLO's classes, instead of those of classes.txt or data.yaml")
      ->delimiter(',');
  command.add_option("--name", arguments->name, "of VOC's list of images")->capture_default_str();
  command.add_option("--json", arguments->json, "file for the counts and what was lost; '-': standard output, instead of the text")
      ->type_name("FILE");
  command.add_flag("--overwrite", arguments->overwrite, "replace COCO's file where it is there already");
  command.add_flag("--strict", arguments->strict, "fail where a record is wrong, instead of leaving it out");
  set_example(command, "detforge dataset convert coco VOC2007/ImageSets/Main/trainval.txt --out voc07_trainval.json");
  command.callback([=, &session] { run(*arguments, session); });
}

}  // namespace detforge::cli
