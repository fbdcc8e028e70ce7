#include <fmt/core.h>

#include <nlohmann/json.hpp>
#include <ostream>

#include "detforge/apps/weights.h"
#include "detforge/cli/torch/actions.h"
#include "detforge/nn/summary.h"

namespace detforge::cli {
namespace {

std::string with_unit(double number) {
  constexpr const char* units[] = {"", " k", " M", " G", " T"};
  std::size_t unit = 0;
  for (; number >= 1000 && unit + 1 < std::size(units); ++unit) number /= 1000;
  return unit == 0 ? fmt::format("{:.0f}", number) : fmt::format("{:.2f}{}", number, units[unit]);
}

std::string shapes_text(const nn::ModuleCost& cost) {
  std::string text;
  for (const auto& shape : cost.output_shapes) {
    std::string one;
    for (const std::int64_t size : shape) one += (one.empty() ? "" : "×") + std::to_string(size);
    text += (text.empty() ? "" : ", ") + one;
  }
  return text;
}

void write_table(const std::vector<nn::ModuleCost>& costs, const SummaryRequest& request, std::ostream& out) {
  const auto label = [](const nn::ModuleCost& cost) {
    const auto dot = cost.name.rfind('.');
    const std::string own = cost.name.empty() ? "" : cost.name.substr(dot == std::string::npos ? 0 : dot + 1) + ": ";
    return std::string(2 * static_cast<std::size_t>(cost.depth), ' ') + own + cost.type;
  };
  const auto is_shown = [&](const nn::ModuleCost& cost) { return request.max_depth < 0 || cost.depth <= request.max_depth; };
  std::size_t width = 6;
  for (const auto& cost : costs) {
    if (is_shown(cost)) width = std::max(width, label(cost).size());
  }
  out << fmt::format("{:<{}}  {:>10}  {:>12}  {:>12}  {}\n", "module", width, "parameters", "multiply-adds", "activations",
                     "output shapes");
  for (const auto& cost : costs) {
    if (!is_shown(cost)) continue;
    out << fmt::format("{:<{}}  {:>10}  {:>13}  {:>11}  {}\n", label(cost), width, with_unit(static_cast<double>(cost.parameters)),
                       cost.calls == 0 ? "-" : with_unit(static_cast<double>(cost.multiply_adds)),
                       cost.calls == 0 ? "-" : with_unit(static_cast<double>(cost.activation_bytes)) + "B", shapes_text(cost));
  }
  const nn::ModuleCost& all = costs.front();
  out << fmt::format(
      "\ninput         1×3×{}×{}\nparameters    {} ({} trainable)\nmultiply-adds {}  (one multiplication with its addition counts one, as "
      "in "
      "MMDetection's get_flops)\nactivations   {} bytes\n",
      request.height, request.width, all.parameters, all.trainable, all.multiply_adds, all.activation_bytes);
}

void write_json(const std::vector<nn::ModuleCost>& costs, const SummaryRequest& request, std::ostream& out) {
  nlohmann::ordered_json modules = nlohmann::ordered_json::array();
  for (const auto& cost : costs) {
    modules.push_back({{"name", cost.name},
                       {"type", cost.type},
                       {"parameters", cost.parameters},
                       {"trainable", cost.trainable},
                       {"multiply_adds", cost.multiply_adds},
                       {"activation_bytes", cost.activation_bytes},
                       {"calls", cost.calls},
                       {"output_shapes", cost.output_shapes}});
  }
  const nn::ModuleCost& all = costs.front();
  const nlohmann::ordered_json document = {{"input_shape", {1, 3, request.height, request.width}},
                                           {"parameters", all.parameters},
                                           {"trainable", all.trainable},
                                           {"multiply_adds", all.multiply_adds},
                                           {"activation_bytes", all.activation_bytes},
                                           {"modules", modules}};
  out << document.dump(1) << '\n';
}

/// What libtorch complains of while a model runs on an image of this size is the size.
[[noreturn]] void throw_unfit(const SummaryRequest& request, const c10::Error& error) {
  throw Error(fmt::format("the model can not run on an image of {}×{} px", request.height, request.width), ErrorKind::Usage)
      .note(error.what_without_backtrace())
      .help("--shape HEIGHT WIDTH, both multiples of the model's largest stride, 32 for most");
}

}  // namespace

int summary_action(const SummaryRequest& request, std::ostream& out) {
  const auto model = build_model(request.config, request.reference);
  const torch::NoGradGuard no_grad;
  const auto costs = nn::summarize(*model, [&] {
    try {
      model->forward(torch::zeros({1, 3, request.height, request.width}));
    } catch (const c10::Error& error) {
      throw_unfit(request, error);
    }
  });
  if (request.json) {
    write_json(costs, request, out);
  } else {
    write_table(costs, request, out);
  }
  return 0;
}

}  // namespace detforge::cli
