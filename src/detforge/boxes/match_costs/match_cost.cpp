#include "detforge/boxes/match_costs/match_cost.h"

namespace detforge {

Registry<MatchCost>& match_costs() {
  static Registry<MatchCost> registry("MATCH_COST");
  return registry;
}

}  // namespace detforge
