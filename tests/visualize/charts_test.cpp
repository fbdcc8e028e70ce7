#include "detforge/visualize/charts.h"

#include <gtest/gtest.h>

namespace detforge {
namespace {

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

TEST(Charts, HeatMapsShowSharesOfTheirRows) {
  const std::string svg = heat_map_svg("title", std::vector<double>{3, 1, 0, 0}, {"a", "b"}, {"c", "d"});
  EXPECT_EQ(count(svg, "stroke=\"#ddd\""), 4U);
  EXPECT_EQ(count(svg, ">75</text>"), 1U);
  EXPECT_EQ(count(svg, ">25</text>"), 1U);
}

TEST(Charts, NamesCanNotLeaveTheirPlace) {
  const std::string svg = bar_chart_svg("<script>", {"a & \"b\"\n"}, std::vector<double>{-0.5});
  EXPECT_EQ(count(svg, "<script"), 0U);
  EXPECT_EQ(count(svg, "a &amp; &quot;b&quot;<"), 1U);
}

TEST(Charts, BarsAreAsLongAsTheirNumbers) {
  const std::string svg = bar_chart_svg("t", {"a", "b", "c"}, std::vector<double>{0.5, -0.25, 0});
  EXPECT_EQ(count(svg, "width=\"220.0\""), 1U);
  EXPECT_EQ(count(svg, "width=\"110.0\""), 1U);
  EXPECT_EQ(count(svg, "width=\"0.0\""), 1U);
}

TEST(Charts, CurvesHaveTheirNamesAndPoints) {
  const std::string svg = area_chart_svg("t", "recall", "precision", {{"one", {1, 0.5, 0}}, {"two", {1, 1, 1}}});
  EXPECT_EQ(count(svg, "<polygon"), 2U);
  EXPECT_EQ(count(svg, ">one<"), 1U);
  EXPECT_EQ(count(svg, "50.0,40.0 260.0,200.0 470.0,360.0 "), 1U);
  EXPECT_EQ(count(area_chart_svg("t", "x", "y", {{"none", {}}}), "<polygon"), 1U);
}

}  // namespace
}  // namespace detforge
