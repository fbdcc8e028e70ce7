#include <cmath>

#include "detforge/models/backbones/resnet.h"
#include "detforge/models/blocks/bottleneck.h"

namespace detforge {

/// RegNet (arXiv 2003.13678): a ResNeXt whose widths lie on a quantised line. Its stem is one 3×3 convolution without a
/// pool behind it, so that stage i has stride 4 · 2^i with the usual strides.
class RegNet : public ResNet {
 public:
  /// The line: block j is w0 + wa · j wide, brought to w0 times a power of wm.
  struct Line {
    std::int64_t w0 = 0;
    double wa = 0;
    double wm = 0;
    std::int64_t group_w = 1;  ///< channels of a group
    std::int64_t depth = 1;    ///< number of blocks
    double bot_mul = 1;        ///< width inside a block over its own
  };
  struct Options : ResNet::Options {
    std::variant<std::string, ConfigDict> arch;
    Options() {
      stem_channels = base_channels = 32;
      strides = {2, 2, 2, 2};
    }
  };
  static Arguments<Options> arguments() {
    return {ResNet::arguments().without({"depth", "num_stages"}),
            arg(&Options::arch, "arch", required, "regnetx_400mf to regnetx_12gf, or w0, wa, wm, group_w, depth, bot_mul")};
  }

  RegNet(const Options& options, const BuildContext& context) : RegNet(options, regnet_architecture(options, context), context) {}

 private:
  RegNet(Options options, const Architecture& architecture, const BuildContext& context);

  static Line line_of(const std::variant<std::string, ConfigDict>& arch, const BuildContext& context);
  static std::vector<std::int64_t> block_widths(const Line& line);
  static Architecture regnet_architecture(const Options& options, const BuildContext& context);
};

RegNet::Line RegNet::line_of(const std::variant<std::string, ConfigDict>& arch, const BuildContext& context) {
  if (const auto* config = std::get_if<ConfigDict>(&arch)) {
    const Arguments<Line> arguments{arg(&Line::w0, "w0", required, "width of the first block").at_least(8),
                                    arg(&Line::wa, "wa", required, "slope of the line").at_least(0),
                                    arg(&Line::wm, "wm", required, "widths are w0 times a power of it"),
                                    arg(&Line::group_w, "group_w", required, "channels of a group").at_least(1),
                                    arg(&Line::depth, "depth", required, "number of blocks").at_least(1),
                                    arg(&Line::bot_mul, "bot_mul", required, "width inside a block over its own")};
    return options_from("a RegNet's arch", arguments, *config, context);
  }
  static const std::map<std::string, Line> lines = {
      {"regnetx_400mf", {24, 24.48, 2.54, 16, 22}},  {"regnetx_800mf", {56, 35.73, 2.28, 16, 16}},
      {"regnetx_1.6gf", {80, 34.01, 2.25, 24, 18}},  {"regnetx_3.2gf", {88, 26.31, 2.25, 48, 25}},
      {"regnetx_4.0gf", {96, 38.65, 2.43, 40, 23}},  {"regnetx_6.4gf", {184, 60.83, 2.07, 56, 17}},
      {"regnetx_8.0gf", {80, 49.56, 2.88, 120, 23}}, {"regnetx_12gf", {168, 73.36, 2.37, 112, 19}}};
  const auto found = lines.find(std::get<std::string>(arch));
  if (found != lines.end()) return found->second;
  std::string names;
  for (const auto& [name, line] : lines) names += (names.empty() ? "" : ", ") + name;
  throw ArgumentError("arch", "must be one of " + names + ", got '" + std::get<std::string>(arch) + "'");
}

std::vector<std::int64_t> RegNet::block_widths(const Line& line) {
  constexpr std::int64_t divisor = 8;
  if (line.w0 % divisor != 0) throw ArgumentError("arch", "w0 must be a multiple of 8, got " + std::to_string(line.w0));
  if (line.wm <= 1) throw ArgumentError("arch", "wm must be above 1");
  std::vector<std::int64_t> widths;
  const auto w0 = static_cast<double>(line.w0);
  for (std::int64_t block = 0; block < line.depth; ++block) {
    const double on_line = static_cast<double>(block) * line.wa + w0;
    const double power = std::nearbyint(std::log(on_line / w0) / std::log(line.wm));
    widths.push_back(static_cast<std::int64_t>(std::nearbyint(w0 * std::pow(line.wm, power) / divisor) * divisor));
  }
  return widths;
}

RegNet::Architecture RegNet::regnet_architecture(const Options& options, const BuildContext& context) {
  const Line line = line_of(options.arch, context);
  Architecture architecture{.python_name = "RegNet", .stem = Stem::ThreeByThree};
  const std::vector<std::int64_t> widths = block_widths(line);
  for (auto begin = widths.begin(); begin != widths.end();) {
    const auto end = std::find_if(begin, widths.end(), [&](std::int64_t width) { return width != *begin; });
    // Widths and groups are made to fit: inside a block the width is a multiple of the group's.
    const auto inner = static_cast<std::int64_t>(static_cast<double>(*begin) * line.bot_mul);
    const std::int64_t group = std::min(line.group_w, inner);
    const auto fitting = static_cast<double>(group) * std::nearbyint(static_cast<double>(inner) / static_cast<double>(group));
    const auto width = static_cast<std::int64_t>(fitting / line.bot_mul);
    const auto groups = static_cast<std::int64_t>(std::nearbyint(static_cast<double>(width) * line.bot_mul)) / group;
    architecture.stages.push_back({Bottleneck::grouped_kind(groups, group, width, /*expansion=*/1), width, end - begin, {}});
    begin = end;
  }
  return architecture;
}

RegNet::RegNet(Options options, const Architecture& architecture, const BuildContext& context)
    : ResNet(
          [&] {
            options.num_stages = static_cast<std::int64_t>(architecture.stages.size());
            return options;
          }(),
          architecture, context) {}

DETFORGE_REGISTER(backbones, RegNet,
                  {.name = "RegNet", .python = "mmdet.models.backbones.regnet.RegNet", .meaning = "RegNet (arXiv 2003.13678)"});

}  // namespace detforge
