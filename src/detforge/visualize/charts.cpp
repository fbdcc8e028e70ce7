#include "detforge/visualize/charts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <string_view>

namespace detforge {

namespace {

constexpr std::array<const char*, 7> series_colors = {"#1b4f72", "#2e86c1", "#85c1e9", "#b7950b", "#f4d03f", "#a93226", "#f5b7b1"};

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '<') out += "&lt;";
    else if (c == '>') out += "&gt;";
    else if (c == '&') out += "&amp;";
    else if (c == '"') out += "&quot;";
    else if (static_cast<unsigned char>(c) >= 0x20U) out += c;
  }
  return out;
}

std::string begin(double width, double height, const std::string& title) {
  return fmt::format(
             "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:.0f} {1:.0f}\" width=\"{0:.0f}\" height=\"{1:.0f}\" "
             "font-family=\"sans-serif\" "
             "font-size=\"11\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n",
             width, height) +
         fmt::format("<text x=\"12\" y=\"20\" font-size=\"14\" font-weight=\"bold\">{}</text>\n", escaped(title));
}

std::string text(double x, double y, const std::string& what, const std::string& attributes = "") {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" {}>{}</text>\n", x, y, attributes, escaped(what));
}

double longest(const std::vector<std::string>& names) {
  std::size_t most = 0;
  for (const std::string& name : names) most = std::max(most, name.size());
  return 6.2 * static_cast<double>(most);
}

}  // namespace

std::string heat_map_svg(const std::string& title, std::span<const double> values, const std::vector<std::string>& row_names,
                         const std::vector<std::string>& column_names) {
  constexpr double cell = 24;
  const double left = 20 + longest(row_names);
  const double top = 40 + longest(column_names);
  const auto columns = column_names.size();
  std::string svg = begin(left + cell * static_cast<double>(columns) + 20, top + cell * static_cast<double>(row_names.size()) + 20, title);
  for (std::size_t c = 0; c < columns; ++c) {
    const double x = left + cell * (static_cast<double>(c) + 0.65);
    svg += text(x, top - 6, column_names[c], fmt::format("transform=\"rotate(-90 {:.1f} {:.1f})\"", x, top - 6));
  }
  for (std::size_t r = 0; r < row_names.size(); ++r) {
    const double y = top + cell * static_cast<double>(r);
    svg += text(left - 6, y + 16, row_names[r], "text-anchor=\"end\"");
    double sum = 0;
    for (std::size_t c = 0; c < columns; ++c) sum += values[r * columns + c];
    for (std::size_t c = 0; c < columns; ++c) {
      const double share = sum > 0 ? values[r * columns + c] / sum : 0;
      const double x = left + cell * static_cast<double>(c);
      const auto shade = [&](double dark) { return static_cast<int>(std::lround(255 - (255 - dark) * std::sqrt(share))); };
      svg += fmt::format("<rect x=\"{:.0f}\" y=\"{:.0f}\" width=\"{}\" height=\"{}\" fill=\"rgb({},{},{})\" stroke=\"#ddd\"/>\n", x, y,
                         cell, cell, shade(20), shade(60), shade(120));
      if (share >= 0.005) {
        svg += text(x + cell / 2, y + 16, fmt::format("{:.0f}", share * 100),
                    fmt::format("text-anchor=\"middle\" font-size=\"9\" fill=\"{}\"", share > 0.3 ? "white" : "black"));
      }
    }
  }
  return svg + "</svg>\n";
}

std::string area_chart_svg(const std::string& title, const std::string& x_name, const std::string& y_name,
                           const std::vector<ChartSeries>& series) {
  constexpr double left = 50, top = 40, width = 420, height = 320, legend = 170;
  std::string svg = begin(left + width + legend, top + height + 50, title);
  const auto point = [&](double x, double y) { return fmt::format("{:.1f},{:.1f} ", left + width * x, top + height * (1 - y)); };
  for (std::size_t i = series.size(); i-- > 0;) {
    std::string points = point(0, 0);
    const std::size_t count = series[i].values.size();
    for (std::size_t x = 0; x < count; ++x)
      points += point(count > 1 ? static_cast<double>(x) / static_cast<double>(count - 1) : 0, series[i].values[x]);
    const char* color = series_colors[i % series_colors.size()];
    svg += fmt::format("<polygon points=\"{}{}\" fill=\"{}\" stroke=\"black\" stroke-width=\"0.5\"/>\n", points, point(1, 0), color);
    const double y = top + 14 + 20 * static_cast<double>(i);
    svg += fmt::format("<rect x=\"{:.0f}\" y=\"{:.0f}\" width=\"12\" height=\"12\" fill=\"{}\"/>\n", left + width + 14, y - 10, color);
    svg += text(left + width + 32, y, series[i].name);
  }
  for (int tick = 0; tick <= 10; tick += 2) {
    svg += text(left + width * tick / 10, top + height + 16, fmt::format("{:.1f}", tick / 10.0), "text-anchor=\"middle\"");
    svg += text(left - 8, top + height * (10 - tick) / 10 + 4, fmt::format("{:.1f}", tick / 10.0), "text-anchor=\"end\"");
  }
  svg += fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"none\" stroke=\"black\"/>\n", left, top, width, height);
  svg += text(left + width / 2, top + height + 36, x_name, "text-anchor=\"middle\"");
  return svg + text(left, top - 6, y_name) + "</svg>\n";
}

std::string bar_chart_svg(const std::string& title, const std::vector<std::string>& names, std::span<const double> values, int decimals) {
  constexpr double row = 20, half = 220;
  const double left = 30 + longest(names);
  double most = 1e-9;
  bool has_negative = false;
  for (const double value : values) {
    most = std::max(most, std::abs(value));
    has_negative |= value < 0;
  }
  const double zero = left + (has_negative ? half : 0) + 50;
  std::string svg = begin(zero + half + 70, 50 + row * static_cast<double>(names.size()), title);
  for (std::size_t i = 0; i < names.size(); ++i) {
    const double y = 36 + row * static_cast<double>(i);
    const double length = half * std::abs(values[i]) / most;
    svg += text(left, y + 13, names[i], "text-anchor=\"end\"");
    svg += fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{}\" fill=\"{}\"/>\n",
                       values[i] < 0 ? zero - length : zero, y, length, row - 5, values[i] < 0 ? "#a93226" : "#2e86c1");
    const bool to_left = values[i] < 0;
    svg += text(to_left ? zero - length - 4 : zero + length + 4, y + 13, fmt::format("{:.{}f}", values[i], decimals),
                to_left ? "text-anchor=\"end\"" : "");
  }
  return svg +
         fmt::format("<line x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"30\" y2=\"{1:.1f}\" stroke=\"black\"/>\n", zero,
                     36 + row * static_cast<double>(names.size())) +
         "</svg>\n";
}

std::string stacked_svg(const std::vector<std::string>& charts) {
  const auto side_of = [](const std::string& chart, const char* attribute) {
    const std::size_t at = chart.find(attribute);
    return at == std::string::npos ? 0 : std::atof(chart.c_str() + at + std::string_view(attribute).size());
  };
  double width = 0, height = 0;
  std::string parts;
  for (const std::string& chart : charts) {
    parts += fmt::format("<svg y=\"{:.0f}\" ", height) + chart.substr(std::string_view("<svg ").size());
    width = std::max(width, side_of(chart, " width=\""));
    height += side_of(chart, " height=\"");
  }
  return fmt::format("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:.0f} {1:.0f}\" width=\"{0:.0f}\" height=\"{1:.0f}\">\n",
                     width, height) +
         parts + "</svg>\n";
}

}  // namespace detforge
