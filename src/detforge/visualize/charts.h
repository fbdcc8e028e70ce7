#pragma once

#include <span>
#include <string>
#include <vector>

/// Charts as SVG, to open in any browser. Colours have enough contrast in print too; names are escaped.
namespace detforge {

/// A square of numbers, darker for more within its row; the numbers are shares of their row in percent. `row_names` and `column_names` have
/// as many entries as rows and columns.
std::string heat_map_svg(const std::string& title, std::span<const double> values, const std::vector<std::string>& row_names,
                         const std::vector<std::string>& column_names);

struct ChartSeries {
  std::string name;
  std::vector<double> values;  ///< [x] in 0 … 1
};

/// Curves over x from 0 to 1, filled below, the first in front: each shows what it has more than the ones before it.
std::string area_chart_svg(const std::string& title, const std::string& x_name, const std::string& y_name,
                           const std::vector<ChartSeries>& series);

/// Horizontal bars, from 0 to the right or to the left, each with its number.
std::string bar_chart_svg(const std::string& title, const std::vector<std::string>& names, std::span<const double> values,
                          int decimals = 3);

/// Charts one below the other, as one.
std::string stacked_svg(const std::vector<std::string>& charts);

}  // namespace detforge
