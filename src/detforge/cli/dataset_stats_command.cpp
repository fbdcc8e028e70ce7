#include <fmt/format.h>

#include <iostream>
#include <memory>

#include "detforge/cli/analyze_arguments.h"
#include "detforge/cli/dataset_arguments.h"
#include "detforge/cli/findings.h"
#include "detforge/data/datasets/dataset_statistics.h"
#include "detforge/eval/table.h"
#include "detforge/visualize/charts.h"

namespace detforge::cli {

namespace {

struct StatsArguments : DatasetArguments {
  std::string json;
  std::string svg;
};

std::string class_table(const DatasetStatistics& statistics) {
  std::vector<std::vector<std::string>> rows = {{"class", "objects", "images", "share"}};
  for (const DatasetStatistics::Class& one : statistics.classes) {
    const double share = statistics.objects == 0 ? 0 : 100.0 * static_cast<double>(one.objects) / static_cast<double>(statistics.objects);
    rows.push_back({one.name, std::to_string(one.objects), std::to_string(one.images), fmt::format("{:.1f} %", share)});
  }
  rows.push_back({"all", std::to_string(statistics.objects), std::to_string(statistics.images), ""});
  return ascii_table(rows, true);
}

std::string quantile_table(const DatasetStatistics& statistics) {
  std::vector<std::vector<std::string>> rows = {{"", "least", "5 %", "half", "95 %", "greatest"}};
  const auto add = [&](const char* name, const Quantiles& quantiles) {
    rows.push_back({name});
    for (const double value : quantiles) rows.back().push_back(fmt::format("{:.5g}", value));
  };
  add("image width", statistics.image_width);
  add("image height", statistics.image_height);
  add("box width", statistics.box_width);
  add("box height", statistics.box_height);
  add("objects per image", statistics.objects_per_image);
  return ascii_table(rows);
}

std::string histogram_table(const Histogram& histogram, const std::string& heading) {
  std::vector<std::vector<std::string>> rows = {{heading, "boxes"}};
  for (std::size_t i = 0; i < histogram.ranges.size(); ++i) rows.push_back({histogram.ranges[i], std::to_string(histogram.counts[i])});
  return ascii_table(rows);
}

Json histogram_json(const Histogram& histogram) {
  Json json = Json::object();
  for (std::size_t i = 0; i < histogram.ranges.size(); ++i) json[histogram.ranges[i]] = histogram.counts[i];
  return json;
}

Json to_json(const DatasetStatistics& statistics) {
  Json json = {{"images", statistics.images},
               {"empty_images", statistics.empty_images},
               {"objects", statistics.objects},
               {"ignored", statistics.ignored},
               {"small", statistics.small},
               {"medium", statistics.medium},
               {"large", statistics.large},
               {"image_width", statistics.image_width},
               {"image_height", statistics.image_height},
               {"box_width", statistics.box_width},
               {"box_height", statistics.box_height},
               {"objects_per_image", statistics.objects_per_image},
               {"box_sizes", histogram_json(statistics.box_sizes)},
               {"aspect_ratios", histogram_json(statistics.aspect_ratios)},
               {"classes", Json::array()}};
  for (const DatasetStatistics::Class& one : statistics.classes) {
    json["classes"].push_back({{"name", one.name}, {"objects", one.objects}, {"images", one.images}});
  }
  return json;
}

std::string to_svg(const DatasetStatistics& statistics) {
  const auto chart = [](const std::string& title, const std::vector<std::string>& names, const std::vector<std::size_t>& counts) {
    return bar_chart_svg(title, names, std::vector<double>(counts.begin(), counts.end()), 0);
  };
  std::vector<std::string> names;
  std::vector<std::size_t> objects;
  for (const DatasetStatistics::Class& one : statistics.classes) {
    names.push_back(one.name);
    objects.push_back(one.objects);
  }
  return stacked_svg({chart("objects by class", names, objects),
                      chart("boxes by the root of their area, px", statistics.box_sizes.ranges, statistics.box_sizes.counts),
                      chart("boxes by width to height", statistics.aspect_ratios.ranges, statistics.aspect_ratios.counts)});
}

void run(const StatsArguments& arguments, const Session& session) {
  const auto dataset = open_dataset(arguments, session);
  const DatasetStatistics statistics = statistics_of(*dataset);
  if (arguments.json != "-") {
    std::cout << fmt::format("{} images, {} of them without an object; {} objects, {} to be ignored\n", statistics.images,
                             statistics.empty_images, statistics.objects, statistics.ignored)
              << fmt::format("{} small, {} medium, {} large (below 32² px, below 96², others)\n", statistics.small, statistics.medium,
                             statistics.large)
              << class_table(statistics) << quantile_table(statistics) << histogram_table(statistics.box_sizes, "root of the area, px")
              << histogram_table(statistics.aspect_ratios, "width to height");
  }
  Json json = to_json(statistics);
  json["findings"] = findings_json(dataset->findings());
  write_json(arguments.json, json);
  write_svg(arguments.svg, to_svg(statistics));
}

}  // namespace

void add_dataset_stats(CLI::App& dataset, Session& session) {
  CLI::App& command = *dataset.add_subcommand("stats", "images, objects by class, sizes and aspect ratios");
  const auto arguments = std::make_shared<StatsArguments>();
  add_dataset_arguments(command, *arguments);
  command.add_option("--json", arguments->json, "file for the numbers; '-': standard output, instead of the tables")->type_name("FILE");
  command.add_option("--svg", arguments->svg, "file for charts of classes, sizes and aspect ratios")->type_name("FILE");
  set_example(command, "detforge dataset stats annotations/instances_train2017.json --svg stats.svg");
  command.callback([=, &session] { run(*arguments, session); });
}

}  // namespace detforge::cli
